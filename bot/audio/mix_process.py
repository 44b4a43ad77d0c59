"""Mix two stored clips in a subprocess, since stretching would block the bot.

It returns a line of JSON, then the samples.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import msgspec
import numpy as np

from bot.audio.analysis.expected_tempo import expected_tempo
from bot.audio.editing.alignment import Alignment, SoundAnalysis
from bot.audio.editing.mix import MixedSound, analyse_part, mix
from bot.audio.files.masters import read_master
from bot.audio.module_process import ModuleFailed, run_module
from bot.audio.untrusted.sandbox import Limits
from bot.audio.written_analysis import WrittenAnalysis
from bot.domain.generation import Samples, Sound
from bot.errors import JobError, ZhiyinError
from bot.i18n.sentence import Sentence, from_json, to_json

LOST = Sentence("These two clips could not be mixed. Nothing was charged.")

_LIMITS = Limits(cpu_seconds=240, memory_bytes=2**32, processes=64, wall_seconds=600.0)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptPart:
    """A stored clip to mix; its prompt may name the requested tempo, its codes say the real one."""

    path: Path
    loops: bool
    prompt: str | None = None
    written: WrittenAnalysis | None = None


async def mix_kept(
    lead: KeptPart, other: KeptPart, balance: float, module: str = __name__
) -> MixedSound:
    """Return two stored clips mixed, the second aligned with the first, by a module.

    Raises JobError with the reason if that fails.
    """
    asked = {"lead": _describe(lead), "other": _describe(other), "balance": balance}
    try:
        output = await run_module(module, json.dumps(asked).encode(), _LIMITS)
    except ModuleFailed as error:
        log.error("mix.lost %s", error)
        raise JobError(LOST) from None
    line, _, samples = output.partition(b"\n")
    return _from_output(json.loads(line), samples)


def _describe(part: KeptPart) -> dict[str, Any]:
    return dataclasses.asdict(part) | {"path": str(part.path)}


def _from_output(fields: Mapping[str, Any], samples: bytes) -> MixedSound:
    if "refused" in fields:
        raise JobError(from_json(fields["refused"]))
    whole = np.frombuffer(samples, "<f4").reshape(fields["channels"], -1)
    return MixedSound(
        sound=Sound(samples=cast(Samples, whole), sample_rate_hz=fields["sample_rate_hz"]),
        alignment=Alignment(**fields["alignment"]),
        bpm=fields["bpm"],
        key=fields["key"],
        loops=fields["loops"],
    )


def main() -> None:
    """Read what is to be mixed from the standard input; write the mix to the standard output."""
    asked = json.load(sys.stdin)
    out = sys.stdout.buffer
    try:
        lead, other = (_load_part(asked[name]) for name in ("lead", "other"))
        made = mix(lead, other, balance=asked["balance"])
    except ZhiyinError as error:
        out.write(json.dumps({"refused": to_json(error.sentence)}).encode() + b"\n")
        return
    fields = {
        "channels": made.sound.channels,
        "sample_rate_hz": made.sound.sample_rate_hz,
        "alignment": dataclasses.asdict(made.alignment),
        "bpm": made.bpm,
        "key": made.key,
        "loops": made.loops,
    }
    out.write(json.dumps(fields).encode() + b"\n")
    out.write(np.ascontiguousarray(made.sound.samples, dtype="<f4").tobytes())


def _load_part(fields: Mapping[str, Any]) -> tuple[Sound, SoundAnalysis]:
    sound = read_master(Path(fields["path"]))
    return sound, analyse_part(
        sound,
        loops=fields["loops"],
        expected=expected_tempo(fields["prompt"]),
        written=msgspec.convert(fields["written"], WrittenAnalysis | None),
    )


if __name__ == "__main__":
    main()
