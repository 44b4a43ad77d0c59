"""The picture of a clip's family."""

from __future__ import annotations

import io

from PIL import Image

from bot.domain.lineage import Lineage
from bot.jams.tree_picture import COLOURS, ROW_HEIGHT, WIDTH, draw_tree
from tests.support.clips import clip


def picture(lineage, shown):
    return Image.open(io.BytesIO(draw_tree(lineage, frozenset(shown)))).convert("RGB")


def colours(image):
    return {colour for _, colour in image.getcolors(1 << 20)}


def test_it_has_a_row_for_each_clip_and_each_person_a_colour():
    """As wide as a phone shows it sharply."""
    clips = (clip(1, user_id=7), clip(2, user_id=8, parents=(1,)))
    drawn = picture(Lineage(clip_id=2, clips=clips), {1, 2})
    assert drawn.width == WIDTH
    assert 2 * ROW_HEIGHT <= drawn.height < 3 * ROW_HEIGHT
    assert set(COLOURS[:2]) <= colours(drawn)


def test_of_a_clip_that_is_not_shown_only_its_place_is_seen():
    """Neither its words nor whose it is."""
    clips = (clip(1, user_id=7, prompt="secret"), clip(2, user_id=8, parents=(1,)))
    hidden = picture(Lineage(clip_id=2, clips=clips), {2})
    other = (clip(1, user_id=7, prompt="another"), clips[1])
    assert COLOURS[0] not in colours(hidden)
    assert hidden.tobytes() == picture(Lineage(clip_id=2, clips=other), {2}).tobytes()


def test_words_that_the_font_lacks_are_left_to_the_list_beside_it():
    """No boxes in place of letters."""
    chinese = picture(Lineage(clip_id=1, clips=(clip(1, prompt="一段欢快的音乐"),)), {1})
    silent = picture(Lineage(clip_id=1, clips=(clip(1, prompt=None),)), {1})
    assert chinese.tobytes() == silent.tobytes()


def test_more_branches_than_lanes_are_drawn():
    """The last lane takes the rest."""
    clips = (clip(1), *(clip(n, user_id=n, parents=(1,)) for n in range(2, 32)))
    drawn = picture(Lineage(clip_id=1, clips=clips), range(40))
    assert drawn.height > 30 * ROW_HEIGHT
