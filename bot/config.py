"""The settings of one installation, read from TOML into frozen values.

A section is a dataclass, a key one of its fields, declared by `setting()` with its default and
what it accepts. Adding a section means adding a class and a field of `Config`; loading, checking
and the words of every complaint follow from the declaration.
"""

from __future__ import annotations

import dataclasses
import difflib
import math
import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar, get_type_hints

from bot.errors import ConfigError

DEFAULT_FILE = Path("config.toml")
PRECISIONS = ("auto", "fp32", "bf16", "int8")
FORMATS = ("mp3", "ogg", "opus", "flac", "wav")
LOG_FORMATS = ("text", "json")

Section = TypeVar("Section")


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepts:
    """What a key accepts beyond its type; both ends of a range belong to it."""

    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    starts: tuple[str, ...] = ()

    def words(self, kind: type) -> str:
        """Return the accepted values in words, to follow "must be"."""
        if self.choices:
            return "one of " + ", ".join(f'"{choice}"' for choice in self.choices)
        if self.starts:
            return "a text that begins with " + " or ".join(self.starts)
        noun = {bool: "true or false", int: "a whole number", float: "a number", str: "a text"}
        low, high = (f"{end:g}" if end is not None else None for end in (self.low, self.high))
        bounds = f" from {low} to {high}" if low and high else f" of at least {low}" if low else ""
        return noun[kind] + bounds

    def admits(self, value: object) -> bool:
        """Tell whether a value of the right type is accepted."""
        if isinstance(value, str):
            chosen = not self.choices or value in self.choices
            return chosen and (not self.starts or value.startswith(self.starts))
        if isinstance(value, (int, float)):
            above = self.low is None or value >= self.low
            return math.isfinite(value) and above and (self.high is None or value <= self.high)
        return True


def setting(
    default: bool | float | str,
    *,
    low: float | None = None,
    high: float | None = None,
    choices: tuple[str, ...] = (),
    starts: tuple[str, ...] = (),
    secret: bool = False,
) -> Any:  # noqa: ANN401 - like dataclasses.field, which stands in for a value of any type
    """Declare a key with its default and what it accepts; a secret is never printed."""
    accepts = Accepts(low=low, high=high, choices=choices, starts=starts)
    return dataclasses.field(default=default, repr=not secret, metadata={"accepts": accepts})


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Which model makes the music, and where models are kept."""

    name: str = setting("starter")
    folder: str = setting("")
    hub_endpoint: str = setting("https://huggingface.co", starts=("http://", "https://"))


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationConfig:
    """How much may be asked for at once."""

    default_seconds: float = setting(10.0, low=0.1, high=600)
    max_seconds: float = setting(120.0, low=0.1, high=600)
    audio_prompt_max_seconds: float = setting(20.0, low=1, high=30)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineConfig:
    """How the machine is used."""

    slots: int = setting(8, low=1, high=64)
    threads: int = setting(0, low=0, high=1024)
    precision: str = setting("auto", choices=PRECISIONS)


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordConfig:
    """The bot's account."""

    token: str = setting("", secret=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsConfig:
    """How much one person, one server and all together may ask for."""

    daily_seconds: float = setting(600.0, low=0, high=1_000_000)
    max_seconds: float = setting(60.0, low=1, high=600)
    max_takes: int = setting(4, low=1, high=8)
    waiting_per_user: int = setting(4, low=1, high=100)
    running_per_user: int = setting(2, low=1, high=64)
    waiting_per_server: int = setting(20, low=1, high=10_000)
    waiting: int = setting(100, low=1, high=100_000)


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundConfig:
    """How clips are written and posted."""

    format: str = setting("mp3", choices=FORMATS)
    loudness_lufs: float = setting(-14.0, low=-40, high=-5)


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageConfig:
    """Where the database and the clips are kept, and for how long."""

    folder: str = setting("")
    keep_clips_days: int = setting(30, low=1, high=3650)
    keep_backups: int = setting(7, low=0, high=1000)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """The processes that hold the model."""

    count: int = setting(1, low=1, high=16)
    load_seconds: float = setting(300.0, low=10, high=3600)
    silent_seconds: float = setting(60.0, low=5, high=3600)
    grace_seconds: float = setting(30.0, low=0, high=600)


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsConfig:
    """Figures for those who watch the bot."""

    port: int = setting(0, low=0, high=65535)


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """How the log is written."""

    format: str = setting("text", choices=LOG_FORMATS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All settings; without a file every one has its default."""

    model: ModelConfig = dataclasses.field(default_factory=ModelConfig)
    generation: GenerationConfig = dataclasses.field(default_factory=GenerationConfig)
    engine: EngineConfig = dataclasses.field(default_factory=EngineConfig)
    discord: DiscordConfig = dataclasses.field(default_factory=DiscordConfig)
    limits: LimitsConfig = dataclasses.field(default_factory=LimitsConfig)
    sound: SoundConfig = dataclasses.field(default_factory=SoundConfig)
    storage: StorageConfig = dataclasses.field(default_factory=StorageConfig)
    metrics: MetricsConfig = dataclasses.field(default_factory=MetricsConfig)
    log: LogConfig = dataclasses.field(default_factory=LogConfig)
    worker: WorkerConfig = dataclasses.field(default_factory=WorkerConfig)


def load(path: Path | None = None) -> Config:
    """Read the settings from a file, or from ./config.toml if there is one.

    Raises ConfigError for a file that can't be read and for any key that can't be used.
    """
    if path is None:
        if not DEFAULT_FILE.exists():
            return Config()
        path = DEFAULT_FILE
    try:
        with path.open("rb") as file:
            return parse(tomllib.load(file), name=path.name)
    except FileNotFoundError:
        raise ConfigError(f"There is no configuration file {path}.") from None
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}.") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} is not valid TOML: {error}.") from error


def cache_folder() -> Path:
    """Return the folder for what the program makes for itself and can make again."""
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    # The specification of the variable says to pass over relative paths.
    root = Path(chosen) if chosen.startswith("/") else Path("~/.cache").expanduser()
    return root / "zhiyin"


def data_folder(config: Config) -> Path:
    """Return the folder for what must not be lost: the database and the clips."""
    if config.storage.folder:
        return Path(config.storage.folder).expanduser()
    chosen = os.environ.get("XDG_DATA_HOME", "")
    root = Path(chosen) if chosen.startswith("/") else Path("~/.local/share").expanduser()
    return root / "zhiyin"


def parse(document: Mapping[str, Any], *, name: str = "config.toml") -> Config:
    """Check the contents of a configuration file and return the settings.

    Raises ConfigError naming the key and the values it accepts.
    """
    kinds = get_type_hints(Config)
    sections: dict[str, Any] = {}
    for title, values in document.items():
        if title not in kinds:
            raise ConfigError(f"{name} has an unknown section [{title}]{_meant(title, kinds)}.")
        if not isinstance(values, dict):
            raise ConfigError(f"In {name}, {title} must be a section, written [{title}].")
        sections[title] = _section(kinds[title], title, values, name)
    config = Config(**sections)
    if config.generation.default_seconds > config.generation.max_seconds:
        raise ConfigError(
            f"In {name}, generation.default_seconds ({config.generation.default_seconds:g}) must "
            f"not be above generation.max_seconds ({config.generation.max_seconds:g})."
        )
    return config


def _section(kind: type[Section], title: str, values: Mapping[str, Any], name: str) -> Section:
    accepted = {
        field.name: field.metadata["accepts"]
        for field in dataclasses.fields(kind)  # type: ignore[arg-type] # each section is one
    }
    secrets = {field.name for field in dataclasses.fields(kind) if not field.repr}  # type: ignore[arg-type]
    types = get_type_hints(kind)
    checked: dict[str, Any] = {}
    for key, value in values.items():
        if key not in accepted:
            raise ConfigError(f"{name} has an unknown key {title}.{key}{_meant(key, accepted)}.")
        rule = accepted[key]
        if types[key] is float and type(value) is int:
            value = float(value)
        if type(value) is not types[key] or not rule.admits(value):
            shown = f'"{value}"' if isinstance(value, str) else str(value)
            if key in secrets:
                shown = "what is there"
            raise ConfigError(
                f"In {name}, {title}.{key} must be {rule.words(types[key])}, not {shown}."
            )
        checked[key] = value
    return kind(**checked)


def _meant(word: str, known: Iterable[str]) -> str:
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1)
    return f" (did you mean {close[0]}?)" if close else f" (known are {', '.join(names)})"
