"""The stems that a prompt wants to be without."""

from __future__ import annotations

from collections.abc import Sequence

from bot.words.facets import Facet
from bot.words.phrases import read_phrases

_DRUMS = "drums"


def muted_stems(prompt: str | None, stems: Sequence[str], kept: Sequence[str]) -> tuple[str, ...]:
    """Return the stems of a model that a remix is certainly made without: the drums, or none.

    Words alone are not always followed, least of all after bars with drums. What is kept stays, and
    something has to be left to be made.
    """
    said = {each.name for each in read_phrases(prompt or "") if each.facet is Facet.DRUMS}
    if said != {"none"} or _DRUMS not in stems or _DRUMS in kept or {*kept, _DRUMS} == set(stems):
        return ()
    return (_DRUMS,)
