"""The stems that a prompt asks to leave out."""

from __future__ import annotations

from collections.abc import Sequence

from bot.words.facets import Facet
from bot.words.phrases import read_phrases

_DRUMS = "drums"


def muted_stems(prompt: str | None, stems: Sequence[str], kept: Sequence[str]) -> tuple[str, ...]:
    """Return the stems that a clip must be generated without: the drums, or none.

    Prompts alone are not always followed, least of all after bars with drums. Kept stems stay, and
    at least one stem must be left to generate.
    """
    drums = {each.name for each in read_phrases(prompt or "") if each.facet is Facet.DRUMS}
    if drums != {"none"} or _DRUMS not in stems or _DRUMS in kept or {*kept, _DRUMS} == set(stems):
        return ()
    return (_DRUMS,)
