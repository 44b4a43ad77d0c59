"""Fonts for captions in pictures: Pillow's own for Latin, a bundled one for Chinese.

The latter is a subset of Noto Sans CJK SC (SIL Open Font License): the characters of the bot's own
texts and of the built-in model's vocabulary, listed in `signs.txt`.
"""

from __future__ import annotations

import functools
from pathlib import Path

from PIL import ImageFont

FOLDER = Path(__file__).with_name("caption_font")
FONT = FOLDER / "NotoSansCJKsc-subset.otf"

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def font_for(text: str, size: float) -> Font | None:
    """Return a font with all characters of a text, `size` pixels high; None if there is none."""
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
