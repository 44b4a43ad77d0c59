"""The pins in pyproject.toml: everybody installs the tested versions, from any index."""

from __future__ import annotations

import re
import runpy
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

from tests.support.dev_environment import command_with_dev

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(TEXT)
PIN = runpy.run_path(str(ROOT / ".ci" / "pin.py"))


def name_of(requirement):
    """Return the normalized name of a requirement."""
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", requirement)[0]).lower()


def pins(key):
    """Return the versions in one of the lists, by name."""
    return dict(each.split("==") for each in PROJECT["tool"]["uv"][key] if "==" in each)


def needed(requirements):
    """Return all packages of this environment that requirements need, with their versions."""
    found, left = {}, list(requirements)
    while left:
        name = name_of(left.pop())
        if name in found:
            continue
        try:
            found[name] = (there := distribution(name)).version
        except PackageNotFoundError:  # for another system, or left out on purpose
            continue
        left += [each for each in there.requires or () if "extra ==" not in each]
    return found


def test_every_package_that_is_installed_is_pinned():
    """Pins are written by `uv run --group dev task pin`.

    Neither a lock, which names hosts, nor upload times, which mirrors lack, are needed.
    """
    groups = PROJECT["dependency-groups"]
    roots = [*PROJECT["project"]["dependencies"], *groups["dev"]]
    pinned = pins("constraint-dependencies")
    assert sorted(set(needed(roots)) - set(pinned)) == []
    assert {name_of(each) for each in roots} <= set(pinned)
    assert "exclude-newer" not in PROJECT["tool"]["uv"]
    assert {"hatchling", "packaging"} <= set(pins("build-constraint-dependencies"))


def test_pins_satisfy_the_project_s_requirements():
    """A version in both lists is the same."""
    pinned = pins("constraint-dependencies")
    for requirement in PROJECT["project"]["dependencies"]:
        name, _, exact = requirement.partition("==")
        assert not exact or pinned[name_of(name)] == exact


def test_runtime_pins_have_no_development_tools():
    """Tools for tests are only installed on request."""
    assert PROJECT["tool"]["uv"]["default-groups"] == []
    tools = {"pytest", "ruff", "mypy", "hypothesis", "playwright", "simcord"}
    assert not tools & {name_of(each) for each in PROJECT["project"]["dependencies"]}


def test_pytest_restarts_itself_with_the_dev_group():
    """`uv run pytest` works; without uv, or if the group is still missing, it ends."""
    command = command_with_dev(["-x", Path("tests/store")], {"UV": "/there/uv"})
    assert command[0] == "/there/uv"
    assert command[-5:] == ["--group", "dev", "pytest", "-x", "tests/store"]
    assert command_with_dev([], {}) is None
    assert command_with_dev([], {"UV": "/there/uv", "ZHIYIN_TESTS_INSTALLED": "1"}) is None


LOCK = {
    "package": [
        {"name": "zhiyin", "version": "0.1.0", "source": {"editable": "."}},
        {"name": "psutil", "version": "10.0", "source": {"registry": "https://index.example"}},
        {"name": "psutil", "version": "9.1", "source": {"registry": "https://index.example"}},
        {
            "name": "hatchling",
            "version": "1.33",
            "source": {"registry": "https://index.example"},
            "dependencies": [{"name": "pluggy"}],
        },
        {"name": "pluggy", "version": "1.7", "source": {"registry": "https://index.example"}},
    ]
}


def test_a_lock_becomes_pins_without_hosts():
    """Of several versions the oldest is taken, which suits all; the project itself is left out."""
    begin, end = PIN["BEGIN"], "]\n"
    empty = f"a = [\n{begin}{end}b = [\n{begin}{end}"
    written = PIN["insert"](empty, LOCK)
    assert written == (
        f'a = [\n{begin}    "hatchling==1.33",\n    "pluggy==1.7",\n    "psutil==9.1",\n{end}'
        f'b = [\n{begin}    "hatchling==1.33",\n    "pluggy==1.7",\n{end}'
    )
    assert PIN["insert"](written, LOCK) == written
    assert PIN["remove"](written) == empty
    assert "index.example" not in written


@pytest.mark.parametrize("host", ["pypi" + ".org", "python" + "hosted", "mirror", "http://"])
def test_no_index_is_named_among_the_settings_of_uv(host):
    """Each machine configures its package index."""
    begun = TEXT.index("[tool.uv]")
    assert host not in TEXT[begun : TEXT.index("[tool.taskipy")]
