"""The licences of the packages that are installed with the bot by default."""

from __future__ import annotations

import functools
import re
import tomllib
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]

COPYLEFT = re.compile(r"GPL|General Public|EUPL|SSPL|CC-BY-(NC|SA)", re.IGNORECASE)

REASONS = {
    "soxr": "LGPL 2.1 or later: a library of its own, which anyone can replace; used as it is",
}
"""Packages whose licence would be refused, and why they are allowed."""


@functools.cache
def installed_by_default():
    """Return every distribution that the bot needs, directly or not, by name."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found, waiting = {}, list(project["dependencies"])
    while waiting:
        needed = Requirement(waiting.pop())
        name = needed.name.lower().replace("_", "-")
        # There are few extras, and their requirements are included.
        extras = [{"extra": extra} for extra in ("", *needed.extras)]
        if needed.marker is not None and not any(map(needed.marker.evaluate, extras)):
            continue
        try:
            package = distribution(needed.name)
        except PackageNotFoundError:
            continue  # overridden in pyproject.toml: required, but not installed
        if name not in found:
            found[name] = package
        waiting += [
            line
            for line in package.requires or ()
            if Requirement(line).name.lower().replace("_", "-") not in found
        ]
    return found


def licence_of(package):
    metadata = package.metadata
    short = (metadata.get("License") or "").strip().splitlines()[:1]
    named = [each for each in metadata.get_all("Classifier") or () if each.startswith("License")]
    return "; ".join(filter(None, [metadata.get("License-Expression"), *short, *named]))


def test_nothing_that_is_installed_by_default_is_copyleft():
    """The code is under Apache 2.0: imports under stricter licences need a reason."""
    packages = installed_by_default()
    assert len(packages) > 40
    licences = {name: licence_of(package) for name, package in packages.items()}
    refused = {
        name: licence or "none is named"
        for name, licence in licences.items()
        if name not in REASONS and (not licence or COPYLEFT.search(licence))
    }
    assert refused == {}


@pytest.mark.parametrize("name", REASONS)
def test_every_licence_exception_has_a_package(name):
    """A package that was removed, or got another licence, needs no exception."""
    licence = licence_of(installed_by_default()[name])
    assert not licence or COPYLEFT.search(licence)


@pytest.mark.parametrize(
    "licence", ["GPL-2.0-or-later", "GNU General Public License v3 (GPLv3)", "AGPL-3.0-only"]
)
def test_copyleft_licences_are_recognised(licence):
    """In every notation."""
    assert COPYLEFT.search(licence)
