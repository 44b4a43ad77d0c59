"""Fonts for captions in pictures: Pillow's own for Latin, one that comes along for Chinese.

That one is a part of Noto Sans CJK SC (SIL Open Font License): the signs that the bot writes itself
and those that its built-in model reads. `signs.txt` beside it lists them.
"""

from __future__ import annotations

import functools
from pathlib import Path

from PIL import ImageFont

FOLDER = Path(__file__).with_name("caption_font")
FONT = FOLDER / "NotoSansCJKsc-subset.otf"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font_for(text: str, size: float) -> Font | None:
    """Return a font that has all of a text, `size` pixels high; None where none here has."""
    if not text.isprintable():
        return None
    if text.isascii():
        return ImageFont.load_default(size)
    if any(not sign.isascii() and sign not in _signs() for sign in text):
        return None
    return ImageFont.truetype(FONT, size)


@functools.cache
def _signs() -> frozenset[str]:
    return frozenset((FOLDER / "signs.txt").read_text(encoding="utf-8"))
