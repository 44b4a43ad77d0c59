"""How every command of the bot is used on the demo's page, and what the page shows then."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.async_api import expect

OWNER, MANAGER, FRIEND, STRANGER = "robin", "maya", "tom", "lin"


@dataclass(frozen=True, kw_only=True)
class Walk:
    """How a command is used: the options that are typed, and the expected result."""

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
"""The files of cogs that build a form."""


async def walk(seat, name, step, file):
    """Use a command on the page, and check the result on the page."""

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
    # Items of a list are chosen by their beginning.
    if value in {"True", "False"}:
        await input_.press("Enter")


async def _open_option(seat, option):
    if not await seat.form.locator(f"[data-option='{option}']").count():
        await seat.form.locator(f".chip[aria-label^='Add {option}:']").click()
