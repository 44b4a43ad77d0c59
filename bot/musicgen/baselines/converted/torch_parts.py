"""MusicGen as three PyTorch modules that runtimes can convert: text, one step, sound.

Inputs and outputs are tensors only, including the KV caches. A request has two rows, with its text
and without: first all with, then all without. All texts have the same length. Needs PyTorch, see
`torch_reference`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import nn


def load(folder: Path) -> Any:
    """Return transformers' model in fp32."""
    from transformers import MusicgenForConditionalGeneration

    model = MusicgenForConditionalGeneration.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    return model.eval()


class TextPart(nn.Module):
    """From tokens [requests, tokens] to the keys and values of each layer's cross-attention.

    Returns key and value of the first layer, then of the next, each [rows, heads, tokens, size].
    They are zero in rows without text, as in transformers.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.encoder = model.text_encoder
        self.projection = getattr(model, "enc_to_dec_proj", None)
        attentions = [layer.encoder_attn for layer in model.decoder.model.decoder.layers]
        self.projections = nn.ModuleList(
            each for attention in attentions for each in (attention.k_proj, attention.v_proj)
        )
        self.heads = model.config.decoder.num_attention_heads

    def forward(self, tokens: Any) -> tuple[Any, ...]:
        """Encode."""
        states = self.encoder(input_ids=tokens).last_hidden_state
        if self.projection is not None:
            states = self.projection(states)
        cut = (_heads(projection(states), self.heads) for projection in self.projections)
        return tuple(torch.cat((each, torch.zeros_like(each))) for each in cut)


class StepPart(nn.Module):
    """From the last tokens [rows, codebooks] to the logits [rows, codebooks, vocabulary].

    `position` [1] is the number of the step and `order` [rows] the row whose cache each row goes
    on with, which runtimes look for where they fuse the growth of a cache into the attention. Then
    come the keys and values of all layers' cross-attention and the KV cache, in the order of
    `TextPart`. Returns the logits and the longer KV cache.
    """

    def __init__(self, model: Any) -> None:
        super().__init__()
        decoder = model.decoder.model.decoder
        books = model.config.decoder.num_codebooks
        tables = [each.weight for each in decoder.embed_tokens]
        self.tokens = nn.Embedding.from_pretrained(torch.cat(tables))
        self.register_buffer("first", len(tables[0]) * torch.arange(books))
        self.register_buffer("sinusoids", decoder.embed_positions.weights)
        self.layers = decoder.layers
        self.norm = decoder.layer_norm
        heads = torch.cat([each.weight for each in model.decoder.lm_heads])
        self.logits = nn.Linear(heads.shape[1], heads.shape[0], bias=False)
        self.logits.weight = nn.Parameter(heads)
        self.heads = model.config.decoder.num_attention_heads
        self.codebooks = books

    def forward(self, tokens: Any, position: Any, order: Any, *caches: Any) -> tuple[Any, ...]:
        """Advance by one step."""
        count = 2 * len(self.layers)
        texts, past = caches[:count], caches[count:]
        states = self.tokens(tokens + self.first).sum(1) + self.sinusoids.index_select(0, position)
        states = states[:, None]
        present = []
        for number, layer in enumerate(self.layers):
            mine = slice(2 * number, 2 * number + 2)
            attention = layer.self_attn
            known = layer.self_attn_layer_norm(states)
            pair = [
                torch.cat((old.index_select(0, order), _heads(project(known), self.heads)), 2)
                for project, old in zip(
                    (attention.k_proj, attention.v_proj), past[mine], strict=True
                )
            ]
            present += pair
            states = states + self._attend(attention, known, *pair)
            known = layer.encoder_attn_layer_norm(states)
            states = states + self._attend(layer.encoder_attn, known, *texts[mine])
            known = layer.final_layer_norm(states)
            states = states + layer.fc2(nn.functional.gelu(layer.fc1(known)))
        logits = self.logits(self.norm(states))
        return logits.reshape(len(tokens), self.codebooks, -1), *present

    def _attend(self, attention: Any, states: Any, keys: Any, values: Any) -> Any:
        query = _heads(attention.q_proj(states), self.heads)
        found = nn.functional.scaled_dot_product_attention(query, keys, values)
        return attention.out_proj(found.transpose(1, 2).reshape(states.shape))


class SoundPart(nn.Module):
    """From codes [requests, codebooks, frames] to sound [requests, channels, samples]."""

    def __init__(self, model: Any) -> None:
        super().__init__()
        self.codec = model.audio_encoder
        self.channels = model.config.decoder.audio_channels
        for module in self.codec.modules():
            if hasattr(module, "parametrizations"):
                nn.utils.parametrize.remove_parametrizations(module, "weight")

    def forward(self, codes: Any) -> Any:
        """Decode."""
        sides = [
            self.codec.decoder(
                self.codec.quantizer.decode(codes[:, side :: self.channels].transpose(0, 1))
            )
            for side in range(self.channels)
        ]
        return torch.cat(sides, 1)


def _heads(states: Any, heads: int) -> Any:
    rows, length, width = states.shape
    return states.reshape(rows, length, heads, width // heads).transpose(1, 2)
