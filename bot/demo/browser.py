"""The browser of whoever started the demo."""

from __future__ import annotations

import os
import webbrowser
from collections.abc import Mapping
from threading import Thread

_DISPLAYS = ("DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME")


def open_browser(url: str, environment: Mapping[str, str] = os.environ) -> bool:
    """Have the system open an address; return whether it will try.

    Without a screen it would be a browser for the terminal, which takes that away.
    """
    if not any(environment.get(name) for name in _DISPLAYS):
        return False
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        return False
    # Some wait until the browser's window is there.
    Thread(target=browser.open, args=(url,), name="browser", daemon=True).start()
    return True
