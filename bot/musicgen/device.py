"""What a model is computed on: the processor with our own kernels, or an Ascend of Huawei's.

Looking for an Ascend costs nothing where there is none; MindSpore is imported only where there is.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bot.errors import DeviceError
from bot.i18n.sentence import Sentence

log = logging.getLogger(__name__)

NO_ASCEND = Sentence(
    'engine.device is "Ascend", and this machine has none: set it to "auto" or "CPU".'
)
UNUSABLE_ASCEND = Sentence(
    "MindSpore can't use this machine's Ascend: its driver and CANN have to be "
    'installed, and CANN\'s set_env.sh read before the start; engine.device = "CPU" does without.'
)

ON_ASCEND = Sentence(
    "Music is made on this machine's Ascend. This version of Zhiyin was never run on one: "
    "docs/devices.md says what to expect."
)
ON_PROCESSOR = Sentence("Music is made on this machine's processor.")

_NODES = "davinci[0-9]*"
"""What the driver calls each Ascend among the devices of the system."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """Where a model's graphs run."""

    target: Literal["CPU", "Ascend"]
    """As MindSpore names it."""
    own_kernels: bool
    """Whether our kernels do the work there; otherwise MindSpore's operations, in fixed shapes."""


PROCESSOR = Device(target="CPU", own_kernels=True)
ASCEND = Device(target="Ascend", own_kernels=False)


def has_ascend(devices: Path = Path("/dev")) -> bool:
    """Return whether the system shows an Ascend device.

    It does not say whether MindSpore can use it.
    """
    return any(devices.glob(_NODES))


def wants_ascend(asked: str, *, devices: Path = Path("/dev")) -> bool:
    """Return whether an Ascend is to be used: asked for, or "auto" where the system shows one."""
    return asked == "Ascend" or (asked == "auto" and has_ascend(devices))


def choose_device(asked: str, *, devices: Path = Path("/dev")) -> Device:
    """Return what to compute on: "CPU", "Ascend", or with "auto" an Ascend that can be used.

    Raises DeviceError for an Ascend that is asked for and isn't there or can't be used.
    """
    if not wants_ascend(asked, devices=devices):
        return PROCESSOR
    if not has_ascend(devices):
        raise DeviceError(NO_ASCEND)
    if not _mindspore_has_ascend():
        if asked == "auto":
            log.warning("device.unusable computing on the processor: %s", UNUSABLE_ASCEND)
            return PROCESSOR
        raise DeviceError(UNUSABLE_ASCEND)
    return ASCEND


def use(device: Device) -> None:
    """Make MindSpore run all graphs of this process on a device.

    Call it before the first graph. Raises DeviceError if the device does not start.
    """
    import mindspore as ms

    if ms.get_context("device_target") == device.target:
        return
    try:
        ms.set_device(device.target)
    except RuntimeError as error:
        log.error("device.not_set %s", error)
        raise DeviceError(UNUSABLE_ASCEND) from error


def _mindspore_has_ascend() -> bool:
    import mindspore as ms

    return bool(ms.device_context.ascend.is_available())
