"""What of a sound the model hears before it goes on, and what of it stays in the clip."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from bot.audio import decode, posting
from bot.jobs import Sound
from bot.orders import Order


def heard_part(path: Path, keep_seconds: float, sample_rate_hz: int, channels: int) -> Sound:
    """Read the end of a kept sound as a model with this rate and so many channels hears it.

    Raises SoundError where the file is gone.
    """
    sound = posting.read_master(path)
    wanted = max(1, round(keep_seconds * sound.sample_rate_hz))
    end = replace(sound, samples=sound.samples[:, -wanted:])
    return decode.fit(end, sample_rate_hz=sample_rate_hz, channels=channels)


def joined_part(made: Sound, order: Order) -> tuple[Sound, float]:
    """Return what becomes the clip, and the seconds in it that were there before.

    The engine gives back what it heard with what is new; an order may want the new part alone.
    """
    rate_hz = made.sample_rate_hz
    new = min(made.samples.shape[1], round(order.seconds * rate_hz))
    before_seconds = (made.samples.shape[1] - new) / rate_hz
    if order.source is None or order.source.include:
        return made, before_seconds
    return replace(made, samples=made.samples[:, -new:]), 0.0
