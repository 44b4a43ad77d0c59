"""The demo as a newcomer meets it: one command, a browser, music."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys

import pytest
from playwright.sync_api import expect, sync_playwright

CHROMIUM = shutil.which("chromium")
# Loading takes half a minute on an idle machine, and this one may be busy.
LOADED_MS = 300_000
MADE_MS = 120_000

needs_chromium = pytest.mark.skipif(not CHROMIUM, reason="needs Chromium: apt install chromium")


@pytest.fixture
def demo(tmp_path):
    """Start the demo and give its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bot", "demo", "--port", "0", "--folder", str(tmp_path / "demo")],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        address = re.search(r"http://\S+", process.stdout.readline())
        assert address, "the first line tells the address"
        yield address[0]
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=60)
        assert rest.endswith("Stopped.\n")
        assert process.returncode == 0
    finally:
        process.kill()
        process.wait()
        process.stdout.close()


@pytest.fixture
def page(demo):
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
        )
        # The page forbids what Playwright waits with.
        opened = browser.new_page(viewport={"width": 1400, "height": 1000}, bypass_csp=True)
        opened.goto(demo)
        yield opened
        browser.close()


def clips(page):
    """The players of all clips in the channel."""
    return page.locator("audio")


def plays(page):
    """Press play until time goes by; a page that is drawn anew meanwhile forgets the press."""
    for _ in range(60):
        if page.evaluate(
            "[...document.querySelectorAll('audio')].some(each => each.currentTime > 0.5)"
        ):
            return True
        if page.evaluate("[...document.querySelectorAll('audio')].every(each => each.paused)"):
            page.get_by_role("button", name="Play").last.click()
        page.wait_for_timeout(500)
    return False


def until(page, do, is_so):
    """Do something until it had its effect: the page takes nothing while a message changes."""
    for _ in range(60):
        do()
        page.wait_for_timeout(500)
        if is_so():
            return
    raise AssertionError(f"the page took no notice: {page.get_by_role('status').all_inner_texts()}")


def send(page, prompt, words):
    """Send the command with these words, and not what is proposed instead.

    A page that is drawn anew while somebody types forgets the words.
    """
    if prompt.input_value() != words:
        prompt.fill(words)
    prompt.press("Escape")
    prompt.press("Enter")


@needs_chromium
def test_a_newcomer_makes_plays_and_remixes_music(page):
    """A clip is there to begin with; typing, playing, pressing and filling in the form all work."""
    expect(clips(page)).to_have_count(1, timeout=LOADED_MS)

    page.get_by_placeholder("Message #music").click()
    page.keyboard.type("/music")
    page.get_by_text("Make a clip from words").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.type("90s rock")
    prompt = page.get_by_role("combobox", name="prompt")
    until(page, lambda: send(page, prompt, "90s rock"), lambda: not prompt.count())
    expect(clips(page)).to_have_count(2, timeout=MADE_MS)

    assert plays(page)

    again, messages = page.get_by_role("button", name="Again").last, page.locator("[role=log] time")
    shown = messages.count()
    until(page, again.click, lambda: messages.count() > shown)
    expect(clips(page)).to_have_count(3, timeout=MADE_MS)
    expect(page.get_by_text("another take of")).to_be_visible()

    form = page.get_by_role("dialog")
    until(page, page.get_by_role("button", name="Remix").last.click, form.is_visible)
    form.get_by_role("textbox").fill("as slow jazz")
    until(page, form.get_by_role("button", name="Submit").click, lambda: not form.is_visible())
    expect(clips(page)).to_have_count(4, timeout=MADE_MS)
    expect(page.get_by_text("as slow jazz")).to_be_visible()
