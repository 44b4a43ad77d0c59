"""The language that a terminal's environment asks for, in the usual order of variables."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from bot.i18n.environment import asked_for, translations_of
from bot.i18n.languages import DOMAIN
from bot.i18n.sentence import Sentence


@pytest.fixture
def folder(tmp_path):
    """Catalogs of Chinese and Polish."""
    for code, text in (("zh_CN", "已停止。"), ("pl", "Zatrzymano.")):
        catalog = Catalog(locale=code, domain=DOMAIN)
        catalog.add("Stopped.", text)
        file = tmp_path / code / "LC_MESSAGES" / f"{DOMAIN}.po"
        file.parent.mkdir(parents=True)
        with file.open("wb") as opened:
            write_po(opened, catalog)
    return tmp_path


@pytest.mark.parametrize(
    ("environment", "text"),
    [
        ({}, "Stopped."),
        ({"LANG": "zh_CN.UTF-8"}, "已停止。"),
        ({"LANG": "zh_TW.UTF-8"}, "已停止。"),
        ({"LANG": "zh_CN.UTF-8", "LC_MESSAGES": "pl_PL.UTF-8"}, "Zatrzymano."),
        ({"LANG": "pl_PL", "LC_ALL": "zh_CN"}, "已停止。"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "Stopped."),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": ""}, "已停止。"),
        ({"LANG": "pl_PL.UTF-8", "LANGUAGE": "de:zh_CN:en"}, "已停止。"),
        ({"LANG": "pl_PL.UTF-8", "LANGUAGE": "en:zh_CN"}, "Stopped."),
        ({"LANG": "C", "LANGUAGE": "zh_CN"}, "Stopped."),
        ({"LANG": "zh_CN.GB18030"}, "已停止。"),
        ({"LANG": "pl_PL@euro"}, "Zatrzymano."),
        ({"LANG": "fr_FR.UTF-8"}, "Stopped."),
        ({"LANG": "../../etc"}, "Stopped."),
    ],
)
def test_the_environment_names_a_language(folder, environment, text):
    """The first requested language that exists; otherwise English."""
    assert Sentence("Stopped.").render(translations_of(environment, folder)) == text


def test_locale_encodings_and_variants_are_ignored():
    """Only language and region of a locale count."""
    assert asked_for({"LANG": "zh_CN.UTF-8@pinyin"}) == ["zh_CN"]
