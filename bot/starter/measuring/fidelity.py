"""What a codec loses, in distances between spectra, next to MP3.

Sources: arXiv 1910.11480 (multi-resolution STFT distance: spectral convergence plus the distance of
log magnitudes); 2210.13438 (EnCodec).
"""

from __future__ import annotations

import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bot.starter.measuring.features import SAMPLE_RATE_HZ, Sound, heard_bands, powers

_MEL_WINDOW, _MEL_BANDS = 2048, 80
_RESOLUTIONS = (2048, 1024, 512)
# 80 dB below full scale; what is quieter than that in both is alike.
_FLOOR = 1e-8
_MOST_DELAY = 4096


@dataclass(frozen=True, slots=True)
class Loss:
    """How far sound is from the original; 0 is the same."""

    log_mel_db: float
    stft: float


@dataclass(frozen=True, slots=True)
class Mp3:
    """A setting of LAME. MPEG allows 24 kbit/s up to 24 kHz, and no less than 32 at 32 kHz."""

    kbit_per_second: int
    sample_rate_hz: int

    @property
    def name(self) -> str:
        """Return what the table calls it."""
        return f"MP3 {self.kbit_per_second} kbit/s at {self.sample_rate_hz // 1000} kHz"

    def __call__(self, sound: Sound) -> Sound:
        """Return sound as the MP3 gives it back, aligned with the original."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "sound.mp3")
            raw = ["-f", "f32le", "-ar", str(SAMPLE_RATE_HZ), "-ac", "1"]
            setting = ["-ar", str(self.sample_rate_hz), "-b:a", f"{self.kbit_per_second}k"]
            command = [*raw, "-i", "-", "-c:a", "libmp3lame", *setting, str(file)]
            _ffmpeg(command, sound.astype("<f4").tobytes())
            made = np.frombuffer(_ffmpeg(["-i", str(file), *raw, "-"], b""), "<f4")
        return aligned(made, sound)


MP3S = (Mp3(24, 24_000), Mp3(32, 32_000))


def loss(made: Sound, original: Sound) -> Loss:
    """Measure how far sound is from the original."""
    mel = [
        np.log10(powers(each, _MEL_WINDOW, 512) @ heard_bands(_MEL_WINDOW, _MEL_BANDS) + _FLOOR)
        for each in (made, original)
    ]
    distances = []
    for window in _RESOLUTIONS:
        found, goal = (np.sqrt(powers(each, window, window // 4)) for each in (made, original))
        convergence = np.linalg.norm(found - goal) / max(float(np.linalg.norm(goal)), 1e-9)
        floor = np.sqrt(_FLOOR)
        logs = np.abs(np.log(np.maximum(found, floor)) - np.log(np.maximum(goal, floor)))
        distances.append(float(convergence) + float(logs.mean()))
    return Loss(10 * float(np.abs(mel[0] - mel[1]).mean()), float(np.mean(distances)))


def aligned(made: Sound, original: Sound) -> Sound:
    """Shift sound by the delay at which it is most like the original, and make it as long."""
    size = 1 << (len(made) + len(original)).bit_length()
    spectrum = np.fft.rfft(made, size) * np.conj(np.fft.rfft(original, size))
    likeness = np.fft.irfft(spectrum, size)
    delays = np.arange(-_MOST_DELAY, _MOST_DELAY + 1)
    delay = int(delays[np.argmax(likeness[delays])])
    shifted = made[delay:] if delay >= 0 else np.pad(made, (-delay, 0))
    return np.pad(shifted, (0, max(0, len(original) - len(shifted))))[: len(original)]


def _ffmpeg(arguments: list[str], given: bytes) -> bytes:
    command = ["ffmpeg", "-hide_banner", "-loglevel", "error", *arguments]
    run = subprocess.run(command, input=given, check=True, capture_output=True)  # noqa: S603
    return run.stdout
