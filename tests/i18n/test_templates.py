"""Sentences in bot and cogs have literal templates and all their values; none is built by hand."""

from __future__ import annotations

import ast
import io
from pathlib import Path

import pytest
from babel.messages.extract import extract

from bot.i18n.sentence import placeholders

ROOT = Path(__file__).parents[2]
FILES = [
    path
    for top in ("bot", "cogs")
    for path in sorted((ROOT / top).rglob("*.py"))
    if "starter" not in path.parts and path != ROOT / "bot" / "i18n" / "sentence.py"
]
KEYWORDS = {"Sentence": None, "Plural": (1, 2)}
"""What Babel extracts, as in pyproject.toml."""

SENDS = {"send", "reply", "send_message", "edit", "edit_message", "edit_original_response"}
SHOWN = {"content", "label", "title", "text", "placeholder", "description"}
# The name of the bot is not translated.
PROPER = {"Zhiyin 知音"}


def called(call):
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def mentions(path, names):
    """Return whether a file contains any of the names: parsing the others takes seconds."""
    text = path.read_text(encoding="utf-8")
    return any(name in text for name in names)


def calls(path, names):
    if not mentions(path, names):
        return []
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [n for n in ast.walk(tree) if isinstance(n, ast.Call) and called(n) in names]


def templates(call):
    count = 2 if called(call) == "Plural" else 1
    for argument in call.args[:count]:
        assert isinstance(argument, ast.Constant), f"line {call.lineno}: not a literal"
        yield argument.value


def given(call):
    return {keyword.arg for keyword in call.keywords}


def is_constant(call, tree, invariants):
    """Whether it is assigned to a name, or belongs to an invariant, whose row is a value."""
    if any(call in each.args for each in invariants):
        return placeholders(call.args[0].value) == {"row"}
    return any(isinstance(n, ast.Assign) and n.value is call for n in tree.body)


def sentences(path):
    """Yield the templates of a file, each with whether it is a constant."""
    if not mentions(path, KEYWORDS):
        return
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Call)]
    invariants = [call for call in found if called(call) == "Invariant"]
    for call in found:
        if called(call) in KEYWORDS and isinstance(call.func, ast.Name):
            yield call, is_constant(call, tree, invariants)


def test_templates_and_values_match():
    """A constant may leave values to `fill`, which is checked below."""
    for path in FILES:
        for call, is_fixed in sentences(path):
            where = f"{path}:{call.lineno}"
            wanted = set().union(*(placeholders(text) for text in templates(call)))
            assert given(call) - {"n"} <= wanted, where
            if not is_fixed:
                assert given(call) | {"n"} >= wanted | {"n"}, where
                if called(call) == "Sentence":
                    assert given(call) == wanted, where


def constants():
    """Return the values that each constant sentence needs."""
    for path in [each for each in FILES if mentions(each, {"Sentence"})]:
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Call):
                continue
            if called(node.value) == "Sentence":
                (target,) = node.targets
                left = placeholders(next(templates(node.value))) - given(node.value)
                yield getattr(target, "id", ""), left


def test_template_constants_are_filled_at_every_use():
    """With the values of the template, by their names."""
    wanted: dict[str, list[set[str]]] = {}
    for name, left in constants():
        wanted.setdefault(name, []).append(left)
    filled = set()
    for path in FILES:
        for call in calls(path, {"fill"}):
            if call.args:
                continue  # of another class: sentences are filled by name
            source = call.func.value
            name = getattr(source, "id", getattr(source, "attr", ""))
            if given(call) == {"row"} and path.name == "ledger_invariants.py":
                continue  # any of the invariants, whose templates need that
            assert given(call) in wanted[name], f"{path}:{call.lineno}"
            filled.add(name)
    assert {name for name, lefts in wanted.items() if all(lefts)} <= filled


def test_babel_finds_every_template():
    """Every template is a literal that can be extracted."""
    for path in [each for each in FILES if mentions(each, KEYWORDS)]:
        with io.BytesIO(path.read_bytes()) as file:
            found = {message for _, message, _, _ in extract("python", file, KEYWORDS)}
        texts = set()
        for call in calls(path, KEYWORDS):
            if isinstance(call.func, ast.Name):
                each = tuple(templates(call))
                texts.add(each if len(each) > 1 else each[0])
        assert texts == found, path


def words_in(node):
    """Return the letters of a literal or an f-string, without Discord's markup."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value if any(c.isalpha() for c in node.value) else ""
    if isinstance(node, ast.JoinedStr):
        return "".join(words_in(part) for part in node.values if isinstance(part, ast.Constant))
    if isinstance(node, ast.BinOp):
        return words_in(node.left) + words_in(node.right)
    return ""


@pytest.mark.parametrize(
    "path", [path for path in FILES if (ROOT / "cogs") in path.parents], ids=lambda path: path.name
)
def test_visible_text_is_always_a_sentence(path):
    """A plain literal or f-string would be English for everybody."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for call in [n for n in ast.walk(tree) if isinstance(n, ast.Call)]:
        shown = [keyword.value for keyword in call.keywords if keyword.arg in SHOWN]
        if called(call) in SENDS:
            shown += call.args[:1]
        if called(call) == "add_field":
            shown += [keyword.value for keyword in call.keywords if keyword.arg == "name"]
        for value in shown:
            words = words_in(value)
            assert not words or words in PROPER, f"line {call.lineno}: {words}"


@pytest.mark.parametrize(
    "code",
    [
        "channel.send('Done.')",
        "channel.send(f'{n} clips')",
        "discord.ui.Button(label='Again')",
        "discord.Embed(description='Music ' + words)",
        "embed.add_field(name='Seed', value=seed)",
    ],
)
def test_text_outside_of_sentences_is_detected(tmp_path, code):
    """The check above detects each of these."""
    path = tmp_path / "cog.py"
    path.write_text(code)
    with pytest.raises(AssertionError):
        test_visible_text_is_always_a_sentence(path)


@pytest.mark.parametrize(
    "path", [path for path in FILES if "cli" in path.parts], ids=lambda path: path.name
)
def test_what_a_command_prints_is_a_sentence(path):
    """Except the program's name before an error, and output for programs."""
    for call in calls(path, {"print", "stage", "tell"}):
        for value in call.args[:1]:
            words = words_in(value).removeprefix("zhiyin: ")
            assert not words, f"line {call.lineno}: {words}"
