"""Read the settings from a TOML file and from the environment, and check them.

msgspec checks each value against the type of its key. An environment variable ZHIYIN_SECTION_KEY
overrides the file.
"""

from __future__ import annotations

import dataclasses
import difflib
import os
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints

import msgspec

from bot.config import Config, time_zone
from bot.errors import ConfigError
from bot.i18n.sentence import Sentence, verbatim

DEFAULT_FILE = Path("config.toml")
PREFIX = "ZHIYIN_"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One key: section, accepted type, default."""

    section: str
    key: str
    type: Any
    default: object
    is_secret: bool
    names_folder: str
    """Whether its value is a folder: "", "always" or "if it is there"."""

    @property
    def accepted(self) -> Sentence:
        """Return the accepted values in words, to follow "must be"."""
        kind = self.type
        if get_origin(kind) is Literal:
            choices = ", ".join(f'"{choice}"' for choice in get_args(kind))
            return Sentence("one of {choices}", choices=choices)
        if kind is str:
            return Sentence("a text")
        if kind is bool:
            return Sentence("true or false")
        if get_origin(kind) is tuple:
            if get_args(kind)[0] is str:
                return Sentence('a list of texts, such as ["word", "bad*"]')
            return Sentence("a list of ids, such as [123456789012345678]")
        plain, meta = get_args(kind)
        if plain is str:
            return Sentence("a text that begins with http:// or https://")
        if plain is int:
            return Sentence("a whole number from {low:g} to {high:g}", low=meta.ge, high=meta.le)
        return Sentence("a number from {low:g} to {high:g}", low=meta.ge, high=meta.le)

    @property
    def variable(self) -> str:
        """Return the name of the environment variable that overrides the file."""
        return f"{PREFIX}{self.section}_{self.key}".upper()

    def convert(self, value: object, *, where: Sentence, strict: bool = True) -> Any:  # noqa: ANN401
        """Return a value converted to the key's type; environment values are parsed from text.

        Raises ConfigError with the accepted values.
        """
        if not strict and isinstance(value, str) and get_origin(self.type) is tuple:
            # In the environment: ids separated by spaces or commas, texts by commas.
            is_text = get_args(self.type)[0] is str
            listed = value.split(",") if is_text else value.strip("[]").replace(",", " ").split()
            value = [each.strip() for each in listed if each.strip()]
        try:
            return msgspec.convert(value, self.type, strict=strict)
        except msgspec.ValidationError:
            shown: str | Sentence = f'"{value}"' if isinstance(value, str) else str(value)
            if self.is_secret:
                shown = Sentence("what is there")
            raise ConfigError(
                Sentence(
                    "{where} must be {accepted}, not {shown}.",
                    where=where,
                    accepted=self.accepted,
                    shown=shown,
                )
            ) from None


def settings() -> Iterator[Setting]:
    """Yield all keys, section by section."""
    for section in dataclasses.fields(Config):
        kind = get_type_hints(Config)[section.name]
        types = get_type_hints(kind, include_extras=True)
        for field in dataclasses.fields(kind):
            yield Setting(
                section=section.name,
                key=field.name,
                type=types[field.name],
                default=field.default,
                is_secret=not field.repr,
                names_folder=field.metadata.get("folder", ""),
            )


def load(path: Path | None = None, environment: Mapping[str, str] | None = None) -> Config:
    """Read the settings from a file, or from ./config.toml if there is one.

    Variables of the environment (the process's own where none is given) override it. Raises
    ConfigError for a file that can't be read and for any key that can't be used.
    """
    environment = os.environ if environment is None else environment
    if path is None:
        if not DEFAULT_FILE.exists():
            return parse({}, environment=environment)
        path = DEFAULT_FILE
    try:
        # Some editors begin a file with a UTF-8 byte order mark.
        document = tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise ConfigError(Sentence("There is no configuration file {path}.", path=path)) from None
    except OSError as error:
        raise ConfigError(
            Sentence("{path} can't be read: {strerror}.", path=path, strerror=error.strerror)
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(
            Sentence("{path} is not valid TOML: {error}.", path=path, error=error)
        ) from error
    return parse(document, name=path.name, folder=path.parent, environment=environment)


def parse(
    document: Mapping[str, Any],
    *,
    name: str = "config.toml",
    folder: Path = Path(),
    environment: Mapping[str, str] | None = None,
) -> Config:
    """Check the contents of a configuration file and return the settings.

    `environment` overrides single keys; `folder` is the file's. Raises ConfigError naming the key
    and its accepted values.
    """
    known: dict[str, dict[str, Setting]] = {}
    for setting in settings():
        known.setdefault(setting.section, {})[setting.key] = setting
    values: dict[str, dict[str, Any]] = {section: {} for section in known}
    for section, written in document.items():
        if section not in known:
            raise ConfigError(
                Sentence(
                    "{name} has an unknown section [{section}]{meant}.",
                    name=name,
                    section=section,
                    meant=_meant(section, known),
                )
            )
        if not isinstance(written, dict):
            raise ConfigError(
                Sentence(
                    "In {name}, {section} must be a section, written [{section}].",
                    name=name,
                    section=section,
                )
            )
        for key, value in written.items():
            if key not in known[section]:
                meant = _meant(key, known[section])
                raise ConfigError(
                    Sentence(
                        "{name} has an unknown key {section}.{key}{meant}.",
                        name=name,
                        section=section,
                        key=key,
                        meant=meant,
                    )
                )
            where = Sentence("In {file}, {section}.{key}", file=name, section=section, key=key)
            setting = known[section][key]
            values[section][key] = _placed(setting, setting.convert(value, where=where), folder)
    for setting, text in _overrides(environment or {}):
        value = setting.convert(text, where=verbatim(setting.variable), strict=False)
        values[setting.section][setting.key] = value
    kinds = get_type_hints(Config)
    config = Config(**{section: kinds[section](**keys) for section, keys in values.items()})
    if config.generation.default_seconds > config.generation.max_seconds:
        raise ConfigError(
            Sentence(
                "In {name}, generation.default_seconds ({default_seconds:g}) must not be "
                "above generation.max_seconds ({max_seconds:g}).",
                name=name,
                default_seconds=config.generation.default_seconds,
                max_seconds=config.generation.max_seconds,
            )
        )
    try:
        time_zone(config.limits.time_zone)
    except ValueError:
        raise ConfigError(
            Sentence(
                'In {name}, limits.time_zone must be the name of a time zone, such as "UTC" or '
                '"Europe/Berlin", not "{zone}".',
                name=name,
                zone=config.limits.time_zone,
            )
        ) from None
    return config


def _placed(setting: Setting, value: Any, folder: Path) -> Any:  # noqa: ANN401
    """Return a path relative to the file's folder as one relative to the present folder."""
    if not setting.names_folder or not value or value.startswith("~"):
        return value
    place = folder / value
    return value if setting.names_folder != "always" and not place.is_dir() else str(place)


def _overrides(environment: Mapping[str, str]) -> Iterator[tuple[Setting, str]]:
    """Yield the keys set in the environment; empty variables are ignored."""
    known = {setting.variable: setting for setting in settings()}
    sections = tuple({f"{PREFIX}{each.section}_".upper() for each in settings()})
    for variable, text in environment.items():
        if variable in known and text:
            yield known[variable], text
        elif variable.startswith(sections) and variable not in known:
            raise ConfigError(
                Sentence(
                    "The environment has an unknown setting {variable}{meant}.",
                    variable=variable,
                    meant=_meant(variable, known),
                )
            )


def _meant(word: str, known: Iterable[str]) -> Sentence:
    names = list(known)
    close = difflib.get_close_matches(word, names, n=1)
    if close:
        return Sentence(" (did you mean {name}?)", name=close[0])
    return Sentence(" (known are {names})", names=", ".join(names))
