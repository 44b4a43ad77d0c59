"""A sentence: a template and its values, rendered in any language, stored as JSON."""

from __future__ import annotations

import gettext
from datetime import UTC, datetime

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po
from hypothesis import given
from hypothesis import strategies as st

from bot.i18n.contexts import COMMAND
from bot.i18n.languages import DOMAIN, Languages, load_languages
from bot.i18n.sentence import (
    English,
    Markup,
    Moment,
    Plural,
    Sentence,
    Term,
    from_json,
    to_json,
    verbatim,
)

NAMES = st.sampled_from(["a", "b", "n", "left"])
VALUES = st.recursive(
    st.text()
    | st.integers()
    | st.floats(allow_nan=False, allow_subnormal=False)
    | st.floats(0, 1e9, allow_subnormal=False).map(Moment)
    | st.builds(Term, st.text(), st.text()),
    lambda inner: st.builds(
        lambda template, values: Sentence(template, **values),
        st.text(),
        st.dictionaries(NAMES, inner, max_size=2),
    ),
    max_leaves=5,
)


@given(st.text(), st.text(), st.dictionaries(NAMES, VALUES))
def test_sentences_round_trip_as_json(template, many, values):
    """Templates, plurals, times and nested sentences."""
    sentence = Sentence(template, many, **values)
    assert from_json(to_json(sentence)) == sentence


@pytest.mark.parametrize(
    "text", ["", "Nothing was charged.", "{not a template", "[1]", "17", '{"a": 1}', '{"template"']
)
def test_plain_text_of_old_versions_is_shown_unchanged(text):
    """Older versions stored rendered English."""
    assert str(from_json(text)) == text


def test_plural_forms_depend_on_the_number():
    """Singular and plural, both with the number."""
    texts = [str(Plural("{n} clip", "{n} clips", n=n)) for n in (0, 1, 2)]
    assert texts == ["0 clips", "1 clip", "2 clips"]


def test_times_are_relative_on_discord_and_absolute_elsewhere():
    """Discord shows them in the reader's time zone."""
    moment = datetime(2026, 11, 28, 7, 30, tzinfo=UTC).timestamp()
    sentence = Sentence("again {moment}", moment=Moment(moment))
    assert sentence.render(English(), Markup.DISCORD) == f"again <t:{int(moment)}:R>"
    assert str(sentence) == "again 2026-11-28 07:30 UTC"


def test_user_text_is_not_used_as_a_template():
    """Braces in a value stay braces."""
    assert str(Sentence("{what}: no", what="{n} {")) == "{n} {: no"
    assert str(verbatim("{n}")) == "{n}"


def test_a_missing_template_value_raises():
    """The template is never shown unfilled."""
    with pytest.raises(KeyError):
        str(Sentence("{left} s left"))


@pytest.fixture
def languages(tmp_path):
    """A folder with a catalog that has other plural forms than English."""
    catalog = Catalog(locale="pl", domain=DOMAIN)
    catalog.add("Deleting …", "Usuwanie …")
    catalog.add(("{n} clip", "{n} clips"), ("{n} klip", "{n} klipy", "{n} klipów"))
    folder = tmp_path / "pl" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    with (folder / f"{DOMAIN}.po").open("wb") as file:
        write_po(file, catalog)
    return load_languages(tmp_path)


@pytest.mark.parametrize(("locale", "text"), [("pl", "Usuwanie …"), ("pl-PL", "Usuwanie …")])
def test_a_catalog_translates(languages, locale, text):
    """A region without a catalog uses that of its language."""
    assert languages.renderer(locale)(Sentence("Deleting …")) == text


@pytest.mark.parametrize("locale", [None, "en-US", "zh-CN", "tlh"])
def test_without_a_catalog_text_is_english(languages, locale):
    """For a language without a catalog."""
    assert languages.renderer(locale)(Sentence("Deleting …")) == "Deleting …"


def test_a_template_without_a_translation_is_english(languages):
    """An incomplete catalog can be used."""
    assert languages.renderer("pl")(Sentence("You are next.")) == "You are next."


def test_a_translation_with_a_wrong_value_is_english(tmp_path):
    """The English template is shown with its values."""
    file = tmp_path / "pl" / "LC_MESSAGES" / f"{DOMAIN}.po"
    file.parent.mkdir(parents=True)
    file.write_text('msgid "{n} left"\nmsgstr "{m} {} {"\n')
    assert load_languages(tmp_path).renderer("pl")(Sentence("{n} left", n=3)) == "3 left"


def test_plurals_are_those_of_the_language(languages):
    """Polish has three forms."""
    read = languages.renderer("pl")
    texts = [read(Plural("{n} clip", "{n} clips", n=n)) for n in (1, 2, 5, 22)]
    assert texts == ["1 klip", "2 klipy", "5 klipów", "22 klipy"]


def test_codes_of_discord_are_those_of_gettext():
    """Where the codes differ; a region without a catalog uses that of another region."""
    catalogs = {code: gettext.NullTranslations() for code in ("zh_CN", "nb", "es")}
    languages = Languages(catalogs)
    pairs = [("zh-CN", "zh_CN"), ("zh-TW", "zh_CN"), ("no", "nb"), ("es-419", "es")]
    for locale, code in [*pairs, ("es-ES", "es"), ("zh_CN", "zh_CN")]:
        assert languages.of(locale) is catalogs[code]


def test_an_unreadable_catalog_is_ignored(tmp_path):
    """A broken catalog does not stop the bot."""
    file = tmp_path / "pl" / "LC_MESSAGES" / f"{DOMAIN}.po"
    file.parent.mkdir(parents=True)
    file.write_text('msgid "Deleting …"\nmsgtsr "Usuwanie …"\n')
    assert load_languages(tmp_path).renderer("pl")(Sentence("Deleting …")) == "Deleting …"


def test_a_command_is_called_as_the_reader_sees_it(tmp_path):
    """Discord shows its localised name; texts of people are unchanged."""
    catalog = Catalog(locale="zh_CN", domain=DOMAIN)
    for name, shown in (("jam", "合奏"), ("start", "开始")):
        catalog.add(name, shown, context=COMMAND)
    catalog.add("Try `/jam start`, {what}.", "请用 `/jam start`,{what}。")
    file = tmp_path / "zh_CN" / "LC_MESSAGES" / f"{DOMAIN}.po"
    file.parent.mkdir(parents=True)
    with file.open("wb") as opened:
        write_po(opened, catalog)
    read = load_languages(tmp_path).renderer("zh-TW")
    sentence = Sentence("Try `/jam start`, {what}.", what="`/jam start`")
    assert read(sentence) == "请用 `/合奏 开始`,`/jam start`。"
