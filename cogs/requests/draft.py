"""Check a request, fill in its defaults, and make orders of it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import discord

from bot.app.attachment_fetch import too_large
from bot.app.client import ZhiyinBot
from bot.domain.clips import Clip
from bot.domain.generation import MAX_SHORT_SEED, Sampling
from bot.domain.jobs import (
    MADE_BY_BOT,
    MAX_PROMPT_CHARACTERS,
    USUAL_MAX_BYTES,
    Keep,
    Kind,
    Order,
    RequestOrigin,
    Source,
)
from bot.domain.mixes import MixOrder
from bot.domain.request_checks import check_sampling, check_seed, is_number, is_whole_number
from bot.domain.takes import split_evenly
from bot.errors import Refused, RequestError
from bot.i18n.sentence import Sentence
from cogs.presentation import messages
from cogs.presentation.prompts import clean_prompt
from cogs.requests.message_audio import SharedFile

# The upload limit of every server.
MAX_UPLOAD_BYTES = USUAL_MAX_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDraft:
    """A request as it was typed, not checked yet. At most one source is set."""

    kind: Kind
    prompt: str | None = None
    seconds: float | None = None
    takes: int = 1
    seed: int | None = None
    settings: Mapping[str, float | int | None] = dataclasses.field(default_factory=dict)
    attachment: discord.Attachment | SharedFile | None = None
    clip: Clip | None = None
    """The clip to continue or remix."""
    parent: Clip | None = None
    """The clip that this one is another take of."""
    source: Source | None = None
    mix: MixOrder | None = None
    keep: Keep | None = None
    """What a remix keeps of the source."""
    keep_seconds: float | None = None
    include: bool = True
    keep_stems: tuple[str, ...] = ()
    """The stems of the source that the new clip takes over unchanged."""
    as_loop: bool = False
    locale: str | None = None
    """The language of the messages about it, as Discord names it."""
    battle_id: int | None = None
    """The battle that it is an entry in; then its person alone sees it."""
    jam_id: int | None = None
    """The jam that it is a turn in, or the mixdown of."""
    daily_id: int | None = None
    """The daily prompt that it is made from."""
    is_private: bool | None = None
    """Whether only its person sees it; None: by their preference and the privacy of its sources."""


def validate(
    draft: RequestDraft, bot: ZhiyinBot, longest: float, usual_seconds: float | None = None
) -> RequestDraft:
    """Return the draft with its prompt cleaned and its defaults filled in.

    `usual_seconds` is the person's preferred length. Raises RequestError for a value out of bounds,
    and Refused while no model can be loaded.
    """
    if draft.kind in MADE_BY_BOT:
        # Nothing is generated, so nothing is charged.
        return dataclasses.replace(draft, seconds=0.0)
    if bot.service.requests.trouble is not None:
        raise Refused(bot.service.requests.trouble)
    if draft.keep is Keep.TUNE:
        bot.service.requests.check_melody()
    _check_types(draft, bot)
    prompt = clean_prompt(draft.prompt)
    if draft.prompt is not None and prompt is None:
        raise RequestError(messages.NO_PROMPT)
    if prompt is not None and len(prompt) > MAX_PROMPT_CHARACTERS:
        raise RequestError(
            Sentence("A prompt may have at most {most} characters.", most=MAX_PROMPT_CHARACTERS)
        )
    seconds = min(usual_seconds or bot.config.generation.default_seconds, longest)
    if (draft.keep_stems or draft.keep is Keep.TUNE) and draft.clip is not None:
        seconds = min(max(1.0, round(draft.clip.seconds, 2)), longest)
    if draft.seconds is not None:
        seconds = draft.seconds
    if not is_number(seconds, 1, longest):
        raise RequestError(
            Sentence("A clip may be from 1 to {longest:g} seconds long here.", longest=longest)
        )
    if not is_whole_number(draft.takes, 1, bot.config.limits.max_takes):
        raise RequestError(
            Sentence(
                "From 1 to {most} takes can be made at once.", most=bot.config.limits.max_takes
            )
        )
    if draft.attachment is not None and draft.attachment.size > MAX_UPLOAD_BYTES:
        raise too_large(MAX_UPLOAD_BYTES)
    return dataclasses.replace(draft, prompt=prompt, seconds=seconds)


def _check_types(draft: RequestDraft, bot: ZhiyinBot) -> None:
    """Raise RequestError for options of types that Discord's client never sends."""
    if draft.prompt is not None and not isinstance(draft.prompt, str):
        raise RequestError(messages.NO_PROMPT)
    if draft.seed is not None:
        check_seed(draft.seed, MAX_SHORT_SEED)
    check_sampling(_sampling(bot.sampling, draft.settings))
    if draft.keep_seconds is not None and not is_number(draft.keep_seconds, 0.1, 600):
        raise RequestError(
            Sentence("How much of the sound to continue from must be a number of seconds.")
        )


def make_orders(
    key: str, origin: RequestOrigin, draft: RequestDraft, bot: ZhiyinBot
) -> list[Order]:
    """Return an order for each take, with consecutive seeds and without sources yet."""
    together = [
        order_key(key, take - place)
        for take, place in enumerate(
            place for size in split_evenly(draft.takes) for place in range(size)
        )
    ]
    first = bot.draw_seed(MAX_SHORT_SEED - draft.takes) if draft.seed is None else draft.seed
    assert draft.seconds is not None
    return [
        Order(
            key=order_key(key, take),
            origin=origin,
            kind=draft.kind,
            seconds=draft.seconds,
            seed=(first + take) % (MAX_SHORT_SEED + 1),
            prompt=draft.prompt,
            sampling=_sampling(bot.sampling, draft.settings),
            mix=draft.mix,
            parent_ids=parents_of(draft),
            as_loop=draft.as_loop,
            locale=draft.locale,
            group_key=together[take] if together.count(together[take]) > 1 else None,
            battle_id=draft.battle_id,
            jam_id=draft.jam_id,
            daily_id=draft.daily_id,
            is_private=bool(draft.is_private),
        )
        for take in range(draft.takes)
    ]


def parents_of(draft: RequestDraft) -> tuple[int, ...]:
    """Return the ids of the clips that a new one comes from."""
    if draft.mix is not None:
        return draft.mix.lead_id, draft.mix.other_id
    return tuple(clip.id for clip in (draft.parent or draft.clip,) if clip)


def by_message(orders: Sequence[Order]) -> list[list[Order]]:
    """Return the orders grouped by the message that shows them."""
    found: dict[str, list[Order]] = {}
    for order in orders:
        found.setdefault(order.group_key or order.key, []).append(order)
    return list(found.values())


def order_key(of_message: str, take: int) -> str:
    """Return the idempotency key of an order, equal when Discord repeats an event."""
    return f"{of_message}/{take}"


def _sampling(usual: Sampling, settings: Mapping[str, float | int | None]) -> Sampling:
    chosen = {name: value for name, value in settings.items() if value is not None}
    if chosen.keys() & {"temperature", "top_k"}:
        chosen["greedy"] = False
    return dataclasses.replace(usual, **chosen)  # type: ignore[arg-type] # the names are those of its fields
