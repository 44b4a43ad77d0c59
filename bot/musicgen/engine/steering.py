"""Prompt changes while a clip is generated, from the request to the end of the fade.

A change is encoded, then lent slots, in which its prompts prefill the clip's window. Once they have
caught up they run along with the clip, at weight 0; at its time the change fades them in, and after
the fade the old prompts' rows are removed. A change with a time starts at exactly that frame: the
clip pauses until its prompts have caught up.
"""

from __future__ import annotations

from bisect import insort
from collections import defaultdict
from collections.abc import Generator, Iterator

from bot.domain.generation import GenerationRequest, PromptChange, PromptChanged
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from bot.musicgen.decoder.interface import Floats
from bot.musicgen.engine.clip import NO_WORDS, Clip, make_row
from bot.musicgen.engine.pending_change import PendingChange, count_rows
from bot.musicgen.engine.prefix_reader import PrefixReader
from bot.musicgen.engine.prompt_mix import PromptRow, share_weights
from bot.musicgen.engine.scheduled_request import Loan, ScheduledRequest
from bot.musicgen.engine.scheduler import Scheduler
from bot.musicgen.model import Model

READ_AHEAD_SECONDS = 5.0
"""How long before its time a change starts to prefill, so that the clip need not pause."""

NO_ROOM = Sentence(
    "There is no room for so many words at once while other music is made: use fewer."
)


class Steering:
    """The prompt changes of all requests."""

    def __init__(self, model: Model, scheduler: Scheduler, prefixes: PrefixReader) -> None:
        """Take the model whose text encoder and decoder process the prompts."""
        self._model, self._scheduler, self._prefixes = model, scheduler, prefixes
        self._next_id = 1
        self._waiting: defaultdict[int, list[PendingChange]] = defaultdict(list)
        """Unstarted changes by request, in order of their times."""
        self._begun: defaultdict[int, list[PendingChange]] = defaultdict(list)
        """Started changes by request, whose old rows may remain."""
        self._lacking: list[PendingChange] = []
        """Changes that wait for slots."""
        self._text: tuple[PendingChange, Generator[None, None, Floats]] | None = None

    def ask(
        self, request: ScheduledRequest, change: PromptChange, asked_for: GenerationRequest
    ) -> int:
        """Accept a change of a request and return its id.

        One without a time replaces another that has not started. Raises RequestError if there is no
        room for so many prompts.
        """
        frame_rate, guided = self._model.config.codec.frame_rate, asked_for.sampling.guided
        no_words = None if asked_for.melody is None else NO_WORDS
        asked = PendingChange(
            id=self._next_id,
            words=share_weights(change.words, no_words),
            fade_frames=round(change.fade_seconds * frame_rate),
            due=None if change.at_seconds is None else round(change.at_seconds * frame_rate),
        )
        asked.unread = [text for text in asked.words if text is not None]
        rows = count_rows(asked.words, guided=guided)
        if rows > self._scheduler.pool.reserve or not self._widen(request, rows + guided):
            raise RequestError(NO_ROOM)
        self._next_id += 1
        waiting = self._waiting[request.id]
        for each in waiting:
            each.is_replaced = each.is_replaced or (asked.due is None and each.due is None)
        insort(waiting, asked, key=lambda each: -1 if each.due is None else each.due)
        return asked.id

    def forget(self, request_id: int) -> list[PromptChanged]:
        """Drop all changes of a request; return an event for each that had not begun."""
        dropped = self._waiting.pop(request_id, [])
        self._begun.pop(request_id, None)
        self._lacking = [each for each in self._lacking if each not in dropped]
        return [each.report_dropped(request_id) for each in dropped]

    def encode(self) -> bool:
        """Encode one piece of the next prompt; return whether there was any."""
        if self._text is None:
            unread = (each for waiting in self._waiting.values() for each in waiting if each.unread)
            change = min(unread, key=lambda each: each.id, default=None)
            if change is None:
                return False
            self._text = change, self._model.text.read(change.unread[0])
        change, pieces = self._text
        try:
            next(pieces)
        except StopIteration as end:
            self._text = None
            change.note_states(change.unread.pop(0), end.value)
        return True

    def arrange(self, request: ScheduledRequest, clip: Clip) -> Iterator[PromptChanged]:
        """Advance the changes of a running request, before its next step."""
        waiting = self._waiting[request.id]
        for replaced in [each for each in waiting if each.is_replaced]:
            self._take_back(request, replaced, clip)
            waiting.remove(replaced)
            yield replaced.report_dropped(request.id)
        for later in waiting[1:]:
            # An earlier change was inserted before it, and may need its slots.
            self._take_back(request, later, clip)
        self._end_fade(request, clip)
        request.is_held = False
        while waiting:
            change, frame = waiting[0], clip.next_new_frame
            is_due = change.due is not None and change.due <= frame
            if not self._is_level(request, change, clip):
                # Never pause while waiting for slots: their holder may be paused, too (deadlock).
                request.is_held = is_due and (change.loan is not None or bool(change.unread))
                return
            if change.due is not None and not is_due:
                return
            begin = clip.sequence.next_frame
            clip.mix.begin_fade(change.words, frame=begin, frames=change.fade_frames)
            self._begun[request.id].append(waiting.pop(0))
            yield PromptChanged(
                request_id=request.id,
                change_id=change.id,
                at_seconds=frame / self._model.config.codec.frame_rate,
            )

    def reading(self, loan: Loan, count: int) -> tuple[range, list[PromptRow]]:
        """Return the next positions that the new prompts of a loan prefill, and their rows."""
        waiting = self._waiting[loan.request.id]
        change = next(each for each in waiting if each.loan is loan)
        return range(change.position, change.position + count), change.rows

    def note_read(self, loan: Loan, positions: int) -> None:
        """Note that new prompts have prefilled more positions, if the loan still exists."""
        for change in self._waiting[loan.request.id]:
            if change.loan is loan:
                change.position += positions

    def _widen(self, request: ScheduledRequest, slots: int) -> bool:
        return slots <= request.allotment or self._scheduler.set_allotment(request, slots)

    def _is_level(self, request: ScheduledRequest, change: PendingChange, clip: Clip) -> bool:
        """Advance the new prompts of a change; return whether they have caught up."""
        sequence = clip.sequence
        if change.is_level:
            return True
        if change.unread or not self._lend(request, change, clip):
            return False
        assert change.loan is not None
        if change.window != sequence.windows_begun:
            change.window, change.position = sequence.windows_begun, 0
        if not self._prefixes.arrange(change.rows, sequence):
            change.loan.pending_positions = 0
            return False
        if change.rows and change.position < sequence.position:
            # Including the position fed in this step: reading it twice is harmless.
            change.loan.pending_positions = sequence.position + 1 - change.position
            return False
        self._scheduler.join(change.loan)
        clip.mix.rows += change.rows
        change.is_level = True
        return True

    def _lend(self, request: ScheduledRequest, change: PendingChange, clip: Clip) -> bool:
        """Lend a change its slots, if it is due and there are enough."""
        if change.loan is not None:
            return True
        ahead_frames = READ_AHEAD_SECONDS * self._model.config.codec.frame_rate
        if change.due is not None and change.due - clip.next_new_frame > ahead_frames:
            return False
        if any(other.id < change.id for other in self._lacking):
            return False
        new = [text for text in change.words if clip.mix.find(text) is None]
        rows = count_rows(change.words, guided=clip.mix.guided)
        change.loan = self._scheduler.lend(request, slots=len(new), lent=rows)
        is_lacking = change in self._lacking
        if change.loan is None:
            self._lacking += [] if is_lacking else [change]
            return False
        if is_lacking:
            self._lacking.remove(change)
        change.window = 0
        change.rows = [
            make_row(self._model, slot, text, change.states.get(text), melody=clip.melody)
            for slot, text in zip(change.loan.slots, new, strict=True)
        ]
        return True

    def _take_back(self, request: ScheduledRequest, change: PendingChange, clip: Clip) -> None:
        """Take an unstarted change's loan back."""
        if change in self._lacking:
            self._lacking.remove(change)
        if change.loan is None:
            return
        if change.is_level:
            clip.mix.rows = [row for row in clip.mix.rows if row not in change.rows]
            self._scheduler.drop_slots(request, tuple(row.slot for row in change.rows))
        self._scheduler.end_loan(change.loan)
        change.loan, change.rows, change.is_level = None, [], False

    def _end_fade(self, request: ScheduledRequest, clip: Clip) -> None:
        """Remove rows of prompts with weight 0, if no fade is in progress."""
        if clip.mix.is_fading(clip.sequence.next_frame):
            return
        waiting, begun = self._waiting[request.id], self._begun[request.id]
        # The next change may need prompts that exist already.
        next_words = waiting[0].words if waiting and waiting[0].loan else {}
        kept = [row for row in clip.mix.rows if row.text in next_words]
        left = clip.mix.drop_unheard(kept)
        self._scheduler.drop_slots(request, tuple(row.slot for row in left))
        if not begun:
            return
        for change in begun:
            assert change.loan is not None
            self._scheduler.end_loan(change.loan)
        begun.clear()
        guided = clip.mix.guided
        rows = max(
            count_rows(words, guided=guided)
            for words in (clip.mix.words, *(each.words for each in waiting))
        )
        self._scheduler.set_allotment(request, max(request.least_allotment, rows + guided))
