"""The JSON types of request fields, checked before everything else."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.demo.discord.refusals import Problems

Shape = Any
"""A type, several types, a mapping of fields to shapes, or a list with the shape of its elements.

Fields not in a mapping may be anything; any field may be null.
"""

TEXT, NUMBER, FLAG = str, (int, float), bool
ID = object()
"""A number, possibly written as a string."""
_EMOJI: Shape = {"name": TEXT, "id": ID}
_OPTION: Shape = {"label": TEXT, "value": TEXT, "description": TEXT, "emoji": _EMOJI}
_COMPONENT: dict[str, Shape] = {
    "type": NUMBER,
    "id": NUMBER,
    "custom_id": TEXT,
    "style": NUMBER,
    "label": TEXT,
    "description": TEXT,
    "emoji": _EMOJI,
    "url": TEXT,
    "options": [_OPTION],
    "placeholder": TEXT,
    "content": TEXT,
    "value": TEXT,
    "min_values": NUMBER,
    "max_values": NUMBER,
    "min_length": NUMBER,
    "max_length": NUMBER,
    "items": [{}],
}
_COMPONENT |= {"components": [_COMPONENT], "component": _COMPONENT, "accessory": _COMPONENT}
_PICTURE: Shape = {"url": TEXT}
_EMBED: Shape = {
    "title": TEXT,
    "description": TEXT,
    "url": TEXT,
    "color": NUMBER,
    "footer": {"text": TEXT},
    "author": {"name": TEXT, "url": TEXT},
    "image": _PICTURE,
    "thumbnail": _PICTURE,
    "fields": [{"name": TEXT, "value": TEXT}],
}
_MEDIA: Shape = {"text": TEXT, "emoji": _EMOJI}
MESSAGE: Shape = {
    "content": TEXT,
    "nonce": (str, int),
    "flags": NUMBER,
    "embeds": [_EMBED],
    "components": [_COMPONENT],
    "allowed_mentions": {"parse": [TEXT], "users": [ID], "roles": [ID]},
    "message_reference": {"message_id": ID},
    "attachments": [{"id": ID, "filename": TEXT, "description": TEXT, "duration_secs": NUMBER}],
    "poll": {
        "question": _MEDIA,
        "answers": [{"poll_media": _MEDIA}],
        "duration": NUMBER,
        "layout_type": NUMBER,
    },
}
MODAL: Shape = {"title": TEXT, "custom_id": TEXT, "components": [_COMPONENT]}
SUGGESTIONS: Shape = {"choices": [{"name": TEXT}]}
_COMMAND_OPTION: dict[str, Shape] = {
    "type": NUMBER,
    "name": TEXT,
    "description": TEXT,
    "name_localizations": {},
    "description_localizations": {},
    "choices": [{"name": TEXT, "name_localizations": {}}],
    "channel_types": [NUMBER],
}
_COMMAND_OPTION["options"] = [_COMMAND_OPTION]
COMMAND: Shape = _COMMAND_OPTION | {
    "default_member_permissions": ID,
    "contexts": [NUMBER],
    "integration_types": [NUMBER],
}
CHANNEL: Shape = {
    "name": TEXT,
    "topic": TEXT,
    "rate_limit_per_user": NUMBER,
    "archived": FLAG,
    "locked": FLAG,
    "auto_archive_duration": NUMBER,
    "type": NUMBER,
}
CALLBACK: Shape = {"type": NUMBER, "data": {}}


def check_shape(value: object, shape: Shape) -> None:
    """Check the fields of a request against a shape. Raises Refusal."""
    problems = Problems()
    _check(problems, "", value, shape)
    problems.check()


def _check(problems: Problems, path: str, value: object, shape: Shape) -> None:
    if isinstance(shape, Mapping):
        if not isinstance(value, Mapping):
            problems.add(path or "_", "DICT_TYPE_CONVERT", "It has to be an object.")
            return
        for name in shape.keys() & value.keys():
            if value[name] is not None:
                where = f"{path}.{name}" if path else name
                _check(problems, where, value[name], shape[name])
    elif isinstance(shape, list):
        if not isinstance(value, list):
            problems.add(path or "_", "BASE_TYPE_LIST", "It has to be a list.")
            return
        for number, each in enumerate(value):
            _check(problems, f"{path}.{number}" if path else f"{number}", each, shape[0])
    elif shape is ID:
        if isinstance(value, bool) or not (isinstance(value, int) or _is_number(value)):
            problems.add(path, "NUMBER_TYPE_COERCE", "It is no id.")
    elif not isinstance(value, shape) or (isinstance(value, bool) and shape is not FLAG):
        problems.add(path, "BASE_TYPE_INVALID", "It is of another type.")


def _is_number(value: object) -> bool:
    return isinstance(value, str) and value.isdecimal()
