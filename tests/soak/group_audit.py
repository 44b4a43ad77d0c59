"""The audit of what users did together: each result is posted exactly once."""

from __future__ import annotations

from collections import Counter, defaultdict

from tests.soak.reconciliation import asked
from tests.support.wire_jam import cards, threads

UNSETTLED = """
    SELECT 'battle', id FROM battles WHERE state != 'ended'
    UNION ALL SELECT 'daily prompt', id FROM dailies WHERE state = 'wished'
    UNION ALL SELECT 'report of clip', clip_id FROM reports
    JOIN clips ON clips.id = clip_id WHERE NOT is_posted AND NOT is_deleted
    UNION ALL SELECT 'post of the best, clip', clip_id FROM best_of_posts WHERE is_due
    UNION ALL SELECT 'jam', id FROM jams WHERE version != shown_version
"""
"""Work that the bot still has to do by itself."""
VOTED_ON = ("won", "tied", "no votes")


def audit_groups(folder, wire):
    """Return rows of a table, and what is wrong, after all work ended and the bot stopped."""
    seen = _Seen(wire)
    rows = Counter[str]()
    wrong = [f"{what} {id_} is not settled" for what, id_ in asked(folder, UNSETTLED)]
    for judge in (_battles, _entries, _dailies, _best, _reports, _jams):
        judge(folder, seen, rows, wrong)
    wrong += [f"the post of entry {name} tells whose it is" for name in _named_too_soon(wire)]
    return dict(rows), wrong


class _Seen:
    """What the bot posted, by nonce, including messages that others deleted since."""

    def __init__(self, wire):
        self.wire = wire
        self.by_nonce = defaultdict(list)
        self.removed = set(wire.removed)
        places = [each.messages.values() for each in wire.channels.values()]
        for message in [*(each for place in places for each in place), *wire.removed]:
            if message.author is wire.me and (nonce := message.payload.get("nonce")):
                self.by_nonce[str(nonce)].append(message)

    def once(self, nonce, wrong, *, is_due):
        """Return the message of a nonce; report it if posted twice, or if it is due and missing."""
        found = self.by_nonce[nonce]
        there = [each for each in found if each not in self.removed]
        if len(there) > 1:
            wrong.append(f"{nonce} was posted {len(there)} times")
        if is_due and not found:
            wrong.append(f"{nonce} was never posted")
        return there[0] if there else None


def _battles(folder, seen, rows, wrong):
    sql = "SELECT id, outcome, poll_message_id, result_message_id FROM battles"
    for id_, outcome, poll_id, result_id in asked(folder, sql):
        rows[f"battles: {outcome}"] += 1
        poll = seen.once(f"battle-{id_}-poll", wrong, is_due=poll_id is not None)
        seen.once(f"battle-{id_}-result", wrong, is_due=result_id is not None)
        if outcome not in VOTED_ON:
            continue
        if poll is not None:
            votes = dict(
                asked(folder, f"SELECT number, votes FROM battle_entries WHERE battle_id = {id_}")
            )
            cast = {number: len(voters) for number, voters in poll.poll.votes.items()}
            rows["votes"] += sum(cast.values())
            wrong += [
                f"entry {number} of battle {id_} has {count} votes, not {cast.get(number, 0)}"
                for number, count in votes.items()
                if count is not None and count != cast.get(number, 0)
            ]


def _entries(folder, seen, rows, wrong):
    sql = (
        "SELECT battle_id, number, battle_entries.user_id, outcome, clips.is_deleted "
        "FROM battle_entries JOIN battles ON battles.id = battle_id "
        "LEFT JOIN clips USING (job_id)"
    )
    for battle_id, number, user_id, outcome, is_deleted in asked(folder, sql):
        rows["entries in polls"] += 1
        nonce = f"battle-{battle_id}-entry-{number}"
        is_due = outcome in VOTED_ON and not is_deleted
        player = seen.once(nonce, wrong, is_due=is_due)
        if is_due and player is not None and f"<@{user_id}>" not in str(player.payload["embeds"]):
            wrong.append(f"nobody was told whose {nonce} is")
    entries = {
        f"zhiyin-{id_}"
        for (id_,) in asked(
            folder,
            "SELECT clips.id FROM clips JOIN jobs ON jobs.id = job_id WHERE battle_id IS NOT NULL",
        )
    }
    wrong += [
        f"the entry {file.name} was delivered before everybody"
        for message in seen.wire.with_clips()
        for file in message.files
        if file.name.split(".")[0] in entries
        and message.channel.guild is not None
        and not message.is_ephemeral
    ]


def _named_too_soon(wire):
    """Yield players of battles that were posted with a person's name or a clip's number."""
    for each in wire.requests("POST", "/messages"):
        names = [name for name, _ in each.files if "-entry-" in name]
        if names and ("<@" in str(each.payload) or "clip " in str(each.payload)):
            yield names[0]


def _dailies(folder, seen, rows, wrong):
    for id_, state in asked(folder, "SELECT id, state FROM dailies"):
        rows[f"daily prompts: {state}"] += 1
        post = seen.once(f"daily-{id_}", wrong, is_due=state == "posted")
        if state == "skipped" and post is not None:
            wrong.append(f"daily prompt {id_} was skipped, and posted")
    sql = "SELECT COUNT(*) FROM jobs WHERE daily_id IS NOT NULL AND state = 'delivered'"
    ((rows["clips from daily prompts"],),) = asked(folder, sql)


def _best(folder, seen, rows, wrong):
    sql = (
        "SELECT clip_id, best_of_posts.message_id, stars FROM best_of_posts "
        "JOIN clips ON clips.id = clip_id"
    )
    known = {clip_id: (message_id, stars) for clip_id, message_id, stars in asked(folder, sql)}
    for clip_id, (message_id, stars) in known.items():
        rows["posts of the best"] += 1
        post = seen.once(f"best-of-{clip_id}", wrong, is_due=message_id is not None)
        if post is not None and not post.content.startswith(f"⭐ **{stars}**"):
            wrong.append(f"the post of the best clip {clip_id} does not say {stars}")
    wrong += [
        f"{nonce} is still there, though its clip is gone"
        for nonce, found in seen.by_nonce.items()
        if nonce.startswith("best-of-")
        and int(nonce.removeprefix("best-of-")) not in known
        and set(found) - seen.removed
    ]


def _reports(folder, seen, rows, wrong):
    sql = (
        "SELECT reports.id, reported_at, is_posted, is_deleted FROM reports "
        "JOIN clips ON clips.id = clip_id"
    )
    for id_, reported_at, is_posted, is_deleted in asked(folder, sql):
        rows["reports"] += 1
        nonce = f"report/{id_}/{int(reported_at)}"
        seen.once(nonce, wrong, is_due=bool(is_posted and not is_deleted))


def _jams(folder, seen, rows, wrong):
    known = {}
    gone = {message.id for message in seen.removed}
    sql = "SELECT id, state, thread_id, card_id FROM jams"
    for id_, state, thread_id, card_id in asked(folder, sql):
        rows[f"jams: {state}"] += 1
        known[thread_id] = id_, card_id in gone
        seen.once(f"jam-{id_}", wrong, is_due=thread_id is not None)
    for thread in threads(seen.wire):
        if thread.id not in known:
            wrong.append(f"the thread {thread.name} belongs to no jam")
            continue
        id_, is_gone = known[thread.id]
        # A deleted card is posted again with the next turn.
        if len(cards(thread)) != (not is_gone):
            wrong.append(f"jam {id_} has {len(cards(thread))} cards")
    ((rows["turns of jams"],),) = asked(
        folder, "SELECT COUNT(*) FROM jobs WHERE kind = 'jam turn' AND state = 'delivered'"
    )
    closed = (
        "SELECT id FROM jams WHERE state = 'closed' AND thread_id IS NOT NULL AND EXISTS "
        "(SELECT 1 FROM jam_turns WHERE jam_id = jams.id AND NOT is_undone)"
        " AND 1 != (SELECT COUNT(*) FROM jobs WHERE jobs.jam_id = jams.id "
        "AND kind = 'jam mixdown' AND state = 'delivered')"
    )
    wrong += [f"jam {id_} was closed without one mixdown" for (id_,) in asked(folder, closed)]
