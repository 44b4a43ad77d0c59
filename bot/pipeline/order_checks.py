"""Check an order before admission, whichever command sent it."""

from __future__ import annotations

from bot.domain.jobs import MADE_BY_BOT, Order
from bot.domain.request_checks import (
    check_prompt,
    check_sampling,
    check_seconds,
    check_seed,
    is_number,
)
from bot.errors import RequestError
from bot.i18n.sentence import Sentence
from bot.pipeline.mixes import check_mix

_MOST_KEPT_SECONDS = 3600.0
KEPT = Sentence("How much of the sound is continued must be a number of seconds above 0.")


def check_order(order: Order, *, max_seconds: float) -> None:
    """Raise RequestError for an order that can't be made, before it reaches a worker."""
    # Loops, mixes and mixdowns are made of finished clips: no seconds are generated.
    if order.kind not in MADE_BY_BOT or order.seconds != 0:
        check_seconds(order.seconds, max_seconds=max_seconds)
    check_seed(order.seed)
    check_sampling(order.sampling)
    if order.prompt is not None:
        check_prompt(order.prompt)
    check_mix(order)
    if order.source is not None:
        keep = order.source.keep_seconds
        if not is_number(keep, 0, _MOST_KEPT_SECONDS) or keep == 0:
            raise RequestError(KEPT)
