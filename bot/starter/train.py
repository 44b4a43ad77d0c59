"""Make the starter model from nothing: `python -m bot.starter.train --folder FOLDER`.

Each stage goes on where it was stopped: render pieces, train the codec on them, turn a thousand
loops and some hundred pieces into codes, train the language model on those, train the codec's
decoder on while its codes stay as they are, write the checkpoint. Needs FluidSynth with a General
MIDI soundfont, and PyTorch.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import fields
from pathlib import Path

import torch
import torch.distributed as group
import torch.multiprocessing as processes
from tokenizers import Tokenizer

from bot.starter.composer.render import SOUNDFONT
from bot.starter.training import export, vocabulary
from bot.starter.training.codec_network import CodecSize
from bot.starter.training.codec_training import CodecPlan, CodecTraining
from bot.starter.training.codes import known_captions
from bot.starter.training.gradients import Team
from bot.starter.training.language_network import LanguageSize
from bot.starter.training.language_training import LanguagePlan, LanguageTraining
from bot.starter.training.material import make_codes, make_pieces, make_sounds, trained_codec
from bot.starter.training.restore import restore
from bot.starter.training.text_training import TextPlan
from bot.starter.training.work import Work

CHECKPOINT = Path(__file__).parent / "checkpoint"
STAGES = ("sounds", "codec", "codes", "pieces", "language", "decoder", "export")

_VOCABULARY = 2048


def train_codec(work: Work, team: Team) -> None:
    """Train the codec."""
    plan = CodecPlan(minutes=work.codec_minutes)
    CodecTraining(plan, work.folder, team).run(sorted(work.sounds.glob("*.npy")))


def train_codec_decoder(work: Work, team: Team) -> None:
    """Train the codec's decoder further, for the codes that the language model has learnt."""
    plan = CodecPlan(minutes=work.decoder_minutes, freeze_codes=True, waveform=0.1)
    CodecTraining(plan, work.folder, team).run(sorted(work.sounds.glob("*.npy")))


def train_language(work: Work, team: Team) -> None:
    """Train the text encoder and the decoder."""
    tokenizer = _tokenizer(work)
    plan = LanguagePlan(minutes=work.language_minutes, text=TextPlan(minutes=work.text_minutes))
    LanguageTraining(plan, work.folder, team, tokenizer).run(work.codes, work.pieces)


def write_checkpoint(work: Work, team: Team) -> None:
    """Write what has been trained so far as a checkpoint."""
    if team.rank:
        return
    codec, quantizer = trained_codec(work.folder)
    language = torch.load(work.folder / "language.pt", weights_only=True)["model"]
    tokenizer = _tokenizer(work)
    export.write(
        work.checkpoint,
        codec=codec.state_dict(),
        quantizer=quantizer.state_dict(),
        language=language,
        tokenizer=tokenizer,
        codec_size=CodecSize(),
        language_size=LanguageSize(text_tokens=tokenizer.get_vocab_size()),
    )


_WORK: dict[str, Callable[[Work, Team], None]] = dict(
    zip(
        STAGES,
        (
            make_sounds,
            train_codec,
            make_codes,
            make_pieces,
            train_language,
            train_codec_decoder,
            write_checkpoint,
        ),
        strict=True,
    )
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Do the stages that were asked for, one after the other."""
    parser = _parser()
    args = parser.parse_args(arguments)
    work = Work(**{each.name: getattr(args, each.name) for each in fields(Work)})
    work.folder.mkdir(parents=True, exist_ok=True)
    if args.go_on_from and not (work.folder / "language.pt").exists():
        restore(args.go_on_from, work.folder)
    stages = args.stage or STAGES
    if "codec" in stages and _codes_would_be_lost(work):
        parser.error(
            f"{work.codes} was made with the codec as it is: leave out the stage codec, or train "
            "it in another folder"
        )
    for stage in stages:
        print(f"{stage} ...", file=sys.stderr, flush=True)
        while True:
            with tempfile.TemporaryDirectory() as meeting:
                processes.spawn(_work, (stage, work, meeting), nprocs=work.cores)
            if stage != "language" or _language_is_done(work):
                break


def _codes_would_be_lost(work: Work) -> bool:
    """Tell whether training the codec on would leave codes that mean something else."""
    file = work.folder / "codec.pt"
    made = [*work.codes.glob("*.npz"), *work.pieces.glob("*.npz")]
    if not file.exists() or not made:
        return False
    used: float = torch.load(file, weights_only=True)["seconds_used"]
    return used < 60 * work.codec_minutes


def _language_is_done(work: Work) -> bool:
    used: float = torch.load(work.folder / "language.pt", weights_only=True)["seconds_used"]
    return used >= 60 * work.language_minutes


def _tokenizer(work: Work) -> Tokenizer:
    """Return the tokenizer, which stays what it was when the training began."""
    file = work.folder / "tokenizer.json"
    if file.exists():
        return Tokenizer.from_file(str(file))
    tokenizer = vocabulary.learn(known_captions(work.codes), _VOCABULARY)
    # Each process learns and keeps the same one.
    scratch = file.with_suffix(f".{os.getpid()}")
    tokenizer.save(str(scratch))
    scratch.rename(file)
    return tokenizer


def _work(rank: int, stage: str, work: Work, meeting: str) -> None:
    torch.set_num_threads(1)
    if work.cores > 1:
        place = f"file://{meeting}/place"
        group.init_process_group("gloo", init_method=place, rank=rank, world_size=work.cores)
    _WORK[stage](work, Team(rank, work.cores))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot.starter.train", description=__doc__)
    add = parser.add_argument
    add("--folder", type=Path, required=True, help="where everything is kept between runs")
    add("--checkpoint", type=Path, default=CHECKPOINT, help="where the result goes")
    add("--soundfont", type=Path, default=SOUNDFONT, help="a General MIDI soundfont")
    add(
        "--go-on-from",
        type=Path,
        metavar="CHECKPOINT",
        help="begin with its weights; leave out the stage codec, or its codes change",
    )
    add("--stage", action="append", choices=STAGES, help="do this only; may be given again")
    add("--codec-pieces", type=int, default=240, help="pieces the codec learns from")
    add("--loops", type=int, default=0, help="loops the language model learns from; 0: all")
    add("--told-pieces", type=int, default=320, help="pieces it learns to go on with")
    add("--seconds", type=float, default=30.0, help="length of a piece")
    add("--codec-minutes", type=float, default=65.0, help="time to train the codec")
    add("--text-minutes", type=float, default=3.0, help="time to teach the text encoder")
    add("--language-minutes", type=float, default=150.0, help="time to train the rest")
    add("--decoder-minutes", type=float, default=15.0, help="time to train the codec's decoder on")
    add("--cores", type=int, default=os.cpu_count() or 1, help="processes that train together")
    return parser


if __name__ == "__main__":
    main()
