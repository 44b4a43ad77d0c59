"""The step loop: many requests in a batch, each with the clip it would have alone."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from bot.domain.generation import AudioChunk, Finished, GenerationRequest, Progress, Sampling, Sound
from bot.errors import RequestError, SoundError

GREEDY = Sampling(greedy=True)
SECONDS = 0.24


def run(engine: Any, *requests: GenerationRequest) -> list[Finished]:
    """Generate all clips together; return them in the requests' order."""
    ids = [engine.submit(request) for request in requests]
    return finish(engine, ids)


def finish(engine: Any, ids: list[int]) -> list[Finished]:
    """Step until nothing is left to do; return the clips of `ids`."""
    done: dict[int, Finished] = {}
    while engine.busy:
        done |= {e.request_id: e for e in engine.step() if isinstance(e, Finished)}
    return [done[i] for i in ids]


def ask(**changes: Any) -> GenerationRequest:
    """Return a request."""
    usual: dict[str, Any] = {"seconds": SECONDS, "seed": 7, "prompt": "90s rock"}
    return GenerationRequest(**(usual | changes))


def strangers(count: int) -> list[GenerationRequest]:
    """Return other requests, with different prompts, lengths, seeds and settings."""
    words = ("slow jazz", "dark techno with violin", "a", "happy folk guitar")
    return [
        ask(
            prompt=words[i % 4] if i % 3 else None,
            seconds=0.3 + 0.2 * i,
            seed=100 + i,
            sampling=Sampling(guidance=(1.0, 3.0, 5.0)[i % 3], top_k=10 + i),
        )
        for i in range(count)
    ]


def noise(model: Any, seconds: float = 0.5) -> Sound:
    """Return an audio prompt for a model."""
    samples = np.random.default_rng(3).standard_normal(
        (model.channels, round(seconds * model.sample_rate_hz))
    )
    return Sound(samples=(0.1 * samples).astype(np.float32), sample_rate_hz=model.sample_rate_hz)


@pytest.fixture(scope="module")
def generated() -> Callable[..., Any]:
    """Return the reference's greedy result for `SECONDS`, cached.

    Guidance needs a prompt: without any it makes no difference to the reference.
    """
    made: dict[tuple[Any, ...], Any] = {}

    def generate(
        model: Any, reference: Any, prompt: str | None, audio: Any, guidance: float
    ) -> Any:
        key = (model.channels, prompt, audio is not None, guidance if prompt else None)
        if key not in made:
            frames = round(SECONDS * model.config.codec.frame_rate)
            made[key] = reference.generate(
                steps=frames + model.config.decoder.codebooks // model.channels - 1,
                sampling=dataclasses.replace(GREEDY, guidance=guidance),
                prompt=prompt,
                audio=None if audio is None else audio.samples,
            )
        return made[key]

    return generate


@pytest.mark.parametrize("guidance", [1.0, 3.0])
@pytest.mark.parametrize("way", ["random", "text", "audio", "text and audio"])
def test_greedy_equals_mindnlp_s_generate_token_for_token(
    any_model: Any, any_reference: Any, generated: Callable[..., Any], way: str, guidance: float
) -> None:
    """Random, text and audio requests give the reference's tokens and sound, mono and stereo."""
    from bot.musicgen.engine.engine import Engine

    sampling = dataclasses.replace(GREEDY, guidance=guidance)
    prompt = "90s rock" if "text" in way else None
    audio = noise(any_model) if "audio" in way else None
    made = run(Engine(any_model), ask(prompt=prompt, audio=audio, sampling=sampling))[0]
    expected = generated(any_model, any_reference, prompt, audio, guidance)
    assert np.array_equal(made.tokens, expected.tokens)
    assert np.allclose(made.sound.samples, expected.samples, atol=1e-4)


def test_mixed_requests_in_one_batch_each_equal_the_reference(
    mono_model: Any, mono_reference: Any, generated: Callable[..., Any]
) -> None:
    """Random, text and audio requests in one batch match token for token."""
    from bot.musicgen.engine.engine import Engine

    audio = noise(mono_model)
    cases: list[dict[str, Any]] = [
        {"prompt": "90s rock"},
        {"prompt": None},
        {"prompt": "slow jazz piano", "audio": audio},
        {"prompt": "techno", "sampling": dataclasses.replace(GREEDY, guidance=1.0)},
    ]
    made = run(Engine(mono_model), *(ask(**({"sampling": GREEDY} | case)) for case in cases))
    for case, clip in zip(cases, made, strict=True):
        guidance = case.get("sampling", GREEDY).guidance
        expected = generated(
            mono_model, mono_reference, case["prompt"], case.get("audio"), guidance
        )
        assert np.array_equal(clip.tokens, expected.tokens)


@pytest.mark.parametrize("sampling", [Sampling(), GREEDY], ids=["sampling", "greedy"])
def test_other_requests_do_not_change_a_clip(any_model: Any, sampling: Sampling) -> None:
    """A request alone and the same one among seven others give the same tokens."""
    from bot.musicgen.engine.engine import Engine

    alone = run(Engine(any_model), ask(sampling=sampling))[0]
    others = strangers(7)
    among = run(Engine(any_model), *others[:3], ask(sampling=sampling), *others[3:])[3]
    assert np.array_equal(among.tokens, alone.tokens)


def test_joining_a_running_batch_changes_no_tokens(mono_model: Any) -> None:
    """Requests that join at different steps, one with an audio prompt, do not affect the others."""
    from bot.musicgen.engine.engine import Engine

    requests = [*strangers(3), ask(audio=noise(mono_model, 1.0))]
    alone = [run(Engine(mono_model), request)[0] for request in requests]
    engine = Engine(mono_model)
    ids: list[int] = []
    done: dict[int, Finished] = {}
    for request in requests:
        ids.append(engine.submit(request))
        for _ in range(7):
            done |= {e.request_id: e for e in engine.step() if isinstance(e, Finished)}
    while engine.busy:
        done |= {e.request_id: e for e in engine.step() if isinstance(e, Finished)}
    for request_id, expected in zip(ids, alone, strict=True):
        assert np.array_equal(done[request_id].tokens, expected.tokens)


def test_clips_are_determined_by_their_seed(mono_model: Any) -> None:
    """The same seed gives the same clip, another seed another clip."""
    from bot.musicgen.engine.engine import Engine

    first, again, other = run(Engine(mono_model), ask(), ask(), ask(seed=8))
    assert np.array_equal(first.tokens, again.tokens)
    assert np.array_equal(first.sound.samples, again.sound.samples)
    assert not np.array_equal(first.tokens, other.tokens)


def test_sampling_follows_the_references_probabilities(
    mono_model: Any, mono_reference: Any
) -> None:
    """The first frames are drawn from the reference's distribution.

    Over 600 seeds the first token of each clip passes a chi-square test that a correct engine fails
    once in a million.
    """
    from scipy import stats

    from bot.musicgen.engine.engine import Engine

    sampling = Sampling(top_k=12, top_p=0.9, temperature=1.3)
    one_frame = 1 / mono_model.config.codec.frame_rate
    engine = Engine(mono_model)
    made = run(
        engine, *(ask(seconds=one_frame, seed=seed, sampling=sampling) for seed in range(600))
    )
    nothing = np.zeros((mono_model.config.decoder.codebooks, 0), np.int32)
    expected = mono_reference.step(prompt="90s rock", tokens=nothing, sampling=sampling)
    shares = expected.probabilities[0]
    counts = np.bincount([int(clip.tokens[0, 0]) for clip in made], minlength=len(shares))
    assert counts[shares == 0].sum() == 0
    # A chi-square test needs about five expected in each cell: rare tokens count as one.
    common = shares * len(made) >= 5
    seen = np.append(counts[common], counts[~common].sum())
    wanted = np.append(shares[common], shares[~common].sum()) * len(made)
    keep = wanted > 0
    assert stats.chisquare(seen[keep], wanted[keep]).pvalue > 1e-6


@pytest.mark.parametrize("steps", [0, 1, 2, 9, 30])
def test_cancelling_at_any_step_frees_the_slot(mono_model: Any, steps: int) -> None:
    """A cancelled request gives no more events, and its slot serves the next one as if new."""
    from bot.musicgen.engine.engine import Engine

    expected = run(Engine(mono_model), ask())[0]
    engine = Engine(mono_model)
    dropped = [engine.submit(request) for request in strangers(12)]
    for _ in range(steps):
        engine.step()
    for request_id in dropped:
        engine.cancel(request_id)
    assert not engine.busy
    assert engine.step() == []
    again = run(engine, *(ask(seed=seed) for seed in range(6)), ask())
    assert np.array_equal(again[-1].tokens, expected.tokens)


def test_cancelling_a_finished_request_does_nothing(mono_model: Any) -> None:
    """Cancelling too late, or an unknown request, is no error."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(mono_model)
    made = run(engine, ask())[0]
    engine.cancel(made.request_id)
    engine.cancel(12345)
    assert not engine.busy


def test_progress_is_monotonic_and_chunks_add_up_to_the_clip(mono_model: Any) -> None:
    """Chunks come in order before the end, and together they are the clip."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(mono_model)
    engine.submit(ask(seconds=2.0))
    events = []
    while engine.busy:
        events += engine.step()
    done = [e.seconds_done for e in events if isinstance(e, Progress)]
    pieces = [e.samples for e in events if isinstance(e, AudioChunk)]
    clip = events[-1]
    assert isinstance(clip, Finished)
    assert done == sorted(done)
    assert done[-1] == 2.0
    assert len(pieces) > 2
    assert np.array_equal(np.concatenate(pieces, axis=1), clip.sound.samples)
    assert clip.sound.seconds == 2.0


def test_an_audio_prompt_comes_first_in_the_clip(any_model: Any) -> None:
    """The clip has the prompt's frames, an incomplete one counted, and the new seconds."""
    from bot.musicgen.engine.engine import Engine

    clip = run(Engine(any_model), ask(audio=noise(any_model, 0.5)))[0]
    assert clip.sound.seconds == pytest.approx(0.5 + SECONDS)


def test_a_long_clip_has_no_seam(mono_model: Any) -> None:
    """Fifty seconds from three windows sound as if decoded in one go.

    At every joint the step between two samples is no larger than elsewhere in the clip.
    """
    from bot.musicgen.engine.engine import Engine

    clip = run(Engine(mono_model), ask(seconds=50.0, prompt=None))[0]
    samples = clip.sound.samples[0]
    assert len(samples) == 50 * mono_model.sample_rate_hz
    assert clip.tokens.min() >= 0
    whole = mono_model.codec.decode(clip.tokens[None])[0]
    assert np.allclose(samples, whole, atol=1e-4)
    steps = np.abs(np.diff(samples))
    hop = mono_model.config.codec.hop
    for frame in (1500, 2400):
        around = steps[(frame - 1) * hop : (frame + 1) * hop]
        assert around.max() <= np.quantile(steps, 0.9999)


def test_a_later_window_continues_the_previous_one(mono_model: Any) -> None:
    """What follows a joint depends on what came before it."""
    from bot.musicgen.engine.engine import Engine

    first, other = run(
        Engine(mono_model),
        ask(seconds=31.0, prompt=None, sampling=GREEDY),
        ask(seconds=30.0, prompt=None, sampling=GREEDY),
    )
    assert np.array_equal(first.tokens[:, :1500], other.tokens[:, :1500])
    assert first.tokens.shape[1] == 1550


@pytest.mark.parametrize(
    "changes",
    [
        {"seconds": 0.0},
        {"seconds": -1.0},
        {"seconds": float("nan")},
        {"seconds": 301.0},
        {"seed": -1},
        {"prompt": "x" * 2001},
        {"sampling": Sampling(temperature=0.0)},
        {"sampling": Sampling(top_k=-1)},
        {"sampling": Sampling(top_p=0.0)},
        {"sampling": Sampling(guidance=0.5)},
    ],
    ids=str,
)
def test_an_invalid_request_is_refused(mono_model: Any, changes: dict[str, Any]) -> None:
    """The refusal is one sentence and takes no slot."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(mono_model)
    with pytest.raises(RequestError) as refusal:
        engine.submit(ask(**changes))
    assert str(refusal.value.sentence).endswith(".")
    assert not engine.busy


@pytest.mark.parametrize(
    "samples",
    [np.zeros((1, 0)), np.full((1, 100), np.nan), np.zeros((8, 100)), np.zeros((2, 100))],
    ids=["empty", "NaN", "8 channels", "stereo"],
)
def test_an_invalid_audio_prompt_is_refused(mono_model: Any, samples: Any) -> None:
    """Only finite samples with the model's channels reach the codec."""
    from bot.musicgen.engine.engine import Engine

    sound = Sound(samples=samples.astype(np.float32), sample_rate_hz=mono_model.sample_rate_hz)
    with pytest.raises(SoundError):
        Engine(mono_model).submit(ask(audio=sound))
