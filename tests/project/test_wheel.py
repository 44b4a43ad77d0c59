"""The wheel contains the bot and its built-in model, but not the model's training."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from hatchling.builders.sdist import SdistBuilder
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
KEPT = ("bot/starter/__init__.py", "bot/starter/checkpoint/")


def listed(builder):
    """Return the path of each file in a distribution."""
    return {each.distribution_path for each in builder(str(ROOT)).recurse_included_files()}


@pytest.fixture(scope="module")
def wheel():
    return listed(WheelBuilder)


def test_the_wheel_holds_the_bot(wheel):
    """Every module, the kernels' sources, the demo's page and the whole checkpoint are in it."""
    wanted = {
        str(path.relative_to(ROOT))
        for top in ("bot", "cogs")
        for pattern in ("*.py", "*.cc", "*.h")
        for path in (ROOT / top).rglob(pattern)
        if not path.is_relative_to(ROOT / "bot" / "starter")
    }
    checkpoint = {
        str(path.relative_to(ROOT)) for path in (ROOT / "bot/starter/checkpoint").iterdir()
    }
    assert {Path(path).suffix for path in wanted} == {".py", ".cc", ".h"}
    page = ROOT / "bot/demo/page"
    wanted |= {str(path.relative_to(ROOT)) for path in page.rglob("*.*")}
    catalogs = (ROOT / "bot/i18n/locale").rglob("*.po")
    wanted |= (translated := {str(path.relative_to(ROOT)) for path in catalogs})
    wanted |= {str(path.relative_to(ROOT)) for path in (ROOT / "bot/jams/caption_font").iterdir()}
    assert "bot/i18n/locale/zh_CN/LC_MESSAGES/zhiyin.po" in translated
    assert {"bot/demo/page/index.html", "bot/demo/page/script/main.js"} <= wanted
    assert "bot/starter/checkpoint/model.safetensors" in checkpoint
    assert wanted | checkpoint | {"bot/starter/__init__.py"} <= wheel


def test_the_wheel_holds_nothing_of_the_training(wheel):
    """It has only the checkpoint of the starter, and neither tests nor documents."""
    assert [path for path in wheel if not path.startswith(("bot/", "cogs/"))] == []
    starter = {path for path in wheel if path.startswith("bot/starter/")}
    assert [path for path in starter if not path.startswith(KEPT)] == []


def test_the_source_distribution_holds_the_training():
    """The model can be trained from it."""
    sources = listed(SdistBuilder)
    made_by = {
        str(path.relative_to(ROOT))
        for pattern in ("*.py", "*.json", "*.md")
        for path in (ROOT / "bot" / "starter").rglob(pattern)
    }
    assert "bot/starter/train.py" in made_by
    assert made_by <= sources


def test_no_module_of_the_wheel_imports_what_is_left_out(wheel):
    """An installed bot never imports the starter's training."""
    found = []
    for path in sorted(path for path in wheel if path.endswith(".py")):
        for node in ast.walk(ast.parse((ROOT / path).read_text(encoding="utf-8"))):
            names = []
            if isinstance(node, ast.Import):
                names = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{alias.name}" for alias in node.names]
            found += [(path, name) for name in names if name.startswith("bot.starter")]
    assert found == []
