"""The prompt of a remix: old and new words joined."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.words.join import TempoAndKey, join_words, keeps_tempo_and_key

ROCK = "90s rock song with loud guitars and heavy drums"
BLUES = "slow blues with groovy saxophone"
TRANCE = "uplifting trance, 138 BPM"
LATIN = "一段欢快的拉丁音乐，带有小号"
NOTHING = TempoAndKey()
MOST = 400


def joined(old, new, heard=NOTHING, most=MOST):
    return join_words(old, new, heard, most=most)


STYLES = [
    (ROCK, "make it jazzier", "90s jazz rock song with loud guitars and heavy drums"),
    (ROCK, "as jazz", "90s jazz song with loud guitars and heavy drums"),
    (ROCK, "jazz", "90s jazz song with loud guitars and heavy drums"),
    (ROCK, "The same as jazz, please!", "90s jazz song with loud guitars and heavy drums"),
    (ROCK, "turn it into an 80s track", "80s rock song with loud guitars and heavy drums"),
    (BLUES, "make it jazzier", "slow jazz blues with groovy saxophone"),
    (BLUES, "bluesier", BLUES),
    (TRANCE, "more ambient", "uplifting ambient, 138 BPM"),
    ("funky house, 124 BPM", "as techno", "funky techno, 124 BPM"),
    ("calm ambient with a synth pad", "metal", "calm metal with a synth pad"),
    ("jazz trio with piano", "as a bossa nova", "bossa nova trio with piano"),
    ("something odd about whales", "jazz", "jazz something odd about whales"),
]
MOODS = [
    (ROCK, "make it calmer", "calm 90s rock song with guitars and drums"),
    (ROCK, "more energetic", f"energetic {ROCK}"),
    (TRANCE, "calm", "calm uplifting trance, 138 BPM"),
    ("a happy waltz", "sad", "sad waltz"),
    ("dark techno", "less dark", "techno"),
    ("fast punk", "calmer", "calm punk"),
    ("piano", "happier", "happy piano"),
]
PLAYERS = [
    (BLUES, "with piano", "slow blues with groovy saxophone, with piano"),
    (BLUES, "add a choir", "slow blues with groovy saxophone, choir"),
    (BLUES, "more saxophone", "slow blues, lots of saxophone"),
    (ROCK, "no drums", "90s rock song with loud guitars, no drums"),
    (ROCK, "take out the drums", "90s rock song with loud guitars, no drums"),
    (ROCK, "softer drums", "90s rock song with loud guitars, softer drums"),
    (ROCK, "without guitars", "90s rock song with heavy drums"),
    (ROCK, "flute instead of guitar", "90s rock song with heavy drums, flute"),
    ("house, no drums", "with heavy drums", "house, with heavy drums"),
    ("reggae with organ", "more energetic", "energetic reggae with organ"),
    ("ambient", "without guitar", "ambient, without guitar"),
    (
        ROCK,
        "remove the drums, add saxophone please",
        "90s rock song with loud guitars, no drums, saxophone",
    ),
]
CHINESE = [
    (LATIN, "悲伤一点", "悲伤的拉丁音乐，带有小号"),
    (LATIN, "换成爵士", "欢快的爵士音乐，带有小号"),
    (LATIN, "不要鼓", "欢快的拉丁音乐，带有小号，不要鼓"),
    (LATIN, "make it jazzier", "欢快的爵士拉丁音乐，带有小号"),
    (ROCK, "更爵士一点", "90s jazz rock song with loud guitars and heavy drums"),
    ("慢速爵士, 钢琴, A小调", "加上鼓", "慢速爵士, 钢琴, A小调，鼓"),
]
OTHERS = [
    (None, "make it jazzier", "jazz"),
    (None, "make it", "make it"),
    (None, "slow blues", "slow blues"),
    (ROCK, "a song about whales", f"{ROCK}, song about whales"),
    (ROCK, "calm piano ballad with strings", "calm piano ballad with strings"),
    (ROCK, "!!", ROCK),
    (ROCK, ROCK, ROCK),
    ("90s rock, A minor", "jazz", "90s jazz, A minor"),
    ("lo-fi", "the drums come in, louder", "loud lo-fi, drums"),
    ("lo-fi", "a flute enters", "lo-fi, flute"),
]


@pytest.mark.parametrize(("old", "new", "words"), [*STYLES, *MOODS, *PLAYERS, *CHINESE, *OTHERS])
def test_new_words_replace_what_they_contradict_and_nothing_else(old, new, words):
    """At the same place if there is one, in the language of the old words."""
    assert joined(old, new) == words


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (ROCK, "make it jazzier", "{old}, 120 BPM, A minor"),
        (TRANCE, "calmer", "calm uplifting trance, 138 BPM, A minor"),
        (ROCK, "140 bpm", f"{ROCK}, 140 bpm, A minor"),
        (ROCK, "in D minor", f"{ROCK}, 120 BPM, in D minor"),
        (ROCK, "fast", f"fast {ROCK}, A minor"),
        (ROCK, "slower", f"slow {ROCK}, 96 BPM, A minor"),
        (ROCK, "much faster", f"fast {ROCK}, 176 BPM, A minor"),
        (TRANCE, "slower", "slow uplifting trance, 96 BPM, A minor"),
        (BLUES, "faster", "fast blues with groovy saxophone, 150 BPM, A minor"),
        (BLUES, "in a major key", f"{BLUES}, 120 BPM, A major"),
        (None, "make it jazzier", "jazz, 120 BPM, A minor"),
        (None, "jazz at 90 bpm in C# minor", "jazz at 90 bpm in C# minor"),
        ("house, F major", "darker", "dark house, F major, 120 BPM"),
        (ROCK, "piano ballad with strings", "piano ballad with strings, 120 BPM, A minor"),
        (LATIN, "悲伤一点", "悲伤的拉丁音乐，带有小号，120拍，A小调"),
        ("慢速爵士, 钢琴, A小调", "快一点", "快速爵士, 钢琴, A小调，150拍"),
    ],
)
def test_tempo_and_key_of_the_sound_join_unless_others_are_asked_for(old, new, words):
    """Those in the old prompt take precedence over the detected ones."""
    heard = TempoAndKey(bpm=119.6, key="A minor")
    old_rock = "90s jazz rock song with loud guitars and heavy drums"
    assert joined(old, new, heard) == words.format(old=old_rock)


def test_too_long_joined_prompts_keep_the_new_words():
    """The old ones are left out; new words alone always fit."""
    old = "rock with " + "very " * 70 + "loud guitars"
    assert joined(old, "jazz " + "and so on " * 10) == ("jazz " + "and so on " * 10).strip()
    assert joined(old, "x" * 500) == "x" * 400


WORDS = st.lists(
    st.sampled_from(
        "make it more less no without with and , the a jazz jazzier rock 90s loud guitars drums "
        "calm saxophone fast slower 120 BPM A minor in key of whales please 爵士 不要 鼓 的".split()
    ),
    min_size=1,
    max_size=12,
).map(" ".join)


@given(
    st.none() | WORDS, WORDS, st.none() | st.floats(40, 240), st.sampled_from([None, "F# major"])
)
def test_joined_prompts_are_never_empty(old, new, bpm, key):
    """Nor too long, and the same input gives the same result."""
    heard = TempoAndKey(bpm=bpm, key=key)
    words = joined(old, new, heard)
    assert words.strip()
    assert len(words) <= MOST
    assert words == joined(old, new, heard)


@given(st.text(max_size=60), st.text(min_size=1, max_size=60))
def test_any_text_can_be_joined(old, new):
    """Text without musical meaning is kept or left out."""
    assert len(joined(old, new)) <= 130


@pytest.mark.parametrize(
    ("asked", "stays"),
    [
        ("as jazz", True),
        ("no drums", True),
        ("make it darker", True),
        ("slower", False),
        ("90 BPM", False),
        ("快一点", False),
        ("in D minor", False),
        ("as a waltz in 3/4", False),
    ],
)
def test_tempo_and_harmony_stay_unless_others_are_asked_for(asked, stays):
    """Whatever else is requested."""
    assert keeps_tempo_and_key(asked) is stays
