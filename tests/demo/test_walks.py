"""Everything that can be done with the bot, done by hand on the demo's page, by everybody.

The tables below are compared with what the bot really has: a command, a button or a form that is
new and that nobody walks here fails a test.
"""

from __future__ import annotations

import re
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
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

ROOT = Path(__file__).parents[2]
STEMS_ENGINE = "tests.support.scripted_worker:open_stems_engine"
OWNER, MANAGER, FRIEND, STRANGER = "robin", "maya", "tom", "lin"

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]


@dataclass(frozen=True, kw_only=True)
class Walk:
    """How a command is used: the options that are typed, and what comes of it."""

    options: dict = field(default_factory=dict)
    has_file: bool = False
    says: str = ""
    says_to_manager: str = ""
    says_to_friend: str = ""
    says_to_stranger: str = ""
    makes_clip: bool = False


LATEST, EARLIER = "the number of their latest clip", "the number of the clip before it"
COMMANDS = {
    "music": Walk(options={"prompt": "90s rock", "seconds": "1"}, makes_clip=True),
    "random": Walk(options={"seconds": "1"}, makes_clip=True),
    "remix": Walk(options={"prompt": "as jazz", "seconds": "1"}, has_file=True, makes_clip=True),
    "mix": Walk(options={"a": LATEST, "b": EARLIER}, makes_clip=True),
    "clip": Walk(options={"clip": LATEST}, makes_clip=True),
    "export": Walk(options={"clip": LATEST}, says="as FLAC"),
    "tree": Walk(options={"clip": LATEST}, says="The family of clip"),
    "whatis": Walk(has_file=True, says="not"),
    "queue": Walk(says="Nobody is waiting"),
    "cancel": Walk(says="nothing of yours to cancel"),
    "history": Walk(says="90s rock"),
    "settings": Walk(options={"call": "True"}, says="unless you say otherwise"),
    "favourites": Walk(says="press ⭐ under a clip"),
    "top": Walk(says="Press ⭐ under what you like", says_to_stranger="on servers"),
    "preset save": Walk(options={"name": "Evening", "words": "lo-fi"}, says="lo-fi"),
    "preset list": Walk(says="Evening"),
    "preset share": Walk(
        options={"name": "Evening"},
        says="Everybody on this server",
        says_to_friend="Only managers of this server",
        says_to_stranger="works in servers only",
    ),
    "preset delete": Walk(options={"name": "Evening"}, says="is deleted"),
    "jam start": Walk(
        options={"title": "Evening", "bars": "1"},
        says="Your jam is open",
        says_to_stranger="on servers",
    ),
    "jam list": Walk(says="Evening", says_to_stranger="on servers"),
    "jam status": Walk(says="There is no jam here"),
    "jam close": Walk(says="There is no jam here"),
    "radio start": Walk(says="Join a voice channel first"),
    "radio stop": Walk(says="No radio is on"),
    "radio skip": Walk(says="No radio is on"),
    "radio words": Walk(options={"words": "harp"}, says="No radio is on"),
    "radio now": Walk(says="No radio is on"),
    "radio source": Walk(says="No radio is on"),
    "battle": Walk(
        options={"prompt": "lo-fi"},
        says="Press Enter",
        says_to_manager="already",
        says_to_friend="already",
        says_to_stranger="on servers",
    ),
    "ladder": Walk(says="Nobody has fought", says_to_stranger="on servers"),
    "quota": Walk(says="of music left today"),
    "report": Walk(
        options={"clip": LATEST},
        says="This clip is your own",
        says_to_stranger="and this isn't one",
    ),
    "privacy show": Walk(says="What I store about you"),
    "privacy export": Walk(says="everything I store about you"),
    "privacy delete": Walk(says="This deletes your clips"),
    "help": Walk(says="Make music"),
    "about": Walk(says="Zhiyin"),
    "styles": Walk(says="bossa nova"),
    "admin best": Walk(options={"channel": "jam-talk", "stars": "9"}, says="have 9 stars"),
    "admin daily": Walk(options={"channel": "jam-talk", "hour": "9"}, says="the first one"),
    "admin language": Walk(options={"language": "English"}, says="Language: English"),
    "admin settings": Walk(says="Longest clip"),
    "admin tier": Walk(options={"role": "Player", "seconds": "5500"}, says="5500 s"),
    "admin limits": Walk(options={"waiting": "150"}, says="at once: 150"),
    "admin unlimit": Walk(says="at once: as configured"),
    "admin channel": Walk(options={"channel": "music", "allowed": "False"}, says="Longest clip"),
    "admin block": Walk(options={"person": "Lin"}, says="Lin"),
    "admin unblock": Walk(options={"person": "Lin"}, says="Longest clip"),
    "admin reset": Walk(options={"person": "Lin"}, says="used nothing here today"),
    "admin words add": Walk(options={"entry": "plonk*"}, says="is on the list"),
    "admin words list": Walk(says="plonk"),
    "admin words test": Walk(options={"words": "P.L.O.N.K"}, says="would be refused because of"),
    "admin words remove": Walk(options={"entry": "plonk*"}, says="is off the list"),
    "admin uploads": Walk(options={"role": "Player", "allowed": "False"}, says="Longest clip"),
    "admin log": Walk(says="The log is off"),
    "admin status": Walk(says="How I am doing"),
    "admin drain": Walk(
        options={"on": "False"}, says="accepted again", says_to_manager="Only the owner"
    ),
}
MENUS = ("Remix this clip", "Continue this clip", "What is this clip?", "Report this clip")
BUTTONS = {
    "BattleButton",
    "DailyButton",
    "ClipButton",
    "JamButton",
    "ExportButton",
    "TakeButton",
    "TakesButton",
    "DeleteButton",
    "HistoryButton",
    "PlayButton",
    "CancelButton",
    "OrderButton",
    "HeldButton",
    "ForgetButton",
    "ReportButton",
    "RadioButton",
    "SoundboardButton",
}
FORMS = {"battle_form", "daily_form", "jam_form", "mix_form", "radio_words_form", "remix_form"}
"""The files of cogs that build one."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def stage(tmp_path_factory):
    """The demo, with an engine that has stems."""
    async with open_demo_stage(tmp_path_factory.mktemp("demo"), engine=STEMS_ENGINE) as opened:
        yield opened


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser():
    """One browser for all."""
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
    """A sound that is no clip of the bot's."""
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
    """Tell whether Discord shows a command outside of servers."""
    contexts = tree.get_command(name.split()[0]).allowed_contexts
    return contexts is None or contexts.dm_channel is not False


async def walk(seat, name, step, file):
    """Use a command on the page, and see on the page what comes of it."""

    async def do():
        await seat.box.fill(f"/{name} ")
        await seat.form.wait_for()
        for option, value in step.options.items():
            if value in (LATEST, EARLIER):
                theirs = await seat.stage.store.clips.of_user(seat.person.id, 2)
                value = str(theirs[0 if value == LATEST else 1].id)
            await _fill(seat, option, value)
        if step.has_file:
            await _open_option(seat, "clip")
            await seat.form.locator("[data-option=clip] input").set_input_files(file)
        await seat.form.locator(".command-foot button").click()

    asked = await seat.asks(do)
    answer = await seat.stage.until(lambda: asked.message)
    others = {MANAGER: step.says_to_manager, FRIEND: step.says_to_friend}
    other = (others | {STRANGER: step.says_to_stranger}).get(seat.name)
    shown = seat.message(answer)
    if step.makes_clip:
        await expect(shown.locator("audio")).to_have_count(1)
    else:
        await expect(shown).to_contain_text(other or step.says)
    if answer.is_ephemeral:
        await shown.locator("[data-act=dismiss]").click()
        await expect(shown).to_have_count(0)


async def _fill(seat, option, value):
    await _open_option(seat, option)
    input_ = seat.form.locator(f"[data-option='{option}'] input")
    await input_.fill(value)
    # What is taken from a list is taken by its beginning.
    if value in {"True", "False"}:
        await input_.press("Enter")


async def _open_option(seat, option):
    if not await seat.form.locator(f"[data-option='{option}']").count():
        await seat.form.locator(f".chip[aria-label^='Add {option}:']").click()


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
    """Somebody who left the server, and has the app for themselves: all but what manages one."""
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
    """Press a button under a message; return what the bot was asked."""
    begins = re.compile(f"^{re.escape(label)}")
    button = seat.message(message).locator("[data-act=press]", has_text=begins)
    return await seat.asks(button.click)


async def choose_from_menu(seat, message, entry):
    """Open the menu of a message with the right button, and take an entry of Apps."""
    await seat.message(message).locator(".author").last.scroll_into_view_if_needed()
    await seat.message(message).locator("time").click(button="right")
    return await seat.asks(seat.page.locator("[role=menuitem]", has_text=entry).click)


async def made(seat, asked):
    """Wait until a clip is there that was asked for, and return its message."""
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
    """Fill in the form of a remix; return what the bot was asked."""
    dialog = seat.page.locator("dialog")
    await dialog.locator("[name=words]").fill(words)
    return await seat.asks(dialog.locator("button[type=submit]").click)


async def send_mix(seat):
    """Mix with the clip that is offered first; return what the bot was asked."""
    dialog = seat.page.locator("dialog")
    await dialog.locator("select[name=other]").select_option(index=1)
    return await seat.asks(dialog.locator("button[type=submit]").click)


async def test_every_clip_button_works(stage, seats):
    """For whoever asked for the clip."""
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
    """Four players, a number for each, as many again, one deleted, all deleted."""
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
    """A page turns in its place; a number plays to one person, and a button posts for all."""
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
    """The page shows that only they see it; and then everybody does."""
    seat = seats[FRIEND]
    await seat.go("music")
    mine = await made(seat, await seat.types("/music prompt:beat seconds:1 private:True"))
    assert mine.is_ephemeral
    await expect(seat.message(mine)).to_contain_text("Only you see this")
    posted = await made(seat, await press(seat, mine, "Post it"))
    assert not posted.is_ephemeral
    await expect(seats[MANAGER].message(posted).locator("audio")).to_have_count(1)


async def test_every_menu_entry_works(stage, seats):
    """On a clip of the bot's, and on a file that somebody else has posted."""
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
    """The owner names a log and reports a clip there; the buttons under the report work."""
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
    """Cancel, an order that was not clear, a clip that was held, and deleting everything."""
    seat, manager = seats[FRIEND], seats[MANAGER]
    await seat.go("music")
    await manager.go("music")
    asked = await seat.types("/music prompt:slowly")
    waiting = await stage.until(lambda: asked.message)
    await press(seat, waiting, "Cancel")
    await expect(seat.message(waiting)).to_contain_text("ancelled")

    # A manager may cancel what is another's.
    asked = await seat.types("/music prompt:slow as well")
    waiting = await stage.until(lambda: asked.message)
    await press(manager, waiting, "Cancel")
    await expect(manager.message(waiting)).to_contain_text("ancelled")

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
    """Write a message that mentions the bot, its name taken from the list."""
    await seat.box.fill(f"{before}@{seat.stage.discord.me.name}")
    await seat.box.press("Enter")
    await seat.box.press_sequentially(after)
    await seat.box.press("Enter")


async def hold_clip(stage, seat):
    """Have a clip made that can be posted nowhere, and return its number."""
    room, seat.person.takes_dms = stage.channels["jam-talk"], False
    await seat.go(room.name)
    await mention(seat, "", "slow")
    await stage.until(lambda: stage.pipeline.in_flight)
    role = stage.discord.guild.members[stage.discord.me.id].role_ids[0]
    room.overwrites[role] = Overwrite(role, deny=Right.VIEW_CHANNEL)
    await stage.pipeline.idle()
    del room.overwrites[role]
    seat.person.takes_dms = True
    (clip,) = await stage.store.clips.held_of(seat.person.id, 5)
    return clip.id


def _answer_with(stage, label):
    """The latest message in the room for music that has a button."""
    found = [
        each
        for each in stage.channels["music"].seen
        if any(component.get("label") == label for component in each.components())
    ]
    return found[-1] if found else None
