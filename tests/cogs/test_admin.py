"""What the managers of a server and the owner of the bot set: /admin."""

from __future__ import annotations

from tests.support.jam_server import limited, open_jam
from tests.support.timings import quick


async def admin(jam, name, **options):
    owner = jam.owner
    result = await owner.slash(jam.channel, f"admin {name}", **options)
    await jam.idle()
    return result


async def test_a_role_s_tier_applies_to_its_members(tmp_path):
    """A person has the most that any of their roles gives."""
    async with open_jam(tmp_path, config=limited(max_daily_seconds=900)) as jam:
        role = jam.guild.create_role("patron")
        await admin(jam, "tier", role=role, seconds=900.0)
        before = await jam.alice.slash(jam.channel, "quota")
        assert "get 600 seconds" in before.response.content
        carol = jam.guild.add_member(jam.env.create_user("carol"), roles=[role])
        after = await carol.slash(jam.channel, "quota")
        assert "get 900 seconds" in after.response.content


async def test_a_server_s_limits_apply(tmp_path):
    """What is not given stays; the sentence names the limit."""
    async with open_jam(tmp_path) as jam:
        await admin(jam, "limits", person=30.0, longest=5.0)
        shown = await admin(jam, "limits", waiting=2)
        assert "Seconds a day for a person: 30 s" in shown.response.content
        assert "Clips in the queue at once: 2" in shown.response.content
        result = await jam.music(seconds=6.0)
        assert "from 1 to 5 seconds long" in result.response.content
        shown = await admin(jam, "unlimit")
        assert "Seconds a day for a person: as configured" in shown.response.content
        assert (await jam.music(seconds=6.0)).response.attachments


async def test_music_is_restricted_to_allowed_channels(tmp_path):
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
        assert "can't make music here" in result.response.content
        await admin(jam, "unblock", person=jam.alice)
        assert (await jam.music()).response.attachments


async def test_a_reset_restores_the_quota(tmp_path):
    """What was used today counts no more."""
    async with open_jam(tmp_path, config=limited(max_daily_seconds=900)) as jam:
        await jam.music(seconds=20.0)
        told = await admin(jam, "reset", person=jam.alice)
        assert "got 20 s of today's quota back" in told.response.content
        result = await jam.alice.slash(jam.channel, "quota")
        assert "**600 s**" in result.response.content


async def test_managers_set_nothing_beyond_the_configuration(tmp_path):
    """Its limits are the owner's; one that was set before they were narrowed is narrowed, too."""
    config = limited(
        daily_seconds=300, daily_seconds_per_server=2000, max_seconds=30, waiting_per_server=7
    )
    async with open_jam(tmp_path, config=config) as jam:
        for options, sentence in (
            ({"person": 1_000_000.0}, "from 0 to 300 seconds"),
            ({"server": 1_000_000.0}, "from 0 to 2000 seconds"),
            ({"longest": 31.0}, "from 1 to 30 seconds"),
            ({"waiting": 8}, "from 1 to 7 clips"),
        ):
            assert sentence in (await admin(jam, "limits", **options)).response.content
        role = jam.guild.create_role("patron")
        refused = await admin(jam, "tier", role=role, seconds=301.0)
        assert "from 0 to 300 seconds" in refused.response.content
        everything = {"daily_seconds": 1e6, "guild_daily_seconds": 1e6, "max_seconds": 600.0}
        await jam.store.settings.set_limits(jam.guild.id, waiting=10_000, **everything)
        shown = (await admin(jam, "settings")).response.content
        assert [line.rpartition(": ")[2] for line in shown.splitlines()] == [
            "300 s", "2000 s", "30 s", "7", "as configured", "as Discord says",
        ]  # fmt: skip
        assert "get 300 seconds" in (await jam.alice.slash(jam.channel, "quota")).response.content


async def test_a_manager_s_reset_does_not_exceed_the_configuration(tmp_path):
    """Nothing comes back beyond what anybody may have; from the owner everything does."""
    async with open_jam(tmp_path) as jam:
        await jam.music(seconds=20.0)
        told = await admin(jam, "reset", person=jam.alice)
        assert "allows 600 s a day at most, resets included" in told.response.content
        assert "**580 s**" in (await jam.alice.slash(jam.channel, "quota")).response.content
        jam.bot.owner_id = jam.owner.id
        told = await admin(jam, "reset", person=jam.alice)
        assert "got 20 s of today's quota back" in told.response.content
        assert "**600 s**" in (await jam.alice.slash(jam.channel, "quota")).response.content


async def test_a_reset_without_used_seconds_is_reported(tmp_path):
    """The owner's limits have nothing to do with it."""
    async with open_jam(tmp_path) as jam:
        told = await admin(jam, "reset", person=jam.alice)
        assert "has used nothing here today" in told.response.content


async def test_the_owner_s_block_applies_everywhere(tmp_path):
    """On other servers and in direct messages; a manager can neither set nor lift it."""
    async with open_jam(tmp_path) as jam:
        refused = await admin(jam, "block", person=jam.alice, everywhere=True)
        assert "Only the owner of this bot" in refused.response.content
        jam.bot.owner_id = jam.owner.id
        await admin(jam, "block", person=jam.alice, everywhere=True)
        jam.bot.owner_id = jam.bob.id
        await admin(jam, "unblock", person=jam.alice)
        here = await jam.music()
        direct = await jam.alice.user.slash("music", prompt="90s rock")
        for told in (here, direct):
            assert "can't make music here" in told.response.content
        jam.bot.owner_id = jam.owner.id
        await admin(jam, "unblock", person=jam.alice, everywhere=True)
        assert (await jam.music()).response.attachments


async def test_non_managers_cannot_change_settings(tmp_path):
    """Whoever the server's settings let see the command: each of them asks for the right."""
    async with open_jam(tmp_path) as jam:
        (command,) = [each for each in await jam.bot.tree.fetch_commands() if each.name == "admin"]
        jam.guild.set_command_permissions(command, {jam.alice: True})
        told = await jam.alice.slash(jam.channel, "admin block", person=jam.bob)
        assert told.response.content == "You may not do that here."
        assert not await jam.store.settings.is_blocked(jam.guild.id, jam.bob.id)


async def test_draining_refuses_new_orders(tmp_path):
    """For the owner of the bot; a manager of a server is told no."""
    async with open_jam(tmp_path) as jam:
        refused = await admin(jam, "drain")
        assert "Only the owner of this bot" in refused.response.content
        await jam.store.settings.set_metadata("draining", "1")
        result = await jam.music()
        assert "about to be restarted" in result.response.content
        await jam.store.settings.set_metadata("draining", "")
        assert (await jam.music()).response.attachments


async def test_draining_ends_with_the_restart_that_it_was_for(tmp_path):
    """Nobody has to remember to take it back."""
    async with open_jam(tmp_path, timings=quick(attempts=3)) as jam:
        await jam.store.settings.set_metadata("draining", "1")
        await jam.restart_bot()
        assert (await jam.music()).response.attachments
