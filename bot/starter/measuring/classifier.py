"""Says which style a clip is in: taught by rendered pieces only, never by what a model made."""

from __future__ import annotations

import hashlib
import inspect
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.starter.composer.styles import STYLES
from bot.starter.measuring import features, network, portrait, tempo
from bot.starter.measuring.features import Floats, Picture, Sound, picture
from bot.starter.measuring.network import Network, Normalizer, softmax
from bot.starter.measuring.renders import Render, generator_digest
from bot.starter.measuring.soundness import Ranges
from bot.starter.measuring.tempo import Beats, TempoEar, candidates, pulse

NAMES = tuple(STYLES)

_WEARS = 4
_NETWORKS = 3
_HIDDEN = 96


@dataclass(frozen=True, slots=True)
class Heard:
    """What a listener makes of a clip."""

    bpm: float
    row: Floats
    chances: Floats

    @property
    def ranking(self) -> tuple[str, ...]:
        """Return the styles, likeliest first."""
        return tuple(NAMES[index] for index in np.argsort(-self.chances, kind="stable"))


@dataclass(frozen=True, slots=True)
class Classifier:
    """Networks that vote, over portraits."""

    networks: tuple[Network, ...]
    normalizer: Normalizer

    @classmethod
    def taught(cls, rows: Floats, answers: Sequence[int]) -> Classifier:
        """Learn from portraits [clips, features] and the numbers of their styles."""
        normalizer = Normalizer.of(rows)
        normal = normalizer(rows)
        goals = np.array(answers)
        widths = (rows.shape[1], _HIDDEN, max(answers) + 1)
        return cls(
            tuple(
                Network.drawn(widths, np.random.default_rng(seed)).fit_classes(
                    normal, goals, seed=seed
                )
                for seed in range(_NETWORKS)
            ),
            normalizer,
        )

    def __call__(self, rows: Floats) -> Floats:
        """Return the probability of each style, [clips, styles]."""
        normal = self.normalizer(rows)
        votes: Floats = np.mean([softmax(each(normal)) for each in self.networks], axis=0)
        return votes


@dataclass(frozen=True, slots=True)
class Listener:
    """Everything that has been learnt from renders: the ear for tempo and that for style."""

    ear: TempoEar
    classifier: Classifier
    ranges: Ranges

    def hear(self, sound: Sound) -> Heard:
        """Listen to ten seconds or so."""
        return self.look(picture(sound))

    def look(self, shown: Picture) -> Heard:
        """Listen to a clip whose spectra are known already."""
        beating = pulse(shown.mel)
        bpm = self.ear.bpm(candidates(beating))
        row = portrait.portrait(shown, beating, bpm)
        return Heard(bpm, row, self.classifier(row[None])[0])

    def distance(self, one: Heard, other: Heard) -> float:
        """Return how far two clips are apart: the Euclidean distance of standardised portraits.

        Divided by the root of the number of features, it is about 1.4 for unrelated pieces.
        """
        normalizer = self.classifier.normalizer
        difference = normalizer(one.row) - normalizer(other.row)
        return float(np.linalg.norm(difference) / np.sqrt(len(difference)))


def teach(
    teaching: Sequence[Render],
    through_codec: Callable[[Sound], Sound] | None,
    coded: int,
    report: Callable[[str], None],
) -> Listener:
    """Teach a listener by renders; the last `coded` of them also as the codec gives them back.

    The ear for tempo hears each as a loop, too: where every bar is the same, what comes again tells
    less of which beat is the beat.
    """
    shown, truths, sane, pulses = [], [], [], []
    for index, render in enumerate(teaching):
        if index % 50 == 0:
            report(f"Listening to pieces to learn from, {index} of {len(teaching)}")
        clip = render.clip(seed=1 + index)
        shown.append(picture(clip))
        sane.append(features.sanity(clip, shown[-1]))
        truths.append(render.truth)
        pulses.append((_beats(picture(render.loop(seed=1 + index))), render.truth.bpm))
    if through_codec is not None:
        for index, render in enumerate(teaching[-coded:] if coded else ()):
            if index % 25 == 0:
                report(f"The same through the codec, {index} of {coded}")
            shown.append(picture(through_codec(render.clip(seed=7000 + index))))
            truths.append(render.truth)
            loop = picture(through_codec(render.loop(seed=7000 + index)))
            pulses.append((_beats(loop), render.truth.bpm))
    report("Teaching")
    pulses += [(_beats(each), truth.bpm) for each, truth in zip(shown, truths, strict=True)]
    ear = TempoEar.taught([beats for beats, _ in pulses], [bpm for _, bpm in pulses])
    rows, answers = [], []
    random = np.random.default_rng(0)
    for each, truth in zip(shown, truths, strict=True):
        for wear in range(1 + _WEARS):
            seen = portrait.worn(each, random) if wear else each
            beating = pulse(seen.mel)
            # Some with the tempo that is heard, which may be wrong, as it will be in use.
            bpm = truth.bpm if wear % 2 else ear.bpm(candidates(beating))
            rows.append(portrait.portrait(seen, beating, bpm))
            answers.append(NAMES.index(truth.style))
    return Listener(ear, Classifier.taught(np.stack(rows), answers), Ranges.of(sane))


def _beats(shown: Picture) -> Beats:
    return candidates(pulse(shown.mel))


def load_or_teach(cache: Path, name: str, taught: Callable[[], Listener]) -> Listener:
    """Return the listener of that name in the cache, taught if need be."""
    file = cache / f"listener-{generator_digest()}-{_code_digest()}-{name}.npz"
    if file.exists():
        with np.load(file) as stored:
            return _of_arrays({key: stored[key] for key in stored.files})
    listener = taught()
    scratch = file.with_suffix(".part")
    with scratch.open("wb") as opened:
        np.savez(opened, **dict(_named(listener)))
    scratch.rename(file)
    return listener


def _named(listener: Listener) -> Iterable[tuple[str, Floats]]:
    yield "ranges.low", listener.ranges.low
    yield "ranges.high", listener.ranges.high
    parts = [(listener.ear.network, listener.ear.normalizer)]
    parts += [(each, listener.classifier.normalizer) for each in listener.classifier.networks]
    for index, (each, normalizer) in enumerate(parts):
        yield f"{index}.mean", normalizer.mean
        yield f"{index}.deviation", normalizer.deviation
        for key, array in each.arrays().items():
            yield f"{index}.{key}", array


def _of_arrays(stored: dict[str, Floats]) -> Listener:
    ranges = Ranges(stored.pop("ranges.low"), stored.pop("ranges.high"))
    parts = []
    for index in range(1 + max(int(key.split(".")[0]) for key in stored)):
        own = {k.split(".")[1]: a for k, a in stored.items() if k.startswith(f"{index}.")}
        normalizer = Normalizer(own.pop("mean"), own.pop("deviation"))
        parts.append((Network.of_arrays(own), normalizer))
    (ear, ears), *votes = parts
    classifier = Classifier(tuple(each for each, _ in votes), votes[0][1])
    return Listener(TempoEar(ear, ears), classifier, ranges)


def _code_digest() -> str:
    modules = (features, network, portrait, tempo)
    code = "".join(map(inspect.getsource, (*modules, sys.modules[__name__])))
    return hashlib.sha256(code.encode()).hexdigest()[:12]
