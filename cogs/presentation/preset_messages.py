"""What people read of presets."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.presets import Preset, PresetOwner
from bot.i18n.languages import Reader
from bot.i18n.sentence import Sentence, verbatim
from cogs.presentation.messages import join_fitting
from cogs.presentation.prompts import escape

NO_PRESETS = Sentence(
    "There are no presets yet. `/preset save` gives words and settings a name, which you then "
    "choose at `/music`, `/remix` and `/random`."
)
YOURS = Sentence("**Yours**")
OF_SERVER = Sentence("**This server's**")

_SHOWN_WORDS = 100


def preset_lists(read: Reader, lists: Sequence[tuple[PresetOwner, Sequence[Preset]]]) -> str:
    """List presets by whose they are."""
    lines = []
    for owner, presets in lists:
        if presets:
            lines.append(read(OF_SERVER if owner.is_server else YOURS))
            lines += [read(preset_line(preset)) for preset in presets]
    return join_fitting(lines) if lines else read(NO_PRESETS)


def preset_line(preset: Preset) -> Sentence:
    """Return a preset in a line: its name, its words, its settings."""
    said = [] if preset.words is None else [f"“{escape(preset.words, _SHOWN_WORDS)}”"]
    said += [] if preset.seconds is None else [f"{preset.seconds:g} s"]
    said += [] if preset.takes is None else [f"takes {preset.takes}"]
    said += [f"{name} {value:g}" for name, value in preset.sampling.items()]
    said += ["loop"] if preset.loop else []
    said += [f"keep {', '.join(preset.keep_stems)}"] if preset.keep_stems else []
    return Sentence("**{name}**: {what}", name=escape(preset.name), what=verbatim(" · ".join(said)))
