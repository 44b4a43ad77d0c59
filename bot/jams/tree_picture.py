"""Draw a clip's family tree, readable on a phone."""

from __future__ import annotations

import io
from collections.abc import Callable

from PIL import Image, ImageDraw

from bot.domain.clips import Clip
from bot.domain.lineage import Lineage, number_people
from bot.i18n.contexts import KIND
from bot.i18n.sentence import Sentence, term
from bot.jams.captions import font_for
from bot.jams.tree_layout import Place, place_clips

WIDTH = 720
ROW_HEIGHT = 64

COLOURS = (
    (240, 150, 60), (96, 160, 240), (120, 200, 110), (226, 92, 122),
    (178, 130, 230), (236, 206, 84), (170, 120, 90), (226, 226, 232),
)  # fmt: skip
"""Of the people, in the order in which they appear; again from the start after that."""

# Supersampling, since Pillow does not antialias.
_FINER = 2
_CARD, _LINE, _DIM = (24, 25, 31), (96, 99, 112), (132, 136, 150)
_TEXT = (238, 238, 242)
_MARGIN, _LANE, _MOST_LANES = 34, 40, 8
_DOT, _FOCUS = 11, 17
_TITLE_SIZE, _DETAIL_SIZE = 25, 20
_PROMPT_CHARACTERS = 48


def draw_tree(
    lineage: Lineage, shown: frozenset[int], render: Callable[[Sentence], str] = str
) -> bytes:
    """Return a PNG of a family tree, WIDTH wide, with a row of ROW_HEIGHT per clip.

    Clips that are not in `shown` stay anonymous. `read` renders sentences in a language; texts
    without a font are in English.
    """
    places = place_clips(lineage.clips)
    height = ROW_HEIGHT * len(lineage.clips) + _MARGIN
    image = Image.new("RGB", (WIDTH * _FINER, height * _FINER), _CARD)
    draw = ImageDraw.Draw(image)
    lanes = 1 + max(min(place.lane, _MOST_LANES - 1) for place in places.values())
    numbers = number_people(lineage)
    for clip in lineage.clips:
        for parent in clip.parent_ids:
            if parent in places:
                _draw_line(draw, places[parent], places[clip.id])
    for clip in lineage.clips:
        is_shown = clip.id in shown
        x, y = _point(places[clip.id])
        colour = COLOURS[numbers[clip.origin.user_id] % len(COLOURS)] if is_shown else _DIM
        is_focus = clip.id == lineage.clip_id
        if is_focus:
            draw.circle((x, y), _FOCUS * _FINER, outline=_TEXT, width=2 * _FINER)
        is_gone = clip.is_deleted or not is_shown
        draw.circle(
            (x, y), _DOT * _FINER, fill=_CARD if is_gone else colour, outline=colour,
            width=3 * _FINER,
        )  # fmt: skip
        title = _title(clip, render) if is_shown else "..."
        _write(draw, clip, title, left=_MARGIN + lanes * _LANE, middle=y, is_shown=is_shown)
    file = io.BytesIO()
    image.resize((WIDTH, height), Image.Resampling.BOX).save(file, "PNG", optimize=True)
    return file.getvalue()


def _point(place: Place) -> tuple[float, float]:
    lane = min(place.lane, _MOST_LANES - 1)
    return (
        (_MARGIN + lane * _LANE) * _FINER,
        (_MARGIN / 2 + (place.row + 0.5) * ROW_HEIGHT) * _FINER,
    )


def _draw_line(draw: ImageDraw.ImageDraw, parent: Place, child: Place) -> None:
    """Draw from a parent over to the lane of a child, and down to it."""
    (left, top), (right, bottom) = _point(parent), _point(child)
    turn = min(top + ROW_HEIGHT * 0.6 * _FINER, bottom)
    draw.line(((left, top), (right, turn), (right, bottom)), _LINE, 4 * _FINER, "curve")


def _title(clip: Clip, render: Callable[[Sentence], str]) -> str:
    title = Sentence(
        "#{id}  {kind}  {seconds:.0f} s",
        id=clip.id,
        kind=term(KIND, clip.kind.value),
        seconds=clip.seconds,
    )
    text = render(title)
    return str(title) if font_for(text, _TITLE_SIZE) is None else text


def _write(
    draw: ImageDraw.ImageDraw,
    clip: Clip,
    title: str,
    *,
    left: float,
    middle: float,
    is_shown: bool,
) -> None:
    dim = clip.is_deleted or not is_shown
    x = left * _FINER
    prompt = (clip.prompt or "") if is_shown else ""
    if len(prompt) > _PROMPT_CHARACTERS:
        prompt = prompt[: _PROMPT_CHARACTERS - 3].rstrip() + "..."
    title_font = font_for(title, _TITLE_SIZE * _FINER)
    # Words that no font here has stand in the message alone, with all the others.
    prompt_font = font_for(prompt, _DETAIL_SIZE * _FINER) if prompt else None
    space = 0 if prompt_font is None else 14 * _FINER
    draw.text((x, middle - space), title, _DIM if dim else _TEXT, title_font, "lm")
    if prompt_font is not None:
        room = (WIDTH - _MARGIN / 2) * _FINER - x
        while prompt_font.getlength(prompt) > room:
            prompt = prompt.removesuffix("...")[:-1].rstrip() + "..."
        draw.text((x, middle + space), prompt, _DIM, prompt_font, "lm")
