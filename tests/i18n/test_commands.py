"""The commands in other languages: accepted by Discord, and distinct."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.demo.discord.command_limits import check_commands
from bot.i18n.contexts import CHOICE, COMMAND, MENU, OPTION
from bot.i18n.languages import DOMAIN, load_languages
from tests.i18n.template import payload


@pytest.fixture(scope="module")
def commands():
    """The commands in all available languages."""
    return payload(load_languages())


def test_discord_takes_the_commands_in_every_language(commands):
    """Names, descriptions and choices, and the total length of a command."""
    check_commands(commands)


def siblings(commands):
    """Yield every list of commands, options or choices that are shown together."""
    yield commands
    for each in commands:
        for name in ("options", "choices"):
            if each.get(name):
                yield from siblings(each[name])


def test_command_names_are_unique_in_every_language(commands):
    """Among the names that are shown together."""
    for together in siblings(commands):
        locales = {key for each in together for key in each.get("name_localizations") or {}}
        for locale in locales | {"en-US"}:
            names = [
                (each.get("name_localizations") or {}).get(locale, each["name"])
                for each in together
            ]
            assert sorted(set(names)) == sorted(names), locale


@pytest.fixture
def translated(tmp_path):
    """The commands with a small Chinese catalog, which has some invalid names."""
    catalog = Catalog(locale="zh_CN", domain=DOMAIN)
    catalog.add("music", "音乐", context=COMMAND)
    catalog.add("jam", "合奏", context=COMMAND)
    catalog.add("start", "开 始", context=COMMAND)
    catalog.add("seed", "种子", context=OPTION)
    catalog.add("takes", "版" * 33, context=OPTION)
    catalog.add("C major", "C 大调", context=CHOICE)
    catalog.add("Remix this clip", "改编这个片段", context=MENU)
    catalog.add("How long the new music is.", "新音乐的长度。")
    catalog.add("A sound file to continue.", "长" * 101)
    file = tmp_path / "zh_CN" / "LC_MESSAGES" / f"{DOMAIN}.po"
    file.parent.mkdir(parents=True)
    with file.open("wb") as opened:
        write_po(opened, catalog)
    return payload(load_languages(tmp_path))


def named(found, name):
    return next(each for each in found if each["name"] == name)


def test_commands_are_localized_from_the_catalogs(translated):
    """Names, options, descriptions, choices and menus; other regions of Chinese get the same."""
    music, jam = named(translated, "music"), named(translated, "jam")
    both = {"zh-CN", "zh-TW"}
    assert music["name_localizations"] == dict.fromkeys(both, "音乐")
    seconds = named(music["options"], "seconds")
    assert seconds["description_localizations"] == dict.fromkeys(both, "新音乐的长度。")
    assert named(music["options"], "seed")["name_localizations"]["zh-CN"] == "种子"
    key = named(named(jam["options"], "start")["options"], "key")
    assert named(key["choices"], "C major")["name_localizations"]["zh-TW"] == "C 大调"
    menu = named(translated, "Remix this clip")
    assert menu["name_localizations"]["zh-CN"] == "改编这个片段"


def test_invalid_localizations_stay_english(translated):
    """Discord would refuse all commands because of one name."""
    check_commands(translated)
    music = named(translated, "music")
    assert not named(named(translated, "jam")["options"], "start").get("name_localizations")
    assert not named(music["options"], "takes").get("name_localizations")
    assert not named(music["options"], "clip").get("description_localizations")
