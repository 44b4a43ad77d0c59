"""The command `zhiyin worker`: lends this machine to a bot that runs on another."""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from bot.config import Config
from bot.errors import ConfigError, ResourceError
from bot.i18n.sentence import Plural, Sentence
from bot.inference.encoding import version
from bot.inference.ray.cluster import (
    TOKEN_FILE,
    TOKEN_VARIABLE,
    Cluster,
    check_token,
    joined_command,
    node_process_command,
    own_environment,
    parse_address,
    require_ray,
)
from bot.inference.ray.look import View, look
from bot.models.locate import look_at_model
from bot.models.pace import real_time_factors
from bot.musicgen.checkpoint.memory import memory_available
from bot.retry import RetryPolicy

_AGAIN = RetryPolicy(initial_seconds=2.0, max_seconds=60.0)
_STEADY_SECONDS = 60.0
_LEAVE_SECONDS = 20.0
_LOOK_SECONDS = 1.0
_ANSWER_SECONDS = 10.0
_SAID_BYTES = 2**20


def run(args: argparse.Namespace, config: Config) -> int:
    """Lend this machine until told to stop. Raises ZhiyinError for what no retry can mend."""
    require_ray()
    if args.workers < 1:
        raise ConfigError(Sentence("--workers is a number from 1 on."))
    cluster = Cluster(address=parse_address(args.join), token=_token(args.token_file))
    for sentence in _offer(config, args.workers):
        print(sentence)
    failures = 0
    while True:
        begun = time.monotonic()
        _lend(cluster, args.workers)
        failures = 1 if time.monotonic() - begun > _STEADY_SECONDS else failures + 1
        seconds = _AGAIN.backoff_seconds(failures)
        print(
            Sentence(
                "There is no bot at {address} now. It is tried again in {seconds:.0f} s.",
                address=cluster.address,
                seconds=seconds,
            )
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


def _offer(config: Config, workers: int) -> Iterator[Sentence]:
    """Yield what this machine offers."""
    yield Sentence(
        "{host} offers {cores} processor cores and {gigabytes:.1f} GB of memory.",
        host=socket.gethostname(),
        cores=len(os.sched_getaffinity(0)),
        gigabytes=memory_available() / 1e9,
    )
    model = look_at_model(config)[0].config
    factor = real_time_factors([model], config, _Silent()).get(model)
    if factor is not None:
        yield Sentence(
            "It makes about {factor:.1f} seconds of music a second with {model}.",
            factor=factor,
            model=config.model.name,
        )
    yield Plural(
        "It takes {n} worker. Whoever has the token can run programs here: keep it to yourself, "
        "and Ray's ports (it listens at several) inside your own network.",
        "It takes {n} workers. Whoever has the token can run programs here: keep it to yourself, "
        "and Ray's ports (it listens at several) inside your own network.",
        n=workers,
    )


class _Silent:
    """Reports no progress: it takes a second."""

    def stage(self, name: Sentence, unit: str = "s") -> None:
        """Begin a stage."""

    def made(self, amount: float, of_amount: float) -> None:
        """Tell how much is done."""


def _lend(cluster: Cluster, workers: int) -> None:
    """Be part of the cluster until it ends. Raises ZhiyinError where this machine can't be."""
    with tempfile.TemporaryFile() as output, _node(cluster, workers, output) as node:
        is_known = False
        while node.poll() is None:
            if is_known:
                # Ray waits for a head that has gone for a minute, and does not know the next one.
                if not _answers(cluster.address):
                    break
                time.sleep(_LOOK_SECONDS)
                continue
            _refuse(_said(output), cluster)
            view = look(cluster)
            if view is not None:
                refuse_version(view, cluster)
            if view is not None and view.has_joined():
                is_known = True
                print(Sentence("Joined {address}.", address=cluster.address), flush=True)
            else:
                time.sleep(_LOOK_SECONDS)
        if not is_known:
            said = _said(output)
            _refuse(said, cluster)
            if lines := said.strip().splitlines():
                print(lines[-1], file=sys.stderr)


def _answers(address: str) -> bool:
    """Tell whether anybody listens at an address."""
    host, _, port = address.rpartition(":")
    try:
        socket.create_connection((host, int(port)), _ANSWER_SECONDS).close()
    except OSError:
        return False
    return True


def refuse_version(view: View, cluster: Cluster) -> None:
    """Raise ResourceError where the bots of a cluster are all of other versions."""
    if view.bot_versions and version() not in view.bot_versions:
        raise ResourceError(
            Sentence(
                "The bot at {address} runs another version of Zhiyin than this machine: bring "
                "both to the same one.",
                address=cluster.address,
            )
        )


@contextmanager
def _node(cluster: Cluster, workers: int, output: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """Run Ray's processes for this machine while the block lasts."""
    node = subprocess.Popen(  # noqa: S603 - our own command
        node_process_command(joined_command(cluster.address, workers)),
        stdin=subprocess.PIPE,
        stdout=output,
        stderr=output,
        env=own_environment(cluster),
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
            node.kill()


def _said(output: IO[bytes]) -> str:
    # Its place in the file is that of whoever writes it.
    return os.pread(output.fileno(), _SAID_BYTES, 0).decode("utf-8", "replace")


def _refuse(said: str, cluster: Cluster) -> None:
    """Raise ZhiyinError for what joining again can't mend, as Ray says it."""
    if "InvalidAuthToken" in said:
        raise ConfigError(
            Sentence("{address} has another token than this one.", address=cluster.address)
        )
    if "ersion mismatch" in said:
        raise ResourceError(
            Sentence(
                "The bot at {address} has another version of Python or Ray than this machine.",
                address=cluster.address,
            )
        )
