"""A small multilayer perceptron in NumPy, trained with Adam.

Source: arXiv 1412.6980 (Adam), 1711.05101 (decoupled weight decay).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

_BATCH = 64


@dataclass(frozen=True, slots=True)
class Normalizer:
    """Brings every feature to mean 0 and deviation 1."""

    mean: Floats
    deviation: Floats

    @classmethod
    def of(cls, rows: Floats) -> Normalizer:
        """Measure the features of rows [rows, features]."""
        return cls(rows.mean(axis=0), rows.std(axis=0) + np.float32(1e-4))

    def __call__(self, rows: Floats) -> Floats:
        """Return rows with every feature in its usual range."""
        # What a clip shows that no training piece ever did should not outweigh all the rest.
        return np.clip((rows - self.mean) / self.deviation, -4, 4)


@dataclass(frozen=True, slots=True)
class Network:
    """Layers of weights [in, out] and biases, with ReLU between."""

    weights: tuple[Floats, ...]
    biases: tuple[Floats, ...]

    @classmethod
    def drawn(cls, widths: tuple[int, ...], random: np.random.Generator) -> Network:
        """Start with random weights. Source: arXiv 1502.01852."""
        pairs = list(pairwise(widths))
        weights = [random.normal(0, np.sqrt(2 / fan), (fan, out)) for fan, out in pairs]
        return cls(
            tuple(weight.astype(np.float32) for weight in weights),
            tuple(np.zeros(out, np.float32) for _, out in pairs),
        )

    def __call__(self, rows: Floats) -> Floats:
        """Return the scores of rows [rows, features]."""
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            rows = np.maximum(rows @ weight + bias, 0)
        return rows @ self.weights[-1] + self.biases[-1]

    def fit_classes(
        self,
        rows: Floats,
        answers: NDArray[np.intp],
        *,
        seed: int,
        epochs: int = 40,
        noise: float = 0.5,
        dropout: float = 0.4,
    ) -> Network:
        """Learn to give the answer of each row the highest score."""
        random = np.random.default_rng(seed)
        trainer = _Trainer(self, epochs * -(-len(rows) // _BATCH), dropout, random)
        classes = len(self.biases[-1])
        for batch in _batches(len(rows), epochs, random):
            drawn = rows[batch]
            drawn = drawn + random.normal(0, noise, drawn.shape).astype(np.float32)
            scores = trainer.forward(drawn)
            # Smoothed labels keep the network from shouting where styles overlap.
            goal = 0.9 * np.eye(classes, dtype=np.float32)[answers[batch]] + 0.1 / classes
            trainer.backward((softmax(scores) - goal) / len(batch))
        return trainer.network

    def fit_choices(
        self, rows: Floats, is_there: NDArray[np.bool_], answers: NDArray[np.intp], *, seed: int
    ) -> Network:
        """Learn to give one of several rows, [examples, choices, features], the highest score."""
        epochs = 40
        random = np.random.default_rng(seed)
        trainer = _Trainer(self, epochs * -(-len(rows) // _BATCH), 0.1, random)
        for batch in _batches(len(rows), epochs, random):
            choices = rows[batch].reshape(-1, rows.shape[2])
            scores = trainer.forward(choices).reshape(len(batch), -1)
            chances = softmax(np.where(is_there[batch], scores, np.float32(-1e9)))
            chances[np.arange(len(batch)), answers[batch]] -= 1
            trainer.backward((chances / len(batch)).reshape(-1, 1).astype(np.float32))
        return trainer.network

    def arrays(self) -> dict[str, Floats]:
        """Return the parameters by name."""
        named = {f"weight{index}": weight for index, weight in enumerate(self.weights)}
        return named | {f"bias{index}": bias for index, bias in enumerate(self.biases)}

    @classmethod
    def of_arrays(cls, arrays: dict[str, Floats]) -> Network:
        """Put parameters back together."""
        layers = range(sum(name.startswith("weight") for name in arrays))
        return cls(
            tuple(arrays[f"weight{index}"] for index in layers),
            tuple(arrays[f"bias{index}"] for index in layers),
        )


def softmax(scores: Floats) -> Floats:
    """Return the probabilities of scores [.., classes]."""
    raised: Floats = np.exp(scores - scores.max(axis=-1, keepdims=True))
    shares: Floats = raised / raised.sum(axis=-1, keepdims=True)
    return shares


def _batches(rows: int, epochs: int, random: np.random.Generator) -> Iterator[NDArray[np.intp]]:
    for _ in range(epochs):
        order = random.permutation(rows)
        for start in range(0, rows, _BATCH):
            yield order[start : start + _BATCH]


class _Trainer:
    """Holds what a training needs besides the parameters."""

    def __init__(
        self, network: Network, steps: int, dropout: float, random: np.random.Generator
    ) -> None:
        self.parameters = [array.copy() for array in (*network.weights, *network.biases)]
        self.first = [np.zeros_like(array) for array in self.parameters]
        self.second = [np.zeros_like(array) for array in self.parameters]
        self.layers = len(network.weights)
        self.steps, self.step, self.dropout, self.random = steps, 0, dropout, random
        self.inputs: list[Floats] = []
        self.masks: list[Floats] = []

    @property
    def network(self) -> Network:
        """Return the network as it is by now."""
        layers = self.layers
        return Network(tuple(self.parameters[:layers]), tuple(self.parameters[layers:]))

    def forward(self, rows: Floats) -> Floats:
        """Return the scores, some of the hidden units left out."""
        self.inputs, self.masks = [], []
        for layer in range(self.layers):
            self.inputs.append(rows)
            rows = rows @ self.parameters[layer] + self.parameters[self.layers + layer]
            if layer < self.layers - 1:
                kept = self.random.random(rows.shape) >= self.dropout
                mask = ((rows > 0) & kept).astype(np.float32) / np.float32(1 - self.dropout)
                self.masks.append(mask)
                rows = rows * mask
        return rows

    def backward(self, gradient: Floats) -> None:
        """Take one step of Adam against the gradient of the scores."""
        gradients = [np.empty(0, np.float32)] * len(self.parameters)
        for layer in reversed(range(self.layers)):
            gradients[layer] = self.inputs[layer].T @ gradient
            gradients[self.layers + layer] = gradient.sum(axis=0)
            if layer:
                gradient = gradient @ self.parameters[layer].T * self.masks[layer - 1]
        self.step += 1
        # Warm up over a twentieth of the training, then down to nothing along a cosine.
        share = self.step / self.steps
        rate = 3e-3 * min(1.0, 20 * share) * 0.5 * (1 + np.cos(np.pi * min(1.0, share)))
        for index, slope in enumerate(gradients):
            self.first[index] += np.float32(0.1) * (slope - self.first[index])
            self.second[index] += np.float32(0.01) * (slope * slope - self.second[index])
            mean = self.first[index] / np.float32(1 - 0.9**self.step)
            spread = np.sqrt(self.second[index] / np.float32(1 - 0.99**self.step)) + 1e-8
            decay = 1e-2 * self.parameters[index] if index < self.layers else 0
            self.parameters[index] -= (rate * (mean / spread + decay)).astype(np.float32)
