"""Persistence of the demo's chat, if the demo is given a folder.

A Discord's state is a graph of objects with cycles, which pickle can store. Reading only
instantiates classes of that package, so that a folder from somebody else can't run code.
Attachments are separate files, named by the hash of their contents.
"""

from __future__ import annotations

import asyncio
import enum
import hashlib
import io
import itertools
import logging
import pickle
import re
from pathlib import Path
from typing import Any

from bot.atomic_file import SCRATCH, replace_atomically
from bot.demo.discord.commands import Commands
from bot.demo.discord.state import Discord
from bot.private_files import make_private_folder

log = logging.getLogger(__name__)

FILE = "chat"
_VERSION = 1
_ATTRIBUTES = ("me", "owner", "guild", "people", "guilds", "channels", "interactions")
_ROOM = "bot.demo.discord."
_LARGE_BYTES = 4096
_SAVE_SECONDS = 2.0
_HASH = re.compile("[0-9a-f]{64}")


class ChatStorage:
    """The folder that a chat is stored in."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._saved = b""
        self._is_failing = False

    def load(self, discord: Discord) -> bool:
        """Restore a Discord from the folder; return whether there was a stored chat.

        A damaged chat is moved aside with its files, and a new one begins. Raises OSError.
        """
        make_private_folder(self._folder)
        for scratch in self._folder.glob(SCRATCH):
            scratch.unlink(missing_ok=True)
        try:
            data = (self._folder / FILE).read_bytes()
        except FileNotFoundError:
            return False
        try:
            kept = _Reader(io.BytesIO(data), self._folder).load()
            if kept["version"] != _VERSION:
                raise pickle.UnpicklingError(f"version {kept['version']}")
            commands, files = kept["commands"], kept["files"]
            found = {name: kept[name] for name in _ATTRIBUTES}
        except Exception as error:  # a damaged file can raise any exception
            if isinstance(error, OSError) and not isinstance(error, FileNotFoundError):
                raise  # an I/O error does not mean damage
            aside = self._put_aside()
            log.warning("demo.chat_unreadable folder=%s %s: %s", aside, type(error).__name__, error)
            return False
        for name, value in found.items():
            setattr(discord, name, value)
        discord.commands = Commands(discord.me.id, discord.ids.next)
        discord.commands.scopes.update(commands)
        discord.files.files.update(files)
        # Chats stored before soundboards were added have none.
        discord.voice.sounds.update(kept.get("sounds", {}))
        discord.ids.begin_after(_latest_id(discord))
        return True

    def _put_aside(self) -> Path:
        """Move the chat and its files into a new folder; return it."""
        numbers = itertools.count(1)
        aside = next(
            each
            for each in (self._folder / f"unreadable-{number}" for number in numbers)
            if not each.exists()
        )
        make_private_folder(aside)
        for file in list(self._folder.iterdir()):
            if file.name == FILE or _HASH.fullmatch(file.name):
                file.replace(aside / file.name)
        return aside

    def save(self, discord: Discord) -> None:
        """Save a Discord's state atomically, if it has changed.

        Raises OSError.
        """
        kept = {name: getattr(discord, name) for name in _ATTRIBUTES}
        kept |= {
            "commands": discord.commands.scopes,
            "files": discord.files.files,
            "sounds": discord.voice.sounds,
        }
        buffer = io.BytesIO()
        writer = _Writer(buffer, self._folder)
        writer.dump(kept | {"version": _VERSION})
        data = buffer.getvalue()
        if data == self._saved:
            return
        with replace_atomically(self._folder / FILE, private=True) as scratch:
            scratch.write_bytes(data)
        self._saved = data
        for file in self._folder.iterdir():
            if _HASH.fullmatch(file.name) and file.name not in writer.named:
                file.unlink(missing_ok=True)

    async def keep(self, discord: Discord) -> None:
        """Save a chat periodically until cancelled, and once more at the end."""
        try:
            while True:
                await asyncio.sleep(_SAVE_SECONDS)
                self.save_or_warn(discord)
        finally:
            self.save_or_warn(discord)

    def save_or_warn(self, discord: Discord) -> None:
        """Save a chat; a failure is reported once, and saving is tried again later."""
        try:
            self.save(discord)
            self._is_failing = False
        except Exception as error:  # an object that can't be pickled must not end the saving loop
            if not self._is_failing:
                reason = error.strerror if isinstance(error, OSError) else repr(error)
                log.warning("demo.chat_not_kept %s", reason)
            self._is_failing = True


def _latest_id(discord: Discord) -> int:
    ids = [*discord.people, *discord.channels, *discord.files.files, *discord.voice.sounds]
    ids += [id_ for channel in discord.channels.values() for id_ in channel.messages]
    return max(ids)


class _Writer(pickle.Pickler):
    """Pickles a chat, with large contents in separate files."""

    def __init__(self, file: io.BytesIO, folder: Path) -> None:
        super().__init__(file, protocol=5)
        self._folder = folder
        self.named: set[str] = set()
        """The names of the files that the chat refers to."""

    def persistent_id(self, obj: Any) -> tuple[str, str] | None:  # noqa: ANN401 - pickle's hook
        """Return the reference that replaces a value stored elsewhere; None for other values."""
        if isinstance(obj, asyncio.Event):
            return ("event", "")
        if isinstance(obj, asyncio.TimerHandle):
            return ("nothing", "")
        if type(obj) is bytes and len(obj) >= _LARGE_BYTES:
            name = hashlib.sha256(obj).hexdigest()
            self.named.add(name)
            if not (self._folder / name).exists():
                with replace_atomically(self._folder / name, private=True) as scratch:
                    scratch.write_bytes(obj)
            return ("file", name)
        return None

    def reducer_override(self, obj: Any) -> Any:  # noqa: ANN401 - pickle's hook
        """Pickle members of enumerations by value: the default differs between Python versions.

        That of Python 3.11.2 (Debian 12) needs functions that the reader does not allow.
        """
        return (type(obj), (obj.value,)) if isinstance(obj, enum.Enum) else NotImplemented


class _Reader(pickle.Unpickler):
    """Unpickles a chat, with an allowlist of classes."""

    def __init__(self, file: io.BytesIO, folder: Path) -> None:
        super().__init__(file)
        self._folder = folder

    def find_class(self, module: str, name: str) -> Any:  # noqa: ANN401 - pickle's hook
        """Return an allowed class. Raises UnpicklingError for all others."""
        if module.startswith(_ROOM) and "." not in name:
            found = super().find_class(module, name)
            # Only classes defined in the module, not those imported there.
            if isinstance(found, type) and found.__module__ == module:
                return found
        raise pickle.UnpicklingError(f"{module}.{name} is not part of a chat")

    def persistent_load(self, pid: Any) -> Any:  # noqa: ANN401 - pickle's hook
        """Return the value of such a reference. Raises UnpicklingError and OSError."""
        match pid:
            case ("event", _):
                return asyncio.Event()
            case ("nothing", _):
                return None
            case ("file", str(name)) if _HASH.fullmatch(name):
                return (self._folder / name).read_bytes()
        raise pickle.UnpicklingError(f"{pid!r} is not part of a chat")
