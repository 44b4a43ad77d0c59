"""Fold a text to its visual skeleton: disguised letters become those that they look like.

Case, accents, widths, invisible characters, look-alike letters of other scripts. Folded text is
compared, never shown.
"""

from __future__ import annotations

import unicodedata

_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn"}

# Those that decorate letters of any script. Others, such as vowel signs, are letters of their own.
_DECORATING = (
    (0x0300, 0x036F),
    (0x1AB0, 0x1AFF),
    (0x1DC0, 0x1DFF),
    (0x20D0, 0x20FF),
    (0xFE00, 0xFE0F),
    (0xFE20, 0xFE2F),
)
# Marks that are seen nowhere: Khmer's inherent vowels, and selectors of letters' variants.
_UNSEEN = ((0x17B4, 0x17B5), (0x180B, 0x180F), (0xE0100, 0xE01EF))

# Letters and signs that look like others, after case and accents are gone.
_LOOKALIKES = str.maketrans(
    # Cyrillic
    "авеѕіјкмнорстухԁԛԝһӏгп"
    # Greek
    "αβεικνορτυχω"
    # Armenian
    "հոօս"
    # Latin
    "øłđħŧıɪʟʀɢʏɑɡʙᴀᴄᴅᴇʜᴊᴋᴍɴᴏᴘꜰᴛᴜᴠᴡᴢꜱ"
    # quotation marks that stand for an apostrophe
    "’‘ʼ`´",
    "abesijkmhopctyxdqwhlrn"
    "abeiknoptuxw"
    "hnou"
    "oldhtiilrgyagbacdehjkmnopftuvwzs"
    "'''''",
)  # fmt: skip
_PAIRS = {"æ": "ae", "œ": "oe", "þ": "th", "ð": "d"}

# Letters in squares and circles, and the halves of flags.
_FRAMED = (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)


def fold(text: str) -> str:
    """Return a text as it is compared: composed, in lower case, without disguises of letters."""
    unframed = "".join(map(_without_frame, text))
    plain = unicodedata.normalize("NFKD", unframed).casefold()
    kept = "".join(each for each in plain if not _is_hidden(each))
    # Some letters are large in a compatible form only, and folded once that is gone.
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", kept).casefold())
    paired = "".join(_PAIRS.get(each, each) for each in folded)
    return paired.translate(_LOOKALIKES)


def seen(text: str) -> str:
    """Return a text composed and without what is invisible, its letters as they are."""
    composed = unicodedata.normalize("NFKC", text)
    return "".join(each for each in composed if not _is_hidden(each))


def _without_frame(character: str) -> str:
    code = ord(character)
    for first in _FRAMED:
        if first <= code < first + 26:
            return chr(ord("a") + code - first)
    return character


def _is_hidden(character: str) -> bool:
    if character.isascii():
        return unicodedata.category(character) == "Cc" and not character.isspace()
    code = ord(character)
    return unicodedata.category(character) in _INVISIBLE or any(
        first <= code <= last for first, last in (*_DECORATING, *_UNSEEN)
    )
