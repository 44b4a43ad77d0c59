"""Everything that people see passes through the catalog, in the reader's language."""

from __future__ import annotations

import re

import simcord.interactions

from bot.i18n.languages import Languages
from tests.support.simulated_server import open_server


class Pseudo:
    """A language that puts marks around every template; its values are unchanged."""

    def __init__(self, mark):
        self.mark = mark

    def gettext(self, message):
        return f"{self.mark}{message}{self.mark}"

    def ngettext(self, one, many, n):
        return self.gettext(one if n == 1 else many)

    def pgettext(self, context, message):
        return message

    def npgettext(self, context, one, many, n):
        return one if n == 1 else many


MINE, OURS = "¿", "§"
LANGUAGES = Languages({"pl": Pseudo(MINE), "it": Pseudo(OURS)})


def speak(monkeypatch):
    """Let each person have one language and the server another."""
    payload_of = simcord.interactions.base_payload

    def base_payload(backend, **rest):
        record, payload = payload_of(backend, **rest)
        return record, payload | {"locale": "pl", "guild_locale": "it"}

    monkeypatch.setattr(simcord.interactions, "base_payload", base_payload)


def texts_of(message):
    """Every text of a message."""
    yield message.content
    for embed in message.embeds:
        yield embed.description
        yield embed.footer.text
        yield from (field.name for field in embed.fields)
    for row in message.components:
        yield from (button.get("label") for button in row["components"])


def untranslated(message, mark):
    """The texts with words in them that came from no catalog, or from another language's."""
    other = MINE if mark == OURS else OURS
    for text in texts_of(message):
        is_worded = text and any(c.isalpha() for c in text)
        is_mention = text and re.fullmatch(r"<@\d+>", text)
        if is_worded and not is_mention and (mark not in text or other in text):
            yield text


async def test_public_messages_use_the_server_s_language(tmp_path, monkeypatch):
    """The place in the queue, the card, its buttons, and the reason of a failure."""
    speak(monkeypatch)
    async with open_server(tmp_path, languages=LANGUAGES) as server:
        made = await server.music(seconds=1.0)
        assert list(untranslated(made.response, OURS)) == []
        await server.alice.click(made.response, label=f"{OURS}Again{OURS}")
        await server.idle()
        await server.music(prompt="fail")
        for message in server.newest(3):
            assert message.embeds or message.content
        again, failed = server.newest(2)
        assert OURS in again.embeds[0]["description"]
        assert OURS in failed.content


async def test_private_messages_use_the_person_s_language(tmp_path, monkeypatch):
    """Ephemeral answers, whatever the server's language."""
    speak(monkeypatch)
    async with open_server(tmp_path, languages=LANGUAGES) as server:
        made = await server.music(seconds=1.0)
        answers = [
            (await server.alice.slash(server.channel, name)).response
            for name in ("quota", "history", "queue", "help", "about", "privacy show")
        ]
        answers.append((await server.owner.slash(server.channel, "admin settings")).response)
        answers.append((await server.owner.slash(server.channel, "admin status")).response)
        answers.append((await server.alice.slash(server.channel, "privacy delete")).response)
        details = await server.alice.click(made.response, label=f"{OURS}Details{OURS}")
        answers += details.followups
        refused = await server.bob.slash(server.channel, "cancel")
        answers.append(refused.response)
        for answer in answers:
            assert list(untranslated(answer, MINE)) == []


async def test_a_job_keeps_the_language_it_was_asked_in(tmp_path, monkeypatch):
    """Its messages after a restart are in that language, too."""
    speak(monkeypatch)
    async with open_server(tmp_path, languages=LANGUAGES) as server:
        await server.music(prompt="fail")
        (row,) = [await server.store.jobs.get(1)]
        assert row.order.locale == "it"
        assert "can't be made" in str(row.sentence)


async def test_a_person_chooses_their_language_and_a_server_its_own(tmp_path, monkeypatch):
    """The choice precedes Discord's locale, survives a restart, and is exported and erased."""
    speak(monkeypatch)
    async with open_server(tmp_path, languages=LANGUAGES) as server:
        chosen = await server.alice.slash(server.channel, "settings", language="italiano")
        assert list(untranslated(chosen.response, OURS)) == []
        assert "italiano" in chosen.response.content
        shown = await server.owner.slash(server.channel, "admin language", language="pl")
        assert "polski" in shown.response.content
        assert list(untranslated((await server.music(seconds=1.0)).response, MINE)) == []
        await server.restart_bot()
        server.bot.languages = LANGUAGES
        help_text = await server.alice.slash(server.channel, "help")
        assert list(untranslated(help_text.response, OURS)) == []
        help_text = await server.bob.slash(server.channel, "help")
        assert list(untranslated(help_text.response, MINE)) == []
        assert list(untranslated((await server.music(seconds=1.0)).response, MINE)) == []
        pages = [each async for each in server.store.privacy.export(server.alice.id)]
        (row,) = next(each.rows for each in pages if each.kind == "preferences")
        assert row["language"] == "it"
        await server.bot.service.people.delete(server.alice.id)
        help_text = await server.alice.slash(server.channel, "help")
        assert list(untranslated(help_text.response, MINE)) == []
        await server.owner.slash(server.channel, "admin language", language="discord")
        assert list(untranslated((await server.music(seconds=1.0)).response, OURS)) == []


async def test_an_unknown_language_is_refused(tmp_path):
    """The refusal lists the known languages; nothing changes."""
    async with open_server(tmp_path, languages=LANGUAGES) as server:
        for who, command in ((server.alice, "settings"), (server.owner, "admin language")):
            refused = await who.slash(server.channel, command, language="Klingon")
            assert "English, polski, italiano" in refused.response.content
        assert (await server.store.preferences.of(server.alice.id)).language is None


async def test_the_languages_are_suggested(tmp_path):
    """By their own names, with a choice for Discord's locale."""
    async with open_server(tmp_path, languages=LANGUAGES) as server:
        found = await server.alice.autocomplete(server.channel, "settings", "language", "")
        assert {each["value"] for each in found} == {"discord", "en-US", "it", "pl"}


async def test_private_jobs_use_the_person_s_language_throughout(tmp_path, monkeypatch):
    """From the place in the queue to the card."""
    speak(monkeypatch)
    async with open_server(tmp_path, languages=LANGUAGES) as server:
        made = await server.music(seconds=1.0, private=True)
        assert list(untranslated(made.response, MINE)) == []
