"""Admission: decide whether an order can be accepted.

Runs within the transaction that accepts the order, so nothing changes in between.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from bot.domain.jobs import MADE_BY_BOT, Order, UploadSource
from bot.domain.limits import Limits, check_may_send_sound
from bot.domain.quota_day import QuotaDay
from bot.errors import NotNow, Refused
from bot.i18n.sentence import Moment, Plural, Sentence
from bot.store.database import Row
from bot.store.job_states import UNFINISHED
from bot.store.settings import EVERYWHERE
from bot.store.usage import RECEIVED_BY_PERSON, USED_BY_GUILD, USED_BY_PERSON

BLOCKED = Sentence("You can't make music here.")
DRAINING = Sentence("The bot is about to be restarted: please try again in a minute or two.")
NOT_SO_FAST = Sentence("Not so fast: you can ask for the next one {again}.")
QUEUE_FULL = Sentence("The queue is too long right now: try again later.")
SERVER_FULL = Sentence("This server can't have more clips in the queue: try again a little later.")

_MADE_BY_BOT = "(" + ", ".join(f"'{kind}'" for kind in sorted(MADE_BY_BOT)) + ")"

# One query for everything: several hundred people may order at once, and all wait for each trip
# to the database thread.
_STANDING = f"""
    SELECT
    EXISTS (
        SELECT 1 FROM blocked WHERE guild_id IN (:guild, :everywhere) AND user_id = :user
    ) AS is_blocked,
    EXISTS (SELECT 1 FROM facts WHERE name = 'draining' AND value != '') AS is_draining,
    (SELECT COUNT(*) FROM jobs WHERE user_id = :user AND {UNFINISHED}) AS waiting_of_user,
    (SELECT COUNT(*) FROM jobs WHERE guild_id IS :guild AND {UNFINISHED}) AS waiting_of_guild,
    (SELECT COUNT(*) FROM jobs WHERE {UNFINISHED}) AS waiting,
    ({USED_BY_PERSON}) AS used_by_user,
    ({RECEIVED_BY_PERSON}) AS received_by_user,
    CASE WHEN :is_paced THEN (
        SELECT created_at FROM jobs WHERE user_id = :user AND state != 'failed'
        AND kind NOT IN {_MADE_BY_BOT}
        AND substr(key, 1, length(:message)) != :message ORDER BY id DESC LIMIT 1
    ) END AS last_order_at,
    CASE WHEN :is_guild_limited THEN ({USED_BY_GUILD}) ELSE 0 END AS used_by_guild
"""  # noqa: S608 - ours


@dataclass(frozen=True, slots=True)
class Admission:
    """The query that decides about an order, and the interpretation of its row."""

    order: Order
    limits: Limits
    now: float
    day: QuotaDay

    @property
    def query(self) -> tuple[str, dict[str, Any]]:
        """Return the query for the deciding row, with its parameters."""
        origin = self.order.origin
        # What the bot makes without the model is free, and neither waits nor is waited for.
        is_paced = self.limits.cooldown_seconds > 0 and self.order.kind not in MADE_BY_BOT
        return _STANDING, {
            "guild": origin.guild_id,
            "everywhere": EVERYWHERE,
            "user": origin.user_id,
            "day": self.day.of(self.now),
            "is_paced": is_paced,
            # Takes of one order are accepted one after the other, without cooldown.
            "message": self.order.key.rpartition("/")[0] + "/",
            "is_guild_limited": self.limits.guild_daily_seconds is not None,
        }

    def decide(self, row: Row) -> None:
        """Raise Refused for the first reason in the row."""
        if row["is_blocked"]:
            raise Refused(BLOCKED)
        if row["is_draining"]:
            raise NotNow(DRAINING)
        if isinstance(self.order.source, UploadSource):
            check_may_send_sound(self.limits)
        _check_pace(row, self.limits, self.now)
        _check_queue(row, self.limits, is_on_server=self.order.origin.guild_id is not None)
        again = Moment(self.day.resets_at(self.now))
        _check_seconds(row, self.order, self.limits, again)


def _check_pace(row: Row, limits: Limits, now: float) -> None:
    last = row["last_order_at"]
    if last is not None and now < last + limits.cooldown_seconds and last <= now:
        raise NotNow(NOT_SO_FAST.fill(again=Moment(last + limits.cooldown_seconds)))


def has_room(waiting_there: int, waiting: int, most: int) -> bool:
    """Return whether a queue of at most `most` has room for one more job of a server.

    With other servers waiting, a server may hold at most as many places as are free (a dynamic
    threshold), so that one remains for a server with none. A server alone may hold all, up to its
    own limit. Direct messages count as one server. Source: Choudhury and Hahne, Dynamic queue
    length thresholds, 1998.
    """
    return waiting < most and (waiting_there == waiting or waiting_there < most - waiting)


def _check_queue(row: Row, limits: Limits, *, is_on_server: bool) -> None:
    if row["waiting_of_user"] >= limits.waiting_per_user:
        raise NotNow(
            Plural(
                "You have a clip in the queue already: wait for one, or cancel one.",
                "You have {n} clips in the queue already: wait for one, or cancel one.",
                n=limits.waiting_per_user,
            )
        )
    there, waiting = row["waiting_of_guild"], row["waiting"]
    if is_on_server and there >= limits.waiting_per_guild:
        raise NotNow(SERVER_FULL)
    if not has_room(there, waiting, limits.waiting):
        raise NotNow(SERVER_FULL if is_on_server and waiting < limits.waiting else QUEUE_FULL)


def _check_seconds(row: Row, order: Order, limits: Limits, again: Moment) -> None:
    left = min(
        limits.daily_seconds - row["used_by_user"],
        limits.most_daily_seconds - row["received_by_user"],
    )
    left = max(0.0, left)
    if order.seconds > left + 1e-6:
        raise NotNow(
            Sentence(
                "You have {left:.0f} s of music left today and this takes {seconds:.0f} s. Your "
                "quota resets {again}.",
                left=left,
                seconds=order.seconds,
                again=again,
            )
        )
    if order.origin.guild_id is None or limits.guild_daily_seconds is None:
        return
    left = max(0.0, limits.guild_daily_seconds - row["used_by_guild"])
    if order.seconds > left + 1e-6:
        raise NotNow(
            Sentence(
                "This server has {left:.0f} s of music left today and this takes {seconds:.0f} s. "
                "Its quota resets {again}.",
                left=left,
                seconds=order.seconds,
                again=again,
            )
        )
