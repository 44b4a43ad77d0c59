"""Texts for which Discord has a length limit, in every language."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bot.i18n.languages import Renderer, load_languages
from bot.i18n.sentence import Sentence
from cogs.presentation.help_text import HELP

COGS = Path(__file__).parents[2] / "cogs"
LANGUAGES = load_languages()
READERS = {"en-US": Renderer()} | {
    code: LANGUAGES.renderer(code) for code in LANGUAGES.names() if code != "en-US"
}
MOST_OF_MESSAGE = 2000
# By the constructed class and the keyword argument that takes a sentence.
MOST = {
    ("Button", "label"): 80,
    ("SelectOption", "label"): 100,
    ("Modal", "title"): 45,
    ("Label", "text"): 45,
    ("Label", "description"): 100,
    ("TextInput", "placeholder"): 100,
    ("Select", "placeholder"): 150,
    ("Embed", "title"): 256,
    ("set_footer", "text"): 2048,
    ("add_field", "name"): 256,
}


def constants(tree: ast.Module) -> dict[str, ast.expr]:
    """Return the sentences of a module by their names."""
    return {
        node.targets[0].id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)
    }


def shown():
    """Yield each template in a place with a limit, with that limit."""
    trees = {path: ast.parse(path.read_text("utf-8")) for path in sorted(COGS.rglob("*.py"))}
    named: dict[str, ast.expr] = {}
    for tree in trees.values():
        named |= constants(tree)
    for path, tree in trees.items():
        for call in (each for each in ast.walk(tree) if isinstance(each, ast.Call)):
            made = getattr(call.func, "attr", getattr(call.func, "id", ""))
            for keyword in call.keywords:
                most = MOST.get((made, str(keyword.arg)))
                for text in templates(keyword.value, named) if most else ():
                    yield path.name, text, most
        # Labels of buttons are in separate tables.
        for node in ast.walk(constants(tree).get("_LABELS", ast.Pass())):
            for text in templates(node, named):
                yield path.name, text, MOST["Button", "label"]


def templates(node, named):
    """Yield the literal templates of sentences in an expression."""
    for inner in ast.walk(node):
        name = getattr(inner, "attr", getattr(inner, "id", ""))
        found = named.get(name, inner) if isinstance(inner, ast.Name | ast.Attribute) else inner
        if isinstance(found, ast.Call) and getattr(found.func, "id", "") == "Sentence":
            yield ast.literal_eval(found.args[0])


@pytest.fixture(scope="module")
def all_shown():
    """Return these templates; computed once, and not at collection, which every process does."""
    return sorted(set(shown()))


def test_all_texts_with_length_limits_are_found(all_shown):
    """In forms, buttons and cards."""
    texts = {text for _, text, _ in all_shown}
    assert {"Remix this clip", "Again", "The new clip", "How I am doing"} <= texts


@pytest.mark.parametrize("language", READERS)
def test_labels_titles_and_placeholders_fit(all_shown, language):
    """Discord would refuse the whole message or form; values may make a text longer."""
    for file, text, most in all_shown:
        translated = READERS[language].translations.gettext(text)
        assert len(translated) <= most, f"{file}: {translated}"


@pytest.mark.parametrize("language", READERS)
def test_the_help_fits_into_a_message(language):
    """With the localized names of the commands."""
    translated = READERS[language](HELP)
    assert len(translated) <= MOST_OF_MESSAGE
    assert isinstance(HELP, Sentence)
    assert "`/" in translated
