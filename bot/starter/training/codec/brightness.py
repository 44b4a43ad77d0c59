"""What sounds beside the synthesizer: short sounds of all kinds, and the brightness of long ones.

Channels beside the synthesizer can't sound a held note: in every frame they hear the same, and what
repeats with the frames is a comb of multiples of 50 Hz. So most of them, the plain ones, hear of
pitches only what changes. Above the synthesizer's highest tones a comb is as good as any partials
are, for no ear tells them apart there: some channels, the bright ones, hear all. They feed no
others, and at last go through a filter that takes away what is low.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bot.starter.training.codec.additive import channels_used
from bot.starter.training.codec.oscillators import memory_units

BRIGHT = {0: 40, 3: 30, 6: 16, 9: 10, 12: 6}
"""How many channels of each layer's output are bright, those after the synthesizer's."""

_VANISHING = 3


def bright_channels() -> dict[int, slice]:
    """Return the bright channels of each layer's output, by layer."""
    firsts = channels_used() | {0: memory_units().stop}
    return {layer: slice(first, first + BRIGHT[layer]) for layer, first in firsts.items()}


@torch.no_grad()
def constrain_brightness(decoder: nn.Module, pitched: slice) -> None:
    """Bring the decoder back to where plain channels hear no holds, and bright ones sound high.

    Of nothing both make nothing.

    `pitched` are the dimensions of the latent space that say which pitches are held.
    """
    layers = decoder.layers
    assert isinstance(layers, nn.ModuleList)
    bright, used = bright_channels(), channels_used()
    # Without biases nothing sounds where nothing is played: no hum has to be unlearnt.
    layers[0].conv.bias[bright[0].start :] = 0
    for number in (3, 6, 9, 12):
        layers[number].conv.bias[used[number] :] = 0
        for inner in (1, 3):
            layers[number + 1].block[inner].conv.bias.zero_()
    plain = layers[0].conv.weight[bright[0].stop :, pitched]
    plain -= plain.mean(3, keepdim=True)
    before = bright[0]
    for number in (3, 6, 9, 12):
        own = bright[number]
        weight = layers[number].conv.weight
        weight[before, : own.start] = 0
        weight[before, own.stop :] = 0
        narrow, wide = (layers[number + 1].block[n].conv.weight for n in (1, 3))
        # As many of the block's inner channels are for the bright ones alone.
        inner = (own.stop - own.start) // 2
        narrow[inner:, own] = 0
        wide[: own.start, :inner] = 0
        wide[own.stop :, :inner] = 0
        before = own
    last = layers[15].conv.weight
    last[:, before] = _without_lows(last[:, before])


def _without_lows(kernels: Tensor) -> Tensor:
    """Take from kernels [..., taps] what lets low frequencies through: their first moments."""
    taps = kernels.shape[-1]
    places = torch.linspace(-1, 1, taps, device=kernels.device)
    moments = torch.stack([places**power for power in range(_VANISHING)], 1)
    basis, _ = torch.linalg.qr(moments)
    return kernels - kernels @ basis @ basis.t()
