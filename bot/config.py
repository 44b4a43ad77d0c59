"""The settings of one installation, as frozen values.

A section is a dataclass, a key one of its fields; reading, checking and error messages derive from
the field's type (`config_file.py`).
"""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo

from msgspec import Meta

from bot.errors import ConfigError
from bot.i18n.sentence import Sentence

PrecisionSetting = Literal["auto", "fp32", "bf16", "int8", "int4"]
PRECISIONS: tuple[str, ...] = get_args(PrecisionSetting)
DeviceSetting = Literal["auto", "CPU", "Ascend"]

DiscordId = Annotated[int, Meta(ge=1, le=2**63 - 1)]
# Empty: another source decides.
Url = Annotated[str, Meta(pattern="^(https?://|$)")]

FOLDER = {"folder": "always"}
"""Marks a key that names a folder: a relative one is relative to the file that it stands in."""

NAME_OR_FOLDER = {"folder": "if it is there"}
"""Marks a key that may name one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelConfig:
    """Which model makes the music, and where models are kept."""

    name: str = dataclasses.field(default="starter", metadata=NAME_OR_FOLDER)
    folder: str = dataclasses.field(default="", metadata=FOLDER)
    hub_endpoint: Url = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationConfig:
    """How much may be asked for at once."""

    default_seconds: Annotated[float, Meta(ge=0.1, le=600)] = 10.0
    max_seconds: Annotated[float, Meta(ge=0.1, le=600)] = 120.0
    audio_prompt_max_seconds: Annotated[float, Meta(ge=1, le=30)] = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineConfig:
    """How the machine is used."""

    slots: Annotated[int, Meta(ge=1, le=64)] = 8
    threads: Annotated[int, Meta(ge=0, le=1024)] = 0
    precision: PrecisionSetting = "auto"
    device: DeviceSetting = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class DiscordConfig:
    """The bot's account, and whom it serves."""

    token: str = dataclasses.field(default="", repr=False)  # a secret is never printed
    proxy: str = dataclasses.field(default="", repr=False)  # it may hold a password
    allowed_servers: tuple[DiscordId, ...] = ()
    direct_messages: bool = True
    unwanted_words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitsConfig:
    """How much one person, one server and all together may ask for."""

    daily_seconds: Annotated[float, Meta(ge=0, le=1_000_000)] = 600.0
    max_daily_seconds: Annotated[float, Meta(ge=0, le=1_000_000)] = 0.0
    daily_seconds_per_server: Annotated[float, Meta(ge=0, le=1_000_000)] = 0.0
    max_seconds: Annotated[float, Meta(ge=1, le=600)] = 60.0
    max_takes: Annotated[int, Meta(ge=1, le=8)] = 4
    waiting_per_user: Annotated[int, Meta(ge=1, le=100)] = 4
    running_per_user: Annotated[int, Meta(ge=1, le=64)] = 2
    waiting_per_server: Annotated[int, Meta(ge=1, le=10_000)] = 20
    waiting: Annotated[int, Meta(ge=1, le=100_000)] = 100
    cooldown_seconds: Annotated[float, Meta(ge=0, le=3600)] = 0.0
    day_turns_at_hour: Annotated[int, Meta(ge=0, le=23)] = 0
    time_zone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class SoundConfig:
    """How clips are written and posted."""

    format: Literal["mp3", "ogg", "opus", "flac", "wav"] = "mp3"
    loudness_lufs: Annotated[float, Meta(ge=-40, le=-5)] = -14.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StorageConfig:
    """Where the database and the clips are kept, and for how long."""

    folder: str = dataclasses.field(default="", metadata=FOLDER)
    keep_clips_days: Annotated[int, Meta(ge=1, le=3650)] = 30
    keep_backups: Annotated[int, Meta(ge=0, le=1000)] = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerConfig:
    """The processes that hold the model."""

    count: Annotated[int, Meta(ge=0, le=16)] = 1
    backend: Literal["process", "ray"] = "process"
    joined: Annotated[int, Meta(ge=1, le=64)] = 8
    ray_address: str = ""
    ray_port: Annotated[int, Meta(ge=1, le=65535)] = 6379
    other_precisions: bool = False
    load_seconds: Annotated[float, Meta(ge=10, le=3600)] = 300.0
    silent_seconds: Annotated[float, Meta(ge=5, le=3600)] = 60.0
    grace_seconds: Annotated[float, Meta(ge=0, le=600)] = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RadioConfig:
    """What is played in voice channels."""

    live_at_once: Annotated[int, Meta(ge=0, le=16)] = 1
    daily_live_seconds_per_server: Annotated[float, Meta(ge=0, le=86_400)] = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricsConfig:
    """The metrics, for those who monitor the bot."""

    port: Annotated[int, Meta(ge=0, le=65535)] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LogConfig:
    """How the log is written."""

    format: Literal["text", "json"] = "text"


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
    radio: RadioConfig = dataclasses.field(default_factory=RadioConfig)
    metrics: MetricsConfig = dataclasses.field(default_factory=MetricsConfig)
    log: LogConfig = dataclasses.field(default_factory=LogConfig)
    worker: WorkerConfig = dataclasses.field(default_factory=WorkerConfig)


def with_local_workers(config: Config) -> Config:
    """Return settings whose workers all run here, at least one: other machines can't join."""
    worker = dataclasses.replace(
        config.worker, backend="process", count=max(1, config.worker.count), ray_address=""
    )
    return dataclasses.replace(config, worker=worker)


def time_zone(name: str) -> tzinfo:
    """Return a time zone by its name in the IANA database. Raises ValueError for another."""
    if name == "UTC":
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, OSError) as error:
        raise ValueError(f"there is no time zone {name}") from error


def cache_folder() -> Path:
    """Return the folder for regenerable files.

    Raises ConfigError if there is none, as do the others.
    """
    chosen = os.environ.get("XDG_CACHE_HOME", "")
    # The XDG specification says to ignore relative paths.
    root = Path(chosen) if chosen.startswith("/") else expand_path("~/.cache")
    return root / "zhiyin"


def data_folder(config: Config) -> Path:
    """Return the folder for persistent data: database and clips."""
    if config.storage.folder:
        return expand_path(config.storage.folder)
    chosen = os.environ.get("XDG_DATA_HOME", "")
    root = Path(chosen) if chosen.startswith("/") else expand_path("~/.local/share")
    return root / "zhiyin"


def expand_path(path: str) -> Path:
    """Return a path with `~` expanded. Raises ConfigError if there is no home folder."""
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise ConfigError(
            Sentence(
                "{path} can't be found, since this user has no home folder: set the environment "
                "variable HOME to a folder that may be written to.",
                path=path,
            )
        ) from None
