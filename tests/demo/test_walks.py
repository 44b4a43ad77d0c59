"""Every action that the bot offers, done by hand on the demo's page, by several people.

The tables in `demo_walks` are compared with the bot's own: a new command, button or form that
nobody uses here fails a test.
"""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from pathlib import Path

import discord
import pytest
import pytest_asyncio
from playwright.async_api import expect

from bot.demo.discord.actions import membership, places
from bot.demo.discord.rights import Overwrite, Right
from bot.demo.riff import riff
from cogs.views.clip_buttons import ACTIONS
from tests.support.demo_stage import needs_chromium, open_chromium, open_demo_stage, open_seat
from tests.support.demo_walks import (
    BUTTONS,
    COMMANDS,
    FORMS,
    FRIEND,
    MANAGER,
    MENUS,
    OWNER,
    STRANGER,
    walk,
)

ROOT = Path(__file__).parents[2]


STEMS_ENGINE = "tests.support.scripted_worker:open_stems_engine"


pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory):
    """The demo, with an engine that has stems."""
    async with open_demo_stage(tmp_path_factory.mktemp("demo"), engine=STEMS_ENGINE) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    """One browser for all tests."""
    async with open_chromium() as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def seats(stage, browser):
    """Pages of the owner, the manager and a friend."""
    async with AsyncExitStack() as stack:
        yield {
            name: await stack.enter_async_context(open_seat(stage, browser, name))
            for name in (OWNER, MANAGER, FRIEND)
        }


@pytest.fixture(scope="module")
def sound_file(tmp_path_factory):
    """A sound that is no clip of the bot."""
    file = tmp_path_factory.mktemp("sounds") / "riff.wav"
    file.write_bytes(riff())
    return file


def leaves(tree):
    """The full names of all slash commands of the bot."""
    for command in tree.walk_commands():
        if not isinstance(command, discord.app_commands.Group):
            yield command.qualified_name


async def test_every_command_and_button_is_covered(stage):
    """Every command, menu entry, kind of button and form has its walk here."""
    tree = stage.bot.tree
    assert set(leaves(tree)) == set(COMMANDS)
    assert {each.name for each in tree.walk_commands(type=discord.AppCommandType.message)} == {
        *MENUS
    }
    assert list(tree.walk_commands(type=discord.AppCommandType.user)) == []
    known = stage.bot._connection._view_store._dynamic_items.values()
    assert {each.__name__ for each in known} == BUTTONS
    sources = (ROOT / "cogs").rglob("*.py")
    assert {each.stem for each in sources if "ui.Modal(" in each.read_text("utf-8")} == FORMS


def is_offered_in_direct_messages(tree, name):
    """Tell whether Discord shows a command in direct messages."""
    contexts = tree.get_command(name.split()[0]).allowed_contexts
    return contexts is None or contexts.dm_channel is not False


def walks(name, command, step):
    """Tell whether somebody uses a command: what anybody may use is used by the friend.

    The manager uses what managers decide, and the owner what is theirs alone.
    """
    if name == FRIEND:
        return not command.startswith("admin ")
    is_for_managers = command.startswith(("admin ", "preset "))
    return bool(step.says_to_manager) or (name == MANAGER and is_for_managers)


@pytest.mark.parametrize("name", [OWNER, MANAGER, FRIEND])
async def test_every_offered_command_works(seats, sound_file, name):
    """The page offers what the server lets them use, and shows each answer.

    A command whose answer is the same for all is used by one of them.
    """
    seat = seats[name]
    await seat.go("music")
    offers = seat.page.locator(".composer [role=option]")
    for command, step in COMMANDS.items():
        if walks(name, command, step):
            await walk(seat, command, step, sound_file)
        else:
            await seat.box.fill(f"/{command}")
            if name == FRIEND:
                await expect(offers).to_have_count(0)
            else:
                await expect(offers.filter(has_text=f"/{command}").first).to_be_visible()
            await seat.box.fill("")


async def test_commands_work_in_direct_messages(stage, browser, sound_file):
    """For a person who left the server but installed the app: all commands but server ones."""
    lin = stage.people[STRANGER]
    lin.has_app = True
    await membership.leave(stage.discord, lin)
    await places.open_dm(stage.discord, lin, stage.discord.me.id)
    async with open_seat(stage, browser, STRANGER, ready=".composer textarea:enabled") as seat:
        for command, step in COMMANDS.items():
            if is_offered_in_direct_messages(stage.bot.tree, command):
                await walk(seat, command, step, sound_file)
    await membership.rejoin(stage.discord, lin)


async def press(seat, message, label):
    """Press a button under a message; return the interaction."""
    begins = re.compile(f"^{re.escape(label)}")
    button = seat.message(message).locator("[data-act=press]", has_text=begins)
    return await seat.asks(button.click)


async def choose_from_menu(seat, message, entry):
    """Open the context menu of a message, and choose an entry of Apps."""
    await seat.message(message).locator(".author").last.scroll_into_view_if_needed()
    await seat.message(message).locator("time").click(button="right")
    return await seat.asks(seat.page.locator("[role=menuitem]", has_text=entry).click)


async def made(seat, asked):
    """Wait for the clip of an interaction, and return its message."""
    stage = seat.stage

    def find():
        messages = [each for each in (asked.message, *asked.followups) if each]
        return next((each for each in messages if _has_sound(each)), None)

    message = await stage.until(find, lambda: _said(asked))
    await expect(seat.message(message).locator("audio").first).to_be_attached()
    return message


def _said(asked):
    return [each.content for each in (asked.message, *asked.followups) if each]


def _has_sound(message):
    return any(file.name.endswith((".mp3", ".wav")) for file in message.files)


async def fill_remix(seat, words):
    """Fill in the form of a remix; return the interaction."""
    dialog = seat.page.locator("dialog")
    await dialog.locator("[name=words]").fill(words)
    return await seat.asks(dialog.locator("button[type=submit]").click)


async def send_mix(seat):
    """Mix with the first suggested clip; return the interaction."""
    dialog = seat.page.locator("dialog")
    await dialog.locator("select[name=other]").select_option(index=1)
    return await seat.asks(dialog.locator("button[type=submit]").click)


async def test_every_clip_button_works(stage, seats):
    """For the person who ordered the clip."""
    seat = seats[FRIEND]
    await seat.go("music")
    first = await made(seat, await seat.types("/music prompt:beat seconds:8"))
    buttons = seat.message(first).locator("[data-act=press]")
    customs = await buttons.evaluate_all("all => all.map(each => each.dataset.custom)")
    assert [each.rpartition(":")[2] for each in customs] == [
        action for action in ACTIONS if action != "post"
    ]
    for label in ("Again", "Continue", "Loop", "Stems"):
        await made(seat, await press(seat, first, label))
    asked = await press(seat, first, "Remix")
    assert asked.modal
    await made(seat, await fill_remix(seat, "as jazz"))
    asked = await press(seat, first, "Mix")
    assert asked.modal
    await made(seat, await send_mix(seat))
    await seats[MANAGER].go("music")
    await press(seats[MANAGER], first, "⭐")
    await expect(buttons.get_by_text("⭐ 1")).to_be_visible()
    asked = await press(seat, first, "Tree")
    tree = await stage.until(lambda: next(iter(asked.followups), asked.message))
    await expect(seat.message(tree)).to_contain_text("The family of clip")
    asked = await press(seat, first, "Details")
    details = await stage.until(lambda: next(iter(asked.followups), asked.message))
    await expect(seat.message(details)).to_contain_text("Seed")
    asked = await press(seat, details, "WAV")
    exported = await stage.until(lambda: next(iter(asked.followups), asked.message))
    await expect(seat.message(exported)).to_contain_text("as WAV")
    await delete(seat, first)
    await expect(seat.message(first)).to_have_count(0)


async def delete(seat, message):
    """Press *Delete* under a message and answer the question."""
    asked = await press(seat, message, "Delete")
    question = await seat.stage.until(lambda: asked.message)
    await press(seat, question, "Delete")
    return question


async def test_buttons_of_takes_work(stage, seats):
    """Four players, a button for each, four more, one deleted, all deleted."""
    seat = seats[FRIEND]
    await seat.go("music")
    takes = await made(seat, await seat.types("/music prompt:beat seconds:1 takes:4"))
    await expect(seat.message(takes).locator("audio")).to_have_count(4)
    asked = await press(seat, takes, "3")
    chosen = await stage.until(lambda: asked.message)
    await expect(seat.message(chosen)).to_contain_text("Take 3")
    await made(seat, await press(seat, chosen, "Continue"))
    question = await delete(seat, chosen)
    await expect(seat.message(question)).to_contain_text("Deleted.")
    await expect(seat.message(takes).locator("audio")).to_have_count(3)
    again = await made(seat, await press(seat, takes, "Again"))
    await expect(seat.message(again).locator("audio")).to_have_count(4)
    await delete(seat, again)
    await expect(seat.message(again)).to_have_count(0)


async def test_history_plays_and_posts_the_chosen_clip(stage, seats):
    """Pages replace each other; a number plays privately, and a button posts for all."""
    seat = seats[FRIEND]
    await seat.go("music")
    for _ in range(3):
        await made(seat, await seat.types("/music prompt:beat seconds:1 takes:4"))
    asked = await seat.types("/history whose:everybody's")
    listed = await stage.until(lambda: asked.message)
    await press(seat, listed, "Next")
    await expect(seat.message(listed)).to_contain_text("Page 2")
    await press(seat, listed, "Back")
    await expect(seat.message(listed)).to_contain_text("Page 1")
    played = await made(seat, await press(seat, listed, "2"))
    assert played.is_ephemeral
    posted = await made(seat, await press(seat, played, "Post it here"))
    assert not posted.is_ephemeral


async def test_a_private_clip_is_posted_by_its_button(stage, seats):
    """The page marks it as private; posting makes it public."""
    seat = seats[FRIEND]
    await seat.go("music")
    mine = await made(seat, await seat.types("/music prompt:beat seconds:1 private:True"))
    assert mine.is_ephemeral
    await expect(seat.message(mine)).to_contain_text("Only you see this")
    posted = await made(seat, await press(seat, mine, "Post it"))
    assert not posted.is_ephemeral
    await expect(seats[MANAGER].message(posted).locator("audio")).to_have_count(1)


async def test_every_menu_entry_works(stage, seats):
    """On a clip of the bot, and on a file that somebody posted."""
    seat = seats[FRIEND]
    await seat.go("music")
    clip = await made(seat, await seat.types("/music prompt:beat seconds:4"))
    asked = await choose_from_menu(seat, clip, "What is this clip?")
    answer = await stage.until(lambda: asked.message)
    await expect(seat.message(answer)).to_contain_text("Seed")
    await made(seat, await choose_from_menu(seat, clip, "Continue this clip"))
    await choose_from_menu(seat, clip, "Remix this clip")
    await made(seat, await fill_remix(seat, "as a waltz"))

    await report_and_answer(stage, seats, clip)

    await seat.go("uploads")
    (riff_,) = (each for each in stage.channels["uploads"].seen if each.files)
    asked = await choose_from_menu(seat, riff_, "What is this clip?")
    answer = await stage.until(lambda: asked.message)
    await expect(seat.message(answer)).to_contain_text("not")
    await choose_from_menu(seat, riff_, "Remix this clip")
    await made(seat, await fill_remix(seat, "as synthwave"))


async def report_and_answer(stage, seats, clip):
    """The owner sets a log and reports a clip; the buttons under the report work."""
    owner = seats[OWNER]
    await owner.go("music")
    await owner.types("/admin log channel:jam-talk")
    asked = await choose_from_menu(owner, clip, "Report this clip")
    answer = await stage.until(lambda: asked.message)
    await expect(owner.message(answer)).to_contain_text("nobody is told that it was you")
    log = stage.channels["jam-talk"]
    report = await stage.until(lambda: next((m for m in log.seen if "Reported" in m.content), None))
    await owner.go("jam-talk")
    await press(owner, report, "It is fine")
    await expect(owner.message(report)).to_contain_text("it is fine.")
    await owner.types("/admin log")
    await owner.go("music")


async def test_buttons_of_answers_work(stage, seats):
    """Cancel, an unclear order, a held clip, and the erasure."""
    seat, manager = seats[FRIEND], seats[MANAGER]
    await seat.go("music")
    await manager.go("music")
    stage.pipeline.executor.paused = True
    asked = await seat.types("/music prompt:slowly")
    waiting = await stage.until(lambda: asked.message)
    await press(seat, waiting, "Cancel")
    await expect(seat.message(waiting)).to_contain_text("ancelled")

    # A manager may cancel another person's job.
    asked = await seat.types("/music prompt:slow as well")
    waiting = await stage.until(lambda: asked.message)
    await press(manager, waiting, "Cancel")
    await expect(manager.message(waiting)).to_contain_text("ancelled")
    stage.pipeline.executor.paused = False

    await mention(seat, "I think ", "could play a waltz")
    question = await stage.until(lambda: _answer_with(stage, "Make it"))
    await made(seat, await press(seat, question, "Make it"))

    held = await hold_clip(stage, seat)
    await seat.go("music")
    asked = await seat.types("/history")
    answer = await stage.until(lambda: asked.message)
    await made(seat, await press(seat, answer, f"Get clip {held}"))

    asked = await seat.types("/privacy delete")
    question = await stage.until(lambda: asked.message)
    await press(seat, question, "Delete everything of mine")
    await expect(seat.message(question)).to_contain_text("eleted")


async def mention(seat, before, after):
    """Write a message that mentions the bot, chosen from the list of names."""
    await seat.box.fill(f"{before}@{seat.stage.discord.me.name}")
    await seat.box.press("Enter")
    await seat.box.press_sequentially(after)
    await seat.box.press("Enter")


async def hold_clip(stage, seat):
    """Order a clip that can't be delivered anywhere, and return its number."""
    room, seat.person.takes_dms = stage.channels["jam-talk"], False
    await seat.go(room.name)
    stage.pipeline.executor.paused = True
    await mention(seat, "", "slow")
    await stage.until(lambda: stage.pipeline.in_flight)
    role = stage.discord.guild.members[stage.discord.me.id].role_ids[0]
    room.overwrites[role] = Overwrite(role, deny=Right.VIEW_CHANNEL)
    stage.pipeline.executor.paused = False
    await stage.pipeline.idle()
    del room.overwrites[role]
    seat.person.takes_dms = True
    (clip,) = await stage.store.clips.held_of(seat.person.id, 5)
    return clip.id


def _answer_with(stage, label):
    """The latest message in the music channel that has a button."""
    found = [
        each
        for each in stage.channels["music"].seen
        if any(component.get("label") == label for component in each.components())
    ]
    return found[-1] if found else None
