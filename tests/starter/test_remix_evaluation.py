"""Remixes in the evaluation: it sends the engine the same request as the bot."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from bot.audio.notation import load_notation
from bot.models.registry import starter_folder
from bot.starter.composer.compose import compose
from bot.starter.evaluation import note_style, remixes
from bot.starter.evaluation.features import SAMPLE_RATE_HZ
from bot.starter.evaluation.report_section import Share
from bot.starter.evaluation.sampler import remix_request
from bot.starter.training.data.encoding import encode_piece
from tests.support.known_sounds import drums

HOP = 640


def piece() -> Any:
    """Twenty seconds of drums, and codes with their positions."""
    codes = np.tile(np.arange(1000), (8, 1))
    sound = drums(100, 20).astype(np.float32)
    return SimpleNamespace(piece=SimpleNamespace(style="rock"), codes=codes, sound=lambda: sound)


@pytest.mark.parametrize("by_codes", [True, False])
def test_a_remix_asks_for_another_style_of_the_first_half(by_codes):
    """Its codes are used if they are known."""
    (order,) = remixes.remix_requests([piece()], by_codes=by_codes)
    assert remixes.other_style("rock") != "rock"
    assert order.opening is not None and len(order.opening) == 10 * SAMPLE_RATE_HZ
    assert order.prompt is not None and "rock" not in order.prompt
    assert (order.codes is not None) == by_codes


@pytest.mark.parametrize("by_codes", [True, False])
def test_a_remix_is_made_afresh_over_the_old_beat(by_codes):
    """Its codes or the detected beat are held; then the prompt names no tempo."""
    (order,) = remixes.remix_requests([piece()], by_codes=by_codes)
    request = remix_request(order, 5.0, load_notation(starter_folder()), HOP)
    assert request.audio is None
    assert request.prompt is not None and "BPM" not in request.prompt
    assert request.kept is not None and request.kept.harmony_only
    clock = request.kept.tokens[0]
    assert len(clock) == 500
    if by_codes:
        assert clock.min() > 120 and clock.max() < 500
        assert len(np.unique(clock)) == 240  # two bars
    else:
        assert len(np.unique(clock)) == 30  # a beat


def test_the_renders_beside_remixes_are_what_these_should_be():
    """They are of the other style, in the piece's tempo and key, which are unusual for it."""
    given = compose(7, style="techno", seconds=10, beat_frames=19, key=(6, "minor"))
    (composed,) = remixes.composed_remixes([given])
    assert composed.style == remixes.other_style("techno")
    assert (composed.beat_frames, composed.tonic, composed.mode) == (19, 6, "minor")


def test_a_model_without_notation_goes_on_from_the_bars():
    """It can only use the sound."""
    (order,) = remixes.remix_requests([piece()], by_codes=False)
    request = remix_request(order, 5.0, None, HOP)
    assert request.kept is None
    assert request.prompt is not None and request.prompt.endswith("100 BPM")
    assert request.audio is not None and request.audio.seconds == pytest.approx(4.8, abs=0.1)


def test_what_a_remix_writes_is_read_from_its_codes():
    """One that is composed as it should be keeps tempo and style; the piece itself has the old."""
    examples = [
        compose(seed, style=style, seconds=10.0, beat_frames=24)
        for style in ("techno", remixes.other_style("techno"))
        for seed in range(12)
    ]
    classifier = note_style.train(examples)
    given = compose(70, style="techno", seconds=10, beat_frames=24, key=(6, "minor"))
    render: Any = SimpleNamespace(piece=given)
    wanted = remixes.composed_remixes([given])
    both = [encode_piece(piece, 500) for piece in (*wanted, given)]
    remixed, same = remixes.read_remixes([render, render], both, classifier)
    assert remixed.has_tempo and same.has_tempo
    assert remixed.style.first == remixed.wanted == remixes.other_style("techno")
    assert same.style.first == "techno"
    nobody: Any = None  # nothing is listened to
    section = remixes.build_section(
        [], [], [], nobody, by_codes=True, written={"model": [remixed, same]}
    )
    shares = {row[0]: row[2] for row in section.rows}
    assert shares["new style first, by the notes"] == Share(1, 2)
