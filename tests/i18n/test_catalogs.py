"""The catalogs: up to date, correct, and complete."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bot.i18n.contexts import COMMAND, HELP, OPTION
from bot.i18n.languages import DOMAIN, FOLDER
from tests.i18n.checks import differences, faults
from tests.i18n.template import build_template

UNFINISHED: set[str] = set()
"""Languages whose translation is incomplete: missing texts are shown in English."""

CATALOGS = sorted(path.name for path in FOLDER.iterdir() if path.is_dir())


@pytest.fixture(scope="module")
def template():
    """All texts to translate."""
    return build_template()


def read(language):
    with (FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po").open("rb") as file:
        return read_po(file, locale=language, domain=DOMAIN)


@pytest.mark.parametrize("language", CATALOGS)
def test_nothing_is_wrong_with_a_translation(template, language):
    """Values and commands are kept, names are valid, all fits, and nothing is marked fuzzy.

    `python -m tests.i18n` updates the catalogs and prints what is wrong.
    """
    assert list(faults(template, read(language))) == []


@pytest.mark.parametrize("language", [each for each in CATALOGS if each not in UNFINISHED])
def test_everything_is_translated(template, language):
    """Every sentence, command, option, choice, help text and word of the demo's page."""
    assert sorted(differences(template, read(language))) == []


@pytest.mark.parametrize(
    ("text", "translation", "context"),
    [
        ("{n} clips", "{m} 个片段", None),
        ("{n} clips", "片段", None),
        ("Try `/jam start`.", "请用 `/合奏`。", None),
        ("music", "音 乐", COMMAND),
        ("seed", "SEED", OPTION),
        ("words", "词" * 33, OPTION),
        ("70%% jazz", "70% 爵士", HELP),
        (("{n} clip", "{n} clips"), ("{} 个片段",), None),
    ],
)
def test_catalog_errors_are_detected(text, translation, context):
    """The check above detects each of these."""
    template, catalog = Catalog(locale="zh_CN"), Catalog(locale="zh_CN")
    template.add(text, context=context)
    catalog.add(text, translation, context=context)
    assert len(list(faults(template, catalog))) == 1


def test_overlong_translations_are_detected():
    """The error has its length."""
    template, catalog = Catalog(locale="zh_CN"), Catalog(locale="zh_CN")
    template.add("Make music.", auto_comments=["/music: at most 100 characters"])
    catalog.add("Make music.", "音" * 101)
    assert len(list(faults(template, catalog))) == 1


def test_missing_and_obsolete_entries_are_detected():
    """A changed sentence causes both."""
    template, catalog = Catalog(locale="zh_CN"), Catalog(locale="zh_CN")
    template.add("Make music.")
    template.add("Done.")
    catalog.add("Make music.", "")
    catalog.add("Done.", "好了。")
    catalog.add("Long gone.", "没有了")
    assert len(list(differences(template, catalog))) == 2
