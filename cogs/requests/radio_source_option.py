"""The options that say what a radio plays."""

from __future__ import annotations

import dataclasses
from enum import StrEnum

import discord

from bot.domain.radio import RadioPlan, RadioSource
from cogs.requests.named_choice import NamedChoice


class Source(StrEnum):
    """What can be chosen without naming anybody."""

    STARS = "stars"
    RECENT = "recent"
    JAMS = "jams"
    LIVE = "live"


SOURCES = NamedChoice(
    {
        Source.STARS: "clips with stars",
        Source.RECENT: "the latest clips",
        Source.JAMS: "open jams",
        Source.LIVE: "live music",
    }
)


def with_source(plan: RadioPlan, source: Source, person: discord.Member | None) -> RadioPlan:
    """Return a plan with another source: a person's clips if one is named."""
    plan = dataclasses.replace(plan, source=RadioSource(source.value), person_id=None, jam_id=None)
    if person is None:
        return plan
    return dataclasses.replace(plan, source=RadioSource.PERSON, person_id=person.id)
