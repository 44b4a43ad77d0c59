"""Small EnCodec models of MindNLP's, which our codec is compared with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.musicgen.checkpoint.mindnlp_patches import import_mindnlp, quiet
from bot.musicgen.checkpoint.model_config import CodecConfig

BASE: dict[str, Any] = {
    "sampling_rate": 3200,
    "num_filters": 4,
    "hidden_size": 6,
    "upsampling_ratios": [4, 3, 2],
    "codebook_size": 16,
    "target_bandwidths": [1.6],
    "use_causal_conv": False,
    "use_conv_shortcut": False,
    "norm_type": "weight_norm",
}


@dataclass(frozen=True)
class EncodecReference:
    """MindNLP's model, and its weights as our checkpoint loader returns them."""

    model: Any
    weights: dict[str, NDArray[np.float32]]
    config: CodecConfig
    answers: dict[tuple[str, bytes], NDArray[Any]] = field(default_factory=dict)
    """Cached results, as both kinds of operations are compared with the same ones."""

    def decode(self, codes):
        """Return MindNLP's samples of codes [channels, codebooks, frames]."""
        return self._once("samples", codes, self._decode)

    def encode(self, samples):
        """Return MindNLP's codes of samples [channels, samples]."""
        return self._once("codes", samples, self._encode)

    def _once(self, name, given, make):
        key = name, given.tobytes()
        if key not in self.answers:
            self.answers[key] = make(given)
        return self.answers[key]

    def _decode(self, codes):
        import mindtorch

        books = mindtorch.tensor(codes.transpose(1, 0, 2).astype(np.int64))
        return self.model.decoder(self.model.quantizer.decode(books)).detach().numpy()[:, 0]

    def _encode(self, samples):
        import mindtorch

        states = self.model.encoder(mindtorch.tensor(samples[:, None]))
        return self.model.quantizer.encode(states).numpy().transpose(1, 0, 2)

    def codes(self, frames, channels=2):
        """Return codes that are the same at every call."""
        rng = np.random.default_rng(frames)
        shape = (channels, self.config.quantizers, frames)
        return rng.integers(0, self.config.codebook_size, shape).astype(np.int32)

    def samples(self, length, channels=2):
        """Return noise that is the same at every call."""
        return np.random.default_rng(length).standard_normal((channels, length)).astype(np.float32)


def make_reference(**changes):
    """Build a small model with random weights."""
    import_mindnlp()
    import mindtorch
    from transformers import EncodecConfig, EncodecModel

    config = EncodecConfig(**(BASE | changes))
    with quiet():
        model = EncodecModel(config).eval()
    rng = np.random.default_rng(7)
    values = {}
    for name, value in model.state_dict().items():
        made = rng.standard_normal(tuple(value.shape)).astype(np.float32)
        # A norm is positive; an LSTM with large weights is chaotic.
        values[name] = np.abs(made) + 1 if name.endswith("original0") else made * 0.5
    model.load_state_dict({name: mindtorch.tensor(value) for name, value in values.items()})
    config = CodecConfig(
        sample_rate_hz=config.sampling_rate,
        filters=config.num_filters,
        hidden_size=config.hidden_size,
        ratios=tuple(config.upsampling_ratios),
        residual_layers=config.num_residual_layers,
        kernel_size=config.kernel_size,
        last_kernel_size=config.last_kernel_size,
        residual_kernel_size=config.residual_kernel_size,
        compress=config.compress,
        lstm_layers=config.num_lstm_layers,
        codebook_size=config.codebook_size,
        codebook_dim=config.codebook_dim,
        bandwidth_kbps=config.target_bandwidths[-1],
        conv_shortcut=config.use_conv_shortcut,
    )
    return EncodecReference(model, folded(values), config)


def folded(values):
    """Fold the weight norms into the weights."""
    length, direction = (f".parametrizations.weight.original{i}" for i in (0, 1))
    weights = {name: value for name, value in values.items() if "parametrizations" not in name}
    for name, value in values.items():
        if name.endswith(direction):
            unit = value / np.sqrt(np.square(value).sum((1, 2), keepdims=True))
            path = name.removesuffix(direction)
            weights[f"{path}.weight"] = unit * values[path + length]
    return weights
