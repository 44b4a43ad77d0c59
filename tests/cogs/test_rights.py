"""Every handler checks who presses and where, whatever id arrives.

The handlers are discovered, not listed: a new one without the check fails here.
"""

from __future__ import annotations

import dataclasses
import importlib
import itertools
import pkgutil
from contextlib import asynccontextmanager
from typing import Any

import discord

import cogs
from bot.domain.jobs import Kind, MessageHandle, Order, RequestOrigin
from bot.domain.limits import Limits
from bot.i18n.sentence import Sentence
from bot.store.new_clips import NewClip
from cogs.presentation import messages
from cogs.views.battle_buttons import BATTLE_ACTIONS
from cogs.views.clip_buttons import ACTIONS, UNKNOWN_BUTTON, ClipButton
from cogs.views.daily_buttons import DAILY_ACTIONS
from cogs.views.export_button import FORMATS
from cogs.views.forget_button import NOT_YOUR_QUESTION, forget_view
from cogs.views.form_fields import UNKNOWN_CHOICE
from cogs.views.persistent_button import PersistentButton
from cogs.views.radio_buttons import CLIP_ACTIONS, LIVE_ACTIONS
from cogs.views.report_buttons import VERDICTS
from tests.support.simulated_server import SimulatedServer, custom_ids, open_server

SECRET = "a song for Ophelia"
PRESSED_VIEW_SECONDS = 200.0
"""discord.py forgets the view of a pressed button after 180 seconds."""
CHOICES = {
    "format": FORMATS,
    "person": ("1",),
    "action": tuple(dict.fromkeys((*ACTIONS, *CLIP_ACTIONS, *LIVE_ACTIONS))),
    "deed": (*BATTLE_ACTIONS, *DAILY_ACTIONS),
    "verdict": VERDICTS,
    "what": ("clip", "takes"),
    "move": ("take", "hear", "undo-1", "fork", "close"),
    "message": ("0", "7"),
    "whose": ("mine", "everyone", "starred"),
    "words": ("song",),
    "how": ("play", "post"),
}
"""What a group of a custom id other than `id` may hold."""


@dataclasses.dataclass
class Stage:
    """Alice's clip, queued job and held clip; and another server with its owner."""

    server: SimulatedServer
    posted: Any
    ids: list[int]
    other: Any
    mallory: Any

    async def rows_of_alice(self):
        return [page async for page in self.server.store.privacy.export(self.server.alice.id)]

    async def forge(self, channel):
        """Messages of the bot with every button for every one of Alice's ids."""
        place = self.server.bot.get_channel(channel.id)
        buttons = [
            kind(id_, *values)
            for kind in handlers()
            for id_ in self.ids
            for values in arguments(kind)
        ]
        for start in range(0, len(buttons), 25):
            view = discord.ui.View(timeout=None)
            for button in buttons[start : start + 25]:
                button.item.row = None
                view.add_item(button)
            message = await place.send("forged", view=view)
            await self.server.env.settle()
            for button in buttons[start : start + 25]:
                yield message, button.item.custom_id
            # Else each settling looks through all views that were pressed so far.
            await self.server.env.advance_time(PRESSED_VIEW_SECONDS)


def handlers():
    """Every kind of button that works after a restart."""
    load_cogs()
    return sorted(PersistentButton.__subclasses__(), key=lambda each: each.__name__)


def arguments(kind):
    """Values that a button's custom id may hold beside the id."""
    groups = [name for name in kind.__discord_ui_compiled_template__.groupindex if name != "id"]
    assert set(groups) <= CHOICES.keys(), f"say in CHOICES what {kind.__name__} can be made of"
    return list(itertools.product(*(CHOICES[group] for group in groups)))


def load_cogs():
    for module in pkgutil.walk_packages(cogs.__path__, "cogs."):
        importlib.import_module(module.name)


def own(kind):
    """Our subclasses of one of discord.py's classes."""
    load_cogs()
    return {each for each in kind.__subclasses__() if each.__module__.startswith("cogs.")}


async def accept(server, key, channel):
    origin = RequestOrigin(user_id=server.alice.id, channel_id=channel.id, guild_id=server.guild.id)
    order = Order(key=key, origin=origin, kind=Kind.MUSIC, seconds=1.0, seed=3, prompt=SECRET)
    limits = Limits(daily_seconds=1e6, waiting_per_user=9, waiting_per_guild=9, waiting=9)
    return await server.store.jobs.accept(order, limits, MessageHandle())


async def hold(server, job):
    await server.store.jobs.start(job.id)
    clip = NewClip(
        job_id=job.id, origin=job.order.origin, kind=job.order.kind, prompt=job.order.prompt,
        seconds=1.0, seconds_before=0.0, seed=3, sampling=job.order.sampling, model="scripted",
        file="held.flac", parent_ids=(), made_in_seconds=1.0,
    )  # fmt: skip
    made = await server.store.jobs.record_clip(job.id, clip)
    await server.store.jobs.begin_delivery(job.id)
    assert await server.store.jobs.hold(job.id, Sentence("held"))
    return made


@asynccontextmanager
async def open_stage(folder):
    async with open_server(folder) as server:
        posted = (await server.music(prompt=SECRET, seconds=1.0)).response
        clip = await server.newest_clip()
        waiting, held = (
            await accept(server, "waiting", server.channel),
            await accept(server, "held", server.channel),
        )
        kept = await hold(server, held)
        boss = server.env.create_user("mallory")
        other = server.env.create_guild("Elsewhere", owner=boss)
        mallory = other.add_member(boss)
        channel = other.create_text_channel("lobby")
        ids = sorted(
            {server.alice.id, clip.id, clip.job_id, waiting.id, held.id, kept.id, posted.id}
        )
        yield Stage(server, posted, ids, channel, mallory)
        await server.pipeline.cancel(waiting.id)


def refused(result):
    """Whether a press got one private sentence that reveals nothing of Alice's."""
    answer = result.followups[-1] if result.followups else result.response
    assert result.modal is None
    assert answer.ephemeral
    assert answer.content
    assert not answer.embeds
    assert not answer.attachments
    assert SECRET not in answer.content
    return True


def test_every_handler_is_registered_and_does_not_override_the_check():
    """The server is checked once, where every handler passes."""
    for kind in handlers():
        assert "callback" not in vars(kind), kind
        assert "interaction_check" not in vars(kind), kind


async def test_buttons_check_ids_and_permissions(tmp_path):
    """On another server every button is refused, even for its owner.

    Nothing is shown and nothing changes. On the clip's own server everybody can view it, and
    only its author can change it.
    """
    async with open_stage(tmp_path) as stage:
        server, before = stage.server, await stage.rows_of_alice()
        registered = server.bot._connection._view_store._dynamic_items.values()
        assert set(registered) == set(handlers())
        pressed = 0
        async for message, custom_id in stage.forge(stage.other):
            assert refused(await stage.mallory.click(message, custom_id=custom_id)), custom_id
            pressed += 1
        assert pressed >= len(ACTIONS) * len(stage.ids)
        assert await stage.rows_of_alice() == before
        assert await server.store.jobs.waiting_of(stage.mallory.id) == []
        # Bob makes nothing himself: his clip would have the number of one of hers.
        await server.store.settings.block(server.guild.id, server.bob.id, True)
        async for message, custom_id in stage.forge(server.channel):
            await server.bob.click(message, custom_id=custom_id)
        await server.idle()
        assert await stage.rows_of_alice() == before


async def test_clips_of_invisible_channels_are_not_shown(tmp_path):
    """By no button and no number; clips of channels that the person sees can be named anywhere."""
    async with open_server(tmp_path) as server:
        hidden = {server.bob: discord.PermissionOverwrite(view_channel=False)}
        studio = server.guild.create_text_channel("studio", overwrites=hidden)
        await server.alice.slash(studio, "music", prompt=SECRET, seconds=1.0)
        await server.idle()
        clip = await server.newest_clip()
        place = server.bot.get_channel(server.channel.id)
        for action in ACTIONS:
            view = discord.ui.View(timeout=None)
            view.add_item(button := ClipButton(clip.id, action))
            message = await place.send("forged", view=view)
            await server.env.settle()
            assert refused(await server.bob.click(message, custom_id=button.item.custom_id)), action
        mixed = await server.bob.slash(server.channel, "mix", a=str(clip.id), b=str(clip.id))
        assert refused(mixed)
        for command in ("clip", "export", "tree"):
            assert refused(await server.bob.slash(server.channel, command, clip=str(clip.id))), (
                command
            )
        seen = await server.alice.slash(server.channel, "tree", clip=str(clip.id))
        assert seen.response.embeds


async def test_commands_and_menus_refuse_ids_of_other_servers(tmp_path):
    """Nor are such ids suggested; every option with suggestions is discovered and tried."""
    async with open_stage(tmp_path) as stage:
        before, asked = await stage.rows_of_alice(), set()
        for command in stage.server.bot.tree.walk_commands():
            for parameter in getattr(command, "parameters", ()):
                if not parameter.autocomplete:
                    continue
                name = command.qualified_name
                offered = await stage.mallory.autocomplete(stage.other, name, parameter.name, "")
                assert SECRET not in str(offered)
                if parameter.name in ("prompt", "keep", "preset", "zone", "language"):
                    continue  # an option for words, not for an id
                asked.add((name, parameter.name))
                is_number = parameter.type is discord.AppCommandOptionType.integer
                words = {"prompt": "rock"} if name in ("music", "remix") else {}
                for id_ in stage.ids:
                    if is_number and id_ > 2**53:
                        continue  # Discord sends no such number
                    option = {parameter.name: id_ if is_number else str(id_)}
                    if name == "mix":
                        option = {"a": str(id_), "b": str(id_)}
                    result = await stage.mallory.slash(stage.other, name, **words, **option)
                    assert refused(result), (name, option)
        assert asked == {
            ("battle", "clip"),
            ("cancel", "job"),
            ("clip", "clip"),
            ("export", "clip"),
            ("mix", "a"),
            ("mix", "b"),
            ("music", "like"),
            ("preset delete", "name"),
            ("preset share", "name"),
            ("radio source", "jam"),
            ("radio start", "jam"),
            ("remix", "mine"),
            ("tree", "clip"),
        }
        assert await stage.rows_of_alice() == before
        # Menu entries get a message from Discord; one without sound is refused.
        message = await stage.server.bot.get_channel(stage.other.id).send("nothing to hear")
        await stage.server.env.settle()
        menus = stage.server.bot.tree.get_commands(type=discord.AppCommandType.message)
        assert len(menus) >= 3
        for menu in menus:
            assert refused(await stage.mallory.context_menu(stage.other, menu.name, message))


def test_every_form_and_view_survives_a_restart():
    """Buttons are persistent views, and forms are recognized by their custom id."""
    assert own(discord.ui.Modal) == own(discord.ui.View) == set()


async def test_forms_refuse_ids_of_other_servers(tmp_path):
    """A clip's or a message's, even if its sound was remembered for the person who opened it."""
    async with open_stage(tmp_path) as stage:
        server, before = stage.server, await stage.rows_of_alice()
        sound = await stage.posted.attachments[0].read()
        sent = await server.bob.send(server.channel, "private", attachments=[("x.mp3", sound)])
        await server.bob.context_menu(server.channel, "Remix this clip", sent)
        made = await stage.mallory.slash(stage.other, "music", prompt="rock", seconds=1.0)
        await server.idle()
        for kind in ("clip", "message"):
            for id_ in (*stage.ids, sent.id):
                form = await stage.mallory.click(made.response, label="Remix")
                if kind == "clip" and id_ == (await server.newest_clip(stage.mallory)).id:
                    continue
                form._interaction.modal["custom_id"] = f"zhiyin:remix:{kind}:{id_}"
                words, keep, include = custom_ids(form.modal)
                answers = {words: "as jazz", keep: ["2"], include: ["no"]}
                assert refused(await stage.mallory.submit_modal(form, answers)), (kind, id_)
        assert await stage.rows_of_alice() == before
        assert await server.store.jobs.waiting_of(stage.mallory.id) == []


async def test_a_submitted_form_is_validated_again(tmp_path):
    """A clip deleted meanwhile is not remixed; an option that is no choice is refused."""
    async with open_stage(tmp_path) as stage:
        server = stage.server
        form = await server.bob.click(stage.posted, label="Remix")
        words, keep, include = custom_ids(form.modal)
        options = form._interaction.modal["components"][1]["component"]["options"]
        options.append({"label": "the last 99 seconds", "value": "99"})
        odd = await server.bob.submit_modal(form, {words: "as jazz", keep: ["99"], include: ["no"]})
        assert odd.response.content == str(UNKNOWN_CHOICE)
        again = await server.bob.click(stage.posted, label="Remix")
        (shown,) = await server.store.clips.by_message(stage.posted.id)
        await server.pipeline.library.delete(shown)
        words, keep, include = custom_ids(again.modal)
        gone = await server.bob.submit_modal(
            again, {words: "as jazz", keep: ["2"], include: ["no"]}
        )
        assert gone.response.content == str(messages.NO_CLIP)


async def test_only_the_asked_person_confirms_erasure(tmp_path):
    """Even if others can see the button."""
    async with open_stage(tmp_path) as stage:
        server, before = stage.server, await stage.rows_of_alice()
        view = forget_view(server.bot.languages.renderer(None), server.alice.id)
        message = await server.bot.get_channel(server.channel.id).send("all?", view=view)
        await server.env.settle()
        answer = await server.bob.click(message, label="Delete everything of mine")
        assert answer.response.content == str(NOT_YOUR_QUESTION)
        assert await stage.rows_of_alice() == before


async def test_an_obsolete_button_is_answered(tmp_path):
    """With another version's id, or an impossible one: the answer is a sentence."""
    async with open_stage(tmp_path) as stage:
        server, place = stage.server, stage.server.bot.get_channel(stage.server.channel.id)
        for button, sentence in (
            (ClipButton(1, "sing"), UNKNOWN_BUTTON),
            (ClipButton(10**60, "again"), messages.NO_CLIP),
        ):
            view = discord.ui.View(timeout=None)
            view.add_item(button)
            message = await place.send("old", view=view)
            await server.env.settle()
            answer = await server.bob.click(message, custom_id=button.item.custom_id)
            assert answer.response.content == str(sentence)
