"""The documents tell the truth: every command in them parses, every link leads somewhere."""

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

# A README is read in one sitting.
_MOST_LINES = 150
_FENCE = re.compile(r"^ *```(\w*)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
# Programs of the system, whose lines are for a person to adapt.
SYSTEM = {
    "apt", "cp", "chmod", "cd", "git", "su", "useradd", "dnf", "docker", "curl", "systemctl",
    "journalctl", "systemd-analyze", "sudo", "export", "uv",
}  # fmt: skip


def page(name):
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def blocks(path, *kinds):
    """What stands in fences of these kinds, without the indentation of a list."""
    for kind, text in _FENCE.findall(path.read_text(encoding="utf-8")):
        if kind in kinds:
            whole = text.replace("\\\n", " ")  # a line that goes on in the next
            yield "\n".join(line.strip() for line in whole.splitlines())


def commands(path):
    """Every line of `zhiyin` in a fence for bash or sh, as its words."""
    for text in blocks(path, "bash", "sh"):
        for line in filter(None, text.splitlines()):
            words = shlex.split(line.split(" && ")[-1].split(" | ")[0], comments=True)
            for index, word in enumerate(words):
                if word in {"zhiyin", ".venv/bin/zhiyin", "/home/zhiyin/zhiyin/.venv/bin/zhiyin"}:
                    # `git clone … zhiyin` and `docker compose run … zhiyin` are not it, but what
                    # follows the latter is.
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
    """What a reader types after us is accepted."""
    try:
        args = build_parser().parse_args(words)
    except SystemExit as left:  # `--help`, `--version`
        assert left.code == 0, capsys.readouterr().err
    else:
        assert args.command in {name for name, _, _ in described()}


def test_the_documents_contain_commands():
    """The test above would otherwise be content with nothing."""
    typed = {param.values[0][0] for param in EVERY_COMMAND if param.values[0]}
    assert {name for name, _, _ in described()} <= typed | {"--help"}


@pytest.mark.parametrize("path", FOR_OWNERS, ids=lambda path: path.name)
def test_a_block_for_bash_can_be_typed_here(path):
    """Lines for the system stand in blocks of their own, marked `sh`: no test runs those."""
    for text in blocks(path, "bash"):
        for line in filter(None, text.splitlines()):
            assert "zhiyin" in line or line.endswith("pytest") or line.startswith("uv run"), line
    for text in blocks(path, "sh"):
        for line in filter(None, text.splitlines()):
            assert line.split()[0] in SYSTEM, line


@pytest.mark.parametrize("path", FOR_OWNERS, ids=lambda path: path.name)
def test_settings_in_config_blocks_exist(path, tmp_path):
    """A piece of `config.toml` is read as one."""
    for text in blocks(path, "toml"):
        file = tmp_path / "config.toml"
        file.write_text(text)
        config_file.load(file, {})


@pytest.mark.parametrize("path", FOR_OWNERS, ids=lambda path: path.name)
def test_links_are_valid(path):
    """To a file that there is, and to a heading in it."""
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
    """The anchors of a page, as hubs of repositories make them."""
    lines = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", line.lower()).replace(" ", "-") for line in lines}


def test_the_readme_is_short_and_leads_to_every_page():
    """What does not fit is one press away."""
    assert len(README.splitlines()) <= _MOST_LINES
    for path in DOCS:
        assert f"](docs/{path.name})" in README


def test_the_readme_is_the_same_in_chinese():
    """It leads to the same pages, and has its readers type the same."""
    chinese = CHINESE_README.read_text(encoding="utf-8")
    for text, other in ((README, CHINESE_README.name), (chinese, "README.md")):
        assert f"]({other})" in text
    assert page_links(README) <= page_links(chinese)
    assert programs(README) == programs(chinese)


def page_links(text):
    return set(re.findall(r"\]\(((?:docs|tests|\.github)/[^)]+)\)", text))


def programs(text):
    """What is typed, but for a prompt: that is in the reader's language."""
    return [re.sub(r'"[^"]*"', "", typed) for _, typed in _FENCE.findall(text)]


def test_the_sample_clip_is_small():
    """Whoever clones the repository loads it too."""
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
    """`zhiyin --help` lists each command, its own help explains every option, a page has it."""
    assert f"{name} " in build_parser().format_help()
    assert help_
    assert command.description
    for action in command._actions:
        assert action.help, f"{name} {action.dest} has no help"
    assert f"| `zhiyin {name}` | {help_} |" in page("command-line.md")


def test_the_page_of_settings_has_every_one_with_its_default():
    """The table is the configuration's, row by row."""
    rows = dict(re.findall(r"^\| `(\w+\.\w+)` \| `(.+?)` \|", page("settings.md"), re.MULTILINE))
    defaults = {f"{each.section}.{each.key}": each.default for each in settings()}
    written = {key: tomllib.loads(f"value = {text}")["value"] for key, text in rows.items()}
    # TOML has lists, settings are frozen.
    lists = {key: tuple(value) for key, value in written.items() if isinstance(value, list)}
    assert written | lists == defaults


def test_settings_named_in_the_documents_exist():
    """`limits.waiting` and its like, wherever they stand."""
    known = {f"{each.section}.{each.key}" for each in settings()}
    sections = "|".join({each.section for each in settings()})
    for path in FOR_OWNERS:
        text = path.read_text(encoding="utf-8")
        named = set(re.findall(rf"`((?:{sections})\.\w+)(?: = [^`]+)?`", text))
        # Events in the log, files and hosts look alike.
        events = {name for name in named if f'"{name} ' in PROGRAM or f'"{name}"' in PROGRAM}
        others = {name for name in named if name.endswith((".py", ".com"))}
        assert named - events - others <= known, path.name


def test_ci_ends_with_the_readme_s_test_command():
    """What a reader is told to run is what is run for them."""
    command = (ROOT / ".ci" / "run").read_text(encoding="utf-8").rstrip().splitlines()[-1]
    assert command == f"{GET_UV} && .uv/bin/uv run --group dev pytest"
    assert f"\n{command}\n" in README


@pytest.mark.parametrize("command", ["zhiyin demo", 'zhiyin generate "90s rock" -o out.mp3'])
def test_the_readme_s_first_commands_parse(command):
    """What a newcomer types first is accepted; it works where the system is not to be touched."""
    assert f"\n{GET_UV} && .uv/bin/uv run {command}\n" in README
    build_parser().parse_args(shlex.split(command)[1:])


def test_the_invitation_by_hand_asks_for_the_rights_that_are_needed():
    """The number in the address is those rights, no more and no fewer."""
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
    """What a person can type."""
    assert f"`/{name}`" in README
    assert f"`/{name}`" in page("on-discord.md")


def texts_of_the_program():
    """Every string of the program, joined where it is written in pieces."""
    for top in ("bot", "cogs"):
        for path in (ROOT / top).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value


def test_troubleshooting_quotes_the_program_s_messages():
    """A reader searches for what they see: a sentence, or the name of an event in the log."""
    text = page("troubleshooting.md")
    ours = text[text.index("## The bot does not come online") : text.index("## Report a fault")]
    firsts = re.findall(r"^\| (.*?) \| ", ours, re.MULTILINE)
    seen = [quote.strip("… ") for cell in firsts for quote in re.findall(r"`([^`]+)`", cell)]
    seen = [quote for quote in seen if not re.match(r"/|zhiyin |\d{3}/", quote)]
    assert len(seen) > 10
    texts = "\n".join(texts_of_the_program())
    assert [quote for quote in seen if quote not in texts] == []


def test_the_dashboard_is_complete():
    """It is JSON, and each of its panels has a place and asks for something."""
    board = json.loads((ROOT / "docs" / "grafana.json").read_text(encoding="utf-8"))
    assert board["panels"]
    for panel in board["panels"]:
        assert panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24
        assert all("$job" in target["expr"] for target in panel["targets"])
