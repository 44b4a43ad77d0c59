"""The layout of `cogs/`: extensions at the top, shared packages below, the service behind."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bot.app.client import COGS

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "cogs"

EXTENSIONS = {f"cogs.{path.stem}" for path in FOLDER.glob("*.py") if path.stem != "__init__"}

ROOMS = {
    # The packages of `cogs/` and the packages that each may import.
    "cogs.presentation": {"cogs.presentation"},
    "cogs.posting": {"cogs.presentation", "cogs.posting"},
    "cogs.requests": {"cogs.presentation", "cogs.posting", "cogs.requests"},
    "cogs.jams": {"cogs.presentation", "cogs.posting", "cogs.views", "cogs.jams"},
    "cogs.views": {"cogs.presentation", "cogs.posting", "cogs.requests", "cogs.views"},
    "cogs.battles": {
        "cogs.presentation",
        "cogs.posting",
        "cogs.requests",
        "cogs.views",
        "cogs.battles",
    },
}

FILES = sorted(FOLDER.rglob("*.py"))


def module_of(path, root=ROOT):
    return ".".join(path.relative_to(root).with_suffix("").parts)


def room_of(module):
    return ".".join(module.split(".")[:2])


def has_setup(path):
    body = ast.parse(path.read_text(encoding="utf-8")).body
    return any(isinstance(node, ast.AsyncFunctionDef) and node.name == "setup" for node in body)


def imported_cogs(path):
    """Yield every module of `cogs` that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names if each.name.split(".")[0] == "cogs")
        elif isinstance(node, ast.ImportFrom) and node.module is not None:
            parts = node.module.split(".")
            if parts == ["cogs"]:
                yield from (f"cogs.{each.name}" for each in node.names)
            elif parts[0] == "cogs":
                yield node.module


def forbidden_imports(path, root=ROOT):
    """Yield the imports of `cogs` that the layout forbids to a file."""
    module = module_of(path, root)
    # An extension may import every package, but no other extension.
    allowed = ROOMS.get(room_of(module), set(ROOMS))
    for name in imported_cogs(path):
        if room_of(name) not in allowed:
            yield f"{module} may not import {name}"


def test_files_in_cogs_are_the_extensions_that_the_bot_loads():
    """Each file directly in `cogs/` is listed once in the client."""
    assert len(COGS) == len(set(COGS))
    assert set(COGS) == EXTENSIONS


def test_only_extensions_have_a_setup():
    """Extensions are the files directly in `cogs/`."""
    assert {module_of(path) for path in FILES if has_setup(path)} == EXTENSIONS


def test_no_extension_is_imported():
    """They share code through the packages below, which only import downwards."""
    assert [each for path in FILES for each in forbidden_imports(path)] == []


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("cogs/remix.py", "from cogs.music import Prompt"),
        ("cogs/remix.py", "from cogs import music"),
        ("cogs/remix.py", "def f():\n    import cogs.music"),
        ("cogs/views/x.py", "from cogs.delivery import Delivery"),
        ("cogs/requests/x.py", "from cogs.views.clip_buttons import clip_view"),
        ("cogs/presentation/x.py", "from cogs.requests.limits import is_manager"),
    ],
)
def test_a_forbidden_import_is_detected(tmp_path, where, line):
    """The check above detects each of these."""
    path = tmp_path / where
    path.parent.mkdir(parents=True)
    path.write_text(line)
    assert len(list(forbidden_imports(path, tmp_path))) == 1


BEHIND_THE_SERVICE = {"pipeline", "store", "executor"}


def reaches_through(path):
    """Yield the lines where a file accesses an attribute behind `bot.service`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Attribute) and node.attr in BEHIND_THE_SERVICE:
            yield node.lineno
        elif isinstance(node, ast.Call) and getattr(node.func, "id", None) == "getattr":
            names = {each.value for each in node.args if isinstance(each, ast.Constant)}
            if names & BEHIND_THE_SERVICE:
                yield node.lineno


def test_cogs_ask_the_service_only():
    """The import table does not cover attributes: cogs use only the methods of `bot.service`."""
    assert [(path, line) for path in FILES for line in reaches_through(path)] == []


@pytest.mark.parametrize(
    "line",
    [
        "clips = bot.pipeline.store.clips",
        "async def f(interaction):\n    await interaction.client.pipeline.cancel(1)",
        "executor = line.executor",
        "self.bot.pipeline.surface = self",
        "store = getattr(line, 'store')",
    ],
)
def test_indirect_access_is_detected(tmp_path, line):
    """The check above detects each of these."""
    path = tmp_path / "x.py"
    path.write_text(line)
    assert list(reaches_through(path))
