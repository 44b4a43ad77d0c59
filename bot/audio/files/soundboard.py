"""Encode a part of a clip as a soundboard sound.

Source: Discord's documentation of soundboards: at most 5.2 s and 512 kB, as MP3 or Ogg.
"""

from __future__ import annotations

from bot.audio.analysis.rhythm import find_rhythm
from bot.audio.editing.excerpt import cut_excerpt
from bot.audio.editing.playback import prepare_clip
from bot.audio.files import formats
from bot.audio.files.formats import FORMATS
from bot.audio.resample import fit
from bot.domain.generation import Sound
from bot.domain.soundboard import MOST_BYTES, MOST_SECONDS, SoundboardSound
from bot.errors import OutputError
from bot.i18n.sentence import Sentence

TOO_LARGE = Sentence("As a sound for the soundboard it would be too large.")

# An MP3 is whole frames, with a few before and after what is heard.
_PADDING_SECONDS = 0.1
# The first bytes of files at lower rates are none by which discord.py knows an MP3.
_RATE_HZ = 48_000


def encode_soundboard_sound(sound: Sound, *, name: str, loudness_lufs: float) -> SoundboardSound:
    """Return the loudest bars of a sound. Raises OutputError where they are too large."""
    part = cut_excerpt(sound, find_rhythm(sound), MOST_SECONDS - _PADDING_SECONDS)
    ready = prepare_clip(part, loudness_lufs, loops=False)
    whole = fit(ready, sample_rate_hz=_RATE_HZ, channels=ready.channels)
    data = formats.encode(whole, FORMATS["mp3"])
    if len(data) > MOST_BYTES or whole.seconds > MOST_SECONDS:
        raise OutputError(TOO_LARGE)
    return SoundboardSound(data=data, name=name, seconds=round(whole.seconds, 2))
