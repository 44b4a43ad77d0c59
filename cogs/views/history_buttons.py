"""The buttons of /history: previous and next page, and a number for each clip.

Custom ids hold the whole query, so that an old page works after a restart.
"""

from __future__ import annotations

import io
from collections.abc import Sequence

import discord

from bot.app.client import Interaction
from bot.domain.clips import Clip
from bot.domain.history import HistoryPage, HistoryQuery, HistoryScope
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Sentence
from cogs.presentation import cards, history_messages
from cogs.presentation.renderers import own_renderer, shared_renderer
from cogs.requests.clip_cards import clip_cards
from cogs.requests.clip_recall import post_again
from cogs.requests.history_pages import find_page
from cogs.requests.responses import thinking
from cogs.requests.rights import require_clip
from cogs.requests.secrecy import is_secret
from cogs.views.clip_buttons import clip_view, posted_view
from cogs.views.held_button import HeldButton
from cogs.views.persistent_button import PersistentButton

MOST_WORDS = 40
"""Maximum characters of the search text."""

_MOST_PAGES = 100_000
_MOST_UNITS = 50
_ROW = 5


def history_view(render: Renderer, page: HistoryPage, held: Sequence[Clip]) -> discord.ui.View:
    """Return the buttons of a page: its clips, back and next, and held clips."""
    view = discord.ui.View(timeout=None)
    waiting = {clip.id for clip in held}
    for index, clip in enumerate(page.clips):
        if clip.id not in waiting:
            view.add_item(PlayButton(clip.id, "play", str(index + 1), row=index // _ROW))
    query = page.query
    if query.page:
        view.add_item(HistoryButton.of(query, query.page - 1, render(Sentence("Back"))))
    if page.has_more:
        view.add_item(HistoryButton.of(query, query.page + 1, render(Sentence("Next"))))
    for clip in held:
        button = HeldButton(clip.id, render)
        button.item.row = 3
        view.add_item(button)
    return view


async def show_history(interaction: Interaction, query: HistoryQuery, *, is_turned: bool) -> None:
    """Show a page to the person alone; in place of the previous one if `is_turned`."""
    page, render = await find_page(interaction, query), own_renderer(interaction)
    is_first = query == HistoryQuery(words=query.words)
    clips = interaction.client.service.clips
    held = await clips.held(interaction.user.id, _ROW) if is_first else []
    text, view = history_messages.history(render, page, held), history_view(render, page, held)
    if is_turned:
        await interaction.response.edit_message(content=text, view=view)
    else:
        await interaction.response.send_message(text, view=view, ephemeral=True)


class HistoryButton(
    PersistentButton,
    template=r"zhiyin:history:(?P<id>\d+):(?P<whose>mine|everyone|starred):(?P<words>.*)",
):
    """Shows another page of a query; its id is the page."""

    def __init__(self, page: int, whose: str, words: str, label: str = "…") -> None:
        super().__init__(
            discord.ui.Button(label=label, custom_id=f"zhiyin:history:{page}:{whose}:{words}"),
            row=2,
        )
        self.query = HistoryQuery(
            whose=HistoryScope(whose), words=words, page=min(page, _MOST_PAGES)
        )

    @classmethod
    def of(cls, query: HistoryQuery, page: int, label: str) -> HistoryButton:
        """Return the button for a page of a query."""
        words = query.words
        # Discord counts custom ids in UTF-16 units, of which it takes 100.
        while len(words.encode("utf-16-le")) // 2 > _MOST_UNITS:
            words = words[:-1]
        return cls(page, query.whose, words, label)

    async def press(self, interaction: Interaction) -> None:
        """Show the page in place of the previous one. Raises RequestError."""
        message = interaction.message
        is_own = message is not None and message.flags.ephemeral
        await show_history(interaction, self.query, is_turned=is_own)


class PlayButton(PersistentButton, template=r"zhiyin:play:(?P<id>\d+):(?P<how>play|post)"):
    """Shows a clip with player and buttons to the person alone, or posts it."""

    def __init__(self, clip_id: int, how: str, label: str = "…", *, row: int | None = None) -> None:
        super().__init__(
            discord.ui.Button(label=label, custom_id=f"zhiyin:play:{clip_id}:{how}"), row=row
        )
        self.clip_id, self.how = clip_id, how

    async def press(self, interaction: Interaction) -> None:
        """Show or post the clip. Raises RequestError, Refused and SoundError."""
        clip = await require_clip(interaction, self.clip_id)
        if self.how == "post":
            await post_again(interaction, clip, posted_view(shared_renderer(interaction), clip))
            return
        bot, render = interaction.client, own_renderer(interaction)
        async with thinking(interaction, ephemeral=True):
            embed, _ = await clip_cards(bot, render, clip)
            packed = await bot.service.clips.pack(clip, interaction.filesize_limit)
            view = clip_view(render, clip)
            if not await is_secret(bot, clip):
                view.add_item(PlayButton(clip.id, "post", render(Sentence("Post it here")), row=2))
            await interaction.followup.send(
                embed=embed,
                files=[
                    discord.File(io.BytesIO(packed.data), packed.name),
                    discord.File(io.BytesIO(packed.picture), cards.PICTURE),
                ],
                view=view,
                ephemeral=True,
            )
