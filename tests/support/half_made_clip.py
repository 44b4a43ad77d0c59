"""A clip of the scripted engine's that is still being made for as long as a test wants."""

from __future__ import annotations


class HalfMadeClip:
    """Its prompt gives a clip that stays half made until it is let go, however long that takes."""

    def __init__(self, folder):
        """Take a folder that workers can read: a file in it says that the clip is let go."""
        self._let_go = folder / "let-go"

    @property
    def prompt(self):
        return f"half-made {self._let_go}"

    def let_go(self):
        """Let it be finished, now and whenever it is made again."""
        self._let_go.touch()
