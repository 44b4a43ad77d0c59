"""All styles, by name."""

from bot.starter.composer import styles_acoustic, styles_band, styles_electronic, styles_groove
from bot.starter.composer.style import Style

STYLES: dict[str, Style] = {
    style.name: style
    for style in (
        styles_band.ROCK,
        styles_band.ROCK_90S,
        styles_band.PUNK,
        styles_band.METAL,
        styles_band.BLUES,
        styles_band.COUNTRY,
        styles_band.REGGAE,
        styles_groove.JAZZ,
        styles_groove.BOSSA,
        styles_groove.LATIN,
        styles_groove.FUNK,
        styles_groove.SOUL,
        styles_groove.DISCO,
        styles_groove.HIP_HOP,
        styles_groove.LOFI,
        styles_electronic.POP_80S,
        styles_electronic.SYNTHWAVE,
        styles_electronic.TECHNO,
        styles_electronic.HOUSE,
        styles_electronic.TRANCE,
        styles_electronic.DRUM_AND_BASS,
        styles_electronic.CHIPTUNE,
        styles_electronic.AMBIENT,
        styles_acoustic.CLASSICAL,
        styles_acoustic.WALTZ,
        styles_acoustic.FOLK,
    )
}
