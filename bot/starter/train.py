"""Make the starter model from nothing: `python -m bot.starter.train --folder FOLDER`.

Each stage goes on where it was stopped: render pieces, train the codec on them, turn some hundred
loops and pieces into codes, train the language model on those, train the codec's decoder on while
its codes stay as they are, write the checkpoint. Needs FluidSynth with a General MIDI soundfont,
and PyTorch.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
import torch.distributed as group
import torch.multiprocessing as processes
from tokenizers import Tokenizer

from bot.starter.composer.compose import BEAT_FRAMES, compose
from bot.starter.composer.loops import compose_loop, loops
from bot.starter.composer.piece import Piece
from bot.starter.composer.render import SOUNDFONT, render_many
from bot.starter.training import export, vocabulary
from bot.starter.training.codec_network import Codec, CodecSize
from bot.starter.training.codec_training import CodecPlan, CodecTraining
from bot.starter.training.codes import coded, encode, known_captions, save_piece, save_shard
from bot.starter.training.gradients import Team
from bot.starter.training.language_network import LanguageSize
from bot.starter.training.language_training import LanguagePlan, LanguageTraining
from bot.starter.training.quantizer import Quantizer
from bot.starter.training.restore import restore
from bot.starter.training.sounds import save
from bot.starter.training.text_training import TextPlan

CHECKPOINT = Path(__file__).parent / "checkpoint"
STAGES = ("sounds", "codec", "codes", "pieces", "language", "decoder", "export")

# Held-out pieces have seeds from 5,000,000 on: see measure.py.
_CODEC_SEEDS = 1_000_000
_SHARD_PIECES = 20
_FRAME_SAMPLES = 640
_VOCABULARY = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """What is asked for: how much of everything, and where it is kept."""

    folder: Path
    checkpoint: Path
    soundfont: Path
    codec_pieces: int
    loops: int
    told_pieces: int
    seconds: float
    codec_minutes: float
    text_minutes: float
    language_minutes: float
    decoder_minutes: float
    cores: int

    @property
    def sounds(self) -> Path:
        """Return the folder of rendered pieces for the codec."""
        return self.folder / "sounds"

    @property
    def codes(self) -> Path:
        """Return the folder of coded loops for the language model."""
        return self.folder / "codes"

    @property
    def pieces(self) -> Path:
        """Return the folder of coded pieces for the language model."""
        return self.folder / "pieces"


def make_sounds(work: Work, team: Team) -> None:
    """Render the pieces that the codec learns from."""
    work.sounds.mkdir(parents=True, exist_ok=True)
    for start in _shards(work.codec_pieces, team):
        seeds = range(start, min(start + _SHARD_PIECES, work.codec_pieces))
        files = [work.sounds / f"{seed:06}.npy" for seed in seeds]
        if all(file.exists() for file in files):
            continue
        pieces = [compose(_CODEC_SEEDS + seed, seconds=work.seconds) for seed in seeds]
        for file, sound in zip(files, render_many(pieces, soundfont=work.soundfont), strict=True):
            save(file, sound)


def train_codec(work: Work, team: Team) -> None:
    """Train the codec."""
    plan = CodecPlan(minutes=work.codec_minutes)
    CodecTraining(plan, work.folder, team).run(sorted(work.sounds.glob("*.npy")))


def train_codec_decoder(work: Work, team: Team) -> None:
    """Train the codec's decoder further, for the codes that the language model has learnt."""
    plan = CodecPlan(minutes=work.decoder_minutes, freeze_codes=True, waveform=0.1)
    CodecTraining(plan, work.folder, team).run(sorted(work.sounds.glob("*.npy")))


def make_codes(work: Work, team: Team) -> None:
    """Render and code the loops that the language model learns from, with captions."""
    codec, quantizer = trained_codec(work.folder)
    work.codes.mkdir(parents=True, exist_ok=True)
    every = list(loops())
    asked = work.loops or len(every)
    # Fewer than all are spread over all styles.
    chosen = [every[n * len(every) // asked] for n in range(asked)]
    for start in _shards(asked, team):
        name = f"{start:06}"
        if (work.codes / f"{name}.npz").exists():
            continue
        shard = chosen[start : start + _SHARD_PIECES]
        composed = [compose_loop(loop) for loop in shard]
        pieces = [piece for piece, _ in composed]
        sounds = render_many(pieces, soundfont=work.soundfont)
        codes = [
            coded(codec, quantizer, sound, frames * _FRAME_SAMPLES)
            for sound, (_, frames) in zip(sounds, composed, strict=True)
        ]
        save_shard(work.codes, name, shard, pieces, codes)


def make_pieces(work: Work, team: Team) -> None:
    """Render and code the pieces that the language model learns to go on with."""
    codec, quantizer = trained_codec(work.folder)
    work.pieces.mkdir(parents=True, exist_ok=True)
    for start in _shards(work.told_pieces, team):
        seeds = range(start, min(start + _SHARD_PIECES, work.told_pieces))
        files = [work.pieces / f"{seed:06}.npy" for seed in seeds]
        if all(file.exists() for file in files):
            continue
        pieces = [_any_tempo(seed, work.seconds) for seed in seeds]
        for file, sound in zip(files, render_many(pieces, soundfont=work.soundfont), strict=True):
            save_piece(file, encode(codec, quantizer, sound))


def _any_tempo(seed: int, seconds: float) -> Piece:
    # What people bring has any beat, and most often one that no loop has.
    frames = int(np.random.default_rng(seed).integers(min(BEAT_FRAMES), max(BEAT_FRAMES) + 1))
    return compose(seed, seconds=seconds, beat_frames=frames)


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


def trained_codec(folder: Path) -> tuple[Codec, Quantizer]:
    """Return the codec as far as it has been trained."""
    size = CodecSize()
    last = next(file for name in ("decoder.pt", "codec.pt") if (file := folder / name).exists())
    state = torch.load(last, weights_only=True)
    codec = Codec(size)
    codec.load_state_dict(state["codec"])
    quantizer = Quantizer(size.codebooks, size.codebook_size, size.hidden_size)
    quantizer.load_state_dict(state["quantizer"])
    return codec, quantizer


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
    made = [*work.codes.glob("*.npz"), *work.pieces.glob("*.npy")]
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


def _shards(pieces: int, team: Team) -> range:
    return range(team.rank * _SHARD_PIECES, pieces, team.processes * _SHARD_PIECES)


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
