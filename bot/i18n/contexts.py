"""What short texts are, so that one word can have several translations: gettext's contexts."""

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
PAGE = "page"
"""A text of the demo's page."""
