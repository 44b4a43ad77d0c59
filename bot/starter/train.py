"""Make the starter model from nothing: `python -m bot.starter.train --folder FOLDER`.

Each stage goes on where it was stopped: record the instruments, learn the words of captions, train
the codec and the language model on new pieces for so many minutes, write the checkpoint. Recording
needs FluidSynth with its soundfonts; all else needs PyTorch and what was recorded.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from bot.starter.composer.captions import caption
from bot.starter.composer.compose import compose
from bot.starter.training import export
from bot.starter.training.codec.stem_codec import StemCodec, codec_size
from bot.starter.training.codec.trainer import CodecPlan, CodecTraining
from bot.starter.training.data import samples, vocabulary
from bot.starter.training.data.codebooks import write_drum_sets
from bot.starter.training.data.encoding import struck_sets
from bot.starter.training.data.loader import PIECE_SECONDS, SupplyPlan
from bot.starter.training.data.mixing import Bank
from bot.starter.training.data.windows import WindowPlan
from bot.starter.training.language.network import Language, LanguageSize
from bot.starter.training.language.optimizers import Rates
from bot.starter.training.language.text_pretraining import TextPlan, teach
from bot.starter.training.language.trainer import LanguagePlan, LanguageTraining
from bot.starter.training.restore import read_codec, read_language, read_tokenizer

CHECKPOINT = Path(__file__).parent / "checkpoint"

_VOCABULARY = 2048
_CAPTION_SEED = 3_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """How much of everything is asked for, and where it is kept."""

    folder: Path
    checkpoint: Path
    device: str
    processes: int
    threads: int
    first_seed: int
    pieces: int
    text_minutes: float
    codec_minutes: float
    codec_batch: int
    recognise_every: int
    keep_vectors: bool
    gate_steps: int
    gate_pieces: int
    language_minutes: float
    positions: int
    lengths: tuple[int, ...]
    rates: float

    @property
    def samples(self) -> Path:
        """Return the file of recorded instruments."""
        return self.folder / "samples.npz"

    @property
    def tokenizer(self) -> Tokenizer:
        """Read the tokenizer that was learnt."""
        return Tokenizer.from_file(str(self.folder / "tokenizer.json"))


def count_drum_sets(work: Work) -> None:
    """Find which drums pieces strike together, and write the table of the drums' codes.

    Not one of the usual stages: another table gives other codes, and what was trained is lost.
    """
    counts: Counter[object] = Counter()
    for seed in range(work.first_seed, work.first_seed + work.pieces):
        counts.update(struck_sets(compose(seed, seconds=PIECE_SECONDS)).values())
    write_drum_sets(struck for struck, _ in counts.most_common())  # type: ignore[misc]


def record_samples(work: Work) -> None:
    """Record the instruments."""
    if not work.samples.exists():
        # Only recording needs FluidSynth and a MIDI library: training elsewhere goes without.
        from bot.starter.training.data.recording import record

        samples.write(record(), work.samples)


def learn_words(work: Work) -> None:
    """Learn the tokenizer from captions, and teach the text encoder what they say."""
    file = work.folder / "text.pt"
    if file.exists():
        return
    random = np.random.default_rng(_CAPTION_SEED)
    seeds = range(_CAPTION_SEED, _CAPTION_SEED + work.pieces)
    texts = [
        caption(piece, random)
        for piece in (compose(seed, seconds=10.0) for seed in seeds)
        for _ in range(8)
    ]
    tokenizer = vocabulary.learn(texts, _VOCABULARY)
    tokenizer.save(str(work.folder / "tokenizer.json"))
    torch.manual_seed(0)
    size = LanguageSize(text_tokens=tokenizer.get_vocab_size())
    model = Language(size)
    plan = TextPlan(minutes=work.text_minutes, pieces=work.pieces)
    right = teach(model, tokenizer, plan)
    print(f"styles named right: {right:.1%}", file=sys.stderr)
    taught = {"text": model.text.state_dict(), "projection": model.projection.state_dict()}
    torch.save(taught, file)


def restore(work: Work) -> None:
    """Begin from a checkpoint: its weights and words, with new optimizers.

    What the folder has already is left alone.
    """
    tokenizer, text = work.folder / "tokenizer.json", work.folder / "text.pt"
    codec, language = work.folder / "codec.pt", work.folder / "language.pt"
    if not codec.exists():
        torch.save({"model": read_codec(work.checkpoint).state_dict()}, codec)
    if language.exists() or text.exists():
        return
    read_tokenizer(work.checkpoint).save(str(tokenizer))
    model = read_language(work.checkpoint)
    torch.save({"model": model.state_dict()}, language)
    taught = {"text": model.text.state_dict(), "projection": model.projection.state_dict()}
    torch.save(taught, text)


def train_codec(work: Work) -> None:
    """Train the codec."""
    plan = CodecPlan(
        minutes=work.codec_minutes,
        batch=work.codec_batch,
        recognise_every=work.recognise_every,
        gate_steps=work.gate_steps,
        gate_pieces=work.gate_pieces,
        rate=1e-3 * work.rates,
        vectors_rate=0.0 if work.keep_vectors else 3e-4 * work.rates,
        recognition=0.0 if work.keep_vectors else 0.15,
        trains_gates=not work.keep_vectors,
        supply=SupplyPlan(first_seed=work.first_seed, processes=work.processes, pieces=4),
    )
    bank = Bank(samples.read(work.samples))
    CodecTraining(plan, work.folder, bank, torch.device(work.device)).run()


def train_language(work: Work) -> None:
    """Train the text encoder and the decoder."""
    plan = LanguagePlan(
        minutes=work.language_minutes,
        windows=WindowPlan(positions=work.positions, lengths=tuple(work.lengths)),
        rates=Rates().scaled(work.rates),
        supply=SupplyPlan(first_seed=2 * work.first_seed, processes=work.processes),
        ring_pieces=4000 if work.device == "cpu" else 30_000,
    )
    LanguageTraining(plan, work.folder, work.tokenizer, torch.device(work.device)).run()


def write_checkpoint(work: Work) -> None:
    """Write what has been trained so far as a checkpoint."""
    tokenizer = work.tokenizer
    size = LanguageSize(text_tokens=tokenizer.get_vocab_size())
    codec, language = StemCodec(codec_size()), Language(size)
    for model, name in ((codec, "codec.pt"), (language, "language.pt")):
        state = torch.load(work.folder / name, map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
    export.write(work.checkpoint, codec=codec, language=language, tokenizer=tokenizer, size=size)


_STAGES: dict[str, Callable[[Work], None]] = {
    "drums": count_drum_sets,
    "restore": restore,
    "samples": record_samples,
    "words": learn_words,
    "codec": train_codec,
    "language": train_language,
    "export": write_checkpoint,
}
USUAL_STAGES = ("samples", "words", "codec", "language", "export")


def main(arguments: Sequence[str] | None = None) -> None:
    """Do the stages that were asked for, one after the other."""
    args = _parser().parse_args(arguments)
    work = Work(**{each.name: getattr(args, each.name) for each in fields(Work)})
    work.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(work.threads)
    for stage in args.stage or USUAL_STAGES:
        print(f"{stage} ...", file=sys.stderr, flush=True)
        _STAGES[stage](work)


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
    add("--stage", action="append", choices=_STAGES, help="do this only; may be given again")
    add("--device", default="cpu", help="what trains: cpu or cuda")
    add("--processes", type=int, default=1, help="processes that compose")
    add("--threads", type=int, default=os.cpu_count() or 1, help="threads that train")
    add("--first-seed", type=int, default=10_000_000, help="seed of the first piece")
    add("--pieces", type=int, default=6000, help="pieces whose captions and drums are counted")
    add("--text-minutes", type=float, default=3.0, help="time to teach the text encoder")
    add("--codec-minutes", type=float, default=120.0, help="time to train the codec")
    add("--codec-batch", type=int, default=8, help="crops of two seconds in a step")
    add("--language-minutes", type=float, default=600.0, help="time to train the rest")
    add("--recognise-every", type=int, default=1, help="steps of the codec to one of its encoder")
    add("--keep-vectors", action="store_true", help="leave encoder, vectors and gates as they are")
    add("--gate-steps", type=int, default=2500, help="steps in which the codec's gates are taught")
    add("--gate-pieces", type=int, default=600, help="pieces that they are taught on")
    add("--positions", type=int, default=4096, help="frames in a step of the language model")
    add(
        "--lengths",
        type=int,
        nargs=2,
        default=(512, 1504),
        metavar=("SHORT", "LONG"),
        help="frames of a window, 60 %% and 40 %% of the time",
    )
    add("--rates", type=float, default=1.0, help="share of the usual learning rates")
    return parser


if __name__ == "__main__":
    main()
