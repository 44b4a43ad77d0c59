"""MusicGen's text encoder and decoder for training, in PyTorch, with transformers' own names.

Source: arXiv 2306.05284 (MusicGen), 1910.10683 (T5); transformers' modeling_musicgen and
modeling_t5 are the references.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional

from bot.starter.training.data.code_factors import factors_of
from bot.starter.training.data.codebooks import BOOKS, CODES
from bot.starter.training.language.attention import attend_to_past, attend_to_words

_EMBEDDING_SPREAD, _HEAD_SPREAD = 0.25, 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageSize:
    """The dimensions of the starter's decoder and text encoder."""

    width: int = 256
    layers: int = 6
    heads: int = 4
    codebooks: int = len(BOOKS)
    codes: int = CODES
    text_tokens: int = 2048
    text_width: int = 128
    text_layers: int = 2
    text_heads: int = 4
    text_ffn: int = 512
    buckets: int = 32
    bucket_distance: int = 128


class _Attention(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.q_proj = nn.Linear(width, width, bias=False)
        self.k_proj = nn.Linear(width, width, bias=False)
        self.v_proj = nn.Linear(width, width, bias=False)
        self.out_proj = nn.Linear(width, width, bias=False)

    def forward(self, states: Tensor, memory: Tensor | None, mask: Tensor | None) -> Tensor:
        source = states if memory is None else memory
        query, key, value = (
            project(x).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for project, x in (
                (self.q_proj, states),
                (self.k_proj, source),
                (self.v_proj, source),
            )
        )
        if mask is None:
            mixed = attend_to_past(query, key, value)
        else:
            mixed = attend_to_words(query, key, value, mask)
        output: Tensor = self.out_proj(mixed.transpose(1, 2).flatten(2))
        return output


class _Layer(nn.Module):
    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.self_attn = _Attention(width, heads)
        self.self_attn_layer_norm = nn.LayerNorm(width)
        self.encoder_attn = _Attention(width, heads)
        self.encoder_attn_layer_norm = nn.LayerNorm(width)
        self.fc1 = nn.Linear(width, 4 * width, bias=False)
        self.fc2 = nn.Linear(4 * width, width, bias=False)
        self.final_layer_norm = nn.LayerNorm(width)

    def forward(self, states: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        states = states + self.self_attn(self.self_attn_layer_norm(states), None, None)
        states = states + self.encoder_attn(self.encoder_attn_layer_norm(states), memory, mask)
        inner = functional.gelu(self.fc1(self.final_layer_norm(states)))
        output: Tensor = states + self.fc2(inner)
        return output


class CodeTable(nn.Module):
    """A vector for each code of a codebook: one of its own, and those of its factors."""

    def __init__(self, book: int, rows: int, width: int, spread: float) -> None:
        super().__init__()
        factors = torch.from_numpy(factors_of(book)[:rows])
        self.register_buffer("factors", factors, persistent=False)
        self.shared = nn.Parameter(torch.randn(factors.shape[1], width) * spread)
        self.own = nn.Parameter(torch.randn(rows, width) * spread)

    def forward(self) -> Tensor:
        """Return the table [rows, width]."""
        table: Tensor = self.get_buffer("factors") @ self.shared + self.own
        return table


class Decoder(nn.Module):
    """The language model over codes in their delay pattern."""

    def __init__(self, size: LanguageSize) -> None:
        super().__init__()
        width = size.width
        books = range(size.codebooks)
        self.embeddings = nn.ModuleList(
            CodeTable(book, size.codes + 1, width, _EMBEDDING_SPREAD) for book in books
        )
        self.layers = nn.ModuleList(_Layer(width, size.heads) for _ in range(size.layers))
        self.layer_norm = nn.LayerNorm(width)
        self.heads = nn.ModuleList(
            CodeTable(book, size.codes, width, _HEAD_SPREAD) for book in books
        )
        self.register_buffer("positions", sinusoids(2048, width), persistent=False)
        for layer in self.layers:
            for part in (layer.self_attn.out_proj, layer.fc2):
                nn.init.normal_(part.weight, std=0.02 / math.sqrt(2 * size.layers))
            # Loud enough that what a text says is not lost beside what was played.
            nn.init.normal_(layer.encoder_attn.v_proj.weight, std=width**-0.5)
            nn.init.normal_(layer.encoder_attn.out_proj.weight, std=0.5 * width**-0.5)

    def forward(self, tokens: Tensor, memory: Tensor, mask: Tensor) -> Tensor:
        """Return the states [batch, steps, width] of tokens [batch, codebooks, steps].

        `memory` is the text's states [batch, words, width], all zero where the text is dropped;
        `mask` [batch, words] is true where a word may be attended to.
        """
        states = self.get_buffer("positions")[: tokens.shape[2]]
        for book, table in enumerate(self.embeddings):
            states = states + functional.embedding(tokens[:, book], table())
        words = mask[:, None, None, :]
        for layer in self.layers:
            states = layer(states, memory, words)
        output: Tensor = self.layer_norm(states)
        return output


def sinusoids(count: int, width: int) -> Tensor:
    """Return the position embeddings, [count, width]: cosines, then sines."""
    half = width // 2
    rates = torch.exp(torch.arange(half) * -(math.log(10000) / (half - 1)))
    angles = torch.arange(count)[:, None] * rates[None, :]
    return torch.cat([angles.cos(), angles.sin()], 1)


class _TextNorm(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))

    def forward(self, states: Tensor) -> Tensor:
        scale = torch.rsqrt(states.float().square().mean(-1, keepdim=True) + 1e-6)
        return self.weight * (states.float() * scale)


class _TextLayer(nn.Module):
    def __init__(self, size: LanguageSize) -> None:
        super().__init__()
        width = size.text_width
        self.heads = size.text_heads
        self.q, self.k, self.v, self.o = (nn.Linear(width, width, bias=False) for _ in range(4))
        self.attention_norm = _TextNorm(width)
        self.wi = nn.Linear(width, size.text_ffn, bias=False)
        self.wo = nn.Linear(size.text_ffn, width, bias=False)
        self.ffn_norm = _TextNorm(width)
        # T5 does not divide by the root of the width: its weights begin small instead.
        nn.init.normal_(self.q.weight, std=(width * width / size.text_heads) ** -0.5)
        for part in (self.o, self.wo):
            nn.init.normal_(part.weight, std=0.2 * part.in_features**-0.5)

    def forward(self, states: Tensor, bias: Tensor) -> Tensor:
        normed = self.attention_norm(states)
        query, key, value = (
            part(normed).unflatten(2, (self.heads, -1)).transpose(1, 2)
            for part in (self.q, self.k, self.v)
        )
        mixed = functional.scaled_dot_product_attention(
            query, key, value, attn_mask=bias.to(query.dtype), scale=1.0
        )
        states = states + self.o(mixed.transpose(1, 2).flatten(2))
        output: Tensor = states + self.wo(functional.relu(self.wi(self.ffn_norm(states))))
        return output


class TextEncoder(nn.Module):
    """T5's encoder."""

    def __init__(self, size: LanguageSize) -> None:
        super().__init__()
        self.size = size
        self.shared = nn.Embedding(size.text_tokens, size.text_width)
        self.distances = nn.Embedding(size.buckets, size.text_heads)
        self.layers = nn.ModuleList(_TextLayer(size) for _ in range(size.text_layers))
        self.final_norm = _TextNorm(size.text_width)
        nn.init.normal_(self.distances.weight, std=0.02)

    def forward(self, words: Tensor, mask: Tensor) -> Tensor:
        """Return states [batch, words, width] of word ids; `mask` is true where there is one."""
        places = torch.arange(words.shape[1], device=words.device)
        buckets = relative_buckets(
            places[None, :] - places[:, None], self.size.buckets, self.size.bucket_distance
        )
        bias = self.distances(buckets).permute(2, 0, 1)[None]
        bias = bias.masked_fill(~mask[:, None, None, :], -1e9)
        states = self.shared(words)
        for layer in self.layers:
            states = layer(states, bias)
        output: Tensor = self.final_norm(states)
        return output


def relative_buckets(distances: Tensor, buckets: int, farthest: int) -> Tensor:
    """Return T5's bucket of each distance from query to key."""
    half = buckets // 2
    exact = half // 2
    size = distances.abs()
    octaves = (size.clamp(min=1) / exact).log() / math.log(farthest / exact)
    far = (exact + (octaves * (half - exact) + 1e-6).floor().long()).clamp(max=half - 1)
    return torch.where(size < exact, size, far) + half * (distances > 0)


class Language(nn.Module):
    """Text encoder, projection and decoder: words and codes in, states of the decoder out."""

    def __init__(self, size: LanguageSize) -> None:
        super().__init__()
        self.text = TextEncoder(size)
        self.projection = nn.Linear(size.text_width, size.width)
        nn.init.normal_(self.projection.weight, std=size.text_width**-0.5)
        nn.init.zeros_(self.projection.bias)
        self.decoder = Decoder(size)

    def forward(self, tokens: Tensor, words: Tensor, mask: Tensor, dropped: Tensor) -> Tensor:
        """Return what the decoder does; `dropped` [batch] is where the text is to have no say."""
        memory = self.projection(self.text(words, mask)) * ~dropped[:, None, None]
        output: Tensor = self.decoder(tokens, memory, mask)
        return output
