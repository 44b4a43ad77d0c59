"""MindNLP's own `generate()` with patches: the reference for the engine's output.

It takes seconds for each step of musicgen-small, so only the tests and
`zhiyin bench --against mindnlp` use it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.domain.generation import Samples, Sampling, Tokens
from bot.musicgen.checkpoint.config_json import parse_config
from bot.musicgen.checkpoint.inspection import read_json
from bot.musicgen.checkpoint.load import network_class_of
from bot.musicgen.checkpoint.mindnlp_patches import (
    conditioned_first_step,
    exact_relative_buckets,
    import_mindnlp,
    mapped_weights,
    numeric_products,
    quiet,
    relink_lstms,
)
from bot.musicgen.conditioning.chroma import CLASSES, Classes


@dataclass(frozen=True, slots=True, kw_only=True)
class Generated:
    """The result of one call of `generate`."""

    tokens: Tokens
    samples: Samples
    step_seconds: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The next token's distribution after given frames.

    `conditional` and `unconditional` are raw logits, `probabilities` those a token is drawn from;
    each of shape [codebooks, vocabulary]. `unconditional` is None without guidance.
    """

    conditional: NDArray[np.float32]
    unconditional: NDArray[np.float32] | None
    probabilities: NDArray[np.float64]


@dataclass(slots=True)
class _Capture:
    """The codes that `generate` passes to the codec at its end, and the times of its steps."""

    codes: list[NDArray[np.int64]] = field(default_factory=list)
    times: list[float] = field(default_factory=list)


class Reference:
    """A MusicGen checkpoint loaded as MindNLP loads it, with its own way of generating."""

    def __init__(self, folder: Path) -> None:
        import_mindnlp()
        from transformers import AutoTokenizer

        config = parse_config(read_json(folder / "config.json"))
        network_class = network_class_of(config)
        self._takes_melody = config.melody is not None
        with quiet(), mapped_weights():
            self.model: Any = network_class.from_pretrained(
                folder, use_safetensors=True, local_files_only=True
            )
            relink_lstms(self.model)
            self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        self._codebooks: int = self.model.decoder.num_codebooks
        self._stereo: bool = self.model.config.decoder.audio_channels == 2

    def generate(
        self,
        *,
        steps: int,
        sampling: Sampling,
        prompt: str | None = None,
        audio: Samples | None = None,
        melody: Classes | None = None,
    ) -> Generated:
        """Generate with MusicGen's own loop; without prompt, audio and melody a random clip.

        `audio` has shape [channels, samples] at the codec's rate and as many channels as the model.
        Sampling isn't reproducible: mindtorch's generator on the CPU takes no seed.
        Below six steps transformers leaves out the delay, which serves for timing only.
        """
        import mindtorch

        inputs = self._text_inputs(prompt, sampling, has_melody=melody is not None)
        if melody is not None:
            one_hot = np.eye(CLASSES, dtype=np.float32)[melody]
            inputs["input_features"] = mindtorch.tensor(one_hot[None])
        if audio is not None:
            inputs["input_values"] = mindtorch.tensor(audio[None])
        capture = _Capture()
        with self._capture_codes(capture):
            waveform = self.model.generate(
                **inputs,
                **_settings(sampling),
                max_new_tokens=steps,
                logits_processor=[_Clock(capture.times)],
            )
        return Generated(
            tokens=self._merge(capture.codes),
            samples=waveform.asnumpy()[0],
            step_seconds=tuple(float(gap) for gap in np.diff(capture.times)),
        )

    def step(self, *, prompt: str | None, tokens: Tokens, sampling: Sampling) -> Step:
        """Return the distribution of the step after the given frames, of shape [codebooks, frames].

        A codebook's row is its next token in the delay pattern: row k continues frame F - k.
        """
        import mindtorch

        inputs = self._text_inputs(prompt, sampling)
        if tokens.size:
            inputs["decoder_input_ids"] = mindtorch.tensor(tokens.astype(np.int64))
        # The delayed prompt must fit; below a second length there is no delay pattern at all.
        delayed = self._codebooks // (2 if self._stereo else 1)
        steps = max(delayed - 1, 2 * delayed - 2 - tokens.shape[1])
        with self._capture_codes(_Capture(), silent=True):
            output = self.model.generate(
                **inputs,
                **_settings(sampling),
                max_new_tokens=steps,
                return_dict_in_generate=True,
                output_logits=True,
                output_scores=True,
            )
        logits = output.logits[0].asnumpy()
        scores = output.scores[0].asnumpy().astype(np.float64)
        weights = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return Step(
            conditional=logits[: self._codebooks],
            unconditional=logits[self._codebooks :] if len(logits) > self._codebooks else None,
            probabilities=weights / weights.sum(axis=-1, keepdims=True),
        )

    def encode(self, samples: Samples) -> Tokens:
        """Return EnCodec's codes of one channel of sound, of shape [1, samples]."""
        import mindtorch

        with mindtorch.no_grad(), numeric_products():
            codes = self.model.audio_encoder.encode(mindtorch.tensor(samples[None])).audio_codes
        return np.array(codes.asnumpy()[0, 0], np.int32)

    def decode(self, tokens: Tokens) -> Samples:
        """Return the sound of one channel's codes, of shape [quantizers, frames]."""
        import mindtorch

        codes = mindtorch.tensor(tokens.astype(np.int64)[None, None])
        with mindtorch.no_grad(), numeric_products():
            return np.array(
                self.model.audio_encoder.decode(codes, [None]).audio_values.asnumpy()[0]
            )

    def _text_inputs(
        self, prompt: str | None, sampling: Sampling, *, has_melody: bool = False
    ) -> dict[str, Any]:
        if prompt is None and not self._takes_melody:
            return dict(self.model.get_unconditional_inputs(num_samples=1))
        inputs = dict(self.tokenizer([prompt or ""], padding=True, return_tensors="pt"))
        if prompt is None:
            # As in training, no text is states of zero.
            inputs["attention_mask"] = 0 * inputs["attention_mask"]
            if not has_melody:
                return {**inputs, "guidance_scale": 1.0}
        inputs["guidance_scale"] = sampling.guidance
        return inputs

    def _merge(self, codes: list[NDArray[np.int64]]) -> Tokens:
        # A stereo model's rows alternate between left and right.
        sides = np.stack([side[0, 0] for side in codes], axis=1)
        return np.array(sides.reshape(self._codebooks, -1), np.int32)

    @contextmanager
    def _capture_codes(self, capture: _Capture, *, silent: bool = False) -> Iterator[None]:
        """Keep the codes that `generate` passes to the codec, and skip the codec where `silent`."""
        codec = self.model.audio_encoder
        decode = codec.decode

        def capture_and_decode(codes: Any, audio_scales: Any) -> Any:
            capture.codes.append(codes.asnumpy())
            if silent:
                return type("Silence", (), {"audio_values": codes})
            return decode(codes, audio_scales)

        with ExitStack() as stack:
            stack.enter_context(quiet())
            stack.enter_context(numeric_products())
            stack.enter_context(exact_relative_buckets())
            if self._takes_melody:
                stack.enter_context(conditioned_first_step())
            codec.decode = capture_and_decode
            stack.callback(delattr, codec, "decode")
            yield


class _Clock:
    """A logits processor that changes nothing and records the time of each step."""

    def __init__(self, times: list[float]) -> None:
        self._times = times

    def __call__(self, _ids: Any, scores: Any) -> Any:
        self._times.append(time.perf_counter())
        return scores


def _settings(sampling: Sampling) -> dict[str, Any]:
    if sampling.greedy:
        return {"do_sample": False, "temperature": 1.0, "top_k": 50, "top_p": 1.0}
    return {
        "do_sample": True,
        "temperature": sampling.temperature,
        "top_k": sampling.top_k,
        "top_p": sampling.top_p,
    }
