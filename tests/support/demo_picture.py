"""Take the picture of the demo in the README: `python -m tests.support.demo_picture docs/demo.png`.

It starts the demo as a user would, waits for the first clip, and orders more as its owner.
"""

from __future__ import annotations

import io
import re
import signal
import subprocess
import sys
from pathlib import Path

from PIL import Image
from playwright.sync_api import expect, sync_playwright

from tests.support.demo_stage import CHROMIUM

_LOADED_MS = 120_000
_COLOURS = 160


def main():
    command = [sys.executable, "-u", "-m", "bot", "demo", "--port", "0", "--no-browser"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        address = re.search(r"http://\S+", process.stdout.readline())[0]
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
            picture = take(browser, address)
            browser.close()
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
    # A palette is enough for a page, at a fourth of the bytes.
    small = Image.open(io.BytesIO(picture)).convert("RGB").quantize(_COLOURS)
    small.save(Path(sys.argv[1]), optimize=True)


def take(browser, address):
    """Return a picture of the page after some clips are shown."""
    page = browser.new_page(
        viewport={"width": 1180, "height": 860}, color_scheme="dark", reduced_motion="reduce"
    )
    page.add_init_script("localStorage['zhiyin.guide'] = '{\"isOver\":true}'")
    page.goto(address)
    expect(page.locator("audio")).to_have_count(1, timeout=_LOADED_MS)
    box = page.locator(".composer textarea")
    box.fill("/music prompt:90s rock with big guitars seconds:10")
    box.press("Enter")
    expect(page.locator("audio")).to_have_count(2, timeout=_LOADED_MS)
    clip = page.locator("li.message").last
    clip.get_by_role("button", name="Play").click()
    box.fill("/music ")
    fields = page.locator(".command-form")
    fields.get_by_role("combobox", name="prompt").fill("bossa nova with a flute")
    page.mouse.move(0, 0)
    page.wait_for_timeout(2500)  # so that it is shown playing
    return page.screenshot()


if __name__ == "__main__":
    main()
