"""Endless music: chunks as they are read, sliding windows, and a clean end."""

from __future__ import annotations

import dataclasses
import tracemalloc
from typing import Any

import numpy as np
import pytest

from bot.domain.generation import (
    AudioChunk,
    Event,
    Finished,
    GenerationRequest,
    Kept,
    PromptChange,
    PromptChanged,
    Samples,
    Sound,
)
from bot.errors import RequestError

AHEAD_SECONDS = 2.0
WINDOW_FRAMES = 50


def ask(**changes: Any) -> GenerationRequest:
    """Return a request for endless music."""
    usual: dict[str, Any] = {"seconds": None, "seed": 7, "prompt": "90s rock"}
    return GenerationRequest(**(usual | {"ahead_seconds": AHEAD_SECONDS} | changes))


@pytest.fixture(scope="module")
def short_sighted(mono_model: Any) -> Any:
    """Return the model with windows of one second, so that a short test has many of them."""
    decoder = dataclasses.replace(
        mono_model.config.decoder, max_positions=WINDOW_FRAMES + mono_model.config.decoder.codebooks
    )
    config = dataclasses.replace(mono_model.config, decoder=decoder)
    return dataclasses.replace(mono_model, config=config)


def samples_of(events: list[Event], request_id: int) -> Samples:
    """Return the sound of a request's chunks."""
    pieces = [e.samples for e in events if isinstance(e, AudioChunk) and e.request_id == request_id]
    return np.concatenate([np.zeros((1, 0), np.float32), *pieces], axis=1)


def listen(engine: Any, request_id: int, seconds: float) -> list[Event]:
    """Read chunks of endless music as they come, for so many seconds."""
    events: list[Event] = []
    taken = 0.0
    while taken < seconds:
        events += engine.step()
        taken = samples_of(events, request_id).shape[1] / engine._model.sample_rate_hz
        engine.note_taken(request_id, taken)
    return events


def made_whole(model: Any, seconds: float, **changes: Any) -> Samples:
    """Return the sound of a finite clip."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(model)
    request_id = engine.submit(ask(seconds=seconds, **changes))
    events: list[Event] = []
    while engine.busy:
        events += engine.step()
    return samples_of(events, request_id)


@pytest.mark.parametrize("prompt", ["90s rock", None])
def test_endless_music_equals_the_start_of_a_long_clip(
    short_sighted: Any, prompt: str | None
) -> None:
    """Sample for sample, over many windows and chunks, so that no joint is audible."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(short_sighted)
    request_id = engine.submit(ask(prompt=prompt))
    heard = samples_of(listen(engine, request_id, 5.0), request_id)
    # A finite clip has its last frames from a shorter window.
    whole = made_whole(short_sighted, 7.0, prompt=prompt)
    assert np.array_equal(heard, whole[:, : heard.shape[1]])


def test_ending_keeps_generated_sound(short_sighted: Any) -> None:
    """Up to its last complete frame, with the sound of a clip of that length."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(short_sighted)
    request_id = engine.submit(ask())
    events = listen(engine, request_id, 2.0)
    engine.end(request_id)
    while engine.busy:
        events += engine.step()
    done = events[-1]
    assert isinstance(done, Finished)
    assert done.sound.samples.shape == (1, 0) and done.tokens.shape[1] == 0
    heard = samples_of(events, request_id)
    hop = short_sighted.config.codec.hop
    assert heard.shape[1] % hop == 0 and heard.shape[1] > 2.0 * short_sighted.sample_rate_hz
    whole = made_whole(short_sighted, 7.0)
    # The codec looks a few frames ahead, and mirrors the last ones at the end.
    same = heard.shape[1] - 8 * hop
    assert np.array_equal(heard[:, :same], whole[:, :same])
    assert engine._scheduler.pool.is_untouched


@pytest.mark.parametrize("steps", range(6))
def test_endless_music_can_end_before_any_sound(mono_model: Any, steps: int) -> None:
    """Queued, while its prompt is encoded, or before the first frame: it finishes empty."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(mono_model)
    request_id = engine.submit(ask())
    for _ in range(steps):
        engine.step()
    engine.end(request_id)
    engine.end(request_id)
    events: list[Event] = []
    while engine.busy:
        events += engine.step()
    assert [type(e) for e in events if not isinstance(e, AudioChunk)] == [Finished]
    assert engine._scheduler.pool.is_untouched


def test_backpressure_pauses_only_its_request(mono_model: Any) -> None:
    """It is generated a limited time ahead; another clip in the batch is unaffected."""
    from bot.musicgen.engine.engine import Engine

    engine: Any = Engine(mono_model)
    request_id = engine.submit(ask())
    events: list[Event] = []
    while not engine.idle:
        events += engine.step()
    heard = samples_of(events, request_id).shape[1] / mono_model.sample_rate_hz
    assert 0 < heard <= AHEAD_SECONDS
    assert engine.step() == [] and engine.idle and engine.busy
    beside = engine.submit(ask(seconds=1.0, prompt="techno"))
    assert not engine.idle
    while not engine.idle:
        events += engine.step()
    alone = made_whole(mono_model, 1.0, prompt="techno")
    assert np.array_equal(samples_of(events, beside), alone)
    assert samples_of(events, request_id).shape[1] / mono_model.sample_rate_hz == heard
    engine.note_taken(request_id, heard)
    while not engine.idle:
        events += engine.step()
    more = samples_of(events, request_id).shape[1] / mono_model.sample_rate_hz
    assert heard < more <= heard + AHEAD_SECONDS


def test_the_reading_pace_does_not_change_the_sound(short_sighted: Any) -> None:
    """A listener who pauses hears the same as one who does not."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(short_sighted)
    request_id = engine.submit(ask())
    events: list[Event] = []
    taken = 0.0
    while taken < 4.0:
        while not engine.idle:
            events += engine.step()
        taken = samples_of(events, request_id).shape[1] / short_sighted.sample_rate_hz
        engine.note_taken(request_id, taken)
    heard = samples_of(events, request_id)
    assert np.array_equal(heard, made_whole(short_sighted, 8.0)[:, : heard.shape[1]])


def test_prompt_changes_work_across_windows(short_sighted: Any) -> None:
    """With fades shorter and longer than a window; rows are released, and times reported."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(short_sighted)
    request_id = engine.submit(ask(prompt=None))
    changes = [(0.5, 2.5, "techno"), (3.2, 0.0, "jazz"), (3.98, 0.2, "folk"), (5.0, 0.1, None)]
    for at, fade, text in changes:
        change = PromptChange(words=((text, 1.0),), fade_seconds=fade, at_seconds=at)
        engine.change_prompt(request_id, change)
    events = listen(engine, request_id, 6.0)
    begun = [e.at_seconds for e in events if isinstance(e, PromptChanged)]
    assert begun == [at for at, _, _ in changes]
    (clip,) = engine._clips.values()
    assert [row.text for row in clip.mix.rows] == [None]
    engine.cancel(request_id)
    assert engine._scheduler.pool.is_untouched


def test_memory_stays_constant_over_windows(short_sighted: Any) -> None:
    """Memory grows by less than a fifth of the samples generated meanwhile."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(short_sighted)
    rate = short_sighted.sample_rate_hz
    request_id = engine.submit(ask(prompt="techno"))
    taken, sizes = 0, []
    tracemalloc.start()
    try:
        for until in (3, 6, 9):
            while taken < until * rate:
                for event in engine.step():
                    if isinstance(event, AudioChunk):
                        taken += event.samples.shape[1]
                        engine.note_taken(request_id, taken / rate)
            sizes.append(tracemalloc.get_traced_memory()[0])
    finally:
        tracemalloc.stop()
    assert sizes[2] - sizes[1] < 0.2 * 3 * rate * np.float32().nbytes


def test_endless_music_can_continue_an_audio_prompt(mono_model: Any) -> None:
    """The prompt's sound comes first, and counts as generated ahead."""
    from bot.musicgen.engine.engine import Engine

    noise = np.random.default_rng(3).standard_normal((1, mono_model.sample_rate_hz))
    before = Sound(
        samples=(0.1 * noise).astype(np.float32), sample_rate_hz=mono_model.sample_rate_hz
    )
    engine = Engine(mono_model)
    request_id = engine.submit(ask(audio=before))
    heard = samples_of(listen(engine, request_id, 2.0), request_id)
    whole = made_whole(mono_model, 3.0, audio=before)
    assert np.array_equal(heard, whole[:, : heard.shape[1]])


@pytest.mark.parametrize(
    "changes",
    [
        {"wants_stems": True},
        {"kept": Kept(tokens=np.zeros((4, 9), np.int32), stems=("drums",))},
        {"ahead_seconds": 0.5},
        {"ahead_seconds": 61.0},
        {"ahead_seconds": float("nan")},
    ],
    ids=str,
)
def test_options_that_need_an_end_are_refused(stems_model: Any, changes: Any) -> None:
    """With one sentence, before anything is generated."""
    from bot.musicgen.engine.engine import Engine

    with pytest.raises(RequestError) as refusal:
        Engine(stems_model).submit(ask(**changes))
    assert str(refusal.value.sentence).endswith(".")


def test_muted_stems_stay_muted(stems_model: Any) -> None:
    """However long the music goes on."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(stems_model)
    request_id = engine.submit(ask(muted=("drums",)))
    heard = samples_of(listen(engine, request_id, 2.0), request_id)
    whole = made_whole(stems_model, 3.0, muted=("drums",))
    assert np.array_equal(heard, whole[:, : heard.shape[1]])
