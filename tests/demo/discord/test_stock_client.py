"""A stock discord.py parses everything that the wire sends."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import discord

from bot.app.discord_address import point_discord_at
from bot.demo.discord.actions import commands, managing, membership, moderation, places, talk
from bot.demo.discord.poll_results import end_due_polls
from bot.demo.discord.rights import Right
from tests.support.discord_wire.server import open_wire


class Listener(discord.Client):
    """A client that records its events."""

    def __init__(self):
        intents = discord.Intents.default()
        super().__init__(intents=intents, guild_ready_timeout=0.0)
        self.heard: asyncio.Queue[tuple[str, tuple[Any, ...]]] = asyncio.Queue()

    def dispatch(self, event, /, *args, **kwargs):
        self.heard.put_nowait((event, args))
        super().dispatch(event, *args, **kwargs)

    async def hear(self, wanted):
        """Return the arguments of the next event of a kind."""
        async with asyncio.timeout(60):
            while True:
                event, args = await self.heard.get()
                if event == wanted:
                    return args


@asynccontextmanager
async def connected():
    """A wire with a client on it."""
    async with open_wire() as wire:
        channel = wire.channel("music")
        with point_discord_at(wire.base):
            client = Listener()
            async with client:
                await client.login(wire.token)
                running = asyncio.create_task(client.connect())
                await client.hear("ready")
                yield wire, client, channel, client.get_channel(channel.id)
                await client.close()
                await running


async def test_discord_py_parses_server_events():
    """Channels, roles, permissions and their changes."""
    async with connected() as (wire, client, channel, music):
        guild = client.get_guild(wire.guild.id)
        assert (guild.name, guild.owner_id, music.name) == ("The jam", wire.owner.id, "music")
        assert music.permissions_for(guild.me).send_messages
        assert not music.permissions_for(guild.me).manage_channels
        lounge = await managing.create_channel(wire, wire.owner, "lounge")
        (made,) = await client.hear("guild_channel_create")
        assert made.id == lounge.id
        await managing.set_channel_rights(
            wire, wire.owner, channel.id, wire.guild.id, deny=Right.SEND_MESSAGES
        )
        await client.hear("guild_channel_update")
        assert not music.permissions_for(guild.me).send_messages
        role = await managing.create_role(wire, wire.owner, "Manager", Right.MANAGE_GUILD)
        (role_there,) = await client.hear("guild_role_create")
        assert (role_there.id, role_there.permissions.manage_guild) == (role.id, True)
        await moderation.set_guild(wire, wire.owner, tier=2, locale="de")
        await client.hear("guild_update")
        assert (guild.filesize_limit, str(guild.preferred_locale)) == (50 * 2**20, "de")
        assert (await guild.fetch_member(wire.owner.id)).name == wire.owner.name
        assert [each.name for each in await guild.fetch_channels()] == ["music", "lounge"]
        await managing.delete_channel(wire, wire.owner, lounge.id)
        await client.hear("guild_channel_delete")
        await moderation.kick(wire, wire.owner, wire.me.id)
        await client.hear("guild_remove")
        await membership.invite_bot(wire, wire.owner)
        await client.hear("guild_join")


async def test_discord_py_parses_messages_reactions_and_typing():
    """Written by people, answered by the bot, changed and deleted by both."""
    async with connected() as (wire, client, channel, music):
        anna = wire.person("anna")
        sent = await talk.send_message(wire, anna, channel.id, f"<@{wire.me.id}> hi")
        (message,) = await client.hear("message")
        assert (message.id, message.author.id, message.mentions) == (
            sent.id,
            anna.id,
            [client.user],
        )
        reply = await message.reply("hello", file=discord.File(__file__, "a.txt"))
        await client.hear("message")
        assert reply.reference.message_id == sent.id
        assert (
            await reply.attachments[0].read()
            == wire.channels[channel.id].messages[reply.id].files[0].data
        )
        await talk.send_message(wire, anna, channel.id, "thanks", reply_to=reply.id)
        (thanks,) = await client.hear("message")
        assert thanks.reference.resolved.id == reply.id
        # A bot gets no content of messages that do not mention it.
        await talk.send_message(wire, anna, channel.id, "what a day")
        (other,) = await client.hear("message")
        assert other.content == ""
        await talk.react(wire, anna, channel.id, reply.id, "🎸")
        (payload,) = await client.hear("raw_reaction_add")
        assert (payload.emoji.name, payload.user_id) == ("🎸", anna.id)
        await reply.add_reaction("🎸")
        (reaction,) = (await music.fetch_message(reply.id)).reactions
        assert (reaction.count, reaction.me) == (2, True)
        assert {user.id async for user in reaction.users()} == {anna.id, wire.me.id}
        await reply.remove_reaction("🎸", client.user)
        await talk.start_typing(wire, anna, channel.id)
        (typing,) = await client.hear("raw_typing")
        assert (typing.channel_id, typing.user_id) == (channel.id, anna.id)
        await talk.edit_message(wire, anna, channel.id, sent.id, "never mind")
        (edited,) = await client.hear("raw_message_edit")
        assert edited.message_id == sent.id
        await talk.delete_message(wire, anna, channel.id, sent.id)
        (deleted,) = await client.hear("raw_message_delete")
        assert deleted.message_id == sent.id
        history = [each.content async for each in music.history(limit=2)]
        # The second is a reply that mentions it.
        assert history == ["", "thanks"]
        await reply.edit(content="bye", attachments=[])
        assert wire.files.files == {}
        async with music.typing():
            await reply.delete()


async def test_discord_py_parses_polls_and_threads():
    """Begun by the bot, voted and written in by people."""
    async with connected() as (wire, client, channel, music):
        anna = wire.person("anna")
        poll = discord.Poll("Which?", timedelta(hours=1))
        poll.add_answer(text="jazz").add_answer(text="funk", emoji="🎷")
        asked = await music.send(poll=poll)
        await talk.vote(wire, anna, channel.id, asked.id, [2])
        await client.hear("raw_poll_vote_add")
        await talk.vote(wire, wire.owner, channel.id, asked.id, [2])
        there = (await music.fetch_message(asked.id)).poll
        assert [answer.vote_count for answer in there.answers] == [0, 2]
        voters = {user.id async for user in there.answers[1].voters()}
        assert voters == {anna.id, wire.owner.id}
        await end_due_polls(wire)
        assert not there.is_finalised()
        await asked.end_poll()
        (result,) = await client.hear("message")
        while result.type is not discord.MessageType.poll_result:
            (result,) = await client.hear("message")
        fields = {field.name: field.value for field in result.embeds[0].fields}
        assert (fields["victor_answer_text"], fields["total_votes"]) == ("funk", "2")
        thread = await asked.create_thread(name="after the poll")
        await talk.send_message(wire, anna, thread.id, f"<@{wire.me.id}> here")
        (inside,) = await client.hear("message")
        while inside.author.id != anna.id:
            (inside,) = await client.hear("message")
        assert inside.channel.id == thread.id
        await thread.send("yes")
        await thread.edit(archived=True)
        assert wire.channels[thread.id].thread.is_archived
        await places.create_thread(wire, anna, channel.id, "another")
        (made,) = await client.hear("thread_create")
        while made.name != "another":
            (made,) = await client.hear("thread_create")
        await made.join()
        assert [each.id for each in await made.fetch_members()] == [anna.id, wire.me.id]


async def test_discord_py_handles_commands_and_responses():
    """Options of all kinds, a user's menu, and suggestions."""
    async with connected() as (wire, client, channel, _):
        tree, anna = discord.app_commands.CommandTree(client), wire.person("anna")
        seen: asyncio.Queue[Any] = asyncio.Queue()

        @tree.command()
        async def show(
            interaction: discord.Interaction,
            text: str,
            number: float,
            yes: bool,
            who: discord.User,
            role: discord.Role,
            where: discord.TextChannel,
        ) -> None:
            """Show."""
            seen.put_nowait((text, number, yes, who.id, role.id, where.id))
            await interaction.response.send_message("shown", ephemeral=True)
            seen.put_nowait((await interaction.original_response()).flags.ephemeral)

        @show.autocomplete("text")
        async def suggest(
            interaction: discord.Interaction, current: str
        ) -> list[discord.app_commands.Choice[str]]:
            return [discord.app_commands.Choice(name=f"{current}!", value=current)]

        @tree.context_menu(name="Who is it")
        async def who_is(interaction: discord.Interaction, member: discord.Member) -> None:
            seen.put_nowait(member.id)
            await interaction.response.defer(thinking=True)
            await interaction.followup.send("a person")

        await tree.sync()
        assert [each.name for each in await tree.fetch_commands()] == ["show", "Who is it"]
        command_id = int(wire.commands.named("show")["id"])
        given = {
            "text": "a", "number": 1.5, "yes": True, "who": str(anna.id),
            "role": str(wire.guild.id), "where": str(channel.id),
        }  # fmt: skip
        options = [{"name": name, "value": value} for name, value in given.items()]
        typed = [{"name": "text", "value": "ja", "focused": True}]
        suggested = await commands.complete(wire, anna, channel.id, command_id, typed)
        assert [(each["name"], each["value"]) for each in suggested] == [("ja!", "ja")]
        used = await commands.use_command(wire, anna, channel.id, command_id, options)
        async with asyncio.timeout(60):
            assert await seen.get() == ("a", 1.5, True, anna.id, wire.guild.id, channel.id)
            assert await seen.get() is True
        assert used.message.content == "shown"
        menu_id = next(int(c["id"]) for c in wire.commands.everything() if c["type"] == 2)
        asked = await commands.use_menu(wire, anna, channel.id, menu_id, wire.owner.id)
        await wire.until(lambda: asked.message is not None and asked.message.content)
        assert (await seen.get(), asked.message.content) == (wire.owner.id, "a person")
        assert asked.followups == []
