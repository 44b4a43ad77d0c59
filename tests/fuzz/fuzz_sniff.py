"""Search with a coverage-guided fuzzer for bytes on which the format detection fails.

    uv run --with atheris python -m tests.fuzz.fuzz_sniff --seconds 180

Any bytes must give a format or one of the known sentences; anything else is a finding, and its
bytes are written into the working directory.
"""

from __future__ import annotations

import argparse
import sys

import atheris

with atheris.instrument_imports():
    from bot.audio.untrusted import sniff
    from bot.errors import SoundError

SENTENCES = (str(sniff.EMPTY), str(sniff.NOT_SOUND), "This file says it has ")
STARTS = (
    b"RIFF\x00\x00\x00\x00WAVEfmt ", b"fLaC\x00\x00\x00\x22", b"OggS", b"ID3\x04\x00\x00",
    b"\xff\xfb\x90\x00", b"\xff\xf1\x50\x80", b"\x00\x00\x00\x20ftypM4A ", b"\x1a\x45\xdf\xa3",
)  # fmt: skip


def look(data):
    """Identify some bytes, alone and after each known beginning."""
    for start in (b"", *STARTS):
        try:
            found = sniff.identify(start + data)
        except SoundError as error:
            assert str(error.sentence).startswith(SENTENCES), str(error.sentence)
        else:
            assert found.demuxer in {None, *sniff.DEMUXERS}


def main():
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.fuzz_sniff", description=__doc__)
    parser.add_argument("--seconds", type=int, default=180)
    args = parser.parse_args()
    atheris.Setup([sys.argv[0], f"-max_total_time={args.seconds}", "-max_len=4096"], look)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
