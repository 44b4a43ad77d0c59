"""Texts about presets."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.presets import Preset, PresetOwner
from bot.i18n.contexts import OPTION, STEM
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Plural, Sentence, Term, listing, verbatim
from cogs.presentation.messages import join_fitting
from cogs.presentation.prompts import escape

NO_PRESETS = Sentence(
    "There are no presets yet. `/preset save` gives words and settings a name, which you then "
    "choose at `/music`, `/remix` and `/random`."
)
YOURS = Sentence("**Yours**")
OF_SERVER = Sentence("**This server's**")

_SHOWN_WORDS = 100


def preset_lists(render: Renderer, lists: Sequence[tuple[PresetOwner, Sequence[Preset]]]) -> str:
    """Return presets grouped by owner."""
    lines = []
    for owner, presets in lists:
        if presets:
            lines.append(render(OF_SERVER if owner.is_server else YOURS))
            lines += [render(preset_line(preset)) for preset in presets]
    return join_fitting(lines) if lines else render(NO_PRESETS)


def preset_line(preset: Preset) -> Sentence:
    """Return a preset in one line: name, words, settings."""
    parts = []
    if preset.words is not None:
        parts.append(Sentence("“{words}”", words=escape(preset.words, _SHOWN_WORDS)))
    if preset.seconds is not None:
        parts.append(Sentence("{seconds:g} s", seconds=preset.seconds))
    if preset.takes is not None:
        parts.append(Plural("{n} take", "{n} takes", n=preset.takes))
    parts += [
        Sentence("{option} {value:g}", option=Term(OPTION, name), value=value)
        for name, value in preset.sampling.items()
    ]
    if preset.loop:
        parts.append(Sentence("loop"))
    if preset.keep_stems:
        kept = listing([Term(STEM, name) for name in preset.keep_stems])
        parts.append(Sentence("keep {stems}", stems=kept))
    facts = parts[0] if parts else verbatim("")
    for each in parts[1:]:
        facts = Sentence("{facts} · {fact}", facts=facts, fact=each)
    return Sentence("**{name}**: {what}", name=escape(preset.name), what=facts)
