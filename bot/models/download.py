"""Download models from a hub, resuming interrupted downloads.

Only needed files, and no pickles, which can run code.
"""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import IncompleteRead
from pathlib import Path

from bot.config import Config
from bot.domain.progress import Reporter
from bot.errors import CheckpointError, ResourceError, ZhiyinError
from bot.i18n.sentence import Sentence
from bot.models import registry
from bot.musicgen.checkpoint.config_json import parse_config
from bot.musicgen.checkpoint.hub import hub_address, resolve
from bot.musicgen.checkpoint.inspection import inspect, read_json

_SPARE_BYTES = 200_000_000
_TIMEOUT_SECONDS = 15.0
_REPORT_EVERY_SECONDS = 0.2
_NEEDED = (".json", ".model", "README.md")


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """A file on the hub; the blob is its name in the cache until the last file is there."""

    name: str
    size_bytes: int
    blob: Path

    @property
    def downloaded_bytes(self) -> int:
        """Return how much of it has been downloaded."""
        for path in (self.blob, self.blob.with_name(self.blob.name + ".incomplete")):
            try:
                return path.stat().st_size
            except FileNotFoundError:
                continue
        return 0


def fetch(name: str, config: Config, report: Reporter) -> Path:
    """Download a model by its hub id and return its folder.

    Raises CheckpointError or ResourceError with the reason and what to do about it. What was
    downloaded by then is kept, and the next try resumes from there.
    """
    # Plain HTTP can resume in the middle of a file, Xet can't; the progress bars are our own. Both
    # variables are read when the library is imported.
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    from huggingface_hub import hf_hub_download

    cache = registry.model_folder(config)
    endpoint = hub_address(config.model.hub_endpoint).rstrip("/")
    with explain_failures(name, endpoint, cache):
        report.stage(Sentence("Asking for {name}", name=name))
        files = _list_files(name, endpoint, cache)

        def get(file: _File) -> Path:
            return Path(hf_hub_download(name, file.name, cache_dir=cache, endpoint=endpoint))

        settings, *others = files
        parse_config(read_json(get(settings)))
        total = sum(file.size_bytes for file in files)
        _check_space(cache, total - sum(file.downloaded_bytes for file in files))
        report.stage(Sentence("Downloading {name}", name=name), unit="GB")
        with _report_progress(files, total, report):
            for file in others:
                get(file)
    return inspect(resolve(name, cache=cache)).folder


def _list_files(name: str, endpoint: str, cache: Path) -> list[_File]:
    """Return the files to download, config.json first."""
    from huggingface_hub import HfApi

    info = HfApi(endpoint=endpoint).model_info(name, files_metadata=True, timeout=_TIMEOUT_SECONDS)
    blobs = cache / f"models--{name.replace('/', '--')}" / "blobs"
    there = {
        file.rfilename: _File(
            name=file.rfilename,
            size_bytes=file.size or 0,
            blob=blobs / str(file.lfs.sha256 if file.lfs else file.blob_id),
        )
        for file in info.siblings or ()
        if "/" not in file.rfilename
    }
    if "config.json" not in there:
        raise CheckpointError(
            Sentence("{name} is not a model that can be loaded: it has no config.json.", name=name)
        )
    weights = {file for file in there if file.endswith(".safetensors")}
    if not weights:
        raise CheckpointError(
            Sentence(
                "{name} has no safetensors weights. Pickled ones (.bin, .pt) are not loaded, "
                "since opening such a file can run any code.",
                name=name,
            )
        )
    if "model.safetensors" in weights:
        weights = {"model.safetensors"}
    needed = {file for file in there if file.endswith(_NEEDED)} | weights
    return sorted((there[file] for file in needed), key=lambda file: file.name != "config.json")


def _check_space(cache: Path, needed_bytes: int) -> None:
    free_bytes = shutil.disk_usage(cache).free
    if needed_bytes + _SPARE_BYTES > free_bytes:
        raise ResourceError(
            Sentence(
                "{needed:.1f} GB are still to come and {cache} has room for {free:.1f} GB: "
                "make room, or set model.folder to another disk.",
                needed=needed_bytes / 1e9,
                cache=cache,
                free=free_bytes / 1e9,
            )
        )


@contextmanager
def _report_progress(files: list[_File], total: int, report: Reporter) -> Iterator[None]:
    """Report how much has been downloaded while the block runs."""
    done = threading.Event()

    def watch() -> None:
        while not done.wait(_REPORT_EVERY_SECONDS):
            report.made(sum(file.downloaded_bytes for file in files) / 1e9, total / 1e9)

    watcher = threading.Thread(target=watch, name="download-progress", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        done.set()
        watcher.join()


@contextmanager
def explain_failures(name: str, endpoint: str, cache: Path) -> Iterator[None]:
    """Turn the hub's and the network's failures into sentences."""
    from huggingface_hub import errors

    again = Sentence("The same command continues where it stopped.")
    try:
        yield
    except ZhiyinError:
        raise
    except errors.HFValidationError as error:
        raise CheckpointError(
            Sentence("{name} is not a hub id; those look like owner/name.", name=repr(name))
        ) from error
    except errors.OfflineModeIsEnabled as error:
        raise CheckpointError(Sentence("Downloads are off: HF_HUB_OFFLINE is set.")) from error
    except errors.GatedRepoError as error:
        raise CheckpointError(
            Sentence(
                "{name} needs its owner's permission: ask for it on its page, then set HF_TOKEN.",
                name=name,
            )
        ) from error
    except errors.RepositoryNotFoundError as error:
        raise CheckpointError(
            Sentence(
                "The hub at {endpoint} has no public model {name}.", endpoint=endpoint, name=name
            )
        ) from error
    except errors.LocalEntryNotFoundError as error:
        raise _unreachable(endpoint, again) from error
    except errors.HfHubHTTPError as error:
        status = "an error" if error.response is None else f"error {error.response.status_code}"
        raise CheckpointError(
            Sentence(
                "The hub at {endpoint} answered with {status}. {again}",
                endpoint=endpoint,
                status=status,
                again=again,
            )
        ) from error
    except OSError as error:
        if isinstance(error, ValueError):  # an address that is none, or a proxy of another kind
            raise CheckpointError(
                Sentence(
                    "{endpoint} can't be asked: {error}. See model.hub_endpoint, and the "
                    "environment's HF_ENDPOINT and proxies.",
                    endpoint=endpoint,
                    error=error,
                )
            ) from error
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ResourceError(
                Sentence(
                    "The disk with {cache} is full. Make room. {again}", cache=cache, again=again
                )
            ) from error
        if error.errno is not None:
            raise ResourceError(
                Sentence(
                    "{cache} can't be written: {strerror}.", cache=cache, strerror=error.strerror
                )
            ) from error
        causes = list(_causes(error))
        if any(isinstance(cause, IncompleteRead) for cause in causes):
            broken = Sentence("The connection broke off. {again}", again=again)
            raise CheckpointError(broken) from error
        # What the hub's HTTP client raises wraps an error of its own, down to the socket's.
        if causes:
            raise _unreachable(endpoint, again) from error
        # The hub library's own check of the length has neither errno nor cause.
        raise CheckpointError(
            Sentence("A file of {name} came incomplete. {again}", name=name, again=again)
        ) from error


def _unreachable(endpoint: str, again: Sentence) -> CheckpointError:
    return CheckpointError(
        Sentence(
            "The hub at {endpoint} can't be reached. Check the network, or set "
            "model.hub_endpoint to another hub. {again}",
            endpoint=endpoint,
            again=again,
        )
    )


def _causes(error: BaseException) -> Iterator[BaseException]:
    """Yield what an exception was raised from, and that from, and so on."""
    while (cause := error.__cause__ or error.__context__) is not None:
        yield cause
        error = cause
