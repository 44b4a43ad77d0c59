"""The command `zhiyin worker`: lend this machine to a bot on another one."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bot.cli.terminal_language import print_sentence
from bot.cli.worker_offer import describe_offer, offer_of
from bot.config import Config
from bot.errors import ConfigError, DeviceError, ResourceError
from bot.i18n.sentence import Sentence, from_json
from bot.inference.encoding import version
from bot.inference.ray.cluster import (
    DEVICE_VARIABLE,
    TOKEN_FILE,
    TOKEN_VARIABLE,
    Cluster,
    check_token,
    is_listening,
    joined_command,
    node_process_command,
    own_environment,
    parse_address,
    require_ray,
)
from bot.inference.ray.cluster_view import ClusterView, query_cluster
from bot.inference.ray.node_process import kill_node
from bot.inference.ray.nodes import Offer, labels_of
from bot.inference.worker_notices import NOTICES_VARIABLE, Notice, read_notices
from bot.models.locate import inspect_model
from bot.musicgen.device import NO_ASCEND, has_ascend
from bot.retry import RetryPolicy

_AGAIN = RetryPolicy(initial_seconds=2.0, max_seconds=60.0)
_STEADY_SECONDS = 60.0
_LEAVE_SECONDS = 20.0
_LOOK_SECONDS = 1.0
_ANSWER_SECONDS = 10.0
_SAID_BYTES = 2**20


def run(args: argparse.Namespace, config: Config) -> int:
    """Lend this machine until stopped. Raises ZhiyinError for failures that a retry can't fix."""
    require_ray()
    if args.workers < 1:
        raise ConfigError(Sentence("--workers is a number from 1 on."))
    if config.engine.device == "Ascend" and not has_ascend():
        raise DeviceError(NO_ASCEND)
    cluster = Cluster(address=parse_address(args.join), token=_token(args.token_file))
    inspect_model(config)
    offer = offer_of(config)
    for sentence in describe_offer(offer, args.workers):
        print_sentence(sentence, flush=True)
    failures = 0
    while True:
        begun = time.monotonic()
        _lend(cluster, args.workers, offer, config.engine.device)
        failures = 1 if time.monotonic() - begun > _STEADY_SECONDS else failures + 1
        seconds = _AGAIN.backoff_seconds(failures)
        print_sentence(
            Sentence(
                "There is no bot at {address} now. It is tried again in {seconds:.0f} s.",
                address=cluster.address,
                seconds=seconds,
            ),
            flush=True,
        )
        time.sleep(seconds)


def _token(file: Path | None) -> str:
    text = os.environ.get(TOKEN_VARIABLE, "")
    if file is not None:
        try:
            text = file.read_text("utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(Sentence("{file} can't be read as a token.", file=file)) from error
    if not text.strip():
        raise ConfigError(
            Sentence(
                "A worker needs the bot's token: copy the file {name} from the bot's data folder "
                "and say --token-file FILE.",
                name=TOKEN_FILE,
            )
        )
    return check_token(text.strip())


def _lend(cluster: Cluster, workers: int, offer: Offer, device: str) -> None:
    """Take part in the cluster until it ends. Raises ZhiyinError if this machine can't."""
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryFile() as output:
        notices = Path(folder, "told")
        own = {NOTICES_VARIABLE: str(notices), DEVICE_VARIABLE: device}
        command = joined_command(cluster.address, workers, labels_of(offer))
        with _node(cluster, command, own, output) as node:
            is_known = _follow_node(cluster, node, notices, output)
        if not is_known:
            printed = _said(output)
            _refuse(printed, cluster)
            if lines := printed.strip().splitlines():
                print(lines[-1], file=sys.stderr)


def _follow_node(
    cluster: Cluster, node: subprocess.Popen[bytes], notices: Path, output: IO[bytes]
) -> bool:
    """Wait until the node or the bot ends, and print events; return whether the node had joined."""
    lines, is_known = 0, False
    while node.poll() is None:
        if is_known:
            # Ray waits a minute for a missing head, and does not reconnect to a new one.
            if not is_listening(cluster.address, _ANSWER_SECONDS):
                break
            lines += _tell_news(read_notices(notices, lines))
            time.sleep(_LOOK_SECONDS)
            continue
        _refuse(_said(output), cluster)
        view = query_cluster(cluster)
        if view is not None:
            refuse_version(view, cluster)
        if view is not None and view.has_joined():
            is_known = True
            print_sentence(Sentence("Joined {address}.", address=cluster.address), flush=True)
        else:
            time.sleep(_LOOK_SECONDS)
    return is_known


def _tell_news(news: Sequence[Notice]) -> int:
    """Print notices of this machine's workers; return how many.

    Raises ResourceError if the bot rejects this machine.
    """
    for each in news:
        sentence = from_json(each.sentence)
        if each.is_refusal:
            raise ResourceError(sentence)
        print_sentence(sentence, flush=True)
    return len(news)


def refuse_version(view: ClusterView, cluster: Cluster) -> None:
    """Raise ResourceError if all bots of a cluster have other versions."""
    if view.bot_versions and version() not in view.bot_versions:
        raise ResourceError(
            Sentence(
                "The bot at {address} runs another version of Zhiyin than this machine: bring "
                "both to the same one.",
                address=cluster.address,
            )
        )


@contextmanager
def _node(
    cluster: Cluster, command: Sequence[str], own: dict[str, str], output: IO[bytes]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run Ray's processes on this machine within the block, with `own` in their environment."""
    node = subprocess.Popen(  # noqa: S603 - our own command
        node_process_command(command),
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        env=own_environment(cluster) | own,
        start_new_session=True,
    )
    try:
        yield node
    finally:
        if node.stdin is not None:
            node.stdin.close()
        try:
            node.wait(_LEAVE_SECONDS)
        except subprocess.TimeoutExpired:
            kill_node(node.pid)


def _said(output: IO[bytes]) -> str:
    # pread, since the file position is shared with the writing process and must not move.
    return os.pread(output.fileno(), _SAID_BYTES, 0).decode("utf-8", "replace")


def _refuse(printed: str, cluster: Cluster) -> None:
    """Raise ZhiyinError for Ray errors that a retry can't fix."""
    if "InvalidAuthToken" in printed:
        raise ConfigError(
            Sentence("{address} has another token than this one.", address=cluster.address)
        )
    if "ersion mismatch" in printed:
        raise ResourceError(
            Sentence(
                "The bot at {address} has another version of Python or Ray than this machine.",
                address=cluster.address,
            )
        )
