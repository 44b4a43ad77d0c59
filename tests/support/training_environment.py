"""The training's environment, which has PyTorch, unlike the product's.

`.ci/run` creates it, and sets ZHIYIN_TRAIN_PYTHON to its interpreter.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

PYTHON = os.environ.get("ZHIYIN_TRAIN_PYTHON", "")
ROOT = Path(__file__).parents[2]
SERVER = "tests.support.training_server"

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


@functools.cache
def _server() -> subprocess.Popen[str]:
    """Start the process that forks others with PyTorch imported; it ends with this process."""
    return subprocess.Popen(
        [PYTHON, "-m", SERVER],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def run_script(script: str, *arguments: object) -> str:
    """Run a script in that environment, on one core; return its output."""
    server = _server()
    assert server.stdin is not None
    assert server.stdout is not None
    with tempfile.TemporaryDirectory() as folder:
        output, errors = Path(folder, "output"), Path(folder, "errors")
        asked = {"script": script, "arguments": list(map(str, arguments))}
        files = {"output": str(output), "errors": str(errors)}
        print(json.dumps(asked | files), file=server.stdin, flush=True)
        code = server.stdout.readline().strip()
        assert code == "0", errors.read_text() if errors.exists() else f"it ended: {code}"
        return output.read_text()


def run_module(name: str, *arguments: object) -> None:
    """Run one of our programs in that environment, on one core."""
    run_script(f"import runpy; runpy.run_module({name!r}, run_name='__main__')", *arguments)
