"""All styles, by name."""

from bot.starter.composer import (
    styles_acoustic,
    styles_band,
    styles_electronic,
    styles_groove,
    styles_jazz,
    styles_roots,
    styles_synth,
    styles_urban,
)
from bot.starter.composer.style import Style

STYLES: dict[str, Style] = {
    style.name: style
    for style in (
        styles_band.ROCK,
        styles_band.ROCK_90S,
        styles_band.PUNK,
        styles_band.METAL,
        styles_roots.BLUES,
        styles_band.COUNTRY,
        styles_roots.REGGAE,
        styles_jazz.JAZZ,
        styles_jazz.BOSSA,
        styles_groove.LATIN,
        styles_groove.FUNK,
        styles_groove.SOUL,
        styles_groove.DISCO,
        styles_urban.HIP_HOP,
        styles_synth.LOFI,
        styles_synth.POP_80S,
        styles_synth.SYNTHWAVE,
        styles_electronic.TECHNO,
        styles_electronic.HOUSE,
        styles_electronic.TRANCE,
        styles_electronic.DRUM_AND_BASS,
        styles_synth.CHIPTUNE,
        styles_synth.AMBIENT,
        styles_acoustic.CLASSICAL,
        styles_acoustic.WALTZ,
        styles_roots.FOLK,
        styles_acoustic.ORCHESTRAL,
        styles_roots.CELTIC,
        styles_urban.TRAP,
        styles_band.BALLAD,
    )
}
