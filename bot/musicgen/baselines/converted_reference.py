"""MusicGen converted to another runtime in int8: OpenVINO or ONNX Runtime, a baseline for speed.

Run as a program by an interpreter that has PyTorch, transformers and the runtime, see
`other_environment`. Each number of clips at once is converted for itself, with fixed shapes.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from bot.musicgen.baselines.other_environment import Environment, Timing

if TYPE_CHECKING:
    from bot.musicgen.baselines.converted.clip_loop import Parts

ENVIRONMENTS = {
    "openvino": Environment(runtime="OpenVINO", group="openvino"),
    "onnxruntime": Environment(runtime="ONNX Runtime", group="onnxruntime"),
}

_TEXT_TOKENS = 8


def measure(
    runtime: str,
    folder: Path,
    *,
    users: Sequence[int],
    steps: int,
    seconds: float,
    threads: int,
    precision: str = "int8",
) -> list[Timing]:
    """Convert a checkpoint and time so many steps, in a process of its own.

    Raises ResourceError where the runtime or PyTorch is not to be had.
    """
    arguments = ["--runtime", runtime, "--folder", str(folder.resolve())]
    arguments += ["--users", ",".join(map(str, users)), "--steps", str(steps)]
    arguments += ["--seconds", str(seconds), "--threads", str(threads), "--precision", precision]
    return ENVIRONMENTS[runtime].run("bot.musicgen.baselines.converted_reference", arguments)


def main(arguments: Sequence[str] | None = None) -> None:
    """Convert and measure in this process, and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runtime", choices=ENVIRONMENTS, required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--users", default="1,8")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--precision", choices=("fp32", "int8"), default="int8")
    args = parser.parse_args(arguments)
    print(json.dumps([_time(args, int(part)) for part in args.users.split(",")]))


def convert(
    runtime: str,
    model: Any,
    *,
    requests: int,
    tokens: int,
    frames: int,
    threads: int,
    precision: str,
) -> Parts:
    """Convert transformers' model for so many requests, text tokens and frames of sound."""
    kind: Any
    if runtime == "openvino":
        from bot.musicgen.baselines.converted import openvino_parts

        kind = openvino_parts.OpenVinoParts
    else:
        from bot.musicgen.baselines.converted import onnxruntime_parts

        kind = onnxruntime_parts.OnnxRuntimeParts
    parts: Parts = kind(
        model,
        requests=requests,
        tokens=tokens,
        frames=frames,
        threads=threads,
        precision=precision,
    )
    return parts


def _time(args: argparse.Namespace, users: int) -> dict[str, Any]:
    import numpy as np

    from bot.musicgen.baselines.converted import clip_loop, torch_parts

    model = torch_parts.load(args.folder)
    frames = round(args.seconds * model.config.audio_encoder.frame_rate)
    vocabulary = model.config.text_encoder.vocab_size
    texts = np.random.default_rng(0).integers(3, vocabulary, (users, _TEXT_TOKENS))
    parts = convert(
        args.runtime,
        model,
        requests=users,
        tokens=_TEXT_TOKENS,
        frames=frames,
        threads=args.threads,
        precision=args.precision,
    )
    del model  # its fp32 weights would only be in the way of the runtime's own
    spans = clip_loop.measure(parts, texts, steps=args.steps, frames=frames)
    timing = Timing(
        precision=args.precision,
        users=users,
        ms_per_step=round(1000 * spans.step, 2),
        text_seconds=round(spans.text, 4),
        sound_seconds=round(spans.sound, 4),
    )
    return dataclasses.asdict(timing)


if __name__ == "__main__":
    main()
