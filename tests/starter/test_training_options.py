"""The options of a training: what can't work is refused before anything is done."""

from __future__ import annotations

import json

import pytest

from bot.starter import gpu_run, train
from bot.starter.training.data.loader import PIECE_FRAMES
from bot.starter.training.settings import EVALUATION_SEEDS
from tests.support.training_environment import needs_training, run_script

# A folder that gets the parts of a large file, then of a small one: their names, and the model.
_PARTS = """
import json, tempfile, torch
from pathlib import Path
from bot.starter.training import packing
work, out = Path(tempfile.mkdtemp()), Path(tempfile.mkdtemp())
names = []
for size in (9_000_000, 1000):
    torch.save({"model": {"weight": torch.ones(size)}}, work / "codec.pt")
    packing.split(work / "codec.pt", out)
    names.append(sorted(file.name for file in out.iterdir()))
(work / "codec.pt").unlink()
packing.bring(out, work)
brought = torch.load(work / "codec.pt", weights_only=True)["model"]["weight"]
print(json.dumps([names, len(brought)]))
"""


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--lengths", "512", str(PIECE_FRAMES + 1)], f"have {PIECE_FRAMES} frames"),
        (["--first-seed", str(EVALUATION_SEEDS.start)], "the evaluation's"),
        (["--first-seed", str(EVALUATION_SEEDS.stop // 2 - 1)], "the evaluation's"),
    ],
)
def test_pieces_that_may_not_or_can_not_be_trained_on_are_refused(options, words, tmp_path, capsys):
    """Windows longer than pieces, and the pieces that models are measured on."""
    with pytest.raises(SystemExit):
        train.main([f"--folder={tmp_path / 'work'}", *options])
    assert words in capsys.readouterr().err
    assert not (tmp_path / "work").exists()


@pytest.mark.parametrize("what", ["pack", "bring"])
def test_an_option_of_the_training_is_refused_by_what_does_not_train(what, tmp_path, capsys):
    """A misspelt option of `pack` or `bring` is named."""
    with pytest.raises(SystemExit):
        gpu_run.main([what, f"--pack={tmp_path}", "--flder=work"])
    assert f"{what} has no --flder=work" in capsys.readouterr().err


@needs_training
def test_no_parts_of_an_earlier_file_are_left():
    """What comes back is the last file alone, although the one before had more parts."""
    (before, after), size = json.loads(run_script(_PARTS))
    assert before == ["codec.pt.part0", "codec.pt.part1"]
    assert after == ["codec.pt.part0"]
    assert size == 1000
