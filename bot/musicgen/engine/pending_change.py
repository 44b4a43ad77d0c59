"""A prompt change, from its request to the end of its fade."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.domain.generation import PromptChanged
from bot.musicgen.decoder.interface import Floats
from bot.musicgen.engine.prompt_mix import PromptRow, Words
from bot.musicgen.engine.scheduled_request import Loan


@dataclass(slots=True, kw_only=True, eq=False)
class PendingChange:
    """A prompt change that has not started, or is fading."""

    id: int
    words: dict[str | None, float]
    fade_frames: int
    due: int | None
    """The frame of the new sound at which it begins."""
    unread: list[str] = field(default_factory=list)
    """The prompts that are still to be encoded."""
    states: dict[str | None, Floats] = field(default_factory=dict)
    loan: Loan | None = None
    rows: list[PromptRow] = field(default_factory=list)
    """The rows of its new prompts."""
    position: int = 0
    """How many positions of the window they have prefilled."""
    window: int = 0
    is_level: bool = False
    """Whether they have caught up and run along with the clip's own rows."""
    is_replaced: bool = False
    """Whether a later change has replaced it."""

    def note_states(self, text: str, states: Floats) -> None:
        """Store the text states of one of its prompts."""
        if len(states):
            self.states[text] = states
            return
        # The tokenizer maps this text to no tokens: it counts as no prompt.
        weight = self.words.pop(text)
        self.words[None] = self.words.get(None, 0.0) + weight

    def report_dropped(self, request_id: int) -> PromptChanged:
        """Return the event that it was dropped."""
        return PromptChanged(request_id=request_id, change_id=self.id, at_seconds=None)


def count_rows(words: Words, *, guided: bool) -> int:
    """Return how many rows prompts take, besides guidance's unconditional row."""
    return sum(text is not None or not guided for text in words)
