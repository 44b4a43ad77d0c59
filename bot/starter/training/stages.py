"""The stages of the starter's training, as functions of its settings."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable

import numpy as np
import torch

from bot.starter.composer.captions import caption
from bot.starter.composer.compose import compose
from bot.starter.training import export
from bot.starter.training.codec.fitting import fit_decoder
from bot.starter.training.codec.stem_codec import StemCodec, codec_size
from bot.starter.training.codec.trainer import CodecSettings, CodecTrainer
from bot.starter.training.data import samples, vocabulary
from bot.starter.training.data.codebooks import write_drum_sets
from bot.starter.training.data.encoding import find_drum_sets
from bot.starter.training.data.loader import PIECE_SECONDS, LoaderSettings
from bot.starter.training.data.mixing import SampleBank
from bot.starter.training.data.windows import WindowSettings
from bot.starter.training.language.code_losses import LossSettings
from bot.starter.training.language.network import Language, LanguageSize
from bot.starter.training.language.optimizers import Rates
from bot.starter.training.language.text_pretraining import TextSettings, pretrain_text
from bot.starter.training.language.trainer import LanguageSettings, LanguageTrainer
from bot.starter.training.restore import read_codec, read_language, read_tokenizer
from bot.starter.training.settings import StageName, TrainingSettings

_TRAINED, _FITTED = "codec.pt", "fitted.pt"
_VOCABULARY = 2048
_DECIDED_SHARE_OF_WORDS = 0.25
# Few captions a step are noisier than pieces: more steps are averaged.
_AVERAGE_POWER, _AVERAGE_POWER_OF_WORDS = 8.0, 2.0
# Texts are learnt from pieces' beginnings, and those of many pieces; composing one takes 8 ms.
_WINDOWS_A_PIECE, _WINDOWS_A_PIECE_OF_WORDS = 10, 2
_CAPTION_SEED = 3_000_000


def count_drum_sets(settings: TrainingSettings) -> None:
    """Find which drums pieces strike together, and write the table of the drums' codes.

    Not one of the usual stages: another table gives other codes, and what was trained is lost.
    """
    counts: Counter[object] = Counter()
    for seed in range(settings.first_seed, settings.first_seed + settings.pieces):
        counts.update(find_drum_sets(compose(seed, seconds=PIECE_SECONDS)).values())
    write_drum_sets(struck for struck, _ in counts.most_common())  # type: ignore[misc]


def record_samples(settings: TrainingSettings) -> None:
    """Record the instruments."""
    if not settings.samples.exists():
        # Only recording needs FluidSynth and a MIDI library: training elsewhere goes without.
        from bot.starter.training.data.recording import record

        samples.write(record(settings.record_seconds), settings.samples)


def learn_words(settings: TrainingSettings) -> None:
    """Learn the tokenizer from captions, and pretrain the text encoder on them."""
    file = settings.folder / "text.pt"
    if file.exists():
        return
    random = np.random.default_rng(_CAPTION_SEED)
    seeds = range(_CAPTION_SEED, _CAPTION_SEED + settings.pieces)
    texts = [
        caption(piece, random)
        for piece in (compose(seed, seconds=10.0) for seed in seeds)
        for _ in range(8)
    ]
    tokenizer = vocabulary.learn(texts, _VOCABULARY)
    tokenizer.save(str(settings.folder / "tokenizer.json"))
    torch.manual_seed(0)
    size = LanguageSize(text_tokens=tokenizer.get_vocab_size())
    model = Language(size)
    plan = TextSettings(minutes=settings.text_minutes, pieces=settings.pieces)
    right = pretrain_text(model, tokenizer, plan)
    print(f"styles named right: {right:.1%}", file=sys.stderr)
    trained = {"text": model.text.state_dict(), "projection": model.projection.state_dict()}
    torch.save(trained, file)


def restore(settings: TrainingSettings) -> None:
    """Begin from a checkpoint: its weights and words, with new optimizers.

    What the folder has already is left alone.
    """
    tokenizer, text = settings.folder / "tokenizer.json", settings.folder / "text.pt"
    codec, language = settings.folder / _TRAINED, settings.folder / "language.pt"
    if not codec.exists():
        torch.save({"model": read_codec(settings.checkpoint).state_dict()}, codec)
    if language.exists() or text.exists():
        return
    read_tokenizer(settings.checkpoint).save(str(tokenizer))
    model = read_language(settings.checkpoint)
    torch.save({"model": model.state_dict()}, language)
    trained = {"text": model.text.state_dict(), "projection": model.projection.state_dict()}
    torch.save(trained, text)


def train_codec(settings: TrainingSettings) -> None:
    """Train the codec."""
    plan = CodecSettings(
        minutes=settings.codec_minutes,
        batch=settings.codec_batch,
        recognise_every=settings.recognise_every,
        gate_steps=settings.gate_steps,
        gate_pieces=settings.gate_pieces,
        rate=1e-3 * settings.rates,
        vectors_rate=0.0 if settings.keep_vectors else 3e-4 * settings.rates,
        recognition=0.0 if settings.keep_vectors else 0.15,
        trains_gates=not settings.keep_vectors,
        supply=LoaderSettings(
            first_seed=settings.first_seed,
            processes=settings.processes,
            waiting=settings.waiting,
            pieces=4,
        ),
    )
    bank = SampleBank(samples.read(settings.samples))
    CodecTrainer(plan, settings.folder, bank, torch.device(settings.device)).run()


def fit_decoder_to_samples(settings: TrainingSettings) -> None:
    """Fit a decoder to the recordings in closed form, in place of the trained one.

    The trained one is kept, and may be trained on.
    """
    codec = StemCodec(codec_size())
    trained = torch.load(settings.folder / _TRAINED, map_location="cpu", weights_only=True)
    codec.load_state_dict(trained["model"])
    bank = SampleBank(samples.read(settings.samples))
    fit_decoder(codec, bank, steps=settings.fit_steps, pieces=settings.fit_pieces)
    torch.save({"model": codec.state_dict()}, settings.folder / _FITTED)


def train_language(settings: TrainingSettings) -> None:
    """Train the text encoder and the decoder."""
    plan = LanguageSettings(
        minutes=settings.language_minutes,
        layers=settings.layers,
        first_pieces=settings.first_pieces,
        windows=WindowSettings(
            positions=settings.positions,
            lengths=tuple(settings.lengths),
            openings=settings.openings,
            opening_frames=settings.opening_frames,
        ),
        windows_a_piece=(_WINDOWS_A_PIECE_OF_WORDS if settings.words_alone else _WINDOWS_A_PIECE),
        words_alone=settings.words_alone,
        guidance=settings.guidance,
        loss=LossSettings(decided_share=_DECIDED_SHARE_OF_WORDS if settings.words_alone else 1.0),
        average_power=_AVERAGE_POWER_OF_WORDS if settings.words_alone else _AVERAGE_POWER,
        rates=Rates().scaled(settings.rates),
        supply=LoaderSettings(
            first_seed=2 * settings.first_seed,
            processes=settings.processes,
            waiting=settings.waiting,
        ),
        ring_pieces=4000 if settings.device == "cpu" else 30_000,
    )
    LanguageTrainer(plan, settings.folder, settings.tokenizer, torch.device(settings.device)).run()


def write_checkpoint(settings: TrainingSettings) -> None:
    """Write what has been trained so far as a checkpoint."""
    tokenizer = settings.tokenizer
    size = LanguageSize(layers=settings.layers, text_tokens=tokenizer.get_vocab_size())
    codec, language = StemCodec(codec_size()), Language(size)
    trained, fitted = settings.folder / _TRAINED, settings.folder / _FITTED
    is_fitted = fitted.exists() and fitted.stat().st_mtime_ns >= trained.stat().st_mtime_ns
    heard = _FITTED if is_fitted else _TRAINED
    for model, name in ((codec, heard), (language, "language.pt")):
        state = torch.load(settings.folder / name, map_location="cpu", weights_only=True)
        model.load_state_dict(state["model"])
    export.write(
        settings.checkpoint, codec=codec, language=language, tokenizer=tokenizer, size=size
    )


STAGES: dict[StageName, Callable[[TrainingSettings], None]] = {
    "drums": count_drum_sets,
    "restore": restore,
    "samples": record_samples,
    "words": learn_words,
    "codec": train_codec,
    "fit": fit_decoder_to_samples,
    "language": train_language,
    "export": write_checkpoint,
}
