"""Encode the prompts of a request to codes and text states."""

from __future__ import annotations

import numpy as np

from bot.domain.generation import GenerationRequest, Tokens
from bot.musicgen.checkpoint.stems import guide_codebooks
from bot.musicgen.codec.encoder import Encoder
from bot.musicgen.decoder.interface import Floats
from bot.musicgen.engine.interleave import interleave
from bot.musicgen.engine.request_state import RequestState
from bot.musicgen.model import Model


class PromptEncoding:
    """Encodes a request's audio prompt, then its text, piece by piece."""

    def __init__(self, request: GenerationRequest, model: Model) -> None:
        """Take a request that was checked, and the model whose codec and text encoder encode."""
        self.request = request
        self.text_states: Floats | None = None
        """The states of the text [tokens, hidden_size], once it is encoded; None without a text."""
        self._codebooks = model.config.decoder.codebooks
        self._guides = guide_codebooks(model.config.stems, self._codebooks)
        self._codes: list[Tokens] = []
        self._encoded_samples = 0
        self._audio_encoder: Encoder | None = None
        if request.audio is not None and request.audio_tokens is not None:
            self._codes.append(request.audio_tokens)
        elif request.audio is not None:
            self._audio_encoder = Encoder(model.codec, channels=model.channels)
        self._text_pieces = None if request.prompt is None else model.text.read(request.prompt)

    @property
    def next_state(self) -> RequestState:
        """Return the state of a request that is encoded this far."""
        if self._audio_encoder is not None:
            return RequestState.ENCODING_AUDIO
        if self._text_pieces is not None:
            return RequestState.ENCODING_TEXT
        return RequestState.READY

    @property
    def slots_needed(self) -> int:
        """Return 2 with guidance, whose unconditional row needs a slot, else 1."""
        has_text = self.text_states is not None and len(self.text_states) > 0
        has_any = has_text or self.request.melody is not None
        return 2 if has_any and self.request.sampling.guided else 1

    def encode_audio(self, samples: int) -> bool:
        """Encode the next `samples` of the audio prompt; return whether it is all encoded."""
        assert self.request.audio is not None and self._audio_encoder is not None
        audio = self.request.audio.samples
        piece = audio[:, self._encoded_samples : self._encoded_samples + samples]
        self._encoded_samples += piece.shape[1]
        self._codes.append(interleave(self._audio_encoder.push(piece)))
        if self._encoded_samples < audio.shape[1]:
            return False
        self._codes.append(interleave(self._audio_encoder.finish()))
        self._audio_encoder = None
        return True

    def encode_text(self) -> bool:
        """Run the next layers of the text encoder; return whether it is done."""
        assert self._text_pieces is not None
        try:
            next(self._text_pieces)
        except StopIteration as end:
            self.text_states = end.value
            self._text_pieces = None
            return True
        return False

    def audio_tokens(self) -> Tokens:
        """Return the codes of the audio prompt, [codebooks, frames]; no frames without one."""
        nothing = np.zeros((self._codebooks, 0), np.int32)
        codes = np.concatenate([nothing, *self._codes], axis=1, dtype=np.int32)
        request = self.request
        if request.audio_tokens is None and request.audio_guides is not None:
            codes[self._guides] = request.audio_guides
        return codes
