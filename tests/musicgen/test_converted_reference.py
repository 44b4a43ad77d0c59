"""MusicGen converted to OpenVINO and ONNX Runtime, in separate environments: see .ci/run."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

from bot.errors import ResourceError
from bot.musicgen.baselines import converted_reference
from bot.musicgen.baselines.converted import clip_loop
from bot.musicgen.baselines.converted.clip_loop import Extent
from bot.musicgen.baselines.converted_reference import ENVIRONMENTS
from bot.musicgen.baselines.other_environment import Timing, read_timings

ROOT = Path(__file__).parents[2]

# One process for everything that needs PyTorch, as its start takes seconds.
SCRIPT = """
import json, sys
from pathlib import Path
import numpy as np, torch
from transformers.modeling_outputs import BaseModelOutput
from bot.musicgen.baselines import converted_reference
from bot.musicgen.baselines.converted import torch_parts

runtime, folder, scratch = sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3])
exact, rounded = scratch / "exact", scratch / "rounded"
exact.mkdir()
rounded.mkdir()
model = torch_parts.load(folder)
random = np.random.default_rng(1)
books, vocabulary = model.config.decoder.num_codebooks, model.config.decoder.vocab_size
words = random.integers(3, 100, (2, 8))
tokens = random.integers(0, vocabulary, (2, books, 5))
codes = random.integers(0, vocabulary, (2, books, 20))
converted_reference.convert(
    runtime, model, exact, requests=2, tokens=8, frames=20, precision="fp32"
)
parts = converted_reference.load(runtime, exact, threads=1)
def decode():
    parts.begin(words)
    return np.stack([parts.step(np.tile(tokens[..., n], (2, 1))).copy() for n in range(5)], 2)
first, again = decode(), decode()
with torch.inference_mode():
    states = model.text_encoder(input_ids=torch.tensor(words)).last_hidden_state
    found = model(
        encoder_outputs=BaseModelOutput(torch.cat((states, torch.zeros_like(states)))),
        attention_mask=torch.tensor([[1] * 8] * 2 + [[0] * 8] * 2),
        decoder_input_ids=torch.tensor(np.tile(tokens, (2, 1, 1)).reshape(-1, 5)),
    ).logits.reshape(first.shape).numpy()
    sound = model.audio_encoder.decode(torch.tensor(codes)[None], [None]).audio_values.numpy()
print(json.dumps({
    "logits": float(abs(first - found).max()),
    "again": float(abs(again - found).max()),
    "largest": float(abs(found).max()),
    "sound": float(abs(parts.sound(codes) - sound).max()),
}))
place = ["--runtime", runtime, "--converted", str(rounded)]
converted_reference.main(
    ["convert", *place, "--folder", str(folder), "--users", "2", "--seconds", "0.2"]
)
converted_reference.main(["time", *place, "--steps", "3"])
"""


@pytest.mark.parametrize("runtime", ENVIRONMENTS)
def test_a_converted_model_equals_pytorch(tiny_mono: Path, tmp_path: Path, runtime: str) -> None:
    """Logits of two guided requests step by step, and the sound of codes, all in fp32.

    The program then times the same checkpoint in int8 and prints it.
    """
    python = os.environ.get(ENVIRONMENTS[runtime].python_variable)
    if not python:
        pytest.skip(f"needs it and PyTorch, named by {ENVIRONMENTS[runtime].python_variable}")
    done = subprocess.run(
        [python, "-c", SCRIPT, runtime, str(tiny_mono), str(tmp_path)],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(next(line for line in done.stdout.splitlines() if line.startswith("{")))
    assert found["logits"] < 1e-4
    assert found["again"] < 1e-4, "the second clip begins with an empty cache"
    assert found["largest"] > 1
    assert found["sound"] < 1e-4
    (timing,) = read_timings(done.stdout)
    assert (timing.precision, timing.users) == ("int8", 2)
    assert min(timing.ms_per_step, timing.text_seconds, timing.sound_seconds) > 0


@pytest.mark.parametrize("runtime", ENVIRONMENTS)
def test_a_missing_runtime_is_explained(tiny_mono, tmp_path, monkeypatch, runtime) -> None:
    """The sentence names the runtime and the environment variable that helps."""
    environment = ENVIRONMENTS[runtime]
    monkeypatch.setenv(environment.python_variable, "/bin/false")
    with pytest.raises(ResourceError, match=f"{environment.runtime} could not be run") as caught:
        converted_reference.measure(
            runtime, tiny_mono, scratch=tmp_path, users=[1], steps=3, seconds=0.1, threads=1
        )
    assert environment.python_variable in str(caught.value.sentence)


def test_timings_are_the_last_line_of_what_a_program_prints() -> None:
    """Libraries may print before it."""
    timing = Timing(
        precision="int8", users=8, ms_per_step=40.5, text_seconds=0.02, sound_seconds=2.5
    )
    printed = f"Compressing...\n{json.dumps([dataclasses.asdict(timing)])}\n"
    assert read_timings(printed) == [timing]


class _Scripted:
    """Models that prefer one token in each codebook, and record their inputs."""

    extent = Extent(
        precision="int8",
        requests=3,
        tokens=8,
        frames=7,
        codebooks=2,
        vocabulary=5,
        layers=1,
        heads=1,
        head_size=4,
    )

    def __init__(self) -> None:
        self.given: list[np.ndarray] = []
        self.texts = 0

    def begin(self, tokens):
        self.texts += 1

    def step(self, tokens):
        self.given.append(tokens)
        logits = np.zeros((len(tokens), 2, 5), np.float32)
        logits[: len(tokens) // 2, :, 3] = 100
        return logits

    def sound(self, codes):
        assert codes.shape == (3, 2, 7)
        return codes


def test_the_loop_feeds_sampled_tokens_to_both_rows() -> None:
    """The first step gets the start token, every other one the last sampled token."""
    parts = _Scripted()
    spans = clip_loop.measure(parts, np.zeros((3, 8), np.int64), steps=4)
    assert min(spans.text, spans.step, spans.sound) > 0
    assert parts.texts == 2, "once to warm up"
    first, *others = parts.given[-4:]
    assert (first == parts.extent.vocabulary).all()
    assert all(each.shape == (6, 2) and (each == 3).all() for each in others)


def test_guidance_extrapolates_from_the_unconditional_logits() -> None:
    """Three times the difference is added to the logits without the prompt."""
    conditional, unconditional = np.array([[[2.0]]], np.float32), np.array([[[1.0]]], np.float32)
    assert clip_loop.guide(np.concatenate((conditional, unconditional))) == np.float32(4.0)


def test_sampling_follows_top_k_probabilities() -> None:
    """Equal logits are drawn equally often; tokens below the 250 likeliest never."""
    random = np.random.default_rng(0)
    logits = np.full((4000, 300), -1e9, np.float32)
    logits[:, 7] = logits[:, 9] = 0.0
    drawn = clip_loop.sample(logits, random)
    assert set(drawn) == {7, 9}
    assert 0.45 < (drawn == 7).mean() < 0.55
