"""Captions: the many ways in which people might ask for a piece."""

import math
import random as randomness

import numpy as np

from bot.starter.composer.caption_facts import USUAL, CaptionChances, facts_of
from bot.starter.composer.captions_chinese import chinese_caption
from bot.starter.composer.captions_english import english_caption
from bot.starter.composer.compose import BEAT_FRAMES
from bot.starter.composer.piece import FRAMES_PER_MINUTE, Piece

_CHINESE_CHANCE = 0.3
_NUMBERS = range(58, 181)
_SEEDS = 2**62


def caption(piece: Piece, random: np.random.Generator, chances: CaptionChances = USUAL) -> str:
    """Say something true of a piece, in one of very many wordings.

    What is said is true of the first seconds of the piece.
    """
    choices = randomness.Random(int(random.integers(_SEEDS)))  # noqa: S311 - no secret
    bpm = _said_bpm(piece, choices) if choices.random() < chances.tempo else ""
    facts = facts_of(piece)
    if choices.random() < _CHINESE_CHANCE:
        return chinese_caption(piece, facts, choices, chances, bpm)
    return english_caption(piece, facts, choices, chances, bpm)


def nearest_beat_frames(bpm: float) -> int:
    """Return how many frames a beat has at the nearest tempo that there is."""
    return min(BEAT_FRAMES, key=lambda frames: abs(math.log(bpm * frames / FRAMES_PER_MINUTE)))


# Every number that a beat is the nearest to: all of them get one meaning.
_SPOKEN: dict[int, tuple[str, ...]] = {
    frames: tuple(str(number) for number in _NUMBERS if nearest_beat_frames(number) == frames)
    for frames in BEAT_FRAMES
}


def _said_bpm(piece: Piece, choices: randomness.Random) -> str:
    near = _SPOKEN[piece.beat_frames]
    return choices.choice(near) if choices.random() < 0.6 else str(round(piece.bpm))
