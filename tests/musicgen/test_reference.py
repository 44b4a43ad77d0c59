from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from bot.domain.generation import Samples, Sampling
from bot.musicgen.baselines.synthetic_config import config_json
from bot.musicgen.checkpoint.config_json import parse_config
from bot.musicgen.checkpoint.inspection import read_json
from bot.musicgen.checkpoint.mindnlp_patches import import_mindnlp
from bot.musicgen.checkpoint.presets import preset
from bot.musicgen.checkpoint.tensor_names import hub_name, tensor_sizes

GREEDY = Sampling(greedy=True)
STEPS = 10


def chirp(channels: int, frames: int) -> Samples:
    """Return sound that changes all the time, different in each channel."""
    moment = np.arange(640 * frames) / 32_000
    rows = [0.4 * np.sin(2 * np.pi * (200 + 2000 * k * moment) * moment) for k in (1, 2)]
    return np.stack(rows[:channels]).astype(np.float32)


@pytest.fixture(scope="module")
def rock(mono_reference):
    """Return the reference's result for two words, which takes a second: never change it."""
    return mono_reference.generate(steps=STEPS, sampling=GREEDY, prompt="90s rock")


def test_a_text_prompt_gives_tokens_and_sound(rock):
    """Three steps go into the delay, the others are frames of four codes and 640 samples."""
    assert rock.tokens.shape == (4, STEPS - 3)
    assert rock.tokens.dtype == np.int32
    assert 0 <= rock.tokens.min() <= rock.tokens.max() < 64
    assert len(np.unique(rock.tokens)) > 5
    assert rock.samples.shape == (1, 640 * (STEPS - 3))
    assert 0.01 < np.std(rock.samples) < 1
    assert len(rock.step_seconds) == STEPS - 1


def test_prompts_and_guidance_change_the_tokens(mono_reference, rock):
    """Greedy output depends on the words, and on their weight."""
    variants = [
        rock,
        mono_reference.generate(steps=STEPS, sampling=GREEDY, prompt="sad piano"),
        mono_reference.generate(
            steps=STEPS, sampling=Sampling(greedy=True, guidance=1.0), prompt="90s rock"
        ),
        mono_reference.generate(steps=STEPS, sampling=GREEDY),
    ]
    assert len({made.tokens.tobytes() for made in variants}) == len(variants)


def test_an_audio_prompt_comes_first_in_the_tokens(mono_reference):
    """The prompt's frames are its codes, with words or without, and new ones follow."""
    sound = chirp(1, frames=6)
    codes = mono_reference.encode(sound)
    assert codes.shape == (4, 6)
    assert len(np.unique(codes)) > 5
    for prompt in ("90s rock", None):
        made = mono_reference.generate(steps=STEPS, sampling=GREEDY, prompt=prompt, audio=sound)
        assert made.tokens.shape == (4, 6 + STEPS - 3)
        assert np.array_equal(made.tokens[:, :6], codes)


def test_stereo_keeps_left_and_right_apart(stereo_reference):
    """Even rows are the left channel's codes, odd rows the right one's."""
    sound = chirp(2, frames=6)
    made = stereo_reference.generate(steps=STEPS, sampling=GREEDY, prompt="90s rock", audio=sound)
    assert made.tokens.shape == (8, 6 + STEPS - 3)
    assert made.samples.shape == (2, 640 * made.tokens.shape[1])
    for side in (0, 1):
        assert np.array_equal(
            made.tokens[side::2, :6], stereo_reference.encode(sound[side : side + 1])
        )
        alone = stereo_reference.decode(made.tokens[side::2])
        np.testing.assert_allclose(made.samples[side : side + 1], alone, atol=1e-6)


def test_stereo_makes_random_and_text_clips(stereo_reference):
    """Eight codebooks share four delays."""
    random = stereo_reference.generate(steps=STEPS, sampling=GREEDY)
    asked = stereo_reference.generate(steps=STEPS, sampling=GREEDY, prompt="90s rock")
    assert random.tokens.shape == asked.tokens.shape == (8, STEPS - 3)
    assert not np.array_equal(random.tokens, asked.tokens)


def test_sampling_stays_among_the_likeliest(mono_reference, rock):
    """With top-k of one, sampling is greedy."""
    only = Sampling(top_k=1)
    sampled = mono_reference.generate(steps=STEPS, sampling=only, prompt="90s rock")
    assert np.array_equal(sampled.tokens, rock.tokens)


def test_a_step_continues_what_generate_made(mono_reference, rock):
    """Teacher-forced logits give the tokens that the greedy loop chose."""
    made = rock.tokens
    for frames in (0, 2, 5):
        step = mono_reference.step(prompt="90s rock", tokens=made[:, :frames], sampling=GREEDY)
        assert step.unconditional is not None
        guided = step.unconditional + 3.0 * (step.conditional - step.unconditional)
        assert guided[0].argmax() == made[0, frames]


def test_a_steps_probabilities_are_cut_and_scaled(mono_reference, rock):
    """Guidance, then temperature, then top-k, then top-p, then a softmax."""
    sampling = Sampling(guidance=2.0, temperature=0.8, top_k=9, top_p=0.7)
    step = mono_reference.step(prompt="90s rock", tokens=rock.tokens, sampling=sampling)
    assert step.unconditional is not None
    logits = step.unconditional + 2.0 * (step.conditional - step.unconditional)
    scaled = np.exp(logits / 0.8)
    ninth = np.sort(scaled, axis=1)[:, -9:-8]
    kept = np.where(scaled >= ninth, scaled, 0)
    kept /= kept.sum(axis=1, keepdims=True)
    order = np.argsort(-kept, axis=1)
    ranked = np.take_along_axis(kept, order, axis=1)
    ranked[np.cumsum(ranked, axis=1) - ranked >= 0.7] = 0
    want = np.zeros_like(kept)
    np.put_along_axis(want, order, ranked / ranked.sum(axis=1, keepdims=True), axis=1)
    np.testing.assert_allclose(step.probabilities, want, atol=1e-4)


def test_an_unconditional_step_has_one_row(mono_reference):
    """Without a prompt there is nothing to guide by."""
    step = mono_reference.step(
        prompt=None, tokens=np.zeros((4, 8), np.int32), sampling=Sampling(top_k=5)
    )
    assert step.unconditional is None
    assert (np.count_nonzero(step.probabilities, axis=1) == 5).all()


def test_the_codec_uses_the_loaded_weights(mono_reference, tiny_mono):
    """An LSTM uses its tensors in the file; mindtorch alone uses others."""
    import mindtorch

    lstm = mono_reference.model.audio_encoder.decoder.layers[1].lstm
    weights = load_file(tiny_mono / "model.safetensors")
    prefix = "audio_encoder.decoder.layers.1.lstm."
    steps = np.random.default_rng(0).standard_normal((5, 1, 32)).astype(np.float32)
    with mindtorch.no_grad():
        have = lstm(mindtorch.tensor(steps))[0].asnumpy()
    want = steps[:, 0]
    for layer in range(2):
        into, back, bias, more = (
            weights[f"{prefix}{kind}_l{layer}"]
            for kind in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
        )
        hidden = cell = np.zeros(32, np.float32)
        outputs = []
        for row in want:
            gates = into @ row + back @ hidden + bias + more
            entry, forget, candidate, exit_ = np.split(gates, 4)
            cell = sigmoid(forget) * cell + sigmoid(entry) * np.tanh(candidate)
            hidden = sigmoid(exit_) * np.tanh(cell)
            outputs.append(hidden)
        want = np.stack(outputs)
    np.testing.assert_allclose(have[:, 0], want, atol=1e-5)


def sigmoid(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))


@pytest.mark.parametrize("name", ["tiny", "tiny-stereo"])
def test_the_tensor_layout_matches_the_model(name):
    """Every name and dimension agrees with transformers' own state dict."""
    import_mindnlp()
    from transformers import MusicgenConfig, MusicgenForConditionalGeneration

    config = preset(name)
    codec = replace(config.codec, residual_layers=2, conv_shortcut=True, lstm_layers=1)
    config = replace(config, codec=codec)
    network: Any = MusicgenForConditionalGeneration(MusicgenConfig(**config_json(config)))
    want = {hub_name(name): tuple(t.shape) for name, t in network.state_dict().items()}
    assert tensor_sizes(config) == want


def test_missing_config_fields_have_transformers_defaults(mono_reference):
    """Newer files contain only what differs from the defaults of the configuration classes."""
    from transformers import EncodecConfig, MusicgenDecoderConfig, T5Config

    decoder, text, codec = MusicgenDecoderConfig(), T5Config(), EncodecConfig()
    config = parse_config(
        {
            "model_type": "musicgen",
            # EnCodec's default is the 24 kHz model with 32 quantizers.
            "decoder": {"num_codebooks": 32, "vocab_size": 1024, "pad_token_id": 1024},
            "text_encoder": {"model_type": "t5"},
            "audio_encoder": {"model_type": "encodec"},
        }
    )
    assert config.decoder.layers == decoder.num_hidden_layers
    assert config.decoder.ffn_size == decoder.ffn_dim
    assert config.text.hidden_size == text.d_model
    assert config.text.relative_distance == text.relative_attention_max_distance
    assert config.codec.filters == codec.num_filters
    assert config.codec.quantizers == codec.num_quantizers
    assert config.codec.frame_rate == codec.frame_rate
    assert config.codec.conv_shortcut == codec.use_conv_shortcut
    assert config.codec.causal == codec.use_causal_conv


def test_transformers_reads_the_config_equally(mono_reference, tiny_mono):
    """The written config.json gives transformers the dimensions it gives us."""
    ours = parse_config(read_json(tiny_mono / "config.json"))
    theirs = mono_reference.model.config
    assert theirs.audio_encoder.num_quantizers == ours.codec.quantizers
    assert theirs.audio_encoder.hop_length == ours.codec.hop
    assert theirs.text_encoder.num_heads == ours.text.heads
    assert theirs.decoder.num_codebooks == ours.decoder.codebooks
