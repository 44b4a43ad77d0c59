"""Make the starter model from nothing: `python -m bot.starter.train --folder FOLDER`.

Each stage resumes where it was stopped: record the instruments, learn the tokenizer and pretrain
the text encoder, train the codec and the language model on new pieces for a budget of minutes,
write the checkpoint. The stage `restore` begins from a checkpoint instead of random weights.
Recording needs FluidSynth with its soundfonts; all else needs PyTorch and the recordings.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import get_args

from bot.starter.training.data.loader import PIECE_FRAMES
from bot.starter.training.settings import EVALUATION_SEEDS, StageName, TrainingSettings

CHECKPOINT = Path(__file__).parent / "checkpoint"

USUAL_STAGES: tuple[StageName, ...] = ("samples", "words", "codec", "fit", "language", "export")


def main(arguments: Sequence[str] | None = None) -> None:
    """Do the stages that were asked for, one after the other."""
    parser = _parser()
    args = parser.parse_args(arguments)
    if max(args.lengths) > PIECE_FRAMES:
        parser.error(f"--lengths: pieces have {PIECE_FRAMES} frames")
    if any(seed in EVALUATION_SEEDS for seed in (args.first_seed, 2 * args.first_seed)):
        parser.error(
            f"--first-seed: from {EVALUATION_SEEDS.start:,} on pieces are the evaluation's"
        )
    settings = TrainingSettings(
        **{each.name: getattr(args, each.name) for each in fields(TrainingSettings)}
    )
    settings.folder.mkdir(parents=True, exist_ok=True)
    # Each process that composes imports this module again, and does without PyTorch.
    import torch

    from bot.starter.training.stages import STAGES

    torch.set_num_threads(settings.threads)
    for stage in args.stage or USUAL_STAGES:
        print(f"{stage} ...", file=sys.stderr, flush=True)
        STAGES[stage](settings)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.starter.train", description=__doc__)
    add = parser.add_argument
    add("--folder", type=Path, required=True, help="where everything is kept between runs")
    add(
        "--checkpoint",
        type=Path,
        default=CHECKPOINT,
        help="where the result goes, and what `restore` begins from",
    )
    add(
        "--stage",
        action="append",
        choices=get_args(StageName),
        help="do this only; may be given again",
    )
    add("--device", default="cpu", help="what trains: cpu or cuda")
    add("--processes", type=int, default=1, help="processes that compose")
    add("--waiting", type=int, default=24, help="batches that are composed ahead")
    add("--threads", type=int, default=os.cpu_count() or 1, help="threads that train")
    add("--first-seed", type=int, default=10_000_000, help="seed of the first piece")
    add("--pieces", type=int, default=6000, help="pieces whose captions and drums are counted")
    add("--record-seconds", type=float, default=4.2, help="how long recorded notes are held")
    add("--text-minutes", type=float, default=3.0, help="time to pretrain the text encoder")
    add("--codec-minutes", type=float, default=120.0, help="time to train the codec")
    add("--codec-batch", type=int, default=8, help="crops of two seconds in a step")
    add("--language-minutes", type=float, default=600.0, help="time to train the rest")
    add("--recognise-every", type=int, default=1, help="steps of the codec to one of its encoder")
    add("--keep-vectors", action="store_true", help="leave encoder, vectors and gates as they are")
    add(
        "--gate-steps",
        type=int,
        default=2500,
        help="steps in which the codec's gates are pretrained",
    )
    add("--gate-pieces", type=int, default=600, help="pieces that they are trained on")
    add("--fit-steps", type=int, default=40_000, help="steps in which fitted gates are polished")
    add("--fit-pieces", type=int, default=300, help="pieces that they are polished on")
    add("--layers", type=int, default=6, help="layers of the language model's decoder")
    add("--first-pieces", type=int, default=200, help="pieces composed before its first step")
    add("--positions", type=int, default=4096, help="frames in a step of the language model")
    add(
        "--lengths",
        type=int,
        nargs=2,
        default=(512, 1504),
        metavar=("SHORT", "LONG"),
        help="frames of a window, 60 %% and 40 %% of the time but for openings",
    )
    add("--openings", type=float, default=0.5, help="share of the steps on openings alone")
    add("--opening-frames", type=int, default=64, help="frames of an opening")
    add("--words-alone", action="store_true", help="train how texts are read, and leave the rest")
    add(
        "--guidance",
        type=float,
        help="have the restored model as a teacher: go on as it does, and begin as it does with "
        "this guidance (1: without any)",
    )
    add("--rates", type=float, default=1.0, help="share of the usual learning rates")
    return parser


if __name__ == "__main__":
    main()
