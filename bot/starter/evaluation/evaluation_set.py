"""The model's clips and the renders of the same prompts, each made when a section asks for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from bot.starter.composer.piece import Piece
from bot.starter.composer.styles import STYLES
from bot.starter.evaluation import moods, note_style, renders
from bot.starter.evaluation.classifier import Classifier
from bot.starter.evaluation.clips import Clip, analyse_clip
from bot.starter.evaluation.held_out_prompts import Prompt, compose_prompt, held_out
from bot.starter.evaluation.listener import Listener, load_or_train
from bot.starter.evaluation.moods import Pair
from bot.starter.evaluation.note_score import Score, score_of
from bot.starter.evaluation.renders import FIRST_SEED, Player, Render
from bot.starter.evaluation.report_section import MODEL, RENDERS
from bot.starter.evaluation.sampler import Sampler, SampleRequest, Take
from bot.starter.training.data.codebooks import FRAMES_PER_SECOND
from bot.starter.training.data.encoding import encode_piece

PROMPT_SEED = 16
_TAKE_SEED, _RENDER_SEED = FIRST_SEED + 300_000, FIRST_SEED + 200_000
_MOOD_SEED, _LONG_SEED = FIRST_SEED + 320_000, FIRST_SEED + 340_000
_TAKES_APART = 100
_NOTE_EXAMPLE_SECONDS = 24.0
LoadListener = Callable[[Path, Player, Sequence[Piece], Callable[[str], None]], Listener]
"""What trains the classifiers of sound on pieces, or finds them in a cache folder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """How much is measured; `examples` is how many pieces of each style the classifiers get."""

    prompts: int = 40
    takes: int = 8
    decoded_takes: int = 2
    examples: int = 40
    note_examples: int = 120
    mood_pairs: int = 48
    mood_takes: int = 4
    half_minute_clips: int = 16
    minute_clips: int = 8
    codec_pieces: int = 26
    continued: int = 32
    judged_takes: int = 2


QUICK = Extent(
    prompts=6,
    takes=2,
    decoded_takes=1,
    examples=4,
    note_examples=30,
    mood_pairs=6,
    mood_takes=1,
    half_minute_clips=2,
    minute_clips=1,
    codec_pieces=4,
    continued=4,
    judged_takes=1,
)


class EvaluationSet:
    """Clips and renders; nothing is made that no section asks for."""

    def __init__(
        self,
        make_sampler: Callable[[], Sampler],
        player: Player,
        cache: Path,
        extent: Extent,
        report: Callable[[str], None],
        load_listener: LoadListener = load_or_train,
    ) -> None:
        self.player, self.extent = player, extent
        self._make_sampler, self._cache, self._report = make_sampler, cache, report
        self._load_listener = load_listener

    @cached_property
    def sampler(self) -> Sampler:
        """Return the loaded model."""
        return self._make_sampler()

    @cached_property
    def listener(self) -> Listener:
        """Return the classifiers of sound, trained on renders."""
        examples = renders.examples(self.extent.examples)
        return self._load_listener(self._cache, self.player, examples, self._report)

    @cached_property
    def note_style(self) -> Classifier:
        """Return the classifier of style by notes, trained on pieces."""
        examples = renders.examples(self.extent.note_examples, _NOTE_EXAMPLE_SECONDS)
        return note_style.load_or_train(self._cache, examples, self._report)

    @cached_property
    def prompts(self) -> list[Prompt]:
        """Return the held-out prompts."""
        return held_out(self.extent.prompts, PROMPT_SEED)

    @cached_property
    def groups(self) -> dict[str, list[list[Clip]]]:
        """Return the takes of each prompt, the model's and the renders'."""
        takes = self.extent.takes
        made = self.clips(self.prompts, takes, _TAKE_SEED, 10.0, "takes of each prompt")
        played = self.pieces(self.prompts, takes, _RENDER_SEED, 10.0, "renders of each prompt")
        return {MODEL: made, RENDERS: played}

    @cached_property
    def flat(self) -> dict[str, list[Clip]]:
        """Return the same, one clip after the other."""
        return {name: [clip for own in takes for clip in own]
                for name, takes in self.groups.items()}  # fmt: skip

    @cached_property
    def decoded(self) -> list[Clip]:
        """Return renders of each prompt as the model's codec plays their codes, one by one.

        They are what the model would be if all that it wrote were the composer's.
        """
        clips = []
        for index, prompt in enumerate(self.prompts):
            self._report(f"Decoding renders, prompt {index} of {len(self.prompts)}")
            for take in range(self.extent.decoded_takes):
                piece = compose_prompt(prompt.ask, _seed_of(_RENDER_SEED, index, take, False))
                codes = encode_piece(piece, round(piece.seconds * FRAMES_PER_SECOND))
                sound = self.sampler.decoded(codes.astype(np.int32))
                clips.append(analyse_clip(self.listener, prompt, sound))
        return clips

    def moody(self) -> dict[str, list[tuple[Pair, list[Clip], list[Clip]]]]:
        """Return the clips of prompts without and with a mood, of the model and of the composer."""
        pairs = moods.pairs(list(STYLES), self.extent.mood_pairs)
        takes = self.extent.mood_takes
        prompts = [prompt for pair in pairs for prompt in (pair.plain, pair.moody)]
        made = {
            MODEL: self.clips(prompts, takes, _MOOD_SEED, 10.0, "moods", paired=True),
            RENDERS: self.pieces(prompts, takes, _MOOD_SEED, 10.0, "moods", paired=True),
        }
        return {
            name: list(zip(pairs, each[::2], each[1::2], strict=True))
            for name, each in made.items()
        }

    def long(self, number: int, seconds: float) -> dict[str, list[Clip]]:
        """Return long clips of the first prompts, one of each."""
        prompts = self.prompts[:number]
        what = f"clips of {seconds:g} s"
        made = self.clips(prompts, 1, _LONG_SEED, seconds, what)
        played = self.pieces(prompts, 1, _LONG_SEED, seconds, what)
        return {MODEL: [each[0] for each in made], RENDERS: [each[0] for each in played]}

    def held_out_pieces(self, number: int, seconds: float) -> list[Render]:
        """Return held-out pieces and how they sound."""
        return self.player.renders(
            renders.held_out_pieces(number, seconds), f"pieces of {seconds:g} s"
        )

    def clips(
        self,
        prompts: Sequence[Prompt],
        takes: int,
        seed: int,
        seconds: float,
        what: str,
        *,
        paired: bool = False,
    ) -> list[list[Clip]]:
        """Make takes of prompts and listen to them; paired: two neighbours have the same seeds."""
        sample_requests = [
            SampleRequest(prompt.words, _seed_of(seed, index, take, paired), seconds)
            for index, prompt in enumerate(prompts)
            for take in range(takes)
        ]
        made = self.sampler.make(sample_requests, what)
        self._report(f"Listening to {len(made)} {what}")
        return [
            [
                analyse_clip(self.listener, prompt, take.sound, self._score(take, prompt))
                for take in made[index * takes : (index + 1) * takes]
            ]
            for index, prompt in enumerate(prompts)
        ]

    def pieces(
        self,
        prompts: Sequence[Prompt],
        takes: int,
        seed: int,
        seconds: float,
        what: str,
        *,
        paired: bool = False,
    ) -> list[list[Clip]]:
        """Compose takes of prompts and listen to them, as `clips` does."""
        composing = [
            compose_prompt(prompt.ask, _seed_of(seed, index, take, paired), seconds)
            for index, prompt in enumerate(prompts)
            for take in range(takes)
        ]
        played = self.player.renders(composing, what)
        self._report(f"Listening to {len(played)} renders")
        return [
            [
                analyse_clip(self.listener, prompt, render.sound(), _own_score(render, prompt))
                for render in played[index * takes : (index + 1) * takes]
            ]
            for index, prompt in enumerate(prompts)
        ]

    def _score(self, take: Take, prompt: Prompt) -> Score | None:
        if not self.sampler.has_stems:
            return None
        beats = STYLES[prompt.ask.style].beats_per_bar
        return score_of(take.tokens, prompt.ask.beat_frames, beats)


def _own_score(render: Render, prompt: Prompt) -> Score:
    return score_of(render.codes, prompt.ask.beat_frames, render.piece.beats_per_bar)


def _seed_of(first: int, index: int, take: int, paired: bool) -> int:
    return first + _TAKES_APART * (index // 2 if paired else index) + take
