"""A person's own affairs, what managers set, and what the bot tells of itself."""

from __future__ import annotations

import pytest

from cogs.presentation import messages
from tests.support.jam_server import open_jam, strict


@pytest.fixture(autouse=True)
def _strict(monkeypatch):
    strict(monkeypatch)


async def test_quota_tells_what_is_left(tmp_path):
    """In seconds, with the time at which the day begins anew; for one person only."""
    async with open_jam(tmp_path) as jam:
        await jam.music(seconds=20.0)
        result = await jam.alice.slash(jam.channel, "quota")
        assert result.response.ephemeral
        assert "**580 s** of music left today, of 600 s" in result.response.content
        assert "<t:" in result.response.content


async def test_history_is_one_s_own_and_can_be_searched(tmp_path):
    """Newest first, with seeds; nobody sees another's."""
    async with open_jam(tmp_path) as jam:
        await jam.music(prompt="90s rock", seed=1, seconds=1.0)
        await jam.music(prompt="slow jazz", seed=2, seconds=1.0)
        everything = await jam.alice.slash(jam.channel, "history")
        assert everything.response.content.index("slow jazz") < (
            everything.response.content.index("90s rock")
        )
        found = await jam.alice.slash(jam.channel, "history", search="rock")
        assert "slow jazz" not in found.response.content
        nothing = await jam.bob.slash(jam.channel, "history")
        assert nothing.response.content == str(messages.NO_HISTORY)


async def test_queue_names_only_one_s_own_clips(tmp_path):
    """How many are in line, and where mine are."""
    async with open_jam(tmp_path) as jam:
        empty = await jam.alice.slash(jam.channel, "queue")
        assert empty.response.content == str(messages.EMPTY_QUEUE)
        await jam.alice.slash(jam.channel, "music", prompt="slow and mine")
        await jam.bob.slash(jam.channel, "music", prompt="slow and theirs")
        result = await jam.alice.slash(jam.channel, "queue")
        assert "2 in line, 1 of them yours" in result.response.content
        assert "slow and mine" in result.response.content
        assert "theirs" not in result.response.content
        for job_id, who in ((1, jam.alice), (2, jam.bob)):
            await who.slash(jam.channel, "cancel", job=job_id)


async def test_about_tells_what_plays(tmp_path):
    """Model, licence, machine."""
    async with open_jam(tmp_path) as jam:
        await jam.music(seconds=1.0)
        result = await jam.alice.slash(jam.channel, "about")
        fields = {field.name: field.value for field in result.response.embeds[0].fields}
        assert fields["Model"] == "starter"
        assert fields["Licence of the model"] == "Apache-2.0"
        assert fields["Device"] == "a script"
        assert "s of music a second" in fields["Speed"]


async def test_help_names_every_command(tmp_path):
    """What a person can type is in it, but what is for managers only."""
    async with open_jam(tmp_path) as jam:
        result = await jam.alice.slash(jam.channel, "help")
        names = {command.name for command in jam.bot.tree.get_commands()} - {"admin", "help"}
        missing = [name for name in names if name.lower() not in result.response.content.lower()]
        assert missing == []


async def test_everything_a_person_reads_while_typing_is_described(tmp_path):
    """No command and no option is shown with dots for a description."""
    async with open_jam(tmp_path) as jam:
        for command in jam.bot.tree.walk_commands():
            assert command.description not in ("", "…"), command.qualified_name
            for option in getattr(command, "parameters", []):
                assert option.description != "…", f"{command.qualified_name} {option.name}"


async def admin(jam, name, **options):
    owner = jam.owner
    result = await owner.slash(jam.channel, f"admin {name}", **options)
    await jam.idle()
    return result


async def test_a_role_s_members_have_its_seconds(tmp_path):
    """A person has the most that any of their roles gives."""
    async with open_jam(tmp_path) as jam:
        role = jam.guild.create_role("patron")
        await admin(jam, "tier", role=role, seconds=900.0)
        before = await jam.alice.slash(jam.channel, "quota")
        assert "of 600 s" in before.response.content
        carol = jam.guild.add_member(jam.env.create_user("carol"), roles=[role])
        after = await carol.slash(jam.channel, "quota")
        assert "of 900 s" in after.response.content


async def test_a_server_s_limits_hold(tmp_path):
    """What is not given stays; the sentence names the limit."""
    async with open_jam(tmp_path) as jam:
        await admin(jam, "limits", person=30.0, longest=5.0)
        shown = await admin(jam, "limits", waiting=2)
        assert "Seconds a day for a person: 30 s" in shown.response.content
        assert "Clips in line at once: 2" in shown.response.content
        result = await jam.music(seconds=6.0)
        assert "from 1 to 5 seconds long" in result.response.content
        shown = await admin(jam, "unlimit")
        assert "Seconds a day for a person: as configured" in shown.response.content
        assert (await jam.music(seconds=6.0)).response.attachments


async def test_music_is_kept_to_its_channels(tmp_path):
    """Elsewhere a sentence says where; one's own affairs can be seen anywhere."""
    async with open_jam(tmp_path) as jam:
        studio = jam.guild.create_text_channel("studio")
        await admin(jam, "channel", channel=studio)
        result = await jam.music()
        assert result.response.ephemeral
        assert f"<#{studio.id}>" in result.response.content
        assert (await jam.alice.slash(jam.channel, "quota")).response.ephemeral
        await admin(jam, "channel", channel=studio, allowed=False)
        assert (await jam.music()).response.attachments


async def test_a_blocked_person_is_told_so(tmp_path):
    """Until they are let in again."""
    async with open_jam(tmp_path) as jam:
        await admin(jam, "block", person=jam.alice)
        result = await jam.music()
        assert "can't make music on this server" in result.followups[0].content
        await admin(jam, "unblock", person=jam.alice)
        assert (await jam.music()).response.attachments


async def test_a_reset_gives_the_day_back(tmp_path):
    """What was used today counts no more."""
    async with open_jam(tmp_path) as jam:
        await jam.music(seconds=20.0)
        await admin(jam, "reset", person=jam.alice)
        result = await jam.alice.slash(jam.channel, "quota")
        assert "**600 s**" in result.response.content


async def test_draining_takes_nothing_new_on(tmp_path):
    """For the owner of the bot; a manager of a server is told no."""
    async with open_jam(tmp_path) as jam:
        refused = await admin(jam, "drain")
        assert "Only the owner of this bot" in refused.response.content
        await jam.store.settings.set_metadata("draining", "1")
        result = await jam.music()
        assert "about to be restarted" in result.followups[0].content
        await jam.store.settings.set_metadata("draining", "")
        assert (await jam.music()).response.attachments
