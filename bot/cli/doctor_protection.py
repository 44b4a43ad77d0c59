"""Checks of `zhiyin doctor` on the sandbox, and on access to stored data."""

from __future__ import annotations

from collections.abc import Iterator

from bot.audio.ffmpeg import find_ffmpeg
from bot.audio.untrusted import sandbox
from bot.audio.untrusted.landlock import landlock_version
from bot.audio.untrusted.sandbox import SandboxLayers
from bot.cli.findings import Finding, Verdict
from bot.config import Config, data_folder
from bot.errors import ZhiyinError
from bot.i18n.sentence import Plural, Sentence
from bot.store.store_files import exposed_files


def check_ffmpeg(config: Config) -> Iterator[Finding]:
    """Check the sandbox that uploads are decoded in."""
    try:
        ffmpeg = find_ffmpeg()
    except ZhiyinError as error:
        yield Finding(Verdict.BAD, error.sentence)
        return
    yield Finding(Verdict.GOOD, Sentence("Uploads are read with {ffmpeg}.", ffmpeg=ffmpeg))
    yield from describe_layers(sandbox.probe_layers(ffmpeg), landlock_version())


def describe_layers(layers: SandboxLayers, landlock: int) -> Iterator[Finding]:
    """Report what each layer of the sandbox protects, or what is exposed if it is not available."""
    if layers.calls:
        yield Finding(
            Verdict.GOOD,
            Sentence(
                "It runs behind a filter of system calls (seccomp): it can open no sockets, start "
                "or signal no processes, and write no files."
            ),
        )
    else:
        yield Finding(
            Verdict.WORSE,
            Sentence(
                "This machine allows no filter of system calls (seccomp, on x86_64 or aarch64): "
                "what ffmpeg starts while an upload is read is watched and ended, and sockets of "
                "this machine that have a name are not closed to it."
            ),
        )
    if layers.network:
        yield Finding(
            Verdict.GOOD,
            Sentence("It has namespaces of its own: no network, and no other process in sight."),
        )
    else:
        yield Finding(
            Verdict.WORSE,
            Sentence(
                "This machine allows no network namespaces; without the network and other "
                "processes, ffmpeg is left by the filter of system calls alone."
            )
            if layers.calls
            else Sentence(
                "This machine allows no network namespaces: uploads are read under time, "
                "memory and file limits, but not cut off from the network."
            ),
        )
    if layers.files:
        yield Finding(
            Verdict.GOOD,
            Sentence(
                "Landlock, version {version}: it reads the upload and system libraries, and no "
                "other file.",
                version=landlock,
            ),
        )
    else:
        yield Finding(
            Verdict.WORSE,
            Sentence(
                "ffmpeg does not run behind Landlock here, since it needs files outside of the "
                "system's folders: while an upload is read, other files of the bot's user are "
                "out of its way by ffmpeg's own settings only."
            )
            if landlock
            else Sentence(
                "This machine's kernel has no Landlock: while an upload is read, other files "
                "of the bot's user are out of its way by ffmpeg's own settings only."
            ),
        )


def check_file_modes(config: Config) -> Iterator[Finding]:
    """Check whether other users can read the data of the bot's users."""
    folder = data_folder(config)
    try:
        exposed = exposed_files(folder)
    except OSError as error:
        yield Finding(
            Verdict.BAD,
            Sentence("{folder} can't be read: {strerror}.", folder=folder, strerror=error.strerror),
        )
        return
    if exposed:
        yield Finding(
            Verdict.WORSE,
            Plural(
                "{n} file or folder of the bot can be read by others on this machine, {first}: the "
                "bot closes at its start what is its own user's.",
                "{n} files and folders of the bot can be read by others on this machine, such as "
                "{first}: the bot closes at its start what is its own user's.",
                n=len(exposed),
                first=exposed[0],
            ),
        )
    elif folder.exists():
        yield Finding(
            Verdict.GOOD,
            Sentence(
                "Nobody but the bot's own user can read what it keeps in {folder}.", folder=folder
            ),
        )
