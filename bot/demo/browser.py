"""Open the browser of the person who started the demo."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Mapping
from threading import Thread

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")


def open_browser(url: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Open an address in the system's browser; return whether it is being tried.

    Not without a screen: a text browser would take over the terminal.
    """
    if not any(environment.get(name) for name in _DISPLAYS):
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    # Some commands only return once the browser's window is open.
    Thread(target=browser.open, args=(url,), name="browser", daemon=True).start()
    return True
