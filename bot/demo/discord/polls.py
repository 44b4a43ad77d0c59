"""Polls: creation, votes and results."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.demo.discord.people import Person
from bot.demo.discord.refusals import Problems, Refusal
from bot.demo.discord.snowflakes import iso_time

MOST_ANSWERS = 10
MOST_QUESTION_CHARACTERS = 300
MOST_ANSWER_CHARACTERS = 55
MOST_HOURS = 32 * 24
_USUAL_HOURS = 24


@dataclass
class Poll:
    """A poll: a question, answers and votes."""

    question: str
    answers: list[dict[str, Any]]
    """Media of the answers: text and optional emoji. They are numbered from 1."""
    ends_at: float
    """In seconds since 1970."""
    is_multiple: bool = False
    is_final: bool = False
    votes: dict[int, dict[int, Person]] = field(default_factory=dict)
    """Voters by answer number, then by person id."""

    def vote(self, person: Person, answer_ids: Sequence[int], now: float) -> dict[int, bool]:
        """Replace a person's vote; no answers remove it.

        Returns the changed answers, and for each whether it gained a vote. Raises Refusal.
        """
        if self.is_final or now >= self.ends_at:
            raise Refusal(400, 520001)
        wanted = set(answer_ids)
        is_known = wanted <= set(range(1, len(self.answers) + 1))
        if person.is_bot or not is_known or (len(wanted) > 1 and not self.is_multiple):
            raise Refusal(403 if person.is_bot else 400, 520000)
        changed = {}
        for number in range(1, len(self.answers) + 1):
            voters = self.votes.setdefault(number, {})
            if number in wanted and person.id not in voters:
                voters[person.id] = person
                changed[number] = True
            elif number not in wanted and voters.pop(person.id, None) is not None:
                changed[number] = False
        return changed

    def as_json(self, viewer: Person | None) -> dict[str, Any]:
        """Return it as Discord's poll JSON for a viewer."""
        return {
            "question": {"text": self.question},
            "answers": [
                {"answer_id": number, "poll_media": media}
                for number, media in enumerate(self.answers, 1)
            ],
            "expiry": iso_time(self.ends_at),
            "allow_multiselect": self.is_multiple,
            "layout_type": 1,
            "results": {
                "is_finalized": self.is_final,
                "answer_counts": [
                    {
                        "id": number,
                        "count": len(voters),
                        "me_voted": viewer is not None and viewer.id in voters,
                    }
                    for number, voters in sorted(self.votes.items())
                    if voters
                ],
            },
        }

    def result_fields(self) -> list[dict[str, Any]]:
        """Return the embed fields of the result message; a tie has no winner."""
        counts = [len(self.votes.get(number, ())) for number in range(1, len(self.answers) + 1)]
        most, total = max(counts), sum(counts)
        fields = {
            "poll_question_text": self.question,
            "victor_answer_votes": str(most),
            "total_votes": str(total),
        }
        if most and counts.count(most) == 1:
            number = counts.index(most)
            media = self.answers[number]
            fields |= {
                "victor_answer_id": str(number + 1),
                "victor_answer_text": str(media.get("text", "")),
            }
            if name := (media.get("emoji") or {}).get("name"):
                fields["victor_answer_emoji_name"] = str(name)
        return [{"name": name, "value": text, "inline": False} for name, text in fields.items()]


def check_poll(problems: Problems, poll: Mapping[str, Any]) -> None:
    """Check the payload of a new poll."""
    question = poll.get("question") or {}
    problems.text(
        "poll.question.text", question.get("text"), MOST_QUESTION_CHARACTERS, required=True
    )
    answers = problems.count("poll.answers", poll.get("answers"), MOST_ANSWERS, least=1)
    for number, each in enumerate(answers):
        path = f"poll.answers.{number}.poll_media.text"
        media = each.get("poll_media") or {}
        problems.text(path, media.get("text"), MOST_ANSWER_CHARACTERS, required=True)
    problems.number("poll.duration", poll.get("duration"), 1, MOST_HOURS)
    if poll.get("layout_type", 1) != 1:
        problems.choice("poll.layout_type", poll["layout_type"], frozenset({1}))


def begin_poll(poll: Mapping[str, Any], now: float) -> Poll:
    """Return the poll of a checked payload."""
    hours = poll.get("duration") or _USUAL_HOURS
    return Poll(
        poll["question"]["text"],
        [_media(each["poll_media"]) for each in poll["answers"]],
        now + 3600.0 * hours,
        bool(poll.get("allow_multiselect")),
    )


def _media(given: Mapping[str, Any]) -> dict[str, Any]:
    media: dict[str, Any] = {"text": given["text"]}
    if emoji := given.get("emoji"):
        media["emoji"] = {"id": emoji.get("id"), "name": emoji.get("name")}
    return media
