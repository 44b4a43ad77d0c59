"""What a mood moves in a composed piece."""

import numpy as np

from bot.starter.composer.compose import compose
from bot.starter.composer.instruments import INSTRUMENTS
from bot.starter.composer.moods import MOODS
from bot.starter.composer.styles import STYLES


def test_moods_move_what_they_name():
    """Energetic pieces are denser and faster than calm ones; dark ones lower than happy ones."""

    def composed(mood):
        return [
            compose(seed, style=style, mood=mood)
            for style in ("rock", "80s pop", "jazz", "house")
            for seed in range(30)
        ]

    def rate(piece):
        played = [part for part in piece.parts if part.role in ("drums", "bass", "lead", "chord1")]
        return sum(len(part.notes) for part in played) / piece.seconds

    def height(found):
        notes = [
            note.pitch - INSTRUMENTS[part.instrument].lead_center
            for piece in found
            for part in piece.parts
            if part.role == "lead"
            for note in part.notes
        ]
        return np.mean(notes)

    energetic, calm = composed("energetic"), composed("calm")
    assert np.mean([rate(p) for p in energetic]) > 2 * np.mean([rate(p) for p in calm])
    assert np.mean([p.bpm for p in energetic]) > 1.25 * np.mean([p.bpm for p in calm])
    happy, dark = composed("happy"), composed("dark")
    assert height(happy) > height(dark) + 3
    assert {piece.mode for piece in happy} == {"major"}
    assert {piece.mode for piece in dark} == {"minor"}


def test_a_mood_asked_for_decides_on_chords():
    """Happy pieces have more of the chords that are major than others in major, sad ones fewer."""

    def major_share(mood, mode):
        qualities = [
            chord[1]
            for seed in range(60)
            for bar in compose(seed, style="folk", mood=mood, key=(0, mode)).bars
            for _, chord in bar.chords
        ]
        return sum(quality in ("maj", "maj7", "7") for quality in qualities) / len(qualities)

    assert major_share("happy", "major") > major_share("steady", "major") + 0.05
    assert major_share("sad", "minor") < major_share("steady", "minor") - 0.05


def test_a_mood_asked_for_is_true_of_the_tempo():
    """No tempo is drawn that is neither true of the mood nor in its half of the style's."""
    for name in ("calm", "sad", "energetic"):
        for seed in range(80):
            piece = compose(seed, mood=name, seconds=8.0)
            slowest, fastest = STYLES[piece.style].bpm
            middle, mood = (slowest * fastest) ** 0.5, MOODS[name]
            if mood.tempo < 0:
                assert piece.bpm <= max(mood.fastest_bpm, 1.01 * middle)
            else:
                assert piece.bpm >= min(mood.slowest_bpm, 0.99 * middle)
