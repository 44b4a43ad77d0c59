"""The environment that the starter is trained in: it has PyTorch, which the product never has.

`.ci/run` makes it, and names its interpreter in ZHIYIN_TRAIN_PYTHON.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

PYTHON = os.environ.get("ZHIYIN_TRAIN_PYTHON", "")
ROOT = Path(__file__).parents[2]

needs_training = pytest.mark.skipif(
    not PYTHON, reason="needs PyTorch in an environment of its own, named by ZHIYIN_TRAIN_PYTHON"
)

SOUNDS = (
    Path("/usr/share/sounds/sf2/FluidR3_GM.sf2"),
    Path("/usr/share/sounds/sf3/MuseScore_General_Lite.sf3"),
    Path("/usr/share/sonic-pi/samples"),
)

needs_recording = pytest.mark.skipif(
    not (shutil.which("fluidsynth") and all(each.exists() for each in SOUNDS)),
    reason="needs FluidSynth and its sounds: apt install fluidsynth fluid-soundfont-gm "
    "musescore-general-soundfont-small sonic-pi-samples",
)


def run_script(script: str, *arguments: object) -> str:
    """Run a script in that environment, on one core; return what it printed."""
    command = [PYTHON, "-c", script, *map(str, arguments)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def run_module(name: str, *arguments: object) -> None:
    """Run one of our programs in that environment, on one core."""
    command = [PYTHON, "-m", name, *map(str, arguments)]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
