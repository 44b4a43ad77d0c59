"""Random requests, changes and cancels: each clip is the same as it would be alone."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.domain.generation import (
    Event,
    Finished,
    GenerationRequest,
    PromptChange,
    PromptChanged,
    Sampling,
    Tokens,
)
from bot.errors import RequestError

PROMPTS = ("90s rock", "slow jazz", "techno", None)
FRAME_RATE = 50


@pytest.fixture(scope="module")
def small_model(tiny_mono: Path, kernel_cache: Path) -> Any:
    """Return the tiny model in 8 bits with two slots: changes have to wait for each other."""
    from bot.musicgen.model import load_model

    return load_model(tiny_mono, requests=2, cache=kernel_cache, precision="int8")


REQUESTS = st.builds(
    GenerationRequest,
    seconds=st.sampled_from([0.1, 0.3, 0.5]),
    seed=st.integers(0, 3),
    prompt=st.sampled_from(PROMPTS),
    sampling=st.sampled_from([Sampling(), Sampling(guidance=1.0)]),
)
WORDS = st.lists(
    st.tuples(st.sampled_from(PROMPTS), st.sampled_from([0.5, 1.0])), min_size=1, max_size=3
)
CHANGES = st.builds(
    PromptChange,
    words=WORDS.map(tuple),
    fade_seconds=st.sampled_from([0.0, 0.02, 0.2, 1.0]),
    at_seconds=st.sampled_from([None, None, 0.0, 0.1, 0.24]),
)
ACTS = st.lists(
    st.one_of(
        st.tuples(st.just("submit"), REQUESTS),
        st.tuples(st.just("change"), st.tuples(st.integers(1, 6), CHANGES)),
        st.tuples(st.just("change"), st.tuples(st.integers(1, 6), CHANGES)),
        st.tuples(st.just("cancel"), st.integers(1, 6)),
        st.tuples(st.just("step"), st.integers(1, 12)),
    ),
    min_size=2,
    max_size=20,
)


def finish(engine: Any) -> list[Event]:
    """Step until nothing is left to do, within so many steps."""
    events: list[Event] = []
    for _ in range(5000):
        if not engine.busy:
            return events
        events += engine.step()
        assert not (engine.busy and engine.idle)
    raise AssertionError("the engine stands still")


def made_alone(model: Any, request: GenerationRequest, changes: list[PromptChange]) -> Tokens:
    """Return the tokens of a clip alone, with changes at the reported times."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(model)
    request_id = engine.submit(request)
    for change in changes:
        engine.change_prompt(request_id, change)
    (made,) = (event for event in finish(engine) if isinstance(event, Finished))
    return made.tokens


@settings(max_examples=12, suppress_health_check=list(HealthCheck))
@given(acts=ACTS)
def test_concurrent_prompt_changes_do_not_affect_other_clips(
    small_model: Any, acts: list[Any]
) -> None:
    """Bit for bit in int8; every change is reported once, and all slots are free at the end."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(small_model)
    requests: dict[int, GenerationRequest] = {}
    asked: dict[int, PromptChange] = {}
    cancelled: set[int] = set()
    events: list[Event] = []
    for what, value in acts:
        if what == "submit":
            requests[engine.submit(value)] = value
        elif what == "change":
            request_id, change = value
            try:
                asked[engine.change_prompt(request_id, change)] = change
            except RequestError as error:
                assert str(error.sentence).endswith((".", "fewer."))
        elif what == "cancel":
            engine.cancel(value)
            cancelled.add(value)
        else:
            for _ in range(value):
                events += engine.step()
    events += finish(engine)
    assert engine._scheduler.pool.is_untouched
    clips = {event.request_id: event for event in events if isinstance(event, Finished)}
    assert clips.keys() | cancelled >= requests.keys()
    reports = [event for event in events if isinstance(event, PromptChanged)]
    assert len({event.change_id for event in reports}) == len(reports)
    begun: defaultdict[int, list[PromptChange]] = defaultdict(list)
    for event in reports:
        if event.at_seconds is not None:
            change = asked[event.change_id]
            begun[event.request_id].append(
                PromptChange(
                    words=change.words,
                    fade_seconds=change.fade_seconds,
                    at_seconds=event.at_seconds,
                )
            )
    for request_id, clip in clips.items():
        alone = made_alone(small_model, requests[request_id], begun[request_id])
        assert np.array_equal(clip.tokens, alone)
