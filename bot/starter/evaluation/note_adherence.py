"""Whether clips are what their prompts ask for, read exactly from their codes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from bot.audio.written_analysis import key_on
from bot.starter.evaluation.classifier import Classifier
from bot.starter.evaluation.clips import Clip
from bot.starter.evaluation.held_out_prompts import PromptSpec
from bot.starter.evaluation.keys import Key, best_key, is_related
from bot.starter.evaluation.note_score import Score
from bot.starter.evaluation.note_style import style_of
from bot.starter.evaluation.report_section import Cell, Row, Section, Share
from bot.starter.training.data.codebooks import BASS, CHORDS, LEAD, PITCHED

Pairs = Sequence[tuple[PromptSpec, Score]]

_SCALES = {"major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10)}
_TRITONE = 6


def build_section(groups: Mapping[str, Sequence[Clip]], style_classifier: Classifier) -> Section:
    """Count how often what was asked for is written; clips without notes are left out."""
    pairs = {
        name: [(clip.prompt.ask, clip.score) for clip in clips if clip.score is not None]
        for name, clips in groups.items()
    }
    styles = {
        name: [(ask.style, style_of(style_classifier, score)) for ask, score in each]
        for name, each in pairs.items()
    }
    first: dict[str, Cell] = {
        name: Share.where(style == found.first for style, found in each)
        for name, each in styles.items()
    }
    three: dict[str, Cell] = {
        name: Share.where(style in found.ordered[:3] for style, found in each)
        for name, each in styles.items()
    }
    rows = [
        Row("asked style first", "≥ 85 %", first),
        Row("asked style in the first three", "≥ 95 %", three),
        _row("the clock has the asked tempo", "≥ 85 %", pairs, lambda ask: ask.beat_frames,
             lambda ask, score: score.clock_frames == ask.beat_frames),
        _row("asked lead instrument plays the melody", "≥ 75 %", pairs, lambda ask: ask.lead,
             lambda ask, score: score.lead == ask.lead),
        _row("drums or none as asked", "≥ 98 %", pairs, lambda ask: ask.density,
             lambda ask, score: score.has_drums == ask.wants_drums),
    ]  # fmt: skip
    keys = {
        name: [(key_of(score), ask.key) for ask, score in each if ask.key is not None]
        for name, each in pairs.items()
    }
    exact: dict[str, Cell] = {
        name: Share.where(found == key for found, key in each) for name, each in keys.items()
    }
    related: dict[str, Cell] = {
        name: Share.where(is_related(found, key) for found, key in each)
        for name, each in keys.items()
    }
    written: dict[str, Cell] = {
        name: Share.where(written_key(score) == ask.key for ask, score in each if ask.key)
        for name, each in pairs.items()
    }
    rows.append(Row("the asked key, by the first chord", "≥ 75 %", written))
    rows.append(Row("the asked key fits the notes best", "≥ 75 %", exact))
    rows.append(Row("it or its relative does", "", related))
    for what, turn in (("the asked key", 0), ("a key a tritone off", _TRITONE)):
        inside: dict[str, Cell] = {
            name: Share.where(
                hit
                for ask, score in each
                if ask.key is not None
                for hit in in_key(score, ask.key, turn)
            )
            for name, each in pairs.items()
        }
        rows.append(Row(f"notes in the scale of {what}", "as renders" if not turn else "", inside))
    note = (
        "The style is told by a classifier of notes, trained on other pieces: who plays, what is "
        "struck when, how fast and how high."
    )
    return Section.compared("Following the prompt, by the codes", rows, note)


def key_of(score: Score) -> Key:
    """Return the key that the pitched notes fit best, the bass's counting twice."""
    classes, basses = np.zeros(12), np.zeros(12)
    for note in score.notes:
        if note.book in (BASS, *CHORDS, LEAD):
            classes[note.pitch % 12] += note.frames
        if note.book == BASS:
            basses[note.pitch % 12] += note.frames
    return best_key(classes, basses)


def written_key(score: Score) -> Key | None:
    """Return the key on the root of the first chord, as the bot's cards tell it; None if unclear.

    Pieces begin with the chord of their key.
    """
    if score.first_root is None:
        return None
    classes = np.zeros(12)
    for note in score.notes:
        if note.book in PITCHED:
            classes[(note.pitch - score.first_root) % 12] += note.frames
    found = key_on(score.first_root, classes)
    return None if found is None else (found.tonic, found.mode)


def in_key(score: Score, key: Key, turn: int = 0) -> list[bool]:
    """Tell of each pitched note whether the scale of a key, so many semitones up, has it."""
    tonic, mode = key
    scale = {(tonic + turn + step) % 12 for step in _SCALES[mode]}
    pitched = (BASS, *CHORDS, LEAD)
    return [note.pitch % 12 in scale for note in score.notes if note.book in pitched]


def _row(
    name: str,
    target: str,
    groups: Mapping[str, Pairs],
    asked: Callable[[PromptSpec], object],
    met: Callable[[PromptSpec, Score], bool],
) -> Row:
    """Count the clips that meet what is asked, of those that ask for it."""
    values: dict[str, Cell] = {
        group: Share.where(met(ask, score) for ask, score in each if asked(ask) is not None)
        for group, each in groups.items()
    }
    return Row(name, target, values)
