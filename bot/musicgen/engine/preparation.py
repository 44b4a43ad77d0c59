"""Encode the prompts of queued requests piece by piece, and admit requests."""

from __future__ import annotations

from bot.domain.generation import GenerationRequest
from bot.musicgen.engine.clip import Clip, start_clip
from bot.musicgen.engine.phases import Phases
from bot.musicgen.engine.prompt_encoding import PromptEncoding
from bot.musicgen.engine.request_state import RequestState
from bot.musicgen.engine.scheduled_request import ScheduledRequest
from bot.musicgen.engine.scheduler import Scheduler
from bot.musicgen.model import Model


class Preparation:
    """The prompts of all queued requests."""

    def __init__(self, model: Model, scheduler: Scheduler, phases: Phases) -> None:
        """Take the model whose encoders are used, and the scheduler of the queue."""
        self._model, self._scheduler, self._phases = model, scheduler, phases
        self._prompts: dict[int, PromptEncoding] = {}

    def add(self, request_id: int, request: GenerationRequest) -> None:
        """Add a validated request."""
        self._prompts[request_id] = PromptEncoding(request, self._model)
        # Endless music may be steered later, so it gets slots for prompts even without one.
        is_steered = request.seconds is None and request.sampling.guided
        self._scheduler.add(request_id, least_allotment=2 if is_steered else 1)

    def forget(self, request_id: int) -> None:
        """Drop a request."""
        self._prompts.pop(request_id, None)

    def encode(self) -> bool:
        """Encode one piece of the first queued request's prompts; return whether there was any."""
        request = self._scheduler.next_to_prepare()
        if request is None or request.state is RequestState.READY:
            return False
        prompt = self._prompts[request.id]
        if request.state is RequestState.WAITING:
            self._enter_next_state(request, prompt)
        if request.state is RequestState.ENCODING_AUDIO:
            with self._phases.timed("listen"):
                samples = self._model.codec.block_frames * self._model.config.codec.hop
                encoded = prompt.encode_audio(samples)
            if encoded:
                self._enter_next_state(request, prompt)
        elif request.state is RequestState.ENCODING_TEXT:
            with self._phases.timed("text"):
                encoded = prompt.encode_text()
            if encoded:
                self._enter_next_state(request, prompt)
        return True

    def admit(self) -> tuple[ScheduledRequest, Clip] | None:
        """Start the first queued request, if it is encoded and slots are free."""
        request = self._scheduler.admit()
        if request is None:
            return None
        with self._phases.timed("text"):
            clip = start_clip(self._prompts.pop(request.id), self._model, request.slots)
        self._scheduler.update_decoded(
            request,
            pending_positions=clip.sequence.pending_positions,
            new_frames=clip.sequence.complete_frames,
        )
        return request, clip

    def _enter_next_state(self, request: ScheduledRequest, prompt: PromptEncoding) -> None:
        if prompt.next_state is RequestState.READY:
            self._scheduler.make_ready(request, slots_needed=prompt.slots_needed)
        else:
            request.enter(prompt.next_state)
