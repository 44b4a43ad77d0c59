"""The shipped checkpoint as the start of further training."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file

from bot.models import registry
from tests.support.training_environment import needs_training, run_module

pytestmark = needs_training

NAMES = ("tokenizer.json", "text.pt", "codec.pt", "language.pt")


@pytest.fixture(scope="module")
def work(tmp_path_factory):
    """Return a folder in which the shipped checkpoint was restored and exported again."""
    folder = tmp_path_factory.mktemp("restored")
    shipped = registry.starter_folder()
    run_module("bot.starter.train", f"--folder={folder}", f"--checkpoint={shipped}",
               "--stage=restore", "--threads=1")  # fmt: skip
    run_module("bot.starter.train", f"--folder={folder}", f"--checkpoint={folder / 'again'}",
               "--stage=export", "--threads=1")  # fmt: skip
    return folder


def test_a_restored_checkpoint_is_exported_as_it_was(work):
    """All tensors equal the shipped ones in half precision, and all other files are the same."""
    shipped = registry.starter_folder()
    wanted = load_file(shipped / "model.safetensors")
    again = load_file(work / "again" / "model.safetensors")
    assert again.keys() == wanted.keys()
    for name, tensor in wanted.items():
        assert again[name].dtype == np.float16
        np.testing.assert_allclose(
            again[name].astype(np.float32), tensor.astype(np.float32), rtol=2e-3, atol=1e-6,
            err_msg=name,
        )  # fmt: skip
    for file in shipped.glob("*.json"):
        assert (work / "again" / file.name).read_text() == file.read_text(), file.name


def test_restoring_leaves_a_training_alone(work):
    """A folder that was trained further is not reset."""
    before = {name: (work / name).stat().st_mtime_ns for name in NAMES}
    run_module("bot.starter.train", f"--folder={work}", "--stage=restore", "--threads=1")
    assert {name: (work / name).stat().st_mtime_ns for name in NAMES} == before
