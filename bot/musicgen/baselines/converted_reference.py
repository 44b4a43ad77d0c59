"""MusicGen converted to another runtime in int8: OpenVINO or ONNX Runtime, a baseline for speed.

Run as a program by an interpreter that has PyTorch, transformers and the runtime, see
`other_environment`. Each number of clips is converted separately, with fixed shapes. One process
converts and another one, without PyTorch, times.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.musicgen.baselines.other_environment import Environment, Timing, read_timings

if TYPE_CHECKING:
    from bot.musicgen.baselines.converted.clip_loop import Extent, Parts

ENVIRONMENTS = {
    "openvino": Environment(runtime="OpenVINO", group="openvino"),
    "onnxruntime": Environment(runtime="ONNX Runtime", group="onnxruntime"),
}

_MODULE = "bot.musicgen.baselines.converted_reference"
_TEXT_TOKENS = 8
_EXTENT = "extent.json"


def measure(
    runtime: str,
    folder: Path,
    *,
    scratch: Path,
    users: Sequence[int],
    steps: int,
    seconds: float,
    threads: int,
) -> list[Timing]:
    """Convert a checkpoint and time `steps` steps, in separate processes.

    The converted model, as large as the checkpoint, is kept in the folder `scratch` meanwhile.
    Raises ResourceError if the runtime or PyTorch is not available.
    """
    environment = ENVIRONMENTS[runtime]
    timings = []
    for count in users:
        with tempfile.TemporaryDirectory(dir=scratch) as converted:
            place = ["--runtime", runtime, "--converted", converted]
            checkpoint = ["--folder", str(folder.resolve()), "--users", str(count)]
            environment.run(_MODULE, ["convert", *place, *checkpoint, "--seconds", str(seconds)])
            extent = ["--steps", str(steps), "--threads", str(threads)]
            printed = environment.run(_MODULE, ["time", *place, *extent])
        timings += read_timings(printed)
    return timings


def main(arguments: Sequence[str] | None = None) -> None:
    """Convert in this process, or time a converted model and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("action", choices=("convert", "time"))
    parser.add_argument("--runtime", choices=ENVIRONMENTS, required=True)
    parser.add_argument("--converted", type=Path, required=True)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--users", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--precision", choices=("fp32", "int8"), default="int8")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--threads", type=int, default=1)
    args = parser.parse_args(arguments)
    if args.action == "convert":
        from bot.musicgen.baselines.converted import torch_parts

        model = torch_parts.load(args.folder)
        frames = round(args.seconds * model.config.audio_encoder.frame_rate)
        convert(
            args.runtime,
            model,
            args.converted,
            requests=args.users,
            tokens=_TEXT_TOKENS,
            frames=frames,
            precision=args.precision,
        )
    else:
        parts = load(args.runtime, args.converted, threads=args.threads)
        print(json.dumps([dataclasses.asdict(_time(parts, args.steps))]))


def convert(
    runtime: str,
    model: Any,
    folder: Path,
    *,
    requests: int,
    tokens: int,
    frames: int,
    precision: str,
) -> None:
    """Convert transformers' model into a folder, for fixed requests, tokens and frames."""
    from bot.musicgen.baselines.converted.clip_loop import Extent

    config = model.config.decoder
    extent = Extent(
        precision=precision,
        requests=requests,
        tokens=tokens,
        frames=frames,
        codebooks=config.num_codebooks,
        vocabulary=config.vocab_size,
        layers=config.num_hidden_layers,
        heads=config.num_attention_heads,
        head_size=config.hidden_size // config.num_attention_heads,
    )
    if runtime == "openvino":
        from bot.musicgen.baselines.converted import openvino_conversion

        openvino_conversion.write(model, folder, extent)
    else:
        from bot.musicgen.baselines.converted import onnxruntime_conversion

        onnxruntime_conversion.write(model, folder, extent)
    (folder / _EXTENT).write_text(json.dumps(dataclasses.asdict(extent)))


def load(runtime: str, folder: Path, *, threads: int) -> Parts:
    """Load the converted model from a folder."""
    from bot.musicgen.baselines.converted.clip_loop import Extent

    extent = Extent(**json.loads((folder / _EXTENT).read_text()))
    if runtime == "openvino":
        from bot.musicgen.baselines.converted.openvino_parts import OpenVinoParts

        return OpenVinoParts(folder, extent, threads=threads)
    from bot.musicgen.baselines.converted.onnxruntime_parts import OnnxRuntimeParts

    return OnnxRuntimeParts(folder, extent, threads=threads)


def _time(parts: Parts, steps: int) -> Timing:
    import numpy as np

    from bot.musicgen.baselines.converted import clip_loop

    extent: Extent = parts.extent
    # Any token will do: 100 is in the vocabulary of every text encoder.
    texts = np.random.default_rng(0).integers(3, 100, (extent.requests, extent.tokens))
    spans = clip_loop.measure(parts, texts, steps=steps)
    return Timing(
        precision=extent.precision,
        users=extent.requests,
        ms_per_step=round(1000 * spans.step, 2),
        text_seconds=round(spans.text, 4),
        sound_seconds=round(spans.sound, 4),
    )


if __name__ == "__main__":
    main()
