"""EnCodec for training: the layers of transformers' EncodecModel, arranged for a processor.

Sound is a picture of height 1 with the channels last, which oneDNN convolves several times as fast
as it does one-dimensional sound. The parameters have transformers' names, without the weight norm,
which is put back when the checkpoint is written.

Source: arXiv 2210.13438 (EnCodec); transformers' modeling_encodec is the reference.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional


@dataclass(frozen=True, slots=True, kw_only=True)
class CodecSize:
    """The dimensions of the starter's EnCodec; `ratios` is in the decoder's order.

    The decoder reads `hidden_size` dimensions, of which the encoder finds the last `key_size`.
    """

    sample_rate_hz: int = 32_000
    filters: int = 24
    hidden_size: int = 196
    key_size: int = 96
    ratios: tuple[int, ...] = (5, 4, 4, 8)
    kernel_size: int = 7
    codebooks: int = 8
    codebook_size: int = 2048

    @property
    def hop(self) -> int:
        """Return the samples of one frame."""
        hop = 1
        for ratio in self.ratios:
            hop *= ratio
        return hop

    @property
    def widest(self) -> int:
        """Return the channels at the frame rate."""
        return self.filters << len(self.ratios)


class _Convolution(nn.Module):
    """A convolution padded by reflection, [batch, channels, 1, samples]."""

    def __init__(self, inputs: int, outputs: int, kernel_size: int, stride: int = 1) -> None:
        super().__init__()
        self.conv = nn.Conv2d(inputs, outputs, (1, kernel_size), (1, stride))
        total = kernel_size - stride
        self.padding = (total - total // 2, total // 2, 0, 0)

    def forward(self, states: Tensor) -> Tensor:
        if self.padding != (0, 0, 0, 0):
            states = functional.pad(states, self.padding, mode="reflect")
        output: Tensor = self.conv(states)
        return output


class _Upsampling(nn.Module):
    """A transposed convolution whose kernel is two strides wide, as one matrix product."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.conv = nn.ConvTranspose1d(inputs, outputs, 2 * stride, stride)
        self.stride = stride

    def forward(self, states: Tensor) -> Tensor:
        stride = self.stride
        weight = self.conv.weight  # [inputs, outputs, 2 strides]
        outputs = weight.shape[1]
        steps = states.permute(0, 3, 2, 1).squeeze(2)  # [batch, steps, inputs]
        spread = functional.linear(steps, weight.permute(2, 1, 0).reshape(-1, weight.shape[0]))
        first, second = spread.split(stride * outputs, dim=2)
        total = functional.pad(first, (0, 0, 0, 1)) + functional.pad(second, (0, 0, 1, 0))
        sound = total.reshape(total.shape[0], -1, outputs) + self.conv.bias
        left = stride - stride // 2
        sound = sound[:, left : left + steps.shape[1] * stride]
        return sound.transpose(1, 2).unsqueeze(2)


class _Residual(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.block = nn.ModuleList(
            [
                nn.ELU(),
                _Convolution(width, width // 2, 3),
                nn.ELU(),
                _Convolution(width // 2, width, 1),
            ]
        )

    def forward(self, states: Tensor) -> Tensor:
        output = states
        for layer in self.block:
            output = layer(output)
        return states + output


class _Memory(nn.Module):
    """The LSTM with its shortcut, at the frame rate: knows how long ago a note began."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.lstm = nn.LSTM(width, width)

    def forward(self, states: Tensor) -> Tensor:
        with torch.autocast(states.device.type, enabled=False):
            steps = states.float().squeeze(2).permute(2, 0, 1).contiguous()
            output: Tensor = self.lstm(steps)[0] + steps
        return output.permute(1, 2, 0).unsqueeze(2)


def _encoder(size: CodecSize) -> nn.ModuleList:
    width = size.filters
    layers: list[nn.Module] = [_Convolution(1, width, size.kernel_size)]
    for ratio in reversed(size.ratios):
        layers += [_Residual(width), nn.ELU(), _Convolution(width, 2 * width, 2 * ratio, ratio)]
        width *= 2
    layers += [_Memory(width), nn.ELU()]
    layers += [_Convolution(width, size.key_size, size.kernel_size)]
    return nn.ModuleList(layers)


def _decoder(size: CodecSize) -> nn.ModuleList:
    width = size.widest
    layers: list[nn.Module] = [_Convolution(size.hidden_size, width, size.kernel_size)]
    layers += [_Memory(width)]
    for ratio in size.ratios:
        layers += [nn.ELU(), _Upsampling(width, width // 2, ratio), _Residual(width // 2)]
        width //= 2
    layers += [nn.ELU(), _Convolution(width, 1, size.kernel_size)]
    return nn.ModuleList(layers)


class _Layers(nn.Module):
    def __init__(self, layers: nn.ModuleList) -> None:
        super().__init__()
        self.layers = layers

    def forward(self, states: Tensor) -> Tensor:
        for layer in self.layers[:-1]:
            states = layer(states)
        # The last layer's output is what is measured: it is not rounded to 16 bits.
        with torch.autocast(states.device.type, enabled=False):
            output: Tensor = self.layers[-1](states.float())
        return output


class Codec(nn.Module):
    """EnCodec without the quantizer: sound to states and back."""

    def __init__(self, size: CodecSize) -> None:
        super().__init__()
        self.size = size
        self.encoder = _Layers(_encoder(size))
        self.decoder = _Layers(_decoder(size))
        for module in self.modules():
            if isinstance(module, (nn.Conv2d, nn.ConvTranspose1d)):
                _begin(module)
        # A quiet start: what is too loud at first is corrected by silencing the states.
        with torch.no_grad():
            self.encoder.layers[0].conv.weight.mul_(3)
            self.decoder.layers[-1].conv.weight.mul_(0.1)
            for module in self.modules():
                if isinstance(module, _Residual):
                    module.block[3].conv.weight.mul_(0.5)
        self.to(memory_format=torch.channels_last)

    def encode(self, sound: Tensor) -> Tensor:
        """Turn sound [batch, samples] into states [batch, frames, keys]."""
        picture = sound[:, None, None, :].to(memory_format=torch.channels_last)
        states: Tensor = self.encoder(picture)
        return states.squeeze(2).transpose(1, 2)

    def decode(self, states: Tensor) -> Tensor:
        """Turn states [batch, frames, hidden] into sound [batch, samples]."""
        picture = states.transpose(1, 2).unsqueeze(2)
        sound: Tensor = self.decoder(picture.to(memory_format=torch.channels_last))
        return sound[:, 0, 0, :]


def _begin(module: nn.Conv2d | nn.ConvTranspose1d) -> None:
    """Let a layer's output be as loud as its input, which PyTorch's own start is not."""
    upwards = isinstance(module, nn.ConvTranspose1d)
    inputs = 2 * module.weight.shape[0] if upwards else module.weight[0].numel()
    nn.init.normal_(module.weight, std=inputs**-0.5)
    assert module.bias is not None
    nn.init.zeros_(module.bias)
