"""Stems in the engine: separated, kept and muted, alone and in a batch."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from bot.domain.generation import (
    AudioChunk,
    Finished,
    GenerationRequest,
    Kept,
    Sampling,
    Sound,
    StemsRequest,
)
from bot.errors import RequestError

SECONDS = 0.6
NAMES = ["drums", "bass", "chords", "lead"]
DRUMS, BASS, CHORDS, LEAD = [2], [3], [4, 5, 6], [7]
GUIDES = [0, 1]


def run(model: Any, *requests: Any) -> list[Finished]:
    """Run all requests together; return their results in order."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(model)
    ids = [engine.submit(request) for request in requests]
    done: dict[int, Finished] = {}
    while engine.busy:
        done |= {e.request_id: e for e in engine.step() if isinstance(e, Finished)}
    return [done[id_] for id_ in ids]


def ask(**changes: Any) -> GenerationRequest:
    """Return a request."""
    usual: dict[str, Any] = {"seconds": SECONDS, "seed": 7, "prompt": "90s rock"}
    return GenerationRequest(**(usual | changes))


@pytest.fixture(scope="module")
def earlier(stems_model: Any) -> Any:
    """Return the codes of an earlier clip."""
    return run(stems_model, ask(seed=1))[0].tokens


@pytest.mark.parametrize("prompt", [None, "90s rock"])
def test_greedy_with_eight_codebooks_is_mindnlps_own_generate(
    stems_model: Any, tiny_stems: Any, prompt: str | None
) -> None:
    """Each codebook of a mono model is delayed by one more, token for token as in the reference."""
    from bot.musicgen.baselines.mindnlp_reference import Reference

    sampling = Sampling(greedy=True)
    (made,) = run(stems_model, ask(prompt=prompt, sampling=sampling))
    expected = Reference(tiny_stems).generate(
        steps=round(SECONDS * 50) + 7, sampling=sampling, prompt=prompt, audio=None
    )
    assert np.array_equal(made.tokens, expected.tokens)
    assert np.allclose(made.sound.samples, expected.samples, atol=1e-4)


def test_stems_do_not_change_the_clip(stems_model: Any) -> None:
    """Stems are as long as the clip and all different; the clip is the same without them."""
    plain, made = run(stems_model, ask(), ask(wants_stems=True))
    assert np.array_equal(made.tokens, plain.tokens)
    assert np.array_equal(made.sound.samples, plain.sound.samples)
    assert plain.stems == {}
    assert list(made.stems) == NAMES
    sounds = [made.stems[name].samples for name in NAMES]
    assert {each.shape for each in sounds} == {made.sound.samples.shape}
    assert len({each.tobytes() for each in sounds}) == len(NAMES)


def test_a_stem_is_its_codebooks_with_others_silent(stems_model: Any) -> None:
    """It is decoded from the stem's codes, with code 0 everywhere else."""
    (made,) = run(stems_model, ask(wants_stems=True))
    codes = np.zeros_like(made.tokens)
    codes[CHORDS] = made.tokens[CHORDS]
    expected = stems_model.codec.decode(codes[None])
    np.testing.assert_allclose(made.stems["chords"].samples, expected, atol=1e-5)


def test_an_existing_clip_is_separated(stems_model: Any) -> None:
    """Its codes alone give the same stems, while another clip is generated."""
    (made,) = run(stems_model, ask(wants_stems=True))
    _, apart = run(stems_model, ask(seed=9), StemsRequest(tokens=made.tokens))
    assert apart.sound.samples.shape[1] == 0
    assert list(apart.stems) == NAMES
    for name in NAMES:
        assert np.array_equal(apart.stems[name].samples, made.stems[name].samples)


def test_stems_do_not_delay_clips(stems_model: Any) -> None:
    """A clip's chunk that is due is decoded before any stem."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(stems_model)
    engine.submit(StemsRequest(tokens=np.zeros((8, 3000), np.int32)))
    own = engine.submit(ask(prompt=None))
    events: list[Any] = []
    while not any(isinstance(event, Finished) for event in events):
        step = engine.step()
        assert sum(isinstance(event, AudioChunk) for event in step) <= 1
        events += step
    (finished,) = [event for event in events if isinstance(event, Finished)]
    assert finished.request_id == own
    # Its frames, its delay and one step to be admitted: stems took none.
    assert engine.steps <= round(SECONDS * 50) + 10


@pytest.mark.parametrize("steps", [0, 1, 5])
def test_a_separation_can_be_cancelled(stems_model: Any, steps: int) -> None:
    """At any step, and no work is left."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(stems_model)
    id_ = engine.submit(StemsRequest(tokens=np.zeros((8, 300), np.int32)))
    for _ in range(steps):
        engine.step()
    engine.cancel(id_)
    assert not engine.busy
    assert engine.step() == []


@pytest.mark.parametrize("greedy", [False, True])
@pytest.mark.parametrize("prompt", [None, "slow jazz"])
def test_kept_stems_are_unchanged_and_others_are_generated(
    stems_model: Any, earlier: Any, greedy: bool, prompt: str | None
) -> None:
    """Guides are kept with them; the other stems differ, with guidance or without."""
    kept = Kept(tokens=earlier, stems=("drums", "chords"))
    sampling = Sampling(greedy=greedy)
    (made,) = run(stems_model, ask(kept=kept, prompt=prompt, sampling=sampling))
    stay = GUIDES + DRUMS + CHORDS
    assert np.array_equal(made.tokens[stay], earlier[stay])
    for book in BASS + LEAD:
        assert not np.array_equal(made.tokens[book], earlier[book])


def test_generated_stems_depend_on_seed_and_kept_stems(stems_model: Any, earlier: Any) -> None:
    """Another seed, and the same seed over other drums, give other music."""
    other = earlier.copy()
    other[DRUMS] = (other[DRUMS] + 1) % 64
    first, second, over_other = run(
        stems_model,
        ask(kept=Kept(tokens=earlier, stems=("drums",)), seed=1),
        ask(kept=Kept(tokens=earlier, stems=("drums",)), seed=2),
        ask(kept=Kept(tokens=other, stems=("drums",)), seed=1),
    )
    assert np.array_equal(first.tokens[DRUMS], second.tokens[DRUMS])
    assert not np.array_equal(first.tokens[LEAD], second.tokens[LEAD])
    assert not np.array_equal(first.tokens[LEAD], over_other.tokens[LEAD])


def test_stem_requests_do_not_depend_on_the_batch(stems_model: Any, earlier: Any) -> None:
    """Kept, muted, plain and separated in one batch: the same tokens as each alone."""
    requests = [
        ask(kept=Kept(tokens=earlier, stems=("bass",))),
        ask(muted=("drums",), prompt=None),
        ask(),
        ask(seconds=0.9, kept=Kept(tokens=earlier, stems=("lead",)), muted=("drums",)),
        StemsRequest(tokens=earlier),
    ]
    alone = [run(stems_model, request)[0] for request in requests]
    together = run(stems_model, *requests)
    for one, among in zip(alone, together, strict=True):
        assert np.array_equal(one.tokens, among.tokens)


def test_after_the_kept_part_all_stems_are_generated(stems_model: Any, earlier: Any) -> None:
    """A longer clip begins with the kept stems; in a shorter one they are cut."""
    frames = earlier.shape[1]
    kept = Kept(tokens=earlier, stems=("drums", "bass"))
    longer, shorter = run(stems_model, ask(seconds=1.0, kept=kept), ask(seconds=0.3, kept=kept))
    stay = GUIDES + DRUMS + BASS
    assert longer.tokens.shape[1] == 50
    assert np.array_equal(longer.tokens[stay, :frames], earlier[stay])
    assert len(np.unique(longer.tokens[DRUMS, frames:])) > 1
    assert np.array_equal(shorter.tokens[stay], earlier[stay][:, :15])


def test_kept_stems_persist_across_windows(stems_model: Any) -> None:
    """A clip of 31 s takes two windows, and has every frame of them."""
    random = np.random.default_rng(5)
    tokens = random.integers(0, 64, (8, 1550), dtype=np.int32)
    kept = Kept(tokens=tokens, stems=("drums", "lead"))
    (made,) = run(stems_model, ask(seconds=31.0, prompt=None, kept=kept, muted=("bass",)))
    stay = GUIDES + DRUMS + LEAD
    assert np.array_equal(made.tokens[stay], tokens[stay])
    assert not made.tokens[BASS].any()
    assert len(np.unique(made.tokens[CHORDS, 1500:])) > 1


def test_muted_stems_are_silent_throughout(stems_model: Any) -> None:
    """Their codes are 0 in every frame, which changes the other stems."""
    made, plain = run(stems_model, ask(muted=("drums", "lead")), ask())
    assert not made.tokens[DRUMS + LEAD].any()
    assert plain.tokens[DRUMS + LEAD].any()
    assert not np.array_equal(made.tokens[BASS], plain.tokens[BASS])


def test_muted_stems_are_silent_after_an_audio_prompt(stems_model: Any) -> None:
    """The prompt is unchanged, and the new sound lacks them."""
    rate = stems_model.sample_rate_hz
    audio = Sound(samples=np.zeros((1, rate // 2), np.float32), sample_rate_hz=rate)
    (made,) = run(stems_model, ask(audio=audio, muted=("drums",)))
    assert not made.tokens[DRUMS, 25:].any()
    assert np.array_equal(made.tokens[:, :25], stems_model.codec.encode(audio.samples)[0])


def test_known_codes_are_continued_without_encoding(stems_model: Any, earlier: Any) -> None:
    """The clip begins with exactly these codes, although encoding its sound gives others."""
    samples = stems_model.codec.decode(earlier[None])
    audio = Sound(samples=samples, sample_rate_hz=stems_model.sample_rate_hz)
    made, heard = run(stems_model, ask(audio=audio, audio_tokens=earlier), ask(audio=audio))
    frames = earlier.shape[1]
    assert np.array_equal(made.tokens[:, :frames], earlier)
    assert not np.array_equal(heard.tokens[:, :frames], earlier)
    assert made.tokens.shape == heard.tokens.shape


def test_guides_of_a_sound_take_the_place_of_encoded_ones(stems_model: Any, earlier: Any) -> None:
    """Other codebooks are encoded, and the continuation follows the guides; known codes win."""
    samples = stems_model.codec.decode(earlier[None])
    audio = Sound(samples=samples, sample_rate_hz=stems_model.sample_rate_hz)
    frames = earlier.shape[1]
    guides = np.tile(np.arange(frames, dtype=np.int32) % 7, (len(GUIDES), 1))
    guided, plain, known = run(
        stems_model,
        ask(audio=audio, audio_guides=guides),
        ask(audio=audio),
        ask(audio=audio, audio_guides=guides, audio_tokens=earlier),
    )
    assert np.array_equal(guided.tokens[GUIDES, :frames], guides)
    others = [book for book in range(len(earlier)) if book not in GUIDES]
    assert np.array_equal(guided.tokens[others, :frames], plain.tokens[others, :frames])
    assert not np.array_equal(guided.tokens[:, frames:], plain.tokens[:, frames:])
    assert np.array_equal(known.tokens[:, :frames], earlier)


CODES = np.zeros((8, 30), np.int32)
FRACTIONS: Any = np.full((8, 30), 0.5)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"muted": ("kazoo",)}, "There is no stem 'kazoo' here: choose among drums, bass, chords,"),
        ({"kept": Kept(tokens=CODES, stems=("kazoo",))}, "There is no stem 'kazoo' here"),
        ({"kept": Kept(tokens=CODES, stems=())}, "Say which stems to keep."),
        (
            {"kept": Kept(tokens=CODES, stems=tuple(NAMES))},
            "leave at least one to be made anew.",
        ),
        ({"muted": tuple(NAMES)}, "leave at least one to be made anew."),
        (
            {"kept": Kept(tokens=CODES, stems=("drums",)), "muted": ("drums",)},
            "The stem 'drums' can be kept or left out: choose one.",
        ),
        ({"kept": Kept(tokens=CODES[:4], stems=("drums",))}, "those of another model."),
        ({"kept": Kept(tokens=CODES[0], stems=("drums",))}, "those of another model."),
        ({"kept": Kept(tokens=CODES[:, :0], stems=("drums",))}, "those of another model."),
        ({"kept": Kept(tokens=CODES + 64, stems=("drums",))}, "those of another model."),
        ({"kept": Kept(tokens=CODES - 1, stems=("drums",))}, "those of another model."),
        ({"kept": Kept(tokens=FRACTIONS, stems=("drums",))}, "those of another model."),
    ],
    ids=str,
)
def test_impossible_stem_requests_are_refused(
    stems_model: Any, changes: Any, sentence: str
) -> None:
    """Each with a sentence, and no slot is taken."""
    from bot.musicgen.engine.engine import Engine

    engine = Engine(stems_model)
    with pytest.raises(RequestError) as refusal:
        engine.submit(ask(**changes))
    assert sentence in str(refusal.value.sentence)
    assert not engine.busy


@pytest.mark.parametrize(
    "request_",
    [
        ask(wants_stems=True),
        ask(muted=("drums",)),
        ask(kept=Kept(tokens=CODES, stems=("drums",))),
        StemsRequest(tokens=CODES),
    ],
    ids=["apart", "muted", "kept", "taken apart"],
)
def test_a_model_without_stems_says_so(mono_model: Any, request_: Any) -> None:
    """For every kind of request with stems."""
    from bot.musicgen.engine.engine import Engine

    with pytest.raises(RequestError, match="This model makes no stems"):
        Engine(mono_model).submit(request_)


def test_codes_are_either_kept_or_continued(stems_model: Any) -> None:
    """Not both at once; and the codes of an audio prompt must be as long as its sound."""
    from bot.musicgen.engine.engine import Engine

    rate = stems_model.sample_rate_hz
    audio = Sound(samples=np.zeros((1, rate), np.float32), sample_rate_hz=rate)
    engine = Engine(stems_model)
    with pytest.raises(RequestError, match="choose one"):
        engine.submit(ask(audio=audio, kept=Kept(tokens=CODES, stems=("drums",))))
    with pytest.raises(RequestError, match="not as long as its sound"):
        engine.submit(ask(audio=audio, audio_tokens=CODES))


@pytest.mark.parametrize(
    "guides",
    [
        np.zeros((len(GUIDES), 49), np.int32),
        np.zeros((len(GUIDES) + 1, 50), np.int32),
        np.full((len(GUIDES), 50), 64, np.int32),
        np.full((len(GUIDES), 50), -1, np.int32),
        np.full((len(GUIDES), 50), 0.5),
    ],
    ids=["too short", "too many", "too large", "negative", "fractions"],
)
def test_guides_that_do_not_fit_are_refused(stems_model: Any, guides: Any) -> None:
    """Those of another model, or of another sound."""
    from bot.musicgen.engine.engine import Engine

    rate = stems_model.sample_rate_hz
    audio = Sound(samples=np.zeros((1, rate), np.float32), sample_rate_hz=rate)
    with pytest.raises(RequestError, match="those of another model"):
        Engine(stems_model).submit(ask(audio=audio, audio_guides=guides))
