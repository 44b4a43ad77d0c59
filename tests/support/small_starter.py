"""Train a small starter model in the training's environment: run this module with a folder F.

All facts that tests need are written to F/made.json. One program does it all, since each start of
PyTorch takes seconds.
"""

from __future__ import annotations

import json
import multiprocessing
import sys
from pathlib import Path
from typing import Any

import torch

from bot.starter import gpu_run, train
from bot.starter.training import packing
from bot.starter.training.settings import TRAINED

FIRST_SEED = 500
# Two hold the circuit that repeats what came before; a step of six takes three times as long.
_LAYERS = "--layers=2"

_LITTLE = (
    "--codec-batch=2",
    # Two or four windows in a step: their length does not matter for a run this short.
    "--positions=256",
    "--lengths",
    "64",
    "128",
    _LAYERS,
    "--first-pieces=32",
    "--waiting=1",
    "--gate-steps=5",
    "--gate-pieces=20",
    # Tests run in parallel: more threads would wait for each other.
    "--threads=1",
    f"--first-seed={FIRST_SEED}",
)


def main(folder: Path) -> None:
    """Record, build the vocabulary, train briefly as on a device, and continue from there twice."""
    work, pack, out = folder / "work", folder / "pack", folder / "out"
    small = [f"--folder={work}", "--pieces=200", "--text-minutes=0.02"]
    small += ["--record-seconds=0.3", "--threads=1"]
    # Forked, so that it does not import PyTorch again.
    recording = multiprocessing.get_context("fork").Process(
        target=train.main, args=([*small, "--stage=samples"],)
    )
    recording.start()
    train.main([*small, "--stage=words"])
    recording.join()
    assert recording.exitcode == 0
    made: dict[str, Any] = {"packed bytes": packing.pack(work, pack)}
    train_moment(pack, out, dict.fromkeys(TRAINED, 0.02))
    made["trained"] = states_of(pack)
    packing.bring(out, work)
    made["brought"] = states_of(work)
    train.main([*small, _LAYERS, f"--checkpoint={folder / 'checkpoint'}", "--stage=export"])
    train_moment(pack, out, {each: made["trained"][each]["minutes"] + 0.01 for each in TRAINED})
    made["went on"] = states_of(pack)
    for part in TRAINED:
        again = folder / f"{part} again"
        made[f"packed bytes of {part}"] = packing.pack(work, again, (part,))
    made["packed again"] = {part: state_of(folder / f"{part} again", part) for part in TRAINED}
    (folder / "made.json").write_text(json.dumps(made))


def train_moment(pack: Path, out: Path, minutes: dict[str, float]) -> None:
    """Train both parts for some minutes, including those of earlier runs."""
    budget = [f"--{part}-minutes={minutes[part]}" for part in TRAINED]
    arguments = ["train", f"--pack={pack}", f"--out={out}", "--device=cpu", "--processes=2"]
    assert gpu_run.main([*arguments, *_LITTLE, *budget]) == 0


def states_of(folder: Path) -> dict[str, dict[str, Any]]:
    """Return the states of a folder's trained parts."""
    return {part: state_of(folder, part) for part in TRAINED}


def state_of(folder: Path, part: str) -> dict[str, Any]:
    """Return the progress of a run, and the sum of its squared weights."""
    state = torch.load(folder / f"{part}.pt", weights_only=True)
    weights = state["model"].values()
    return {
        "keys": sorted(state),
        "step": state.get("step", 0),
        "pieces": state["pieces"],
        "minutes": state.get("seconds_used", 0.0) / 60,
        "types": sorted({str(tensor.dtype) for tensor in weights}),
        "size": sum(float(tensor.double().square().sum()) for tensor in weights),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
