"""The project itself: which package may import which, and what no file may contain."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OURS = {
    # Each package or module and what it may import of ours, with all that is below it. A file
    # belongs to the longest name that matches it.
    "bot.__main__": {"bot.cli"},
    "bot.cli": {"bot"},
    # The simulated Discord imports neither the bot's side nor the page's.
    "bot.demo.discord": {"bot.i18n", "bot.domain", "bot.errors", "bot.log"},
    "bot.demo.client": {"bot.demo.discord", "bot.i18n", "bot.errors", "bot.log"},
    "bot.demo": {
        "bot.i18n",
        "bot.app",
        "bot.config",
        "bot.config_file",
        "bot.errors",
        "bot.log",
        "bot.models.locate",
        "bot.pipeline.service",
        "bot.store.folder_lock",
    },
    "bot.app": {
        "bot.i18n",
        "bot.audio",
        "bot.config",
        "bot.domain",
        "bot.errors",
        "bot.inference",
        "bot.jams",
        "bot.log",
        "bot.models",
        "bot.musicgen",
        "bot.pipeline",
        "bot.store",
        "bot.voice",
        "bot.words",
    },
    "bot.jams": {"bot.i18n", "bot.domain"},
    "bot.voice": {"bot.i18n", "bot.audio", "bot.domain", "bot.errors", "bot.log"},
    "bot.pipeline": {
        "bot.i18n",
        "bot.audio",
        "bot.config",
        "bot.domain",
        "bot.errors",
        "bot.inference",
        "bot.log",
        "bot.word_filter",
        "bot.store",
        "bot.words",
    },
    "bot.inference": {
        "bot.i18n",
        "bot.config",
        "bot.config_file",
        "bot.domain",
        "bot.errors",
        "bot.log",
    },
    # Capacity planning, with the queue that the bot runs.
    "bot.capacity": {"bot.inference.fair_queue"},
    "bot.models": {"bot.i18n", "bot.config", "bot.domain", "bot.errors", "bot.musicgen"},
    "bot.musicgen": {"bot.i18n", "bot.domain", "bot.errors"},
    "bot.store": {"bot.i18n", "bot.config", "bot.domain", "bot.errors"},
    "bot.audio": {"bot.i18n", "bot.config", "bot.domain", "bot.errors"},
    "bot.domain": {"bot.i18n", "bot.errors"},
    "bot.words": set(),
    "bot.word_filter": {"bot.errors", "bot.i18n"},
    "bot.config": {"bot.errors", "bot.i18n"},
    "bot.config_file": {"bot.i18n", "bot.config", "bot.errors"},
    "bot.errors": {"bot.i18n"},
    "bot.i18n": set(),
    "bot.failpoints": set(),
    "bot.letters": set(),
    "bot.log": set(),
    "bot.printable": set(),
    "bot.retry": set(),
    "bot.atomic_file": set(),
    "bot.private_files": set(),
    # Training knows the model's format; the evaluation also runs the model.
    "bot.starter": {
        "bot.audio.analysis.spectra",
        "bot.audio.held_codes",
        "bot.musicgen.baselines.synthetic_config",
        "bot.musicgen.checkpoint.model_config",
        "bot.musicgen.checkpoint.stems",
        "bot.musicgen.checkpoint.tensor_names",
    },
    "bot.starter.evaluate": {"bot.starter", "bot.config"},
    # It reads and displays music as the bot does.
    "bot.starter.evaluation": {"bot.starter", "bot.audio", "bot.domain"},
    "bot.starter.evaluation.sampler": {
        "bot.starter",
        "bot.audio",
        "bot.words",
        "bot.config",
        "bot.domain",
        "bot.models.opening",
        "bot.musicgen",
    },
    "cogs": {
        "bot.i18n",
        "bot.app.attachment_fetch",
        "bot.app.client",
        "bot.app.network_errors",
        "bot.app.services",
        "bot.domain",
        "bot.errors",
        "bot.jams",
        "bot.pipeline.packaging",
        "bot.pipeline.presenter",
        "bot.voice",
    },
}

# What any package may import: it imports none of them.
GROUND = {
    "bot.atomic_file",
    "bot.failpoints",
    "bot.letters",
    "bot.printable",
    "bot.private_files",
    "bot.retry",
}

THEIRS = {
    # Third-party packages that only some packages may import.
    "mindspore": {"bot.musicgen"},
    "mindnlp": {"bot.musicgen"},
    "mindtorch": {"bot.musicgen"},
    "transformers": {"bot.musicgen"},
    "tokenizers": {"bot.musicgen", "bot.starter"},
    "safetensors": {"bot.musicgen", "bot.starter"},
    "stamina": {"bot.retry"},
    # An extra: only separate processes import it, never the bot.
    "ray": {
        "bot.inference.ray.relay",
        "bot.inference.ray.remote_worker",
        "bot.inference.ray.cluster_view",
    },
    "psutil": {"bot.app", "bot.musicgen", "bot.cli", "bot.inference"},
    "huggingface_hub": {"bot.musicgen", "bot.models"},
    "requests": set(),  # a dependency of huggingface_hub, until it moves to another
    "discord": {"bot.app", "bot.voice", "cogs"},
    "nacl": {"bot.demo"},
    "aiohttp": {"bot.app", "bot.demo", "cogs"},
    "prometheus_client": {"bot.app", "bot.inference"},
    "babel": {"bot.i18n"},
    "simcord": set(),
    "PIL": {"bot.audio", "bot.jams", "bot.starter.evaluation"},
    "tinytag": {"bot.audio"},
    "re2": {"bot.word_filter"},
    "imageio_ffmpeg": {"bot.audio"},
    "aiosqlite": {"bot.store"},
    "soundfile": {"bot.audio", "bot.demo", "bot.starter.training"},
    "soxr": {"bot.audio"},
    "pydub": {"bot.audio"},
    "python_stretch": {"bot.audio"},
    "mido": {"bot.audio", "bot.starter.training"},
    "sklearn": {"bot.starter.evaluation"},
    "joblib": {"bot.starter.evaluation"},
    "rich": {"bot.cli"},
    "torch": {
        "bot.starter",
        "bot.musicgen.baselines.torch_reference",
        "bot.musicgen.baselines.converted",
    },
    "openvino": {"bot.musicgen.baselines.converted"},
    "nncf": {"bot.musicgen.baselines.converted"},
    "onnx": {"bot.musicgen.baselines.converted"},
    "onnxruntime": {"bot.musicgen.baselines.converted"},
}

NO_NAMES = {"utils", "util", "helpers", "helper", "common", "manager", "base", "misc"}

FILES = sorted(
    path for top in ("bot", "cogs") for path in (ROOT / top).rglob("*.py")
)  # fmt: skip


def module_of(path, root=ROOT):
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def is_in(module, room):
    return module == room or module.startswith(f"{room}.")


def room_of(module):
    """Return the longest listed name that contains a module."""
    return max((room for room in OURS if is_in(module, room)), key=len, default=None)


def imports_of(path):
    """Return every module that a file imports, anywhere in the file."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path} has a relative import"
            # `from bot import config` imports a module, not a name.
            if node.module == "bot":
                yield from (f"bot.{alias.name}" for alias in node.names)
            else:
                yield node.module


def complaints(path, root=ROOT):
    module = module_of(path, root)
    room = room_of(module)
    for name in imports_of(path):
        top = name.split(".")[0]
        if top in {"bot", "cogs"}:
            inside = is_in(name, room) or room_of(name) in {room, *GROUND}
            if not inside and not any(is_in(name, allowed) for allowed in OURS[room]):
                yield f"{module} may not import {name}"
        elif top in THEIRS and not any(is_in(module, allowed) for allowed in THEIRS[top]):
            yield f"{module} may not import {name}"


def test_every_package_imports_only_what_is_allowed():
    """Discord's side imports the core and never the other way round."""
    tops = {ROOT / "bot" / "__init__.py", ROOT / "cogs" / "__init__.py"}
    for path in set(FILES) - tops:
        assert room_of(module_of(path)), f"{path} is in no room: add it to the table"
        assert list(complaints(path)) == []


@pytest.mark.parametrize(
    ("where", "line"),
    [
        ("bot/musicgen/x.py", "from bot import config"),
        ("bot/musicgen/x.py", "from bot.audio import resample"),
        ("bot/musicgen/x.py", "import discord"),
        ("bot/audio/x.py", "import mindspore.nn"),
        ("bot/inference/queue.py", "from bot.musicgen.engine.engine import Engine"),
        ("cogs/music.py", "from bot.store import jobs"),
        ("cogs/music.py", "def f():\n    import aiosqlite"),
        ("bot/errors.py", "from bot.domain.generation import Sound"),
        ("bot/generate.py", "import torch"),
    ],
)
def test_a_forbidden_import_is_detected(tmp_path, where, line):
    """The check above detects each of these."""
    path = tmp_path / where
    path.parent.mkdir(parents=True)
    path.write_text(line)
    assert len(list(complaints(path, tmp_path))) == 1


def test_files_are_short_enough():
    """A file too long to read at once should be split by subject."""
    for path in FILES:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 250, path
        assert path.stem not in NO_NAMES, path


def test_a_class_of_the_audio_room_has_a_name_of_its_own():
    """A reader of one file is not led to think of another file's class."""
    trees = [ast.parse(path.read_text()) for path in FILES if is_in(module_of(path), "bot.audio")]
    classes = [each.name for tree in trees for each in tree.body if isinstance(each, ast.ClassDef)]
    assert [name for name, times in Counter(classes).items() if times > 1] == []


def test_packages_do_nothing_when_imported():
    """An __init__ has at most a sentence on the package's purpose."""
    for path in FILES:
        if path.name == "__init__.py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            assert len(tree.body) == 1, path
            assert ast.get_docstring(tree), path


def test_the_version_is_in_the_changelog():
    """Every release is described."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert f"## [{version}]" in changes or "## [Unreleased]" in changes


def test_no_host_of_a_package_registry_is_named():
    """Each machine configures its package index."""
    hosts = ("pypi" + ".org", "files.python" + "hosted")
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md"), ROOT / "Dockerfile"]
    for path in [*FILES, *pages, ROOT / "pyproject.toml", ROOT / ".ci" / "run"]:
        assert not [host for host in hosts if host in path.read_text(encoding="utf-8")], path


def test_no_test_patches_our_own_modules_by_name():
    """Tests pass other settings in instead."""
    patches = re.compile(r"""setattr\(\s*["'](bot|cogs)\.""")
    files = sorted((ROOT / "tests").rglob("*.py"))
    assert [path for path in files if patches.search(path.read_text(encoding="utf-8"))] == []


def test_the_documents_name_files_that_exist():
    """A reference to a moved file would mislead the reader."""
    pages = [*(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")]
    pages += [ROOT / "README.md", ROOT / "tests" / "README.md"]
    named = re.compile(r"[`(](?:\.\./)*((?:bot|cogs|tests|docs|\.github)/[\w/.-]*\w)/?[`)#]")
    for page in pages:
        for path in named.findall(page.read_text(encoding="utf-8")):
            assert (ROOT / path).exists(), f"{page.relative_to(ROOT)} names {path}"


def test_the_documents_name_modules_that_exist():
    """Also where they name a file without its folder."""
    known = {path.name for path in [*FILES, *(ROOT / "tests").rglob("*.py")]}
    known |= {path.name for path in (ROOT / "bot").rglob("*.cc")}
    pages = [*(ROOT / "docs").rglob("*.md"), *(ROOT / ".github").rglob("*.md")]
    pages += [ROOT / "tests" / "README.md", ROOT / "bot" / "starter" / "README.md"]
    for page in pages:
        for name in re.findall(r"`(\w+\.(?:py|cc))`", page.read_text(encoding="utf-8")):
            assert name in known, f"{page.relative_to(ROOT)} names {name}"


def test_the_architecture_page_describes_every_room():
    """Each package, and each module beside them, has its line in the table."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = "\n".join(line.split("|")[1] for line in page.splitlines() if line.startswith("| `"))
    for path in sorted((ROOT / "bot").iterdir()):
        if path.is_dir() and (path / "__init__.py").exists():
            assert f"`bot/{path.name}`" in rows, path
        elif path.suffix == ".py" and not path.stem.startswith("__"):
            assert f"{path.name}`" in rows, path
    for path in sorted((ROOT / "cogs").iterdir()):
        if path.is_dir() and (path / "__init__.py").exists():
            assert f"`{path.name}/`" in page, path
