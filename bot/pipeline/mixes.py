"""Check mixes of two clips when they are ordered, and make them without the engine."""

from __future__ import annotations

import asyncio

from bot.audio.editing.alignment import MOST_STRETCH, TOO_FAR_APART, fold_tempo
from bot.audio.editing.mix import BALANCE
from bot.audio.finish import FinishedClip
from bot.audio.mix_process import KeptPart, mix_kept
from bot.domain.clips import Clip
from bot.domain.jobs import Order
from bot.domain.mixes import LEAST_BALANCE, MOST_BALANCE, Mixed, MixOrder
from bot.domain.request_checks import is_number
from bot.errors import JobError, RequestError
from bot.i18n.sentence import Sentence
from bot.pipeline.notes import Notes
from bot.store.store import Store

SAME_CLIP = Sentence("Choose two different clips to mix.")
MIX_DELETED = Sentence("One of the clips to mix was deleted. Nothing was charged.")

# A shown tempo is the requested one if that is within 4 %; both clips may be off that far.
_CERTAINLY_TOO_FAR = 1.08 * MOST_STRETCH


def check_mix(order: Order) -> None:
    """Raise RequestError for an order of a mix that can't be made."""
    if order.mix is None:
        return
    if order.mix.lead_id == order.mix.other_id:
        raise RequestError(SAME_CLIP)
    if not is_number(order.mix.balance, LEAST_BALANCE, MOST_BALANCE):
        raise RequestError(BALANCE)


def check_tempi(lead: Clip, other: Clip) -> None:
    """Raise RequestError for two clips whose tempi are known to be too far apart."""
    if lead.bpm is None or other.bpm is None:
        return
    if fold_tempo(lead.bpm, other.bpm, _CERTAINLY_TOO_FAR) is None:
        raise RequestError(TOO_FAR_APART.fill(lead=lead.bpm, other=other.bpm))


class Mixes:
    """Makes mixes, one at a time: processor time is for generation."""

    def __init__(self, store: Store, notes: Notes) -> None:
        self._store, self._notes = store, notes
        self.turn = asyncio.Semaphore(1)

    async def make(self, order: MixOrder) -> tuple[FinishedClip, Mixed, str]:
        """Return a mix, how it was made, and the model that made the leading clip.

        Raises JobError if a clip was deleted or the two don't fit.
        """
        found = [await self._store.clips.get(id_) for id_ in (order.lead_id, order.other_id)]
        clips = [clip for clip in found if clip is not None and not clip.is_deleted]
        if len(clips) < 2:
            raise JobError(MIX_DELETED)
        folder = self._store.clips_folder
        lead, other = [
            KeptPart(
                path=folder / each.file,
                loops=each.loops,
                prompt=each.prompt,
                written=await self._notes.analyse(each),
            )
            for each in clips
        ]
        made = await mix_kept(lead, other, order.balance)
        mixed = Mixed(
            lead_id=order.lead_id,
            other_id=order.other_id,
            balance=order.balance,
            time_factor=made.alignment.time_factor,
            semitones=made.alignment.semitones,
            on_the_beat=made.alignment.on_the_beat,
        )
        done = FinishedClip(sound=made.sound, bpm=made.bpm, key=made.key, loops=made.loops)
        return done, mixed, clips[0].model
