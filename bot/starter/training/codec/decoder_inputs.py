"""What the fitted decoder is told: amounts that are fitted, and how its first layer reads codes.

The layer hears three frames before and after: what memory needs comes a frame early, since memory
opens gates a frame late, and waveforms of several frames are written as what was struck since.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn

from bot.starter.training.codec import latent_layout, units
from bot.starter.training.codec.grains import Floats
from bot.starter.training.data.codebooks import PITCHED

WAVE_SCALE = 2.0**-8
"""What waveforms are multiplied by on their way, so that they stay quiet."""

TAIL_KEEPS = (0.2, 0.4, 0.55, 0.7, 0.7, 0.82, 0.82, 0.9, 0.94, 0.97)
"""What is left of each tail after a frame."""


@dataclass(frozen=True, slots=True)
class Amounts:
    """What is fitted: how memories open gates, and what waves sound like.

    `tones` [voices * pattern, tones] are added to the input gates' logits, `swells` to the output
    gates', which are those of `rest` [tones] when nothing is played. While a note is held, `holds`
    [voices, pattern + key dimensions, tones] and `spectrum` [held tones, tones] are too: they read
    pattern, key and what voices share without memory, and the output gates hear them as loud as
    `swelled` [tones] says. `noise` [bands] and `tails` [tails, bands] are amplitudes of noise as
    shares of `NOISE_LOUDEST`;
    `waves` [waves, frames, units] say how much of each of the `wave_grains` [units, samples of a
    frame] is heard, and `tone_gains` [tones] how loud a tone is with both gates open.
    """

    tones: Floats
    swells: Floats
    rest: Floats
    holds: Floats
    spectrum: Floats
    swelled: Floats
    noise: Floats
    tails: Floats
    waves: Floats
    wave_grains: Floats
    tone_gains: Floats


@torch.no_grad()
def write_inputs(conv: nn.Conv2d, amounts: Amounts) -> None:
    """Write the first layer: it brings vectors and keys to the LSTM."""
    weight = conv.weight[:, :, 0, :]
    now = weight.shape[2] // 2
    # Memory opens gates a frame late, so it hears what comes a frame early.
    read = 1 + units.PATTERN
    for voice in range(units.VOICES):
        first = latent_layout.voice_dimensions(voice).start
        for number in range(read):
            channel = units.VOICE_INPUT.start + voice * read + number
            weight[channel, first + number, now + 1] = 1
            if number:
                # A clip's first frame has none before it: what comes next is mirrored there and
                # cancels out, and memory begins with what is struck. Later on both are the same.
                weight[channel, first + number, now] = 1
                weight[channel, first + number, now - 1] = -1
        pattern = slice(first + 1, first + read)
        key = latent_layout.key_dimensions(list(PITCHED)[voice])
        held = torch.from_numpy(amounts.holds[voice].T)
        weight[units.TONE_INPUT, pattern, now] = held[:, : units.PATTERN]
        weight[units.TONE_INPUT, key, now] = held[:, units.PATTERN :]
    weight[units.TONE_INPUT, latent_layout.HELD_TONES, now] = torch.from_numpy(amounts.spectrum.T)
    weight[units.HISS_INPUT, latent_layout.NOISE, now] = torch.diag(torch.from_numpy(amounts.noise))
    # Tails are heard from the frame after the stroke on: vectors say themselves how it begins.
    for tail in range(units.TAILS):
        weight[units.TAIL_INPUT[tail], tail, now] = TAIL_KEEPS[tail]
    for wave in range(units.WAVES):
        for frame in range(units.WAVE_FRAMES):
            heard = torch.from_numpy(WAVE_SCALE * amounts.waves[wave, frame])
            weight[units.WAVE, units.TAILS + wave, now - frame] = heard
