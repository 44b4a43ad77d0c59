"""The demo for a newcomer: one command, a browser, music."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import psutil
import pytest
from playwright.sync_api import expect, sync_playwright

from tests.support.demo_stage import CHROMIUM, needs_chromium

# Loading takes seconds on an idle machine, and this one may be busy.
LOADED_MS = 300_000
MADE_MS = 120_000


@pytest.fixture(autouse=True)
def cache(monkeypatch, kernel_cache):
    """Where the demo finds the kernels that the tests have compiled."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(kernel_cache.parent))


@contextmanager
def started(*options, ends_with="Stopped.\n"):
    """Start the demo; yield its process and its address; stop it with Ctrl-C."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--no-browser", *map(str, options)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        # A process group of its own, as a terminal gives it.
        start_new_session=True,
    )
    try:
        line = process.stdout.readline()
        address = re.search(r"http://\S+", line)
        assert address, f"the first line tells the address, not {line}"
        yield process, address[0]
        children = psutil.Process(process.pid).children(recursive=True)
        # A terminal sends it to the whole group.
        os.killpg(process.pid, signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        assert rest.endswith(ends_with)
        assert process.returncode == 0
        _, alive = psutil.wait_procs(children, timeout=10)
        assert alive == []
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@contextmanager
def opened(address):
    """Open a page in a browser; an error on the page fails the test."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        # The page forbids what Playwright waits with.
        page = browser.new_page(bypass_csp=True)
        errors: list[object] = []
        page.on("pageerror", lambda error: errors.append(error))
        page.goto(address)
        yield page
        assert errors == []
        browser.close()


@needs_chromium
def test_a_new_user_plays_a_clip_and_makes_another(tmp_path):
    """The page shows a friend's clip, and leads to a first one of one's own.

    With a folder, the chat is restored at the next start.
    """
    options = ("--port", "0", "--folder", tmp_path / "demo")
    with started(*options) as (_, address), opened(address) as page:
        # The people are shown before bot and model are ready.
        expect(page.get_by_text("Welcome to the jam!")).to_be_visible()
        sounds = page.locator("audio")
        expect(sounds).to_have_count(1, timeout=LOADED_MS)
        page.get_by_role("button", name="Play zhiyin-1.mp3").click()
        page.wait_for_function("document.querySelector('audio').currentTime > 0.2")

        page.get_by_role("button", name="Make 90s rock").click()
        expect(sounds).to_have_count(2, timeout=MADE_MS)
    with started(*options) as (_, address), opened(address) as page:
        expect(page.locator("audio")).to_have_count(2)
        expect(page.get_by_text("Welcome to the jam!")).to_be_visible()


def test_a_second_demo_on_a_folder_is_refused_in_a_sentence(tmp_path):
    """Before it opens a page; for a used port, the error names a free one."""
    with started("--port", "0", "--folder", tmp_path) as (_, address):
        for options, sentence in (
            (("--port", "0", "--folder", str(tmp_path)), "Another demo runs with the folder"),
            (("--port", re.search(r":(\d+)/", address)[1]), "which is free"),
        ):
            done = subprocess.run(
                [sys.executable, "-m", "bot", "demo", "--no-browser", *options],
                capture_output=True,
                text=True,
                timeout=60,
            )
            assert done.returncode == 1
            assert done.stdout == ""
            assert re.fullmatch(r"zhiyin: .*\n", done.stderr)
            assert sentence in done.stderr
