"""The form for a remix, and its answers.

Its custom id holds all it needs, so that a form that is open during a restart works.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.domain.jobs import MAX_PROMPT_CHARACTERS, REMIX_KEEP_SECONDS, Keep
from bot.errors import RequestError
from bot.i18n.contexts import STEM
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence, term
from cogs.presentation.renderers import own_renderer
from cogs.requests.message_audio import SharedFile
from cogs.views.form_fields import UNKNOWN_CHOICE, read_fields, select

JOINED = Sentence("Joined with: {words}")

CUSTOM_ID = re.compile(r"zhiyin:remix:(?P<kind>clip|message):(?P<id>\d{1,19})")
"""Holds the id of a clip, or of a message with a sound in it."""

_LASTS = {
    "2": Sentence("the end: about 2 seconds, in whole bars"),
    "5": Sentence("the end: about 5 seconds"),
    "10": Sentence("the end: about 10 seconds"),
    "30": Sentence("the end: as much as fits"),
}
_FIRSTS = {
    "start:5": Sentence("the start: about 5 seconds"),
    "start:10": Sentence("the start: about 10 seconds"),
}
_TUNE = {"tune": Sentence("the tune: the same melody, played anew")}
_KEPT = _LASTS | _FIRSTS | _TUNE
"""The parts that can be kept, by the form's value; the end is just a number, as in old forms."""

_MOST_TUNE_SECONDS = 30.0
_DESCRIPTION_CHARACTERS = 100
_INCLUDED = {"yes": Sentence("Begin with what is kept"), "no": Sentence("The new music only")}


@dataclass(frozen=True, slots=True, kw_only=True)
class RemixAnswers:
    """The answers of the form."""

    words: str
    keep: Keep
    keep_seconds: float
    include: bool
    stems: tuple[str, ...]


async def show_remix_form(
    interaction: Interaction,
    clip: Clip | None,
    *,
    message: discord.Message | None = None,
    attachment: SharedFile | None = None,
) -> None:
    """Show the form for a clip, or for a message's attachment.

    It offers to keep stems if there are some. Whether a file has codes is known only after fetching
    it, so the bot's own files are recognized by name.
    """
    bot = interaction.client
    stems: tuple[str, ...] = ()
    if clip is not None:
        stems = await bot.service.stems.keepable_stems(clip)
    elif attachment is not None and attachment.filename.startswith("zhiyin-"):
        stems = bot.service.stems.model_stems
    source = f"message:{message.id}" if message is not None else f"clip:{clip.id if clip else 0}"
    earlier = clip.prompt if clip is not None else None
    kept = _LASTS | _FIRSTS | (_TUNE if bot.service.requests.takes_melody else {})
    form = _build(own_renderer(interaction), f"zhiyin:remix:{source}", earlier, kept, stems)
    # discord.py would keep it in memory until it is sent, which may be never; the submitted data
    # is read from the interaction.
    form.stop()
    await interaction.response.send_modal(form)


def read_remix_answers(
    data: Mapping[str, Any], clip: Clip | None, model_stems: Collection[str]
) -> RemixAnswers:
    """Return the answers of a submitted form. Raises RequestError for invalid ones.

    `model_stems` are those of the model; empty while it is being loaded.
    """
    given = dict(read_fields(data))
    keep, *_ = given.get("keep") or (f"{REMIX_KEEP_SECONDS:g}",)
    include, *_ = given.get("include") or ("yes",)
    stems = tuple(dict.fromkeys(given.get("stems") or ()))
    offered = clip.stems if clip is not None else model_stems or stems
    if keep not in _KEPT or include not in _INCLUDED or not set(stems) <= set(offered):
        raise RequestError(UNKNOWN_CHOICE)
    words, *_ = given.get("words") or ("",)
    kind, _, seconds = keep.rpartition(":")
    if keep in _TUNE:
        kind, seconds = Keep.TUNE, f"{_MOST_TUNE_SECONDS:g}"
    return RemixAnswers(
        words=words,
        keep=Keep(kind or Keep.END),
        keep_seconds=float(seconds),
        include=include == "yes",
        stems=stems,
    )


def _build(
    render: Renderer,
    custom_id: str,
    earlier: str | None,
    kept: Mapping[str, Sentence],
    stems: tuple[str, ...],
) -> discord.ui.Modal:
    form = discord.ui.Modal(title=render(Sentence("Remix this clip")), custom_id=custom_id)
    words: discord.ui.TextInput[discord.ui.Modal] = discord.ui.TextInput(
        custom_id="words",
        max_length=MAX_PROMPT_CHARACTERS,
        placeholder=render(Sentence("make it jazzier")),
    )
    form.add_item(
        discord.ui.Label(
            text=render(Sentence("What should it become?")),
            description=None if earlier is None else render(_earlier(render, earlier)),
            component=words,
        )
    )
    form.add_item(
        discord.ui.Label(
            text=render(Sentence("What of it stays")),
            component=select(render, "keep", kept, f"{REMIX_KEEP_SECONDS:g}"),
        )
    )
    form.add_item(
        discord.ui.Label(
            text=render(Sentence("The new clip")),
            component=select(render, "include", _INCLUDED, "yes"),
        )
    )
    if len(stems) > 1:
        shown: discord.ui.Select[discord.ui.Modal] = discord.ui.Select(
            custom_id="stems",
            options=[
                discord.SelectOption(label=render(term(STEM, name)), value=name) for name in stems
            ],
            placeholder=render(Sentence("none: continue from its end")),
            min_values=0,
            max_values=len(stems) - 1,
            required=False,
        )
        form.add_item(
            discord.ui.Label(
                text=render(Sentence("Or keep these stems, make the rest anew")),
                description=render(
                    Sentence("From beginning to end; the two answers above then don't count.")
                ),
                component=shown,
            )
        )
    return form


def _earlier(render: Renderer, earlier: str) -> Sentence:
    """Return the text that says which prompt the new words are joined with, truncated."""
    left = _DESCRIPTION_CHARACTERS - len(render(JOINED.fill(words="")))
    return JOINED.fill(words=earlier if len(earlier) <= left else f"{earlier[: left - 1]}…")
