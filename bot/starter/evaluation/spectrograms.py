"""Spectrograms of several takes side by side, to be looked at."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from bot.audio.files.picture import spectrogram_png
from bot.domain.generation import Sound as Stereo
from bot.starter.evaluation.clips import Clip
from bot.starter.evaluation.features import SAMPLE_RATE_HZ

_COLUMNS = 2
_CAPTION_HEIGHT, _GAP = 28, 6
_PAPER, _INK = (250, 250, 248), (20, 20, 24)


def draw_takes(clips: Sequence[Clip], file: Path, title: str) -> None:
    """Write a PNG with the spectrograms of some takes of one prompt, under the prompt."""
    pictures = [_spectrogram(clip) for clip in clips]
    width, height = pictures[0].size
    rows = -(-len(pictures) // _COLUMNS)
    size = (
        _COLUMNS * (width + _GAP) + _GAP,
        _CAPTION_HEIGHT + rows * (height + _CAPTION_HEIGHT + _GAP),
    )
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(size=15)
    draw.text((_GAP, 5), title, fill=_INK, font=font)
    for index, (picture, clip) in enumerate(zip(pictures, clips, strict=True)):
        left = _GAP + index % _COLUMNS * (width + _GAP)
        top = _CAPTION_HEIGHT + index // _COLUMNS * (height + _CAPTION_HEIGHT + _GAP)
        draw.text((left, top + 5), _caption(clip), fill=_INK, font=font)
        sheet.paste(picture, (left, top + _CAPTION_HEIGHT))
    sheet.save(file, "PNG")


def _spectrogram(clip: Clip) -> Image.Image:
    sound = Stereo(samples=clip.sound[None], sample_rate_hz=SAMPLE_RATE_HZ)
    return Image.open(io.BytesIO(spectrogram_png(sound))).convert("RGB")


def _caption(clip: Clip) -> str:
    heard = clip.analysis
    drums = "drums" if heard.has_drums else "no drums"
    return f"{heard.style.first}, {heard.bpm:.0f} BPM, {heard.lead.first}, {drums}"
