"""Fingerprint of a checkpoint's codebooks, computed without loading it.

Codes are only valid with the codebooks they were made with, and a retrained model keeps its name;
so the fingerprint is stored with the codes of a clip.
"""

from __future__ import annotations

import hashlib

from bot.musicgen.checkpoint.inspection import Contents, read_header

_CODEBOOK = ".codebook.embed"
_DIGITS = 16


def fingerprint(contents: Contents) -> str:
    """Return the fingerprint of a checkpoint's codebooks, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for file in contents.weight_files:
        header = read_header(file)
        with file.open("rb") as stream:
            begin = 8 + int.from_bytes(stream.read(8), "little")
            for name in sorted(name for name in header if name.endswith(_CODEBOOK)):
                start, end = header[name]["data_offsets"]
                stream.seek(begin + start)
                digest.update(name.encode())
                digest.update(stream.read(end - start))
    return digest.hexdigest()[:_DIGITS]
