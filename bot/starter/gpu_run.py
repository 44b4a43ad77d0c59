"""Train codec and language model on one GPU for some minutes, and bring the weights back.

    python -m bot.starter.gpu_run pack --folder work --pack pack       # here: what has to travel
    python -m bot.starter.gpu_run train --pack pack --out out          # there: PyTorch and a GPU
    python -m bot.starter.gpu_run bring --folder work --out out        # here: go on from the result

Both train at the same time, each in a process of its own, on pieces that other processes compose.
What goes on from weights takes more room to travel: `--only language` packs and trains one of both.
"""

from __future__ import annotations

import argparse
import io
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import torch

PACKED = {
    "codec": ("samples.npz", "codec.pt"),
    "language": ("tokenizer.json", "text.pt", "language.pt"),
}
"""What travels for each stage: recordings, tokenizer, and what was trained so far."""

_PART_BYTES = 15 << 20
_TRAINED = ("codec", "language")


def pack(folder: Path, goal: Path, stages: Sequence[str] = _TRAINED) -> int:
    """Copy what some stages need into a folder, weights alone and in half precision.

    Returns the bytes in all.
    """
    goal.mkdir(parents=True, exist_ok=True)
    for name in (name for stage in stages for name in PACKED[stage]):
        source = folder / name
        if not source.exists():
            continue
        if name in ("language.pt", "codec.pt"):
            torch.save(_halved(source), goal / name)
        else:
            shutil.copyfile(source, goal / name)
    return sum(file.stat().st_size for file in goal.iterdir())


def train(
    folder: Path,
    out: Path,
    options: Sequence[str],
    device: str,
    processes: int,
    stages: Sequence[str] = _TRAINED,
) -> int:
    """Train in a packed folder and write the weights in parts; return the exit code.

    `options` go to `bot.starter.train`. What was trained comes back even where one of both fails.
    """
    out.mkdir(parents=True, exist_ok=True)
    composing = {"codec": max(1, processes // 4), "language": max(1, processes * 3 // 4)}
    if len(stages) == 1:
        composing = dict.fromkeys(stages, processes)
    running = {
        stage: subprocess.Popen(  # noqa: S603 - our own arguments
            [sys.executable, "-m", "bot.starter.train", "--folder", str(folder), "--stage", stage,
             "--device", device, "--processes", str(composing[stage]), "--threads", "2",
             *options],
        )
        for stage in stages
    }  # fmt: skip
    codes = {stage: process.wait() for stage, process in running.items()}
    for stage in stages:
        file = folder / f"{stage}.pt"
        if file.exists():
            _split(file, out)
        log = folder / f"{stage}.log"
        if log.exists():
            shutil.copyfile(log, out / log.name)
    return max(codes.values(), key=abs)


def bring(out: Path, folder: Path) -> None:
    """Put the weights that came back together, in place of those in a folder."""
    for stage in _TRAINED:
        parts = sorted(out.glob(f"{stage}.pt.part*"), key=lambda part: int(part.suffix[5:]))
        if parts:
            whole = b"".join(part.read_bytes() for part in parts)
            state = torch.load(io.BytesIO(whole), map_location="cpu", weights_only=True)
            state["model"] = {name: _widened(tensor) for name, tensor in state["model"].items()}
            torch.save(state, folder / f"{stage}.pt")


def _halved(file: Path) -> dict[str, object]:
    state = torch.load(file, map_location="cpu", weights_only=True)
    halves = {
        name: tensor.half() if tensor.is_floating_point() else tensor
        for name, tensor in state["model"].items()
    }
    # Where it is known how many pieces were heard, the next run goes on after them.
    return {"model": halves, "pieces": state.get("pieces", 0)}


def _widened(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def _split(file: Path, out: Path) -> None:
    buffer = io.BytesIO()
    torch.save(_halved(file), buffer)
    data = buffer.getvalue()
    for number, start in enumerate(range(0, len(data), _PART_BYTES)):
        (out / f"{file.name}.part{number}").write_bytes(data[start : start + _PART_BYTES])


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what was asked for and return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m bot.starter.gpu_run", description=__doc__)
    parser.add_argument("what", choices=("pack", "train", "bring"))
    parser.add_argument("--folder", type=Path, default=Path("work"), help="where training is kept")
    parser.add_argument("--pack", type=Path, default=Path("pack"), help="what travels")
    parser.add_argument("--out", type=Path, default=Path("out"), help="what comes back")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--processes", type=int, default=max(2, (os.cpu_count() or 2) - 2))
    parser.add_argument("--only", choices=_TRAINED, help="pack and train this one alone")
    args, options = parser.parse_known_args(arguments)
    stages = _TRAINED if args.only is None else (args.only,)
    if args.what == "pack":
        print(f"{pack(args.folder, args.pack, stages) / 1e6:.1f} MB")
        return 0
    if args.what == "train":
        return train(args.pack, args.out, options, args.device, args.processes, stages)
    bring(args.out, args.folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
