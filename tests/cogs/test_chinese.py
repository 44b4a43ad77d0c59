"""The bot in Chinese, with the catalog that it comes with: nothing is left in English."""

from __future__ import annotations

import re

import simcord.interactions

from tests.cogs.test_languages import texts_of
from tests.support.simulated_server import open_server

LATIN = re.compile(r"[A-Za-z][A-Za-z'-]+")
ALLOWED = set(
    "Zhiyin MusicGen MindSpore MindNLP Discord AI BPM FLAC WAV MIDI MP3 Opus Apache- MB GB "
    "script Top Top-k starter scripted zhiyin mp3 int RE ID slow blues make it jazzier".split()
)
"""Names, what Chinese musicians call so, too, and examples for models that read English."""
WORDS = "九十年代摇滚"
"""What is asked for, so that no prompt is taken for a sentence."""


def speak_chinese(monkeypatch):
    """Let everybody's Discord be Chinese."""
    payload_of = simcord.interactions.base_payload

    def base_payload(backend, **rest):
        record, payload = payload_of(backend, **rest)
        return record, payload | {"locale": "zh-CN", "guild_locale": "zh-CN"}

    monkeypatch.setattr(simcord.interactions, "base_payload", base_payload)


def texts_within(payload):
    """Every text that people see in a request to Discord: labels, titles, placeholders."""
    if isinstance(payload, dict):
        for name, value in payload.items():
            if name in SHOWN and isinstance(value, str):
                yield value
            else:
                yield from texts_within(value)
    elif isinstance(payload, list):
        for each in payload:
            yield from texts_within(each)


SHOWN = {"title", "label", "placeholder", "description", "text", "content"}


def english_in(*texts):
    """The English words in texts, markup and names aside."""
    found = set()
    for text in filter(None, texts):
        bare = re.sub(r"<[^>]*>|\(https?://[^)]*\)", " ", text)
        bare = re.sub(r"`(?!/[a-z]+[ `])[^`]*`", " ", bare)  # a command is called in Chinese, too
        found |= {word for word in LATIN.findall(bare) if word not in ALLOWED}
    return found


def english_of(result):
    """The English words in the answers to a command or a press."""
    messages = [result.response, *result.followups]
    seen = [each for each in messages if each is not None]
    values = (field.value for each in seen for embed in each.embeds for field in embed.fields)
    return english_in(*values).union(*(english_in(*texts_of(each)) for each in seen))


async def test_a_member_s_texts_are_chinese(tmp_path, monkeypatch):
    """Clips, their buttons, takes, forms, lists and refusals."""
    speak_chinese(monkeypatch)
    async with open_server(tmp_path) as server:
        made = await server.music(prompt=WORDS, seconds=1.0)
        found = {"music": english_of(made)}
        commands: dict[str, dict[str, object]] = {
            "quota": {},
            "history": {},
            "queue": {},
            "help": {},
            "about": {},
            "settings": {"seconds": 5.0},
            "privacy show": {},
            "privacy delete": {},
            "preset save": {"name": "夜", "words": WORDS, "takes": 2, "loop": True},
            "preset list": {},
            "favourites": {},
            "top": {},
            "tree": {"clip": "1"},
            "ladder": {},
            "battle": {"prompt": WORDS},
            "radio now": {},
            "jam list": {},
            "jam status": {},
            "cancel": {},
            "clip": {"clip": "77"},
            "export": {"clip": "1"},
            "report": {"clip": "1"},
        }
        for name, options in commands.items():
            found[name] = english_of(await server.alice.slash(server.channel, name, **options))
        for label in ("详情", "谱系"):
            found[label] = english_of(await server.alice.click(made.response, label=label))
        form = await server.alice.click(made.response, label="改编")
        found["form"] = english_in(*texts_within(form.modal))
        takes = await server.music(prompt=WORDS, seconds=1.0, takes=2)
        found["takes"] = english_of(takes)
        assert {name: words for name, words in found.items() if words} == {}


async def test_a_manager_s_texts_are_chinese(tmp_path, monkeypatch):
    """Settings, status and the log."""
    speak_chinese(monkeypatch)
    async with open_server(tmp_path) as server:
        found = {}
        commands: dict[str, dict[str, object]] = {
            "admin settings": {},
            "admin status": {},
            "admin limits": {"person": 60.0, "waiting": 3},
            "admin words list": {},
            "admin words add": {"entry": "词"},
            "admin language": {"language": "zh-CN"},
            "admin unlimit": {},
        }
        for name, options in commands.items():
            found[name] = english_of(await server.owner.slash(server.channel, name, **options))
        assert {name: words for name, words in found.items() if words} == {}
