"""Moods that are true of a piece, by its mode, tempo and drums."""

from bot.starter.composer.piece import Density, Mode
from bot.starter.composer.style import Style

_CALM_STYLES = ("ambient", "lo-fi", "classical", "folk", "bossa nova", "jazz", "soul", "waltz")


def moods_of(style: Style, mode: Mode, bpm: float, density: Density) -> tuple[str, ...]:
    """Return the moods that fit."""
    moods: list[str] = []
    is_hard = style.is_hard
    if mode == "major" and not is_hard:
        moods.append("happy" if bpm >= 90 else "warm")
    if mode == "minor":
        moods.append("dark" if is_hard or bpm >= 105 else "sad")
    if bpm >= 115 and density in ("steady", "dense"):
        moods.append("energetic")
    if is_hard and density == "dense":
        moods.append("aggressive")
    if bpm <= 95 and density in ("none", "light") and not is_hard:
        moods.append("calm")
    if bpm <= 100 and style.name in _CALM_STYLES and density != "dense":
        moods.append("relaxing")
    if style.name in ("funk", "disco", "house", "soul", "hip hop", "reggae", "latin"):
        moods.append("groovy")
    if style.name in ("ambient", "synthwave", "trance"):
        moods.append("dreamy")
    return tuple(moods) or ("steady",)
