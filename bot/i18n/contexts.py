"""Contexts of short texts, so that one word can have several translations (gettext's msgctxt)."""

from __future__ import annotations

COMMAND = "command"
"""The name of a slash command: `music`."""
OPTION = "option"
"""The name of a command's option: `prompt`."""
CHOICE = "choice"
"""One of the values that an option offers."""
MENU = "menu"
"""An entry of the menu *Apps* of a message."""
HELP = "help"
"""A piece of the command line's help."""
KEY = CHOICE
"""A musical key, which is also one of the values that an option offers: `C major`."""
KIND = "kind"
"""How a clip came about: `remix`."""
STEM = "stem"
"""A part of a clip that can be had alone: `drums`."""
PLACE = "place"
"""A name in the demo: of a channel, a role, the server."""
PAGE = "page"
"""A text of the demo's page."""
