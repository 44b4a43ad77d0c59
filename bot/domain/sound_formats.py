"""The sound files that people may send."""

from __future__ import annotations

ACCEPTED_FORMATS = "MP3, WAV, FLAC, OGG, Opus, M4A, AAC, MP4 or WebM"

ACCEPTED_SUFFIXES = frozenset(
    {
        ".mp3", ".wav", ".flac", ".ogg", ".oga", ".opus",
        ".m4a", ".aac", ".mp4", ".webm", ".mka",
    }
)  # fmt: skip
"""By which a file is taken for sound; what it is, its first bytes tell."""
