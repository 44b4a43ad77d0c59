"""`zhiyin generate --melody FILE`: the file's melody conditions the model, or is refused."""

from __future__ import annotations

import numpy as np
import pytest
import soundfile

from bot.audio.analysis.tune import DRUMS
from bot.cli.app import build_parser, dispatch
from bot.cli.generate_plan import make_plan
from bot.cli.interrupts import Interrupts
from bot.config import Config
from bot.musicgen.baselines.synthetic import write_checkpoint
from bot.musicgen.checkpoint.presets import preset
from bot.musicgen.engine.validation import MELODY_OR_AUDIO, NO_MELODY
from tests.support.known_sounds import RATE_HZ, drums
from tests.support.scripted_engine import Opener

SECONDS = 2.0


@pytest.fixture(scope="module")
def melodic(tmp_path_factory):
    """A tiny checkpoint that takes a melody."""
    folder = tmp_path_factory.mktemp("checkpoints") / "tiny-melody"
    write_checkpoint(folder, preset(folder.name))
    return folder


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """A folder to work in, with a tune in two channels, and drums."""
    monkeypatch.chdir(tmp_path)
    time_s = np.arange(round(SECONDS * RATE_HZ)) / RATE_HZ
    tone = 0.5 * np.sin(2 * np.pi * 440 * time_s)
    soundfile.write("tune.wav", np.stack([tone, tone], axis=1), RATE_HZ)
    soundfile.write("drums.wav", 0.5 * drums(120, SECONDS), RATE_HZ)


def arguments(*argv, model):
    return build_parser().parse_args(["generate", *argv, "--model", str(model)])


def test_the_melody_of_the_file_conditions_the_model(melodic):
    """In mono, at its full length; the file itself is not continued."""
    plan = make_plan(arguments("a quartet", "--melody", "tune.wav", model=melodic), Config())
    (request,) = plan.requests
    assert request.audio is None
    assert request.melody.samples.shape[0] == 1
    assert request.melody.seconds == pytest.approx(SECONDS, abs=0.01)
    heard = np.abs(np.fft.rfft(request.melody.samples[0]))
    assert heard.argmax() / request.melody.seconds == pytest.approx(440, abs=2)


@pytest.mark.parametrize(
    ("argv", "model", "sentence"),
    [
        (["--melody", "tune.wav"], "tiny_mono", str(NO_MELODY)),
        (["--melody", "tune.wav", "--audio", "tune.wav"], "melodic", str(MELODY_OR_AUDIO)),
        (["--melody", "drums.wav"], "melodic", f"drums.wav: {DRUMS}"),
    ],
)
def test_melody_errors_are_explained(request, capsys, argv, model, sentence):
    """A model without melody input, a file to be continued as well, a file without a melody."""
    args = arguments("a", *argv, model=request.getfixturevalue(model))
    assert dispatch(args, Interrupts(), open_engine=Opener()) == 1
    assert sentence in capsys.readouterr().err
