"""The spectral loss of the codec: distances between STFTs and mel spectra of several resolutions.

Source: arXiv 1910.11480 (Parallel WaveGAN, the multi-resolution STFT loss), 2306.06546 (DAC, mel
spectra of several resolutions).
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from bot.audio.analysis.spectra import mel_filters

WINDOWS = ((8192, 160), (2048, 160), (512, 64), (128, 20))
"""The resolutions: samples of a window, and bands of its mel spectrum.

Only the longest can tell a tone from the multiples of the codec's frame rate beside it.
"""

_FINE_WINDOWS = (8192, 2048)

_FLOOR = 1e-4
_FINE_FLOOR = 3e-4


class SpectralDistance(nn.Module):
    """The mean distance over all resolutions of two batches of sound [batch, samples].

    Of each resolution it adds the mean difference of the logarithms of the mel spectra, and that of
    the magnitudes over the mean magnitude. In the longest two windows it also adds that of the
    logarithms of the magnitudes, which tells a tone from noise where a mel band is too wide to.
    """

    def __init__(self, sample_rate_hz: int) -> None:
        super().__init__()
        for window, bands in WINDOWS:
            filters = torch.from_numpy(
                mel_filters(
                    window,
                    bands,
                    sample_rate_hz=sample_rate_hz,
                    lowest_hz=0.0,
                    highest_hz=sample_rate_hz / 2,
                )
            )
            self.register_buffer(f"mel_{window}", filters, persistent=False)
            self.register_buffer(f"window_{window}", torch.hann_window(window), persistent=False)

    def forward(self, made: Tensor, wanted: Tensor) -> Tensor:
        """Return the distance, a scalar."""
        total = made.new_zeros(())
        for window, _ in WINDOWS:
            with torch.no_grad():
                goal = self._magnitudes(wanted, window)
                goal_mel = (goal @ self.get_buffer(f"mel_{window}") + _FLOOR).log()
            found = self._magnitudes(made, window)
            found_mel = (found @ self.get_buffer(f"mel_{window}") + _FLOOR).log()
            total = total + (found_mel - goal_mel).abs().mean()
            total = total + (found - goal).abs().mean() / (goal.mean() + _FLOOR)
            if window in _FINE_WINDOWS:
                total = (
                    total + ((found + _FINE_FLOOR).log() - (goal + _FINE_FLOOR).log()).abs().mean()
                )
        return total / len(WINDOWS)

    def _magnitudes(self, sound: Tensor, window: int) -> Tensor:
        spectrum = torch.stft(
            sound,
            window,
            hop_length=window // 4,
            window=self.get_buffer(f"window_{window}"),
            normalized=True,
            return_complex=True,
        )
        power = torch.view_as_real(spectrum).square().sum(-1)
        return (power + 1e-9).sqrt().transpose(1, 2)
