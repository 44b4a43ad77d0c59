"""Sample-based synthesis of many crops at once, on whatever device PyTorch is given."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from bot.starter.composer.reverb import echo
from bot.starter.training.data.crops import Plays, SoundNumbers
from bot.starter.training.data.mixing import HOP, STEM_NAMES, WETNESS, SampleBank
from bot.starter.training.data.samples import SAMPLE_RATE_HZ

_CHUNK_SAMPLES = 1 << 25
_ROOM_SECONDS = 0.6


class Mixer:
    """Holds all sounds on a device and adds them up."""

    def __init__(self, bank: SampleBank, numbers: SoundNumbers, device: torch.device) -> None:
        sounds = [bank.sound(key) for key in numbers.by_key]
        lengths = torch.tensor([len(sound) for sound in sounds])
        self.device = device
        self.lengths = lengths.to(device)
        self.offsets = torch.cumsum(torch.cat([torch.zeros(1, dtype=torch.long), lengths]), 0)[
            :-1
        ].to(device)
        kind = torch.float16 if device.type == "cuda" else torch.float32
        flat = torch.from_numpy(np.concatenate([s.astype(np.float16) for s in sounds]))
        self.flat = flat.to(device=device, dtype=kind)
        answer = torch.from_numpy(echo(SAMPLE_RATE_HZ)[: round(_ROOM_SECONDS * SAMPLE_RATE_HZ)])
        self.echo = answer.float().to(device)
        self.wetness = torch.tensor([WETNESS[name] for name in STEM_NAMES], device=device)

    def mix(self, crops: Sequence[Plays], frames: int) -> Tensor:
        """Return the stems [crops, stems, samples] of crops made by `crop_plays`."""
        samples = frames * HOP
        stems = torch.zeros(len(crops) * len(STEM_NAMES) * samples, device=self.device)
        counts = [len(crop) for crop in crops]
        table = torch.from_numpy(np.concatenate(list(crops))).to(self.device)
        which = torch.repeat_interleave(torch.arange(len(crops)), torch.tensor(counts)).to(
            self.device
        )
        stem, sound, start, held, release = table[:, :5].long().unbind(1)
        gain = table[:, 5]
        rings = held < 0
        length = self.lengths[sound]
        length = torch.where(rings, length, torch.minimum(length, held + release))
        skipped = (-start).clamp(min=0)
        ends = torch.minimum(length, samples - start)
        # The longest first: what is added together is about equally long, and little is padded.
        order = torch.argsort(ends - skipped, descending=True)
        longest = (ends - skipped)[order].tolist()
        base = (which * len(STEM_NAMES) + stem) * samples + start
        at = 0
        while at < len(longest) and longest[at] > 0:
            chosen = order[at : at + max(1, _CHUNK_SAMPLES // longest[at])]
            self._add(stems, chosen, longest[at], skipped, ends, base, sound,
                      held, release, rings, gain)  # fmt: skip
            at += len(chosen)
        return self._in_room(stems.view(len(crops), len(STEM_NAMES), samples))

    def _add(
        self, stems: Tensor, chosen: Tensor, width: int, skipped: Tensor, ends: Tensor,
        base: Tensor, sound: Tensor, held: Tensor, release: Tensor, rings: Tensor, gain: Tensor,
    ) -> None:  # fmt: skip
        place = skipped[chosen, None] + torch.arange(width, device=self.device)
        valid = place < ends[chosen, None]
        source = (self.offsets[sound[chosen], None] + place).clamp(max=len(self.flat) - 1)
        gone = (place - held[chosen, None]) / release[chosen, None].clamp(min=1)
        fading = torch.exp(-5 * gone.clamp(0, 1)) * (1 - gone.clamp(0, 1))
        loud = torch.where(rings[chosen, None] | (gone <= 0), 1.0, fading)
        value = self.flat[source].float() * loud * gain[chosen, None] * valid
        goal = (base[chosen, None] + place).clamp(0, len(stems) - 1)
        stems.index_add_(0, goal.flatten(), value.flatten())

    def _in_room(self, stems: Tensor) -> Tensor:
        samples = stems.shape[-1]
        size = 1 << (samples + len(self.echo) - 1).bit_length()
        heard = torch.fft.rfft(stems, size) * torch.fft.rfft(self.echo, size)
        wet = torch.fft.irfft(heard, size)[..., :samples]
        return stems + self.wetness[None, :, None] * wet
