"""The pages of /history."""

from __future__ import annotations

from collections.abc import Sequence

from bot.domain.clips import Clip
from bot.domain.history import HistoryPage, HistoryScope
from bot.i18n.languages import Renderer
from bot.i18n.sentence import Moment, Sentence
from cogs.presentation.messages import join_fitting, link
from cogs.presentation.prompts import escape, quote_prompt

HELD = Sentence("**Could not be posted where you asked for it.** It is kept here for a day:")
NO_HISTORY = Sentence("You haven't made anything yet. Try `/music`.")
NOTHING_HERE = Sentence("Nobody has made anything here yet. Try `/music`.")
NOTHING_STARRED = Sentence("You haven't starred anything yet: press ⭐ under a clip.")
NO_SUCH_WORDS = Sentence("There is no clip here with these words: *{words}*.")
NO_MORE = Sentence("There are no more clips.")

_LISTED_PROMPT = 60


def history(render: Renderer, page: HistoryPage, held: Sequence[Clip]) -> str:
    """Return a person's held clips and a page of clips, each with its button's number."""
    if not page.clips and not held:
        return render(_nothing(page))
    lines = [HELD] if held else []
    lines += [
        Sentence("clip {id}: {what}", id=clip.id, what=quote_prompt(clip.prompt, _LISTED_PROMPT))
        for clip in held
    ]
    waiting = {clip.id for clip in held}
    lines += [
        _line(page.query.whose, number, clip)
        for number, clip in enumerate(page.clips, 1)
        if clip.id not in waiting
    ]
    if page.query.page or page.has_more:
        lines.append(Sentence("Page {number}", number=page.query.page + 1))
    return join_fitting([render(line) for line in lines])


def _line(whose: HistoryScope, number: int, clip: Clip) -> Sentence:
    line = Sentence(
        "`{number}` {moment} {what}, seed `{seed}` · {link}",
        number=number,
        moment=Moment(clip.created_at),
        what=quote_prompt(clip.prompt, _LISTED_PROMPT),
        seed=str(clip.seed),
        link=link(clip),
    )
    if whose is HistoryScope.MINE:
        return line
    return Sentence("{line} · by {who}", line=line, who=f"<@{clip.origin.user_id}>")


def _nothing(page: HistoryPage) -> Sentence:
    query = page.query
    if query.page:
        return NO_MORE
    if query.words:
        return NO_SUCH_WORDS.fill(words=escape(query.words))
    match query.whose:
        case HistoryScope.MINE:
            return NO_HISTORY
        case HistoryScope.EVERYONE:
            return NOTHING_HERE
        case HistoryScope.STARRED:
            return NOTHING_STARRED
