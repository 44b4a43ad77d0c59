"""Pretraining of the gates in the codec's synthesizer: which tones a note consists of."""

from __future__ import annotations

import json

import pytest

from tests.support.training_environment import needs_training, run_script

pytestmark = needs_training

# The levels of a tone with one partial: its own, the partial's, the highest other, and of silence.
_LEVELS = """
import json, numpy as np
from bot.starter.training.codec.additive import LOUDEST
from bot.starter.training.codec.gate_pretraining import levels_of
from bot.starter.training.codec.oscillators import LOWEST
times = np.arange(32000) / 32000
hz = 440.0 * 2 ** ((60 - 69) / 12)
sound = LOUDEST * (np.sin(2 * np.pi * hz * times) + 0.5 * np.sin(4 * np.pi * hz * times))
heard = levels_of(sound.astype(np.float32), 60)
others = np.delete(heard, [60 - LOWEST, 72 - LOWEST])
print(json.dumps([float(heard[60 - LOWEST]), float(heard[72 - LOWEST]), float(others.max()),
                  float(levels_of(np.zeros(32000, np.float32), 60).max())]))
"""

# Every code opens the gate of its pitch: the gates' errors before and after pretraining, and how
# far they are open for held notes, and for everything else.
_PRETRAIN = """
import json, numpy as np, torch
from bot.starter.training.codec.additive import gate_scores, tones_hz
from bot.starter.training.codec.gate_pretraining import gate_loss, pretrain_gates
from bot.starter.training.codec.oscillators import HIGHEST, LOWEST
from bot.starter.training.codec.stem_codec import StemCodec, codec_size
from bot.starter.training.data.codebooks import BOOKS, CODES, PITCHED
from tests.support.synthetic_instruments import music
torch.manual_seed(0)
levels = np.zeros((len(BOOKS), CODES, len(tones_hz())), np.float32)
for book, layout in PITCHED.items():
    for code in range(CODES):
        meaning = layout.meaning(code)
        if meaning is not None and LOWEST <= meaning[1] <= HIGHEST:
            levels[book, code, meaning[1] - LOWEST] = 0.25
levels = torch.from_numpy(levels)
codes = torch.from_numpy(music()).long()[None]
codec = StemCodec(codec_size())
frozen = codec.codec.decoder.layers[3].conv.weight.clone()
with torch.no_grad():
    before = float(gate_loss(codec, codes, levels)[0])
# Of a single piece, a larger batch would hold nothing but copies.
pretrain_gates(codec, codes, levels, 150, rate=2e-2, batch=1)
with torch.no_grad():
    after = float(gate_loss(codec, codes, levels)[0])
    scores = gate_scores(codec.codec.decoder, codec.states(codes, codec.tables())).sigmoid()
held = sum(levels[book][codes[:, book]] for book in PITCHED) > 0
same = bool((codec.codec.decoder.layers[3].conv.weight == frozen).all())
print(json.dumps([before, after, scores[held].mean().item(), scores[~held].mean().item(), same]))
"""


@pytest.fixture(scope="module")
def pretrained():
    return json.loads(run_script(_PRETRAIN))


def test_the_tones_of_a_note_are_read_off_its_sound():
    """The power of each partial at its frequency, and nothing elsewhere or for silence."""
    first, second, others, silent = json.loads(run_script(_LEVELS))
    assert first == pytest.approx(1.0, abs=0.05)
    assert second == pytest.approx(0.25, abs=0.03)
    assert others < 1e-3
    assert silent == 0.0


def test_pretraining_makes_the_gates_right(pretrained):
    """Their error falls to a tenth, and no other parameter changes."""
    before, after, _, _, same = pretrained
    assert after < before / 10
    assert same


def test_gates_are_open_for_what_is_held(pretrained):
    """About as far as the note is loud, and shut for all other tones."""
    _, _, held, others, _ = pretrained
    assert 0.35 < held < 0.65
    assert others < 0.01
