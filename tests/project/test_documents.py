"""The documents are correct: every command in them is valid, and every link has a target."""

from __future__ import annotations

import argparse
import ast
import json
import re
import shlex
import tomllib
from pathlib import Path
from urllib.parse import unquote

import pytest

from bot import config_file
from bot.app.invitation import INVITED
from bot.cli.app import build_parser
from bot.config_file import settings

ROOT = Path(__file__).parents[2]
DOCS = sorted((ROOT / "docs").glob("*.md"))
CHINESE_README = ROOT / "README.zh-CN.md"
FOR_OWNERS = [ROOT / "README.md", CHINESE_README, *DOCS]
GET_UV = "python3 -m pip install -qq --target .uv uv"
README = (ROOT / "README.md").read_text(encoding="utf-8")

PROGRAM = "\n".join(
    path.read_text(encoding="utf-8")
    for top in ("bot", "cogs")
    for path in (ROOT / top).rglob("*.py")
)

# A README should be short enough to read at once.
_MOST_LINES = 150
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
# Programs of the system, in lines that a reader has to adapt.
SYSTEM = {
    "apt", "cp", "chmod", "cd", "git", "su", "useradd", "dnf", "docker", "curl", "systemctl",
    "journalctl", "systemd-analyze", "sudo", "export", "uv",
}  # fmt: skip


def page(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def blocks(path, *kinds):
    """Return the content of fences of these kinds, without the indentation of a list."""
    for kind, text in _FENCE.findall(path.read_text(encoding="utf-8")):
        if kind in kinds:
            whole = text.replace("\\\n", " ")  # a line continued on the next
            yield "\n".join(line.strip() for line in whole.splitlines())


def commands(path):
    """Return every line of `zhiyin` in a fence for bash or sh, as its words."""
    for text in blocks(path, "bash", "sh"):
        for line in filter(None, text.splitlines()):
            words = shlex.split(line.split(" && ")[-1].split(" | ")[0], comments=True)
            for index, word in enumerate(words):
                if word in {"zhiyin", ".venv/bin/zhiyin", "/home/zhiyin/zhiyin/.venv/bin/zhiyin"}:
                    # `git clone … zhiyin` and `docker compose run … zhiyin` are other commands, but
                    # what follows the latter is one of ours.
                    if words[0] == "docker" or index == 0 or words[index - 1] in {"run", "sudo"}:
                        yield words[index + 1 :]
                    break


WITH_COMMANDS = [*FOR_OWNERS, ROOT / "bot" / "starter" / "README.md"]
EVERY_COMMAND = [
    pytest.param(words, id=f"{path.name}-{' '.join(words)}")
    for path in WITH_COMMANDS
    for words in commands(path)
]


@pytest.mark.parametrize("words", EVERY_COMMAND)
def test_every_command_in_the_documents_parses(words, capsys):
    """Their arguments are accepted."""
    try:
        args = build_parser().parse_args(words)
    except SystemExit as left:  # `--help`, `--version`
        assert left.code == 0, capsys.readouterr().err
    else:
        assert args.command in {name for name, _, _ in described()}


def test_the_documents_contain_commands():
    """Otherwise the test above would check nothing."""
    typed = {param.values[0][0] for param in EVERY_COMMAND if param.values[0]}
    assert {name for name, _, _ in described()} <= typed | {"--help"}


@pytest.mark.parametrize("path", FOR_OWNERS, ids=lambda path: path.name)
def test_a_block_for_bash_can_be_typed_here(path):
    """Commands of the system are in separate blocks marked `sh`, which no test runs."""
    for text in blocks(path, "bash"):
        for line in filter(None, text.splitlines()):
            assert "zhiyin" in line or line.endswith("pytest") or line.startswith("uv run"), line
    for text in blocks(path, "sh"):
        for line in filter(None, text.splitlines()):
            assert line.split()[0] in SYSTEM, line


@pytest.mark.parametrize("path", FOR_OWNERS, ids=lambda path: path.name)
def test_settings_in_config_blocks_exist(path, tmp_path):
    """Each piece of `config.toml` is loaded as a configuration."""
    for text in blocks(path, "toml"):
        file = tmp_path / "config.toml"
        file.write_text(text)
        config_file.load(file, {})


@pytest.mark.parametrize("path", FOR_OWNERS, ids=lambda path: path.name)
def test_links_are_valid(path):
    """To an existing file, and to a heading in it."""
    text = path.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("https://"):
            continue
        file, _, heading = unquote(target).partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{path.name} leads to {target}"
        if heading:
            assert heading in headings(there), f"{path.name} leads to {target}"


def headings(path):
    """Return the anchors of a page, as GitHub generates them."""
    lines = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def test_the_readme_is_short_and_leads_to_every_page():
    """Everything else is one link away."""
    assert len(README.splitlines()) <= _MOST_LINES
    for path in DOCS:
        assert f"](docs/{path.name})" in README


def test_the_readme_is_the_same_in_chinese():
    """It links to the same pages, and has the same commands."""
    chinese = CHINESE_README.read_text(encoding="utf-8")
    for text, other in ((README, CHINESE_README.name), (chinese, "README.md")):
        assert f"]({other})" in text
    assert page_links(README) <= page_links(chinese)
    assert programs(README) == programs(chinese)


def page_links(text):
    return set(re.findall(r"\]\(((?:docs|tests|\.github)/[^)]+)\)", text))


def programs(text):
    """Return the commands without their prompts, which are translated."""
    return [re.sub(r'"[^"]*"', "", typed) for _, typed in _FENCE.findall(text)]


def test_the_sample_clip_is_small():
    """It is part of every clone."""
    assert (ROOT / "docs" / "example.mp3").stat().st_size < 300_000


def described():
    parser = build_parser()
    (subparsers,) = (
        action for action in parser._actions if isinstance(action, argparse._SubParsersAction)
    )
    helps = {choice.dest: choice.help for choice in subparsers._choices_actions}
    return [(name, command, helps[name]) for name, command in subparsers.choices.items()]


@pytest.mark.parametrize(("name", "command", "help_"), described())
def test_every_command_is_described(name, command, help_):
    """`zhiyin --help` lists each, its `--help` explains every option, and a page has it."""
    assert f"{name} " in build_parser().format_help()
    assert help_
    assert command.description
    for action in command._actions:
        assert action.help, f"{name} {action.dest} has no help"
    assert f"| `zhiyin {name}` | {help_} |" in page("command-line.md")


def test_the_page_of_settings_has_every_one_with_its_default():
    """The table equals the configuration's, row by row."""
    rows = dict(re.findall(r"^\| `(\w+\.\w+)` \| `(.+?)` \|", page("settings.md"), re.MULTILINE))
    defaults = {f"{each.section}.{each.key}": each.default for each in settings()}
    written = {key: tomllib.loads(f"value = {text}")["value"] for key, text in rows.items()}
    # TOML has lists, and settings have tuples.
    lists = {key: tuple(value) for key, value in written.items() if isinstance(value, list)}
    assert written | lists == defaults


def test_settings_named_in_the_documents_exist():
    """Names such as `limits.waiting`, anywhere in a text."""
    known = {f"{each.section}.{each.key}" for each in settings()}
    sections = "|".join({each.section for each in settings()})
    for path in FOR_OWNERS:
        text = path.read_text(encoding="utf-8")
        named = set(re.findall(rf"`((?:{sections})\.\w+)(?: = [^`]+)?`", text))
        # Log events, files and hosts look the same.
        events = {name for name in named if f'"{name} ' in PROGRAM or f'"{name}"' in PROGRAM}
        others = {name for name in named if name.endswith((".py", ".com"))}
        assert named - events - others <= known, path.name


def test_ci_ends_with_the_readme_s_test_command():
    """CI runs the command that readers are told to run."""
    command = (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().splitlines()[-1]
    assert command == f"{GET_UV} && .uv/bin/uv run --group dev pytest"
    assert f"\n{command}\n" in README


@pytest.mark.parametrize("command", ["zhiyin demo", 'zhiyin generate "90s rock" -o out.mp3'])
def test_the_readme_s_first_commands_parse(command):
    """They also work if the system's Python must not be changed."""
    assert f"\n{GET_UV} && .uv/bin/uv run {command}\n" in README
    build_parser().parse_args(shlex.split(command)[1:])


def test_the_invitation_by_hand_asks_for_the_rights_that_are_needed():
    """The number in the URL has exactly the needed rights."""
    (number,) = re.findall(r"permissions=(\d+)", page("discord-application.md"))
    assert int(number) == INVITED.value


@pytest.mark.parametrize(
    "name",
    [
        *("music", "random", "remix", "queue", "cancel", "history", "quota", "help", "about"),
        *("whatis", "privacy"),
    ],
)
def test_the_readme_and_the_page_name_every_command_on_discord(name):
    """All slash commands."""
    assert f"`/{name}`" in README
    assert f"`/{name}`" in page("on-discord.md")


def texts_of_the_program():
    """Return every string of the program, with adjacent parts joined."""
    for top in ("bot", "cogs"):
        for path in (ROOT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_troubleshooting_quotes_the_program_s_messages():
    """Readers search for the exact sentence, or for a log event's name."""
    text = page("troubleshooting.md")
    ours = text[text.index("## The bot does not come online") : text.index("## Report a fault")]
    firsts = re.findall(r"^\| (.*?) \| ", ours, re.MULTILINE)
    seen = [quote.strip("… ") for cell in firsts for quote in re.findall(r"`([^`]+)`", cell)]
    seen = [quote for quote in seen if not re.match(r"/|zhiyin |\d{3}/", quote)]
    assert len(seen) > 10
    texts = "\n".join(texts_of_the_program())
    assert [quote for quote in seen if quote not in texts] == []


def test_the_dashboard_is_complete():
    """It is valid JSON, and each panel has a position and a query."""
    board = json.loads((ROOT / "docs" / "grafana.json").read_text(encoding="utf-8"))
    assert board["panels"]
    for panel in board["panels"]:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert all("$job" in target["expr"] for target in panel["targets"])
