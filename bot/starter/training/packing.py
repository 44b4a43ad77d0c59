"""What of a training travels to another machine and back: weights alone, in half precision."""

from __future__ import annotations

import io
import shutil
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor

from bot.starter.training.settings import TRAINED

PACKED = {
    "codec": ("samples.npz", "codec.pt"),
    "language": ("tokenizer.json", "text.pt", "language.pt"),
}
"""What travels for each stage: recordings, tokenizer, and what was trained so far."""

_PART_BYTES = 15 << 20


def pack(folder: Path, goal: Path, stages: Sequence[str] = TRAINED) -> int:
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


def bring(out: Path, folder: Path) -> None:
    """Put the weights that came back together, in place of those in a folder."""
    for stage in TRAINED:
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


def _widened(tensor: Tensor) -> Tensor:
    return tensor.float() if tensor.is_floating_point() else tensor


def split(file: Path, out: Path) -> None:
    """Write a file's weights into a folder, in half precision, in parts that may be sent."""
    buffer = io.BytesIO()
    torch.save(_halved(file), buffer)
    data = buffer.getvalue()
    # Parts of an earlier, larger file would be taken for the end of this one.
    for part in out.glob(f"{file.name}.part*"):
        part.unlink()
    for number, start in enumerate(range(0, len(data), _PART_BYTES)):
        (out / f"{file.name}.part{number}").write_bytes(data[start : start + _PART_BYTES])
