"""Recording of the instruments: FluidSynth plays every note that the codes know, once.

Melodic sounds and most drums come from FluidR3 (MIT) or MuseScore General (MIT), machine drums from
Sonic Pi's samples (CC0): Debian's packages fluid-soundfont-gm, musescore-general-soundfont-small
and sonic-pi-samples. None of them is part of this repository.
"""

from __future__ import annotations

import math
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import mido
import numpy as np
import soundfile

from bot.starter.composer.instruments import INSTRUMENTS
from bot.starter.training.data.codebooks import drum_codes
from bot.starter.training.data.samples import (
    SAMPLE_RATE_HZ,
    ZONE,
    Sound,
    drum_key,
    ranges,
    resample,
)

_FONTS = {
    "fluid": Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
    "musescore": Path("/usr/share/sounds/sf3/MuseScore_General_Lite.sf3"),
}
_MACHINE_FOLDER = Path("/usr/share/sonic-pi/samples")

_FROM_MUSESCORE = frozenset(
    "piano|acoustic guitar|nylon guitar|flute|clarinet|violin|cello|strings|trumpet|trombone|harp|"
    "choir|accordion|muted guitar|harpsichord|oboe|french horn|slap bass".split("|")
)
_MACHINES: Mapping[int, Mapping[int, str]] = {
    24: {36: "bd_haus", 38: "sn_dolf", 40: "elec_hi_snare", 42: "drum_cymbal_closed",
         46: "drum_cymbal_open"},
    25: {36: "bd_808", 38: "sn_zome", 40: "elec_mid_snare", 42: "drum_cymbal_closed",
         46: "drum_cymbal_open"},
}  # fmt: skip

HELD_SECONDS = 4.2
"""How long a note is held, unless a trial asks for less."""

_GAP_SECONDS = 0.4
_DRUM_SECONDS = 2.0
_VELOCITY, _GHOST_VELOCITY = 100, 54
_SILENT = 10 ** (-62 / 20)
_FADE_SECONDS = 0.03
_TICKS_PER_SECOND = 500
_SETTINGS = (
    "synth.chorus.active=0", "synth.reverb.active=0", "synth.lock-memory=0", "synth.gain=0.5",
    "synth.polyphony=64", "player.timing-source=sample", "synth.threadsafe-api=0",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Take:
    """One note to be recorded."""

    key: str
    program: int
    pitch: int
    velocity: int
    seconds: float
    is_drum: bool


def record(held_seconds: float = HELD_SECONDS) -> dict[str, Sound]:
    """Record every sound that the codes know; needs FluidSynth and the soundfonts."""
    drum_seconds = min(_DRUM_SECONDS, held_seconds)
    takes: dict[str, list[_Take]] = {name: [] for name in _FONTS}
    for name, (low, high) in ranges().items():
        font = "musescore" if name in _FROM_MUSESCORE else "fluid"
        program = INSTRUMENTS[name].program
        for zone in range(round(low / ZONE), round(high / ZONE) + 1):
            pitch = zone * ZONE
            takes[font].append(
                _Take(f"{name}/{pitch}", program, pitch, _VELOCITY, held_seconds, False)
            )
    sounds: dict[str, Sound] = {}
    for kit, pitch, is_ghost in sorted(
        {(kit, p, g) for kit, drums in drum_codes().sets for p, g in drums}
    ):
        machine = _MACHINES.get(kit, {}).get(pitch)
        velocity = _GHOST_VELOCITY if is_ghost else _VELOCITY
        key = drum_key(kit, pitch, is_ghost)
        if machine is not None:
            sounds[key] = _machine(machine, velocity, drum_seconds)
            continue
        takes["fluid"].append(_Take(key, kit, pitch, velocity, drum_seconds, True))
    for font, wanted in takes.items():
        sounds.update(_recorded(_FONTS[font], wanted))
    return {key: _trimmed(sound) for key, sound in sounds.items()}


def _machine(name: str, velocity: int, seconds: float) -> Sound:
    sound, rate = soundfile.read(_MACHINE_FOLDER / f"{name}.flac", dtype="float32", always_2d=True)
    mono = sound.mean(1)[: round(seconds * rate)]
    parts = math.gcd(SAMPLE_RATE_HZ, rate)
    made = resample(mono, SAMPLE_RATE_HZ // parts, rate // parts)
    return made * np.float32(0.5 * (velocity / _VELOCITY) ** 2)


def _recorded(font: Path, takes: Sequence[_Take]) -> dict[str, Sound]:
    if not takes:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        midi, raw = Path(folder, "notes.mid"), Path(folder, "notes.raw")
        _midi(takes).save(midi)
        command = ["fluidsynth", "-n", "-i", "-q", "-T", "raw", "-O", "float", "-E", "little"]
        command += ["-r", str(SAMPLE_RATE_HZ), "-F", str(raw)]
        for setting in _SETTINGS:
            command += ["-o", setting]
        subprocess.run(  # noqa: S603 - our own arguments
            [*command, str(font), str(midi)], check=True, capture_output=True
        )
        stereo = np.fromfile(raw, dtype="<f4").reshape(-1, 2)
    mono = stereo.mean(1)
    start = 0.0
    sounds = {}
    for take in takes:
        first = round(start * SAMPLE_RATE_HZ)
        sounds[take.key] = mono[first : first + round(take.seconds * SAMPLE_RATE_HZ)]
        start += take.seconds + _GAP_SECONDS
    return sounds


def _midi(takes: Sequence[_Take]) -> mido.MidiFile:
    file = mido.MidiFile(type=0, ticks_per_beat=_TICKS_PER_SECOND // 2)
    track = mido.MidiTrack()
    file.tracks.append(track)
    track.append(mido.MetaMessage("set_tempo", tempo=500_000, time=0))
    gap = round(_GAP_SECONDS * _TICKS_PER_SECOND)
    wait = 0
    for take in takes:
        channel = 9 if take.is_drum else 0
        length = round(take.seconds * _TICKS_PER_SECOND)
        # What the note before left behind is silenced, and its controllers are put back.
        track.append(mido.Message("control_change", channel=channel, control=120, time=wait))
        track.append(mido.Message("control_change", channel=channel, control=7, value=127))
        track.append(mido.Message("program_change", channel=channel, program=take.program))
        note = {"channel": channel, "note": take.pitch}
        track.append(mido.Message("note_on", velocity=take.velocity, **note))
        track.append(mido.Message("note_off", time=length, **note))
        wait = gap
    track.append(mido.MetaMessage("end_of_track", time=2 * gap))
    return file


def _trimmed(sound: Sound) -> Sound:
    """Cut off what can't be heard at the end, and let it end without a click."""
    sound = sound - sound[-200:].mean() if len(sound) > 200 else sound
    loud = np.flatnonzero(np.abs(sound) > _SILENT * np.abs(sound).max(initial=1e-9))
    fade = round(_FADE_SECONDS * SAMPLE_RATE_HZ)
    end = min(len(sound), (int(loud[-1]) if len(loud) else 0) + fade)
    kept = sound[:end].astype(np.float32)
    count = min(fade, end)
    kept[end - count :] *= np.linspace(1, 0, count, dtype=np.float32)
    return kept
