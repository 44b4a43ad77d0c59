"""The operations of T5's and EnCodec's graphs, on MindSpore's kernels or on ours.

All work on rows in time, [rows, channels], with weights in layouts of their own. Weights and inputs
of an LSTM's third gate are doubled: tanh(x) = 2 * sigmoid(2x) - 1, so that one operation serves all
gates.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mindspore as ms
from mindspore import ops
from numpy.typing import NDArray

from bot.musicgen.kernels import codec_layouts
from bot.musicgen.kernels.codec_layouts import Layouts


@dataclass(frozen=True, slots=True, kw_only=True)
class Operations:
    """Functions on tensors, for use inside compiled graphs, and the weight layouts they need.

    - `linear(x, matrix, bias)`: a linear layer.
    - `convolve(kept, x, index, matrix, bias)`: a linear layer on windows, each of which is the
      rows of elu(concat(kept, x)) that the index names, side by side. Also returns the rows to
      keep for the next block: the first of kept, which is zeros, and the last of x.
    - `residual(kept, x, index, matrix, bias, matrix, bias)`: a residual unit, and the rows to
      keep. The outputs' own rows are the middle ones of concat(kept, x), the first left out.
    - `lstm(inputs, gates, state)`: an LSTM layer; inputs [frames * channels, 4 * width] are the
      inputs' part of the gates, the state is the last outputs and then the last cells,
      [2 * channels, width]. Returns the outputs of all frames, then the cells.
    """

    linear: Callable[..., Any]
    convolve: Callable[..., Any]
    residual: Callable[..., Any]
    lstm: Callable[..., Any]
    layouts: Layouts


def tensor(values: NDArray[Any]) -> Any:
    """Return a contiguous array as a tensor: sharing its memory, or copied to the device.

    A tensor on the device is not copied again at each call of a graph.
    """
    made = ms.Tensor.from_numpy(values)
    target = ms.get_context("device_target")
    return made if target == "CPU" else made.move_to(target)


def builtin_operations() -> Operations:
    """Return the operations on MindSpore's own kernels.

    On a CPU a convolution is fastest as a gather of the windows' rows and one matrix product.
    """
    matmul, biased, gather = ops.MatMul(), ops.BiasAdd(), ops.Gather()
    elu, sigmoid, tanh = ops.Elu(), ops.Sigmoid(), ops.Tanh()
    join, parts = ops.Concat(0), ops.Split(1, 4)

    def linear(x: Any, weight: Any, bias: Any) -> Any:
        return biased(matmul(x, weight), bias)

    def convolve(kept: Any, x: Any, index: Any, weight: Any, bias: Any) -> Any:
        known = join((kept, x))
        windows = ops.reshape(gather(elu(known), index, 0), (-1, weight.shape[0]))
        return linear(windows, weight, bias), join((kept[:1], known[x.shape[0] + 1 :]))

    def residual(kept: Any, x: Any, index: Any, *weights: Any) -> Any:
        inner, keep = convolve(kept, x, index, weights[0], weights[1])
        return centre(kept, x) + linear(elu(inner), weights[2], weights[3]), keep

    def lstm(inputs: Any, weight: Any, state: Any) -> Any:
        channels = state.shape[0] // 2
        output, cell = state[:channels], state[channels:]
        outputs = []
        for frame in range(inputs.shape[0] // channels):
            known = inputs[frame * channels : (frame + 1) * channels]
            take, keep, fresh, give = parts(sigmoid(known + matmul(output, weight)))
            cell = keep * cell + take * (fresh * 2.0 - 1.0)
            output = give * tanh(cell)
            outputs.append(output)
        outputs.append(cell)
        return join(outputs)

    return Operations(
        linear=linear,
        convolve=convolve,
        residual=residual,
        lstm=lstm,
        layouts=codec_layouts.plain(),
    )


def centre(kept: Any, x: Any) -> Any:
    """Return the rows of a residual unit's shortcut: those of its outputs."""
    before = (kept.shape[0] + 1) // 2
    return ops.cat((kept, x))[before : before + x.shape[0]]


def kernel_operations(library: Path, *, rounded: bool = False) -> Operations:
    """Return the operations on our own kernels, compiled into `library`.

    If `rounded`, all weights are in half precision; otherwise only an LSTM's, which are read for
    every frame, and only if that is lossless.
    """

    def kernel(name: str, shape: Callable[..., Any], dtypes: Any = ms.float32) -> Any:
        return ops.Custom(f"{library}:zhiyin_{name}", shape, lambda *_: dtypes, func_type="aot")

    def convolve_shapes(kept: Any, x: Any, index: Any, weight: Any, bias: Any) -> Any:
        return [index[0] * x[1] // weight[1], bias[0]], kept

    two = (ms.float32, ms.float32)
    return Operations(
        linear=kernel("product", lambda x, _, bias: [x[0], bias[0]]),
        convolve=kernel("convolve", convolve_shapes, two),
        residual=kernel("residual", lambda kept, x, *_: (x, kept), two),
        lstm=kernel("lstm", lambda inputs, _, state: [inputs[0] + state[0] // 2, state[1]]),
        layouts=codec_layouts.panels(rounded=rounded),
    )
