"""Prompt changes during generation: their timing, their fade, and what they leave unchanged."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bot.domain.generation import (
    Event,
    Finished,
    GenerationRequest,
    Progress,
    PromptChange,
    PromptChanged,
    Sampling,
)
from bot.errors import RequestError
from bot.musicgen.engine.delay import Window, codebook_delays, feed_columns

GREEDY = Sampling(greedy=True)
NOTHING = Progress(request_id=0, seconds_done=0.0, seconds_total=1.0)


def ask(**changes: Any) -> GenerationRequest:
    """Return a request."""
    usual: dict[str, Any] = {"seconds": 1.0, "seed": 7, "prompt": "90s rock"}
    return GenerationRequest(**(usual | changes))


def words(*pairs: Any, fade: float = 0.0, at: float | None = None) -> PromptChange:
    """Return a change to a prompt, or to (prompt, weight) pairs."""
    mixed = tuple(pair if isinstance(pair, tuple) else (pair, 1.0) for pair in pairs)
    return PromptChange(words=mixed, fade_seconds=fade, at_seconds=at)


def finish(engine: Any) -> list[Event]:
    """Step until nothing is left to do; return what happened."""
    events: list[Event] = []
    while engine.busy:
        events += engine.step()
    return events


def clip_of(events: list[Event], request_id: int) -> Finished:
    """Return a request's clip."""
    (made,) = (e for e in events if isinstance(e, Finished) and e.request_id == request_id)
    return made


def changed_at(events: list[Event]) -> list[float | None]:
    """Return when prompt changes began."""
    return [event.at_seconds for event in events if isinstance(event, PromptChanged)]


def run(engine: Any, request: GenerationRequest, *changes: PromptChange) -> Finished:
    """Generate a clip with prompt changes."""
    request_id = engine.submit(request)
    for change in changes:
        engine.change_prompt(request_id, change)
    return clip_of(finish(engine), request_id)


def scores(model: Any, clip: Finished, prompt: str | None, window: Window) -> np.ndarray:
    """Return the logits after each position of a window, computed from its start, for a prompt."""
    from bot.musicgen.decoder.interface import Conditioning, Rows

    config = model.config.decoder
    delay = codebook_delays(config.codebooks, config.audio_channels)
    count = window.last_position(delay) + 1
    fed = feed_columns(clip.tokens, window, range(count), delay, config.start_token)
    length = 0
    if prompt is not None:
        states = model.text.encode(prompt)
        length = len(states)
        model.decoder.set_conditioning(0, Conditioning(text_states=states))
    made = []
    for position in range(count):
        one = np.array([position], np.int32)
        rows = Rows(
            tokens=fed[position : position + 1],
            positions=one,
            slots=np.zeros(1, np.int32),
            text_lengths=np.array([length], np.int32),
        )
        made.append(model.decoder.step(rows)[0])
    return np.array(made)


def test_new_prompts_attend_to_the_whole_clip_so_far(any_model: Any) -> None:
    """Every greedy token follows from the mix of both prompts' logits, each from the start.

    Both rows are recomputed from the whole clip, and mixed by the fade at each column.
    """
    from bot.musicgen.engine.engine import Engine

    begin, fade = 20, 15
    change = words("slow jazz piano", fade=fade / 50, at=begin / 50)
    made = run(Engine(any_model), ask(sampling=GREEDY), change)
    window = Window(begin=0, context=0, end=50)
    old, new, unguided = (
        scores(any_model, made, text, window) for text in ("90s rock", "slow jazz piano", None)
    )
    delay = codebook_delays(len(made.tokens), any_model.channels)
    for column in range(window.last_position(delay) + 1):
        share = np.clip((column - begin + 1) / fade, 0, 1)
        mixed = (1 - share) * old[column] + share * new[column]
        guided = unguided[column] + 3.0 * (mixed - unguided[column])
        for book, frame in enumerate(column - delay):
            if 0 <= frame < 50:
                assert made.tokens[book, frame] == guided[book].argmax()


def test_tokens_before_a_change_are_unaffected(any_model: Any) -> None:
    """Tokens of earlier columns stay the same; later ones differ."""
    from bot.musicgen.engine.engine import Engine

    usual = run(Engine(any_model), ask())
    changed = run(Engine(any_model), ask(), words("slow jazz piano", at=0.5))
    delay = codebook_delays(len(usual.tokens), any_model.channels)
    for book, late in enumerate(delay):
        before = 25 - late
        assert np.array_equal(changed.tokens[book, :before], usual.tokens[book, :before])
    assert not np.array_equal(changed.tokens[:, 25:], usual.tokens[:, 25:])


def test_a_change_at_the_beginning_is_another_prompt(mono_model: Any) -> None:
    """Without a fade it equals a clip with the new prompt."""
    from bot.musicgen.engine.engine import Engine

    changed = run(Engine(mono_model), ask(), words("techno", at=0.0))
    assert np.array_equal(changed.tokens, run(Engine(mono_model), ask(prompt="techno")).tokens)


def test_a_change_to_the_same_words_changes_nothing(mono_model: Any) -> None:
    """It needs no new row, as the existing one keeps its weight."""
    from bot.musicgen.engine.engine import Engine

    usual = run(Engine(mono_model), ask())
    same = run(Engine(mono_model), ask(), words("90s rock", fade=0.3, at=0.2))
    assert np.array_equal(same.tokens, usual.tokens)


@pytest.mark.parametrize("guidance", [1.0, 3.0])
def test_prompts_can_be_removed_and_added(mono_model: Any, guidance: float) -> None:
    """A change at the start from a prompt to none, or back, equals a request like that."""
    from bot.musicgen.engine.engine import Engine

    sampling = Sampling(guidance=guidance)
    none = run(Engine(mono_model), ask(prompt=None, sampling=sampling))
    some = run(Engine(mono_model), ask(prompt="techno", sampling=sampling))
    taken = run(Engine(mono_model), ask(sampling=sampling), words(None, at=0.0))
    given = run(
        Engine(mono_model), ask(prompt=None, sampling=sampling), words("techno", fade=0.0, at=0.0)
    )
    assert np.array_equal(taken.tokens, none.tokens)
    assert np.array_equal(given.tokens, some.tokens)


def test_an_immediate_change_is_reproducible_by_its_time(mono_model: Any) -> None:
    """Its start is reported, and a change at that time gives the same music."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(mono_model)
    request_id = engine.submit(ask())
    events: list[Event] = []
    for _ in range(20):
        events += engine.step()
    engine.change_prompt(request_id, words("slow jazz", ("techno", 2.0), fade=0.2))
    events += finish(engine)
    (begin,) = changed_at(events)
    assert begin is not None and 0.3 < begin < 0.9
    again = run(Engine(mono_model), ask(), words("slow jazz", ("techno", 2.0), fade=0.2, at=begin))
    assert np.array_equal(again.tokens, clip_of(events, request_id).tokens)


def test_a_new_change_replaces_a_running_one(mono_model: Any) -> None:
    """The third prompt fades in from the mix of the first two; going back needs no new row."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(mono_model)
    request_id = engine.submit(ask(seconds=2.0))
    for change in (
        words("slow jazz", fade=1.0, at=0.4),
        words("techno", fade=0.4, at=0.6),
        words("90s rock", fade=0.4, at=0.8),
    ):
        engine.change_prompt(request_id, change)
    events = finish(engine)
    assert changed_at(events) == [0.4, 0.6, 0.8]
    assert engine._scheduler.pool.is_untouched


def test_of_two_simultaneous_changes_the_later_applies(mono_model: Any) -> None:
    """The first is reported as never begun."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(mono_model)
    request_id = engine.submit(ask())
    first = engine.change_prompt(request_id, words("slow jazz"))
    second = engine.change_prompt(request_id, words("techno"))
    changes = [event for event in finish(engine) if isinstance(event, PromptChanged)]
    assert [(each.change_id, each.at_seconds is None) for each in changes] == [
        (first, True),
        (second, False),
    ]


def test_changes_do_not_depend_on_other_requests(mono_model: Any) -> None:
    """A clip with changes is the same alone and in a batch, and so are the others."""
    from bot.musicgen.engine.engine import Engine

    changes = (words("slow jazz", fade=0.3, at=0.3), words("techno", fade=0.1, at=0.7))
    alone = run(Engine(mono_model), ask(), *changes)
    beside = [run(Engine(mono_model), ask(seed=seed, seconds=1.2)) for seed in range(3)]
    engine = Engine(mono_model)
    ids = [engine.submit(ask(seed=seed, seconds=1.2)) for seed in range(3)]
    for _ in range(10):
        engine.step()
    changing = engine.submit(ask())
    for change in changes:
        engine.change_prompt(changing, change)
    events = finish(engine)
    assert np.array_equal(clip_of(events, changing).tokens, alone.tokens)
    for request_id, expected in zip(ids, beside, strict=True):
        assert np.array_equal(clip_of(events, request_id).tokens, expected.tokens)


def test_a_late_change_gives_one_sentence(mono_model: Any) -> None:
    """For a finished, cancelled, unknown or completely decoded clip."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(mono_model)
    done, cancelled = run(engine, ask()).request_id, engine.submit(ask())
    engine.cancel(cancelled)
    for request_id in (done, cancelled, 12345):
        with pytest.raises(RequestError, match="This music is over"):
            engine.change_prompt(request_id, words("techno"))
    last = engine.submit(ask(seconds=3.0))
    made = 0.0
    while made < 3.0:
        made = max(e.seconds_done for e in [*engine.step(), NOTHING] if isinstance(e, Progress))
    with pytest.raises(RequestError, match="This music is over"):
        engine.change_prompt(last, words("techno"))


@pytest.mark.parametrize(
    "change",
    [
        PromptChange(words=()),
        words("a", "b", "c", "d"),
        words(("a", 0.0)),
        words(("a", float("nan"))),
        words("x" * 2001),
        words("a", fade=-1.0),
        words("a", at=-1.0),
        words("a", at=1.0),
    ],
    ids=str,
)
def test_an_invalid_change_is_refused(mono_model: Any, change: PromptChange) -> None:
    """With one sentence, and the music is unaffected."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(mono_model)
    request_id = engine.submit(ask(seconds=0.3))
    with pytest.raises(RequestError) as refusal:
        engine.change_prompt(request_id, change)
    assert str(refusal.value.sentence).endswith(".")
    made = clip_of(finish(engine), request_id)
    assert np.array_equal(made.tokens, run(Engine(mono_model), ask(seconds=0.3)).tokens)


@pytest.mark.parametrize("fade", [0.0, 2.0])
def test_a_prompt_change_does_not_click(mono_model: Any, fade: float) -> None:
    """Neither samples nor spectrum change more than elsewhere.

    The sound equals that of all tokens decoded in one go.
    """
    from bot.musicgen.engine.engine import Engine

    made = run(Engine(mono_model), ask(seconds=6.0), words("slow jazz", fade=fade, at=3.0))
    samples = made.sound.samples[0]
    whole = mono_model.codec.decode(made.tokens[None])[0]
    assert np.allclose(samples, whole, atol=1e-4)
    rate, hop = mono_model.sample_rate_hz, mono_model.config.codec.hop
    steps = np.abs(np.diff(samples))
    at = 3 * rate
    assert steps[at - hop : at + 4 * hop].max() <= np.quantile(steps, 0.9999)
    flux = spectral_flux(samples, 512)
    place = at // 512
    assert flux[place - 2 : place + 6].max() <= np.quantile(flux, 0.99)


def spectral_flux(samples: np.ndarray, size: int) -> np.ndarray:
    """Return how much the spectrum grows from each block of `size` samples to the next."""
    stretches = samples[: len(samples) // size * size].reshape(-1, size) * np.hanning(size)
    loudness = np.abs(np.fft.rfft(stretches, axis=1))
    return np.maximum(np.diff(loudness, axis=0), 0).sum(axis=1)


def test_a_change_at_the_first_frame_fades_from_the_first_words():
    """All weights add up to 1 from the start, although nothing precedes it."""
    from bot.musicgen.engine.prompt_mix import PromptMix, PromptRow

    first = PromptRow(text="a", slot=0, text_tokens=1, weight=1.0)
    mix = PromptMix([first], guided=False)
    mix.rows += [PromptRow(text=text, slot=1, text_tokens=1) for text in "bc"]
    mix.begin_fade({"b": 0.5, "c": 0.5}, frame=0, frames=4)
    one = np.ones((1, 1), np.float32)
    for frame in range(5):
        mixed, _ = mix.mix([one, one, one], frame)
        assert mixed[0, 0] == pytest.approx(1.0)
