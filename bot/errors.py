"""The failures a person can cause, each with the sentence to show.

ZhiyinError
├── RequestError        the request asks for something that can't be made
│   └── Refused         not now, or not for this person: nothing was charged
│       └── NotNow      the same may be asked for again later
├── JobError            an accepted job that can't be finished; it is refunded
├── SoundError          a sound file that can't be read or used
├── OutputError         a place or format that can't be written
├── CheckpointError     a model that can't be loaded
├── ResourceError       the machine lacks what the work needs
│   └── DeviceError     the device that was asked for isn't there: trying again is no use
├── ConfigError         a setting that can't be used
└── Cancelled           the person asked to stop

Everything else is a defect: it is logged with its traceback and answered in general terms.
"""

from __future__ import annotations

from bot.i18n.sentence import Sentence


class ZhiyinError(Exception):
    """A failure with one plain sentence for the person who caused it."""

    def __init__(self, sentence: Sentence) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class RequestError(ZhiyinError):
    """The request asks for something that can't be made."""


class Refused(RequestError):
    """Not now, or not for this person: the sentence says why and what can be done."""


class NotNow(Refused):
    """What passes by itself is in the way: the same may be asked for again later."""


class JobError(ZhiyinError):
    """An accepted job that can't be finished: the sentence is for the person who waits."""


class SoundError(ZhiyinError):
    """A sound file that can't be read or used."""


class OutputError(ZhiyinError):
    """A place or format that can't be written."""


class CheckpointError(ZhiyinError):
    """A model that can't be loaded."""


class ResourceError(ZhiyinError):
    """The machine lacks what the work needs."""


class DeviceError(ResourceError):
    """The device that was asked for isn't there or can't be used: trying again is no use."""


class ConfigError(ZhiyinError):
    """A setting that can't be used."""


class Cancelled(ZhiyinError):
    """The person asked to stop."""
