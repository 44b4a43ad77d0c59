"""Write the exact version of every package into pyproject.toml.

    uv run --group dev task pin              # after a dependency was added or changed
    uv run --group dev task pin --upgrade    # every package to the newest that fits

A lock file would do the same, but names the host that each package came from; and a cut-off date
needs a mirror that knows when each package was uploaded.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
BEGIN = "    # Pinned by `uv run --group dev task pin`.\n"
BUILD_TOOLS = ("hatchling",)

_LIST = re.compile(re.escape(BEGIN) + r"(?: +\"[^\n]*\n)*")


def main(arguments: Sequence[str] = sys.argv[1:]) -> int:
    """Resolve all groups together and write the versions; return the exit code."""
    project = ROOT / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    try:
        # A package that several groups need in several versions gets the oldest, which all take:
        # the second round shows that they do.
        pinned = insert(text, resolve(remove(text) if "--upgrade" in arguments else text))
        pinned = insert(pinned, resolve(pinned))
    except subprocess.CalledProcessError:
        print("Nothing was written. With --upgrade, all versions are chosen anew.", file=sys.stderr)
        return 1
    project.write_text(pinned, encoding="utf-8")
    return 0


def resolve(text: str) -> Mapping[str, Any]:
    """Return the lock that uv makes of a pyproject.toml."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "pyproject.toml").write_text(text, encoding="utf-8")
        # uv tells its children where it lies.
        uv = os.environ.get("UV", "uv")
        subprocess.run([uv, "lock", "--quiet", "--project", folder], check=True, cwd=folder)
        return tomllib.loads(Path(folder, "uv.lock").read_text(encoding="utf-8"))


def remove(text: str) -> str:
    """Return a pyproject.toml without its pins."""
    return _LIST.sub(BEGIN, text)


def insert(text: str, lock: Mapping[str, Any]) -> str:
    """Return a pyproject.toml with the pins of a lock: for what is run, then for what builds it."""
    lists = iter([versions(lock), versions(lock, needed_by(BUILD_TOOLS, lock))])

    def lines(_: re.Match[str]) -> str:
        return BEGIN + "".join(f'    "{name}=={at}",\n' for name, at in next(lists).items())

    return _LIST.sub(lines, text)


def versions(lock: Mapping[str, Any], names: Iterable[str] | None = None) -> dict[str, str]:
    """Return the version of each package, or of those named; of several the oldest."""
    found: dict[str, str] = {}
    for package in lock["package"]:
        name = package["name"]
        if "registry" not in package["source"] or (names is not None and name not in names):
            continue
        found[name] = min(found.get(name, package["version"]), package["version"], key=_order)
    return dict(sorted(found.items()))


def needed_by(names: Iterable[str], lock: Mapping[str, Any]) -> set[str]:
    """Return packages with all that they need."""
    needs = {
        package["name"]: [each["name"] for each in package.get("dependencies", ())]
        for package in lock["package"]
    }
    reached: set[str] = set()
    left = list(names)
    while left:
        name = left.pop()
        if name not in reached:
            reached.add(name)
            left += needs[name]
    return reached


def _order(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d+", version)]


if __name__ == "__main__":
    sys.exit(main())
