"""What tells the codebooks of one checkpoint from those of another, without loading either.

Codes mean nothing without the codebooks that they were made with, and a model that is trained
anew keeps its name: so clips whose codes are kept remember these numbers beside them.
"""

from __future__ import annotations

import hashlib

from bot.musicgen.checkpoint.inspection import Contents, header_of

_CODEBOOK = ".codebook.embed"
_DIGITS = 16


def fingerprint(contents: Contents) -> str:
    """Return the fingerprint of a checkpoint's codebooks, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for file in contents.weight_files:
        header = header_of(file)
        with file.open("rb") as stream:
            begin = 8 + int.from_bytes(stream.read(8), "little")
            for name in sorted(name for name in header if name.endswith(_CODEBOOK)):
                start, end = header[name]["data_offsets"]
                stream.seek(begin + start)
                digest.update(name.encode())
                digest.update(stream.read(end - start))
    return digest.hexdigest()[:_DIGITS]
