"""Models: how names are resolved, what `zhiyin models` lists, and downloads from the hub."""

from __future__ import annotations

import errno
import io
import json
import os
import shutil
from dataclasses import replace
from http.client import IncompleteRead
from pathlib import Path

import numpy as np
import pytest
from huggingface_hub import constants
from rich.console import Console

import bot
from bot.cli import console, models
from bot.cli.app import build_parser, dispatch
from bot.cli.commands import COMMANDS
from bot.cli.interrupts import Interrupts
from bot.cli.models import print_rows
from bot.config import Config, ModelConfig
from bot.errors import CheckpointError, ResourceError
from bot.i18n.sentence import Sentence
from bot.models import download, pace, registry
from bot.models.locate import locate
from bot.musicgen.baselines import synthetic
from bot.musicgen.checkpoint import packed_cache
from bot.musicgen.checkpoint.inspection import inspect
from bot.musicgen.checkpoint.presets import preset
from bot.musicgen.kernels.packed_weights import PackedWeights
from tests.support import model_hub

ID = "someone/tiny-musicgen"


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    """Return a small model as on a hub: with a card, and with pickled weights beside the others."""
    folder = tmp_path_factory.mktemp("checkpoint") / "tiny"
    synthetic.write_checkpoint(folder, preset("tiny"))
    (folder / "README.md").write_text("---\nlicense: mit\n---\n# Tiny\n")
    (folder / "pytorch_model.bin").write_bytes(b"pickle")
    return folder


@pytest.fixture
def hub(checkpoint):
    with model_hub.serve({ID: checkpoint}) as running:
        yield running


@pytest.fixture
def config(tmp_path, hub):
    folder = str(tmp_path / "models")
    return Config(model=ModelConfig(folder=folder, hub_endpoint=hub.endpoint))


@pytest.fixture
def report():
    with console.reporter(io.StringIO()) as reporter:
        yield reporter


# How a name is resolved


def test_the_starter_is_part_of_the_package(monkeypatch, tmp_path):
    """It is read from the package: nothing is downloaded, written or copied."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    folder = locate("starter", Config())
    assert folder.is_relative_to(Path(bot.__file__).parent)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_broken_installation_is_reported_as_one(checkpoint, tmp_path, missing):
    """If the starter is missing, the sentence says what and what to do."""
    folder = without(checkpoint, tmp_path / "s", missing)
    with pytest.raises(CheckpointError, match=rf"{missing} is missing: install Zhiyin again\."):
        registry.starter_folder(folder)


def test_folders_and_names_of_folders_are_found(config, checkpoint, tmp_path):
    """A path is used directly, and a name is the folder of that name among the models."""
    assert locate(str(checkpoint), config) == checkpoint
    mine = tmp_path / "models" / "mine"
    mine.mkdir(parents=True)
    assert locate("mine", config) == mine


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("musicgen-small", "Did you mean facebook/musicgen-small?"),
        ("musicgen-stereo-medum", "Did you mean facebook/musicgen-stereo-medium?"),
        ("facebook/musicgen-small", "zhiyin models download facebook/musicgen-small"),
        ("nowhere", "There is no folder nowhere"),
        ("/nowhere/at all", "There is no folder /nowhere/at all"),
    ],
)
def test_an_unknown_model_name_gets_advice(config, name, sentence):
    """The sentence says what to do next."""
    with pytest.raises(CheckpointError) as caught:
        locate(name, config)
    assert sentence in str(caught.value.sentence)


# From the hub


def test_a_download_fetches_only_needed_files(hub, config, checkpoint, report):
    """Weights, settings, tokenizer and card, but no pickles; then the name is resolved."""
    folder = download.fetch(ID, config, report)
    there = {path.name for path in checkpoint.iterdir()}
    assert {path.name for path in folder.iterdir()} == there - {"pytorch_model.bin"}
    for path in folder.iterdir():
        assert path.read_bytes() == (checkpoint / path.name).read_bytes()
    assert locate(ID, config) == folder
    assert hub.fetched()[0][0] == "config.json"


def test_a_second_download_fetches_nothing(hub, config, report):
    """Files that exist are not fetched again."""
    folder = download.fetch(ID, config, report)
    hub.asked.clear()
    assert download.fetch(ID, config, report) == folder
    assert hub.fetched() == []


def test_an_interrupted_download_resumes(hub, config, checkpoint, report, monkeypatch):
    """The first attempt says how to resume; the second fetches the rest only."""
    # The library keeps whole chunks of 10 MB only, and our model is smaller than one.
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1024)
    size = (checkpoint / "model.safetensors").stat().st_size
    hub.cut_after["model.safetensors"] = size // 2
    with pytest.raises(CheckpointError, match="The same command continues where it stopped"):
        download.fetch(ID, config, report)
    with pytest.raises(CheckpointError, match="There are no weights"):
        inspect(locate(ID, config))
    hub.asked.clear()
    folder = download.fetch(ID, config, report)
    kept = size // 2 // 1024 * 1024
    assert ("model.safetensors", f"bytes={kept}-") in hub.fetched()
    assert (folder / "model.safetensors").read_bytes() == (
        checkpoint / "model.safetensors"
    ).read_bytes()


def test_all_weight_shards_are_downloaded(hub, config, tmp_path, report):
    """Large models are split into several files with an index."""
    synthetic.write_checkpoint(tmp_path / "shards", preset("tiny"), shard_bytes=100_000)
    hub.repos["someone/shards"] = tmp_path / "shards"
    folder = download.fetch("someone/shards", config, report)
    shards = {path.name for path in (tmp_path / "shards").glob("*.safetensors")}
    assert len(shards) > 1
    assert {path.name for path in folder.glob("*.safetensors")} == shards


def without(folder, target, *names):
    shutil.copytree(folder, target)
    for name in names:
        (target / name).unlink()
    return target


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("someone/unknown", "has no public model someone/unknown"),
        ("not a name", "'not a name' is not a hub id; those look like owner/name."),
        ("someone/gated", "needs its owner's permission"),
        ("someone/pickled", "Pickled ones (.bin, .pt) are not loaded"),
        ("someone/empty", "it has no config.json"),
        ("someone/other", "This is not a MusicGen model"),
    ],
)
def test_an_unavailable_model_is_refused(hub, config, checkpoint, tmp_path, report, name, sentence):
    """Each reason has a sentence, and nothing large is fetched before."""
    hub.repos["someone/gated"] = checkpoint
    hub.gated.add("someone/gated")
    hub.repos["someone/pickled"] = without(checkpoint, tmp_path / "p", "model.safetensors")
    hub.repos["someone/empty"] = without(checkpoint, tmp_path / "e", "config.json")
    hub.repos["someone/other"] = without(checkpoint, tmp_path / "o")
    (tmp_path / "o" / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(CheckpointError) as caught:
        download.fetch(name, config, report)
    assert sentence in str(caught.value.sentence)
    assert "model.safetensors" not in dict(hub.fetched())


def test_a_hub_that_fails_is_named(hub, config, report):
    """The sentence says that the hub is at fault."""
    hub.status = 503
    with pytest.raises(CheckpointError, match="answered with error 503"):
        download.fetch(ID, config, report)


def test_a_hub_that_cannot_be_reached_is_named(tmp_path, report):
    """Without a network the sentence says what to check."""
    config = Config(model=ModelConfig(folder=str(tmp_path), hub_endpoint="http://127.0.0.1:1"))
    with pytest.raises(CheckpointError, match=r"can't be reached\. Check the network"):
        download.fetch(ID, config, report)


def test_the_hub_of_the_environment_is_used(hub, tmp_path, report, monkeypatch):
    """The configuration takes precedence, and a wrong address is reported."""
    folder = str(tmp_path / "models")
    monkeypatch.setenv("HF_ENDPOINT", f"{hub.endpoint}/")
    assert download.fetch(ID, Config(model=ModelConfig(folder=folder)), report).is_dir()
    assert hub.fetched()
    elsewhere = Config(model=ModelConfig(folder=folder, hub_endpoint="http://127.0.0.1:1"))
    with pytest.raises(CheckpointError, match=r"The hub at http://127\.0\.0\.1:1 can't be reached"):
        download.fetch(ID, elsewhere, report)
    monkeypatch.setenv("HF_ENDPOINT", "mirror.example")
    with pytest.raises(CheckpointError, match=r"mirror\.example can't be asked: .*HF_ENDPOINT"):
        download.fetch(ID, Config(model=ModelConfig(folder=folder)), report)


def test_transfer_failures_are_distinguished(tmp_path):
    """A broken connection, a missing hub, and a file that is too short."""

    def explained(raised):
        with (
            pytest.raises(CheckpointError) as caught,
            download.explain_failures(ID, "http://hub", tmp_path),
        ):
            raised()
        return str(caught.value)

    def broken():
        raise OSError("from the HTTP client") from IncompleteRead(b"", 7)

    def unreachable():
        raise OSError("from the HTTP client") from ConnectionRefusedError(errno.ECONNREFUSED, "no")

    def short():
        raise OSError("Consistency check failed")

    assert explained(broken).startswith("The connection broke off.")
    assert explained(unreachable).startswith("The hub at http://hub can't be reached.")
    assert explained(short).startswith(f"A file of {ID} came incomplete.")


def test_missing_disk_space_is_detected_beforehand(hub, config, report):
    """A download that does not fit is not started."""
    hub.claimed_size["model.safetensors"] = 10**15
    with pytest.raises(ResourceError, match=r"1000000\.0 GB are still to come"):
        download.fetch(ID, config, report)
    assert "model.safetensors" not in dict(hub.fetched())


def test_a_disk_that_fills_up_is_explained(tmp_path):
    """Another program may use the space during the download."""
    with (
        pytest.raises(ResourceError, match=r"is full\. Make room\. The same command continues"),
        download.explain_failures(ID, "http://hub", tmp_path),
    ):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def test_a_folder_that_cannot_be_written_is_explained(hub, tmp_path, report):
    """The sentence names the configured folder."""
    (tmp_path / "file").touch()
    config = Config(model=ModelConfig(folder=str(tmp_path / "file"), hub_endpoint=hub.endpoint))
    with pytest.raises(ResourceError, match="file can't be written"):
        download.fetch(ID, config, report)


# The list


def listed(config, capsys, tmp_path, *action, measure=lambda *_: {}):
    path = tmp_path / "config.toml"
    path.write_text(
        f'[model]\nfolder = "{config.model.folder}"\nhub_endpoint = "{config.model.hub_endpoint}"\n'
    )
    usual = next(command for command in COMMANDS if command.name == "models")

    def run(args, config, context):
        return models.run(args, config, measure=measure)

    args = build_parser().parse_args(["models", *action, "--config", str(path)])
    assert dispatch(args, Interrupts(), commands=[replace(usual, run=run)]) == 0
    return capsys.readouterr().out


def twice_as_fast(shapes, config, report):
    return dict.fromkeys(shapes, 2.04)


def test_the_list_shows_each_model_s_requirements(config, capsys, tmp_path):
    """Every model has its size, its memory and its licence, in lines that a program can read."""
    out = listed(config, capsys, tmp_path, measure=twice_as_fast)
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    kept = sum(file.stat().st_size for file in locate("starter", config).iterdir())
    assert lines["starter"].split(maxsplit=1)[1].strip() == (
        f"mono    built in, {kept / 1e6:.0f} MB  1.5 GB / 1.6 GB   2 x   Apache-2.0"
    )
    for name in registry.PUBLISHED:
        assert "CC-BY-NC 4.0" in lines[name]
        assert ("stereo" if "stereo" in name else "mono") in lines[name]
    assert "no, 2.4 GB" in lines["facebook/musicgen-small"]
    assert "2.5 GB / 4.5 GB" in lines["facebook/musicgen-small"]
    assert "may not be used commercially" in out


def test_an_unknown_pace_is_omitted(config, capsys, tmp_path):
    """Before the kernels are compiled, and if MindSpore can't be run."""

    def refuse(shapes, config, report):
        raise ResourceError(Sentence("MindSpore needs a library."))

    def know_nothing(shapes, config, report):
        return {}

    for measure in (refuse, know_nothing):
        out = listed(config, capsys, tmp_path, measure=measure)
        assert "  ?  " in out.splitlines()[1]
        assert "The pace on this machine is shown once" in out


def test_the_list_marks_local_models(hub, config, capsys, tmp_path, checkpoint, report):
    """Downloads and folders are listed, incomplete ones marked; other folders are left out."""
    root = tmp_path / "models"
    download.fetch(ID, config, report)
    shutil.copytree(checkpoint, root / "[red]mine")
    shutil.copytree(checkpoint, root / "half")
    (root / "half" / "model.safetensors").unlink()
    (root / "other").mkdir()
    (root / "other" / "config.json").write_text('{"model_type": "bert"}')
    (root / "models--someone--unfinished" / "blobs").mkdir(parents=True)
    out = listed(config, capsys, tmp_path)
    lines = {line.split()[0]: line for line in out.splitlines() if line}
    assert " mit" in lines[ID]
    assert "mono" in lines["[red]mine"]
    assert "incomplete" in lines["half"]
    assert "incomplete" not in lines["[red]mine"]
    assert "other" not in lines
    assert "unfinished" not in out


def test_on_a_narrow_screen_names_stay_whole():
    """Names can be copied: if the table is too wide, each fact gets a line."""
    rows = [
        ("facebook/musicgen-small", "mono", "no, 2.4 GB", "2.5 GB / 4.5 GB", "1 x", "CC-BY-NC 4.0")
    ]
    for width, lines in ((120, 2), (30, 6)):
        out = io.StringIO()
        print_rows(rows, Console(file=out, width=width))
        assert "facebook/musicgen-small" in out.getvalue()
        assert "2.5 GB / 4.5 GB" in out.getvalue()
        assert out.getvalue().count("\n") == lines


def test_the_download_command_says_how_to_use_the_model(hub, config, capsys, tmp_path):
    """Each step prints the next one, from the list to a clip."""
    path = tmp_path / "config.toml"
    path.write_text(f'[model]\nfolder = "{tmp_path}/models"\nhub_endpoint = "{hub.endpoint}"\n')
    args = build_parser().parse_args(["models", "download", ID, "--config", str(path)])
    assert dispatch(args, Interrupts()) == 0
    assert f"zhiyin generate --model {ID}" in capsys.readouterr().out
    assert Path(tmp_path / "models").is_dir()


def test_cached_weights_are_listed_and_deleted(config, capsys, tmp_path, monkeypatch):
    """The list shows their size and how to delete them."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert "Prepared" not in listed(config, capsys, tmp_path)
    packed = PackedWeights()
    packed.array("x", lambda: np.zeros(500_000, np.float32))
    folder = tmp_path / "cache" / "zhiyin" / packed_cache.FOLDER
    packed_cache.write(folder / "some-model.safetensors", packed, "{}")
    out = listed(config, capsys, tmp_path)
    assert f"1 model, 2 MB in {folder}" in out
    assert "zhiyin models clear" in out
    paces = tmp_path / "cache" / "zhiyin" / pace.FILE
    paces.write_text("{}")
    assert "Deleted 2 MB" in listed(config, capsys, tmp_path, "clear")
    assert not paces.exists(), "and so is how fast they were"
    assert list(folder.iterdir()) == []
    assert "Prepared" not in listed(config, capsys, tmp_path)
