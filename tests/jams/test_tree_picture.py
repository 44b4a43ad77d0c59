"""The picture of a clip's family tree."""

from __future__ import annotations

import io

from PIL import Image

from bot.domain.jobs import Kind
from bot.domain.lineage import Lineage
from bot.i18n.contexts import KIND
from bot.i18n.languages import load_languages
from bot.i18n.sentence import term
from bot.jams.captions import FOLDER, FONT, font_for
from bot.jams.tree_picture import COLOURS, ROW_HEIGHT, WIDTH, draw_tree
from tests.support.clips import clip


def picture(lineage, shown, read=str):
    return Image.open(io.BytesIO(draw_tree(lineage, frozenset(shown), read))).convert("RGB")


def colours(image):
    return {colour for _, colour in image.getcolors(1 << 20)}


def test_the_picture_has_a_row_per_clip_and_a_colour_per_person():
    """Its width suits a phone's screen."""
    clips = (clip(1, user_id=7), clip(2, user_id=8, parents=(1,)))
    drawn = picture(Lineage(clip_id=2, clips=clips), {1, 2})
    assert drawn.width == WIDTH
    assert 2 * ROW_HEIGHT <= drawn.height < 3 * ROW_HEIGHT
    assert set(COLOURS[:2]) <= colours(drawn)


def test_hidden_clips_are_placeholders():
    """Neither the prompt nor the author is shown."""
    clips = (clip(1, user_id=7, prompt="secret"), clip(2, user_id=8, parents=(1,)))
    hidden = picture(Lineage(clip_id=2, clips=clips), {2})
    other = (clip(1, user_id=7, prompt="another"), clips[1])
    assert COLOURS[0] not in colours(hidden)
    assert hidden.tobytes() == picture(Lineage(clip_id=2, clips=other), {2}).tobytes()


def alone(prompt, read=str):
    """Return the picture of one clip as bytes."""
    return picture(Lineage(clip_id=1, clips=(clip(1, prompt=prompt),)), {1}, read).tobytes()


def test_texts_without_a_font_are_omitted():
    """Missing glyphs are not drawn as boxes; the bundled Chinese characters are drawn."""
    assert alone("ロック") == alone("\u200b") == alone(None)
    assert (
        len({alone("一段欢快的音乐"), alone("慢速爵士，钢琴"), alone("slow jazz"), alone(None)})
        == 4
    )


def test_titles_are_localized():
    """They are English if no bundled font has the language's characters."""
    chinese = load_languages().renderer("zh-CN")
    assert alone(None, chinese) != alone(None)
    assert alone(None, lambda sentence: "♬ 音楽") == alone(None)


def test_long_titles_are_truncated():
    """Also with wide characters."""
    drawn = picture(Lineage(clip_id=1, clips=(clip(1, prompt="慢速爵士" * 30),)), {1})
    edge = drawn.crop((WIDTH - 12, 0, WIDTH, drawn.height))
    assert len(colours(edge)) == 1


def test_every_listed_character_is_in_the_font():
    """The font is small, and its licence lies beside it."""
    font = font_for("一", 20)
    assert font is not None
    missing = bytes(font.getmask("\U0001f600"))
    listed = (FOLDER / "signs.txt").read_text(encoding="utf-8")
    assert [sign for sign in listed if bytes(font.getmask(sign)) == missing] == []
    assert FONT.stat().st_size < 300_000
    assert "SIL OPEN FONT LICENSE" in (FOLDER / "OFL.txt").read_text(encoding="utf-8")


def test_the_font_has_all_chinese_picture_texts():
    """A language whose letters no bundled font has is shown in English."""
    read = load_languages().renderer("zh-CN")
    for kind in Kind:
        assert font_for(read(term(KIND, kind.value)), 20) is not None, kind


def test_more_branches_than_lanes_are_drawn():
    """The last lane takes all that do not fit."""
    clips = (clip(1), *(clip(n, user_id=n, parents=(1,)) for n in range(2, 32)))
    drawn = picture(Lineage(clip_id=1, clips=clips), range(40))
    assert drawn.height > 30 * ROW_HEIGHT
