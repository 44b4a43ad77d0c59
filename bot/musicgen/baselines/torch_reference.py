"""transformers' own `generate()` on PyTorch: the baseline for the engine's speed.

Run as a program by an interpreter that has PyTorch and transformers and needs nothing else of the
bot's, see `other_environment`.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bot.musicgen.baselines.other_environment import Environment, Timing, read_timings

ENVIRONMENT = Environment(runtime="PyTorch", group="torch")


def measure(
    folder: Path, *, users: Sequence[int], steps: int, seconds: float, threads: int
) -> list[Timing]:
    """Time `steps` steps of transformers in fp32 and bf16, in a separate process.

    Raises ResourceError if PyTorch is not available.
    """
    arguments = ["--folder", str(folder.resolve()), "--users", ",".join(map(str, users))]
    arguments += ["--steps", str(steps), "--seconds", str(seconds), "--threads", str(threads)]
    return read_timings(ENVIRONMENT.run("bot.musicgen.baselines.torch_reference", arguments))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure in this process, which has PyTorch, and print the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--users", default="1,8")
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--threads", type=int, default=0)
    args = parser.parse_args(arguments)
    import torch

    if args.threads:
        torch.set_num_threads(args.threads)
    users = [int(part) for part in args.users.split(",")]
    found = [
        {"precision": name, "users": count} | _time(model, args.folder, count, args)
        for name, dtype in (("fp32", torch.float32), ("bf16", torch.bfloat16))
        for model in [_load(args.folder, dtype)]
        for count in users
    ]
    print(json.dumps(found))


def _load(folder: Path, dtype: Any) -> Any:
    from transformers import MusicgenForConditionalGeneration

    return MusicgenForConditionalGeneration.from_pretrained(folder, dtype=dtype).eval()


def _time(model: Any, folder: Path, users: int, args: argparse.Namespace) -> dict[str, float]:
    import torch
    from transformers import AutoTokenizer, StoppingCriteria, StoppingCriteriaList

    class Clock(StoppingCriteria):
        """A stopping criterion that never stops, and records when each step ended."""

        def __init__(self) -> None:
            self.times: list[float] = []

        def __call__(self, input_ids: Any, scores: Any, **_: Any) -> Any:
            """Record the time."""
            self.times.append(time.perf_counter())
            return torch.zeros(len(input_ids), dtype=torch.bool)

    tokenizer = AutoTokenizer.from_pretrained(folder)
    words = tokenizer(["90s rock with a driving beat"] * users, return_tensors="pt")
    clock = Clock()
    with torch.inference_mode():
        model.generate(
            **words,
            max_new_tokens=args.steps,
            do_sample=True,
            guidance_scale=3.0,
            stopping_criteria=StoppingCriteriaList([clock]),
        )
        text_seconds = _seconds(lambda: model.text_encoder(**words))
        sound_seconds = _seconds(lambda: _sound(model, users, args.seconds))
    spans = sorted(b - a for a, b in zip(clock.times, clock.times[1:], strict=False))
    return {
        "ms_per_step": round(1000 * spans[len(spans) // 2], 2),
        "text_seconds": round(text_seconds, 4),
        "sound_seconds": round(sound_seconds, 4),
    }


def _sound(model: Any, users: int, seconds: float) -> None:
    """Decode random codes of the clips' length."""
    import torch

    frames = round(seconds * model.config.audio_encoder.frame_rate)
    decoder = model.config.decoder
    channels = decoder.audio_channels
    shape = (1, users * channels, decoder.num_codebooks // channels, frames)
    codes = torch.randint(decoder.vocab_size, shape)
    model.audio_encoder.decode(codes, [None])


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
