"""Let a fuzzer that watches the code's branches look for bytes that the gate trips over.

    uv run --with atheris python -m tests.fuzz.fuzz_sniff --seconds 180

Any bytes must give a kind or one of the known sentences; whatever else is a finding, and its bytes
are written beside where this was started.
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
    """Show the gate some bytes, alone and behind each beginning that it knows."""
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
