"""What the managers of a server and the owner of the bot set: /admin."""

from __future__ import annotations

from tests.support.simulated_server import limited, open_server
from tests.support.sound_files import as_file, noise
from tests.support.timings import quick


async def admin(server, name, /, **options):
    owner = server.owner
    result = await owner.slash(server.channel, f"admin {name}", **options)
    await server.idle()
    return result


async def test_a_role_s_tier_applies_to_its_members(tmp_path):
    """A person with several roles gets the highest of their tiers."""
    async with open_server(tmp_path, config=limited(max_daily_seconds=900)) as server:
        role = server.guild.create_role("patron")
        await admin(server, "tier", role=role, seconds=900.0)
        before = await server.alice.slash(server.channel, "quota")
        assert "get 600 seconds" in before.response.content
        carol = server.guild.add_member(server.env.create_user("carol"), roles=[role])
        after = await carol.slash(server.channel, "quota")
        assert "get 900 seconds" in after.response.content


async def test_a_server_s_limits_apply(tmp_path):
    """Limits that are not given stay as they are; a refusal names the limit."""
    async with open_server(tmp_path) as server:
        await admin(server, "limits", person=30.0, longest=5.0)
        shown = await admin(server, "limits", waiting=2)
        assert "Seconds a day for a person: 30 s" in shown.response.content
        assert "Clips in the queue at once: 2" in shown.response.content
        result = await server.music(seconds=6.0)
        assert "from 1 to 5 seconds long" in result.response.content
        shown = await admin(server, "unlimit")
        assert "Seconds a day for a person: as configured" in shown.response.content
        assert (await server.music(seconds=6.0)).response.attachments


async def test_music_is_restricted_to_allowed_channels(tmp_path):
    """In other channels the refusal names the allowed ones; /quota works anywhere."""
    async with open_server(tmp_path) as server:
        studio = server.guild.create_text_channel("studio")
        await admin(server, "channel", channel=studio)
        result = await server.music()
        assert result.response.ephemeral
        assert f"<#{studio.id}>" in result.response.content
        assert (await server.alice.slash(server.channel, "quota")).response.ephemeral
        await admin(server, "channel", channel=studio, allowed=False)
        assert (await server.music()).response.attachments


async def test_deleted_channels_and_roles_leave_the_lists(tmp_path):
    """Nobody could name them any more to take them off."""
    async with open_server(tmp_path) as server:
        studio, role = server.guild.create_text_channel("studio"), server.guild.create_role("dj")
        await admin(server, "channel", channel=studio)
        await admin(server, "uploads", role=role)
        await admin(server, "tier", role=role, seconds=5.0)
        server.env.backend.delete_channel(studio.id)
        server.env.backend.delete_role(server.guild.id, role.id)
        await server.env.settle()
        assert f"<#{studio.id}>" in (await server.music()).response.content
        other = server.guild.create_role("other")
        await admin(server, "channel", channel=server.channel, allowed=False)
        await admin(server, "uploads", role=other, allowed=False)
        shown = (await admin(server, "tier", role=other)).response.content
        assert not [line for line in shown.splitlines() if "<@&" in line or "<#" in line]
        sound = ("riff.wav", as_file(noise()))
        assert (await server.music(clip=sound, seconds=1.0)).response.attachments


async def test_a_blocked_person_is_told_so(tmp_path):
    """A blocked person's orders are refused until they are unblocked."""
    async with open_server(tmp_path) as server:
        await admin(server, "block", person=server.alice)
        result = await server.music()
        assert "can't make music here" in result.response.content
        await admin(server, "unblock", person=server.alice)
        assert (await server.music()).response.attachments


async def test_a_reset_restores_the_quota(tmp_path):
    """After a reset, the seconds used today no longer count."""
    async with open_server(tmp_path, config=limited(max_daily_seconds=900)) as server:
        await server.music(seconds=20.0)
        answer = await admin(server, "reset", person=server.alice)
        assert "got 20 s of today's quota back" in answer.response.content
        result = await server.alice.slash(server.channel, "quota")
        assert "**600 s**" in result.response.content


async def test_managers_set_nothing_beyond_the_configuration(tmp_path):
    """A limit that was set before the configuration was lowered is lowered, too."""
    config = limited(
        daily_seconds=300, daily_seconds_per_server=2000, max_seconds=30, waiting_per_server=7
    )
    async with open_server(tmp_path, config=config) as server:
        for options, sentence in (
            ({"person": 1_000_000.0}, "from 0 to 300 seconds"),
            ({"server": 1_000_000.0}, "from 0 to 2000 seconds"),
            ({"longest": 31.0}, "from 1 to 30 seconds"),
            ({"waiting": 8}, "from 1 to 7 clips"),
        ):
            assert sentence in (await admin(server, "limits", **options)).response.content
        role = server.guild.create_role("patron")
        refused = await admin(server, "tier", role=role, seconds=301.0)
        assert "from 0 to 300 seconds" in refused.response.content
        everything = {"daily_seconds": 1e6, "guild_daily_seconds": 1e6, "max_seconds": 600.0}
        await server.store.settings.set_limits(server.guild.id, waiting=10_000, **everything)
        shown = (await admin(server, "settings")).response.content
        assert [line.rpartition(": ")[2] for line in shown.splitlines()] == [
            "300 s", "2000 s", "30 s", "7", "as configured", "as Discord says",
        ]  # fmt: skip
        assert (
            "get 300 seconds"
            in (await server.alice.slash(server.channel, "quota")).response.content
        )


async def test_a_manager_s_reset_does_not_exceed_the_configuration(tmp_path):
    """A manager's reset stops at the configured maximum; the owner's restores everything."""
    async with open_server(tmp_path) as server:
        await server.music(seconds=20.0)
        answer = await admin(server, "reset", person=server.alice)
        assert "allows 600 s a day at most, resets included" in answer.response.content
        assert "**580 s**" in (await server.alice.slash(server.channel, "quota")).response.content
        server.bot.owner_id = server.owner.id
        answer = await admin(server, "reset", person=server.alice)
        assert "got 20 s of today's quota back" in answer.response.content
        assert "**600 s**" in (await server.alice.slash(server.channel, "quota")).response.content


async def test_a_reset_without_used_seconds_is_reported(tmp_path):
    """The answer says that the person has used nothing on this server today."""
    async with open_server(tmp_path) as server:
        answer = await admin(server, "reset", person=server.alice)
        assert "has used nothing here today" in answer.response.content


async def test_the_owner_s_block_applies_everywhere(tmp_path):
    """On other servers and in direct messages, too; managers can neither set nor lift it."""
    async with open_server(tmp_path) as server:
        refused = await admin(server, "block", person=server.alice, everywhere=True)
        assert "Only the owner of this bot" in refused.response.content
        server.bot.owner_id = server.owner.id
        await admin(server, "block", person=server.alice, everywhere=True)
        server.bot.owner_id = server.bob.id
        await admin(server, "unblock", person=server.alice)
        here = await server.music()
        direct = await server.alice.user.slash("music", prompt="90s rock")
        for answer in (here, direct):
            assert "can't make music here" in answer.response.content
        server.bot.owner_id = server.owner.id
        await admin(server, "unblock", person=server.alice, everywhere=True)
        assert (await server.music()).response.attachments


async def test_non_managers_cannot_change_settings(tmp_path):
    """Every /admin command checks the permission, even if the server shows it to everybody."""
    async with open_server(tmp_path) as server:
        (command,) = [
            each for each in await server.bot.tree.fetch_commands() if each.name == "admin"
        ]
        server.guild.set_command_permissions(command, {server.alice: True})
        role = server.guild.create_role("patron")
        needed = {
            "tier": {"role": role}, "channel": {"channel": server.channel},
            "language": {"language": "English"}, "uploads": {"role": role},
            "block": {"person": server.bob}, "unblock": {"person": server.bob},
            "reset": {"person": server.bob}, "words add": {"entry": "plonk"},
            "words remove": {"entry": "plonk"}, "words test": {"words": "plonk"},
            "log": {"channel": server.channel}, "daily": {"channel": server.channel},
            "best": {"channel": server.channel},
        }  # fmt: skip
        group = server.bot.tree.get_command("admin")
        names = [
            each.qualified_name
            for each in group.walk_commands()
            if not hasattr(each, "add_command")
        ]
        for name in names:
            options = needed.get(name.removeprefix("admin "), {})
            answer = await server.alice.slash(server.channel, name, **options)
            assert answer.response.content == "You may not do that here.", name
        assert {f"admin {name}" for name in needed} < set(names)
        assert not await server.store.settings.is_blocked(server.guild.id, server.bob.id)
        assert await server.bot.service.dailies.plan(server.guild.id) is None


async def test_draining_refuses_new_orders(tmp_path):
    """Only the owner of the bot may drain it; a server's manager is refused."""
    async with open_server(tmp_path) as server:
        refused = await admin(server, "drain")
        assert "Only the owner of this bot" in refused.response.content
        await server.store.settings.set_metadata("draining", "1")
        result = await server.music()
        assert "about to be restarted" in result.response.content
        await server.store.settings.set_metadata("draining", "")
        assert (await server.music()).response.attachments


async def test_draining_ends_with_the_restart_that_it_was_for(tmp_path):
    """The restart switches draining off; no command is needed."""
    async with open_server(tmp_path, timings=quick(attempts=3)) as server:
        await server.store.settings.set_metadata("draining", "1")
        await server.restart_bot()
        assert (await server.music()).response.attachments


async def test_a_refusal_names_a_few_of_many_channels_and_roles(tmp_path):
    """As many as fit into a message of Discord's: a server may allow any number."""
    async with open_server(tmp_path) as server:
        for number in range(100):
            await server.store.settings.allow_channel(server.guild.id, 10**18 + number, True)
            await server.store.settings.allow_uploads(server.guild.id, 10**18 + number, True)
        elsewhere = (await server.music()).response.content
        assert elsewhere.startswith(
            "I don't make music in this channel. Try <#1000000000000000000>, "
        )
        await server.store.settings.allow_channel(server.guild.id, server.channel.id, True)
        sound = ("riff.wav", as_file(noise()))
        refused = (await server.music(clip=sound, seconds=1.0)).response.content
        assert refused.startswith("On this server only these roles may send sound files: <@&1000")
        for sentence in (elsewhere, refused):
            assert sentence.endswith(", ….")
            assert len(sentence) < 500
