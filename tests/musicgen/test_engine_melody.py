"""Melody conditioning: the reference's tokens, in any batch and over several windows."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from bot.domain.generation import Finished, GenerationRequest, PromptChange, Sampling, Sound
from bot.errors import RequestError, SoundError

GREEDY = Sampling(greedy=True)
SECONDS = 0.24
RATE_HZ = 32_000


def tune(seconds: float = 3.0, *, first: int = 60) -> Sound:
    """Return a scale of short notes."""
    times = np.arange(round(0.4 * RATE_HZ)) / RATE_HZ
    notes = [first + step for step in (0, 4, 7, 11, 2, 9, 5, 1)]
    played = [np.sin(2 * np.pi * 440 * 2 ** ((note - 69) / 12) * times) for note in notes]
    whole = np.resize(np.concatenate(played), round(seconds * RATE_HZ))
    return Sound(samples=whole[None].astype(np.float32), sample_rate_hz=RATE_HZ)


def ask(**changes: Any) -> GenerationRequest:
    """Return a request."""
    usual: dict[str, Any] = {"seconds": SECONDS, "seed": 7, "prompt": "90s rock"}
    return GenerationRequest(**(usual | changes))


def run(engine: Any, *requests: GenerationRequest) -> list[Finished]:
    """Generate all clips together; return them in the requests' order."""
    ids = [engine.submit(request) for request in requests]
    done: dict[int, Finished] = {}
    while engine.busy:
        done |= {e.request_id: e for e in engine.step() if isinstance(e, Finished)}
    return [done[i] for i in ids]


@pytest.mark.parametrize(
    ("prompt", "has_melody", "guidance"),
    [
        ("90s rock", True, 3.0),
        ("90s rock", True, 1.0),
        ("slow piano jazz", False, 3.0),
        (None, True, 3.0),
        (None, False, 3.0),
    ],
)
def test_greedy_equals_the_patched_reference_token_for_token(
    melody_model: Any, melody_reference: Any, prompt: str | None, has_melody: bool, guidance: float
) -> None:
    """Text with and without a melody, guided or not, and neither, mono and stereo."""
    from bot.musicgen.conditioning.melody import Melody
    from bot.musicgen.engine.engine import Engine

    sampling = replace(GREEDY, guidance=guidance)
    melody = tune() if has_melody else None
    made = run(Engine(melody_model), ask(prompt=prompt, melody=melody, sampling=sampling))[0]
    frames = round(SECONDS * melody_model.config.codec.frame_rate)
    expected = melody_reference.generate(
        steps=frames + melody_model.config.decoder.codebooks // melody_model.channels - 1,
        sampling=sampling,
        prompt=prompt,
        melody=None if melody is None else Melody(melody).classes(0),
    )
    assert np.array_equal(made.tokens, expected.tokens)


def test_prompt_and_melody_affect_the_reference(melody_reference: Any) -> None:
    """The patched reference gives other tokens for other words and for another melody."""
    tokens = [
        melody_reference.generate(steps=8, sampling=GREEDY, prompt=prompt, melody=classes).tokens
        for prompt, classes in [
            ("rock", np.arange(12)),
            ("jazz", np.arange(12)),
            ("rock", np.full(12, 5)),
        ]
    ]
    assert not np.array_equal(tokens[0], tokens[1])
    assert not np.array_equal(tokens[0], tokens[2])


def test_a_mixed_batch_equals_single_runs(melody_model: Any) -> None:
    """With melodies, texts, both and neither: prefixes are prefilled beside others' steps."""
    from bot.musicgen.engine.engine import Engine

    requests = [
        ask(melody=tune(), sampling=GREEDY),
        ask(seconds=1.2, prompt="slow piano jazz with violin", sampling=Sampling(top_k=20)),
        ask(prompt=None, melody=tune(1.0, first=64)),
        ask(prompt=None, seconds=0.8),
        ask(melody=tune(first=71), sampling=Sampling(guidance=1.0)),
    ]
    alone = [run(Engine(melody_model), request)[0].tokens for request in requests]
    engine = Engine(melody_model)
    engine.submit(requests[1])
    for _ in range(12):
        engine.step()
    others = run(engine, requests[0], *requests[2:])
    together = [others[0], *others[1:]]
    for index, made in zip((0, 2, 3, 4), together, strict=True):
        assert np.array_equal(made.tokens, alone[index])


def test_prompts_can_change_with_a_melody(melody_model: Any) -> None:
    """The new prompt has the melody, too; only frames after the change differ."""
    from bot.musicgen.engine.engine import Engine

    def make(*changes: PromptChange) -> Any:
        engine = Engine(melody_model)
        request_id = engine.submit(ask(seconds=0.8, melody=tune()))
        for change in changes:
            engine.change_prompt(request_id, change)
        made = (event for _ in iter(lambda: engine.busy, False) for event in engine.step())
        return next(event.tokens for event in made if isinstance(event, Finished))

    plain = make()
    changed = make(PromptChange(words=(("slow jazz", 1.0),), at_seconds=0.5, fade_seconds=0.0))
    first = 25 - melody_model.config.decoder.codebooks  # the delay is shorter
    assert np.array_equal(plain[:, :first], changed[:, :first])
    assert not np.array_equal(plain[:, 25:], changed[:, 25:])


def test_a_melody_advances_and_repeats() -> None:
    """A later window has the pitch classes of its time; a short melody repeats."""
    from bot.musicgen.conditioning.melody import Melody

    long = Melody(tune(45.0))
    assert np.array_equal(long.classes(0.0), Melody(tune(30.0)).classes(0.0))
    middle = slice(10, 100)  # a cut affects the edges
    period = round(8 * 0.4 * RATE_HZ) / RATE_HZ
    assert np.array_equal(long.classes(5 * period)[middle], long.classes(0.0)[middle])
    assert not np.array_equal(long.classes(18.0)[middle], long.classes(0.0)[middle])
    short = Melody(tune(period))
    assert np.array_equal(short.classes(4 * period)[middle], long.classes(0.0)[middle])


def test_an_unusable_melody_is_refused(melody_model: Any, mono_model: Any) -> None:
    """By a model without melodies, together with an audio prompt, empty, or at another rate."""
    from bot.musicgen.engine.engine import Engine

    with pytest.raises(RequestError, match="can't follow a melody"):
        Engine(mono_model).submit(ask(melody=tune()))
    engine = Engine(melody_model)
    with pytest.raises(RequestError, match="choose one"):
        engine.submit(ask(melody=tune(), audio=tune()))
    with pytest.raises(SoundError, match="no sound"):
        engine.submit(ask(melody=replace(tune(), samples=np.zeros((1, 0), np.float32))))
    with pytest.raises(SoundError, match="32000 Hz"):
        engine.submit(ask(melody=replace(tune(), sample_rate_hz=44_100)))


def test_a_warm_up_does_not_change_the_null_prefix(melody_model: Any) -> None:
    """It has a reserved slot since loading, which every guided clip copies."""
    past = melody_model.decoder._kv_cache[:, melody_model.null_slot]
    before = past.copy()
    melody_model.decoder.warm_up()
    assert before.any()
    assert np.array_equal(past, before)
