from __future__ import annotations

import pytest

from bot.errors import CheckpointError
from bot.musicgen.checkpoint.hub import hub_address, resolve


def test_a_folder_is_used_directly(tmp_path):
    """A folder needs no hub."""
    assert resolve(tmp_path) == tmp_path
    assert resolve(str(tmp_path)) == tmp_path


def test_a_hub_id_resolves_to_its_downloaded_files(tmp_path):
    """The hub's cache has the files of a commit, which a branch refers to."""
    repository = tmp_path / "models--facebook--musicgen-small"
    snapshot = repository / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text("abc")
    assert resolve("facebook/musicgen-small", cache=tmp_path) == snapshot


@pytest.mark.parametrize("name", ["facebook/musicgen-small", "no--such/model", "a/b"])
def test_a_hub_id_that_was_not_downloaded_says_how_to(tmp_path, name):
    """The sentence has the command to run, and the network is not used."""
    with pytest.raises(CheckpointError, match=f"zhiyin models download {name}"):
        resolve(name, cache=tmp_path)


@pytest.mark.parametrize("name", ["nowhere", "/no/such/folder", "a/b/c"])
def test_an_invalid_hub_id_is_treated_as_a_folder(name):
    """It is reported as a missing folder."""
    with pytest.raises(CheckpointError, match=f"no folder {name}"):
        resolve(name)


def test_a_file_is_refused(tmp_path):
    """A path to the weights themselves is a common mistake."""
    file = tmp_path / "model.safetensors"
    file.touch()
    with pytest.raises(CheckpointError, match="is a file"):
        resolve(file)


def test_the_configured_hub_comes_first(monkeypatch):
    """Configuration, then environment, then the public hub."""
    monkeypatch.setenv("HF_ENDPOINT", "https://mirror.example")
    assert hub_address("https://ours.example") == "https://ours.example"
    assert hub_address(None) == "https://mirror.example"
    monkeypatch.delenv("HF_ENDPOINT")
    assert hub_address(None) == "https://huggingface.co"
