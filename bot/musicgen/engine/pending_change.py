"""One change of words, from the order for it to the end of its fade."""

from __future__ import annotations

from dataclasses import dataclass, field

from bot.domain.generation import PromptChanged
from bot.musicgen.decoder.interface import Floats
from bot.musicgen.engine.prompt_mix import PromptRow, Words
from bot.musicgen.engine.scheduled_request import Loan


@dataclass(slots=True, kw_only=True, eq=False)
class PendingChange:
    """A change of a request's words that has not begun, or whose fade goes on."""

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
    """The rows of its new words."""
    position: int = 0
    """How many positions of the window these have read."""
    window: int = 0
    is_level: bool = False
    """Whether they are fed with the clip's own rows."""
    is_replaced: bool = False
    """Whether a later change has taken its place."""

    def note_states(self, text: str, states: Floats) -> None:
        """Keep what one of its prompts was encoded to."""
        if len(states):
            self.states[text] = states
            return
        # Words that are none to the text encoder.
        weight = self.words.pop(text)
        self.words[None] = self.words.get(None, 0.0) + weight

    def tell_dropped(self, request_id: int) -> PromptChanged:
        """Return what tells that it is dropped."""
        return PromptChanged(request_id=request_id, change_id=self.id, at_seconds=None)


def count_rows(words: Words, *, guided: bool) -> int:
    """Return how many rows words take beside the one without words that guidance has anyway."""
    return sum(text is not None or not guided for text in words)
