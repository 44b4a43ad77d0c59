"""Accepted upload formats: one list for commands, menus and refusals."""

from __future__ import annotations

ACCEPTED_FORMATS = "MP3, WAV, FLAC, OGG, Opus, M4A, AAC, AIFF, CAF, MP4, MOV, MKV or WebM"

ACCEPTED_SUFFIXES = frozenset(
    {
        ".mp3", ".mp2", ".mpga", ".wav", ".wave", ".bwf", ".rf64", ".w64", ".flac",
        ".ogg", ".oga", ".opus", ".m4a", ".m4b", ".aac", ".aif", ".aiff", ".aifc", ".caf",
        ".mp4", ".m4v", ".mov", ".qt", ".3gp", ".3g2", ".ogv", ".webm", ".mkv", ".mka",
    }
)  # fmt: skip
"""Suffixes of accepted files; the actual format is detected from the first bytes."""

ACCEPTED_MEDIA = frozenset({"audio", "video"})
"""Accepted media types; of a video the audio track is used."""
