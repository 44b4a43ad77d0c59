"""What `zhiyin doctor` says of the sandbox and of who may read what is kept."""

from __future__ import annotations

from collections.abc import Iterator

from bot.audio.ffmpeg import find_ffmpeg
from bot.audio.untrusted.ffmpeg_decoder import files_are_hidden, network_is_cut
from bot.cli.findings import Finding, Verdict
from bot.config import Config, data_folder
from bot.errors import ZhiyinError
from bot.i18n.sentence import Plural, Sentence
from bot.store.kept_files import exposed_files


def check_ffmpeg(config: Config) -> Iterator[Finding]:
    """See how uploads are read."""
    try:
        ffmpeg = find_ffmpeg()
    except ZhiyinError as error:
        yield Finding(Verdict.BAD, error.sentence)
        return
    yield Finding(Verdict.GOOD, Sentence("Uploads are read with {ffmpeg}.", ffmpeg=ffmpeg))
    if not network_is_cut():
        yield Finding(
            Verdict.WORSE,
            Sentence(
                "This machine allows no network namespaces: uploads are read under time, "
                "memory and file limits, but not cut off from the network."
            ),
        )
    if not files_are_hidden():
        yield Finding(
            Verdict.WORSE,
            Sentence(
                "This machine's kernel has no Landlock: while an upload is read, other files "
                "of the bot's user are out of its way by ffmpeg's own settings only."
            ),
        )


def check_file_modes(config: Config) -> Iterator[Finding]:
    """See whether others on this machine may read what people typed and sent."""
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
