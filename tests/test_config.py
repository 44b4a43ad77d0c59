"""Settings: valid files and variables, and errors for invalid ones."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from bot import config, config_file
from bot.config import Config, StorageConfig
from bot.config_file import settings
from bot.errors import ConfigError
from bot.i18n.languages import load_languages

ROOT = Path(__file__).parent.parent
EXAMPLES = {
    "en": ROOT / "config.example.toml",
    "zh-CN": ROOT / "docs" / "config.example.zh-CN.toml",
}

in_every_language = pytest.mark.parametrize("language", EXAMPLES)


@in_every_language
def test_the_example_holds_exactly_the_defaults(language):
    """Copying the example changes nothing."""
    assert config_file.load(EXAMPLES[language]) == Config()


@in_every_language
def test_the_example_names_every_key(language):
    """The example documents all settings."""
    document = tomllib.loads(EXAMPLES[language].read_text())
    assert [(section, key) for section in document for key in document[section]] == [
        (each.section, each.key) for each in settings()
    ]


@in_every_language
@pytest.mark.parametrize("setting", list(settings()), ids=lambda each: f"{each.section}.{each.key}")
def test_the_example_tells_what_a_key_accepts(setting, language):
    """The comment of each key ends with the words of its error."""
    lines = EXAMPLES[language].read_text().splitlines()
    begun = lines.index(f"[{setting.section}]")
    at = next(i for i in range(begun, len(lines)) if lines[i].startswith(f"{setting.key} = "))
    assert lines[at - 1].startswith("#")
    if setting.type is not str:
        accepted = setting.accepted.render(load_languages().of(language))
        assert lines[at - 1].endswith(accepted)


def test_without_a_file_everything_has_its_default(tmp_path, monkeypatch):
    """The bot runs without any configuration."""
    monkeypatch.chdir(tmp_path)
    assert config_file.load() == Config()


def test_the_file_in_the_present_folder_is_found(tmp_path, monkeypatch):
    """config.toml is read without being named."""
    monkeypatch.chdir(tmp_path)
    Path("config.toml").write_text("[generation]\nmax_seconds = 60\n")
    loaded = config_file.load()
    assert loaded.generation.max_seconds == 60.0
    assert isinstance(loaded.generation.max_seconds, float)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[generation]\nmax_seconds = 'ten'", 'a number from 0.1 to 600, not "ten"'),
        ("[generation]\nmax_seconds = 0", "generation.max_seconds must be a number from 0.1"),
        ("[generation]\nmax_seconds = nan", "generation.max_seconds must be a number from 0.1"),
        ("[generation]\nmax_seconds = true", "must be a number from 0.1 to 600, not True"),
        ("[engine]\nslots = 2.5", "engine.slots must be a whole number from 1 to 64, not 2.5"),
        ("[engine]\nslots = 0", "engine.slots must be a whole number from 1 to 64, not 0"),
        ("[engine]\nprecision = 'fp8'", 'one of "auto", "fp32", "bf16", "int8", "int4", not "fp8"'),
        ("[model]\nhub_endpoint = 'ftp://x'", "begins with http:// or https://"),
        ("[engine]\nslot = 2", "unknown key engine.slot (did you mean slots?)"),
        (
            "[engine]\ncolour = 2",
            "unknown key engine.colour (known are slots, threads, precision, device)",
        ),
        ("[engin]\nslots = 2", "unknown section [engin] (did you mean engine?)"),
        ("model = 'x'", "model must be a section, written [model]"),
        ("[generation]\nmax_seconds = 5", "default_seconds (10) must not be above"),
        ("[engine", "is not valid TOML"),
        ("\xff", "is not valid TOML"),
    ],
)
def test_invalid_settings_are_refused_by_name(tmp_path, text, sentence):
    """The error names the file, the key and what it accepts."""
    path = tmp_path / "mine.toml"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(ConfigError) as caught:
        config_file.load(path)
    assert sentence in str(caught.value.sentence)
    assert "mine.toml" in str(caught.value.sentence)


@pytest.mark.parametrize("name", ["nowhere.toml", "."])
def test_a_file_that_cannot_be_read_is_named(tmp_path, name):
    """A requested configuration is never skipped silently."""
    with pytest.raises(ConfigError, match=r"There is no configuration file|can't be read"):
        config_file.load(tmp_path / name)


def test_a_byte_order_mark_is_ignored(tmp_path):
    """Editors on Windows write one."""
    path = tmp_path / "mine.toml"
    path.write_bytes(b"\xef\xbb\xbf[engine]\r\nslots = 2\r\n")
    assert config_file.load(path).engine.slots == 2


def test_folders_are_relative_to_the_file_that_names_them(tmp_path, monkeypatch):
    """From any working directory; those in variables are relative to the latter."""
    (tmp_path / "mine" / "tuned").mkdir(parents=True)
    path = tmp_path / "mine" / "bot.toml"
    path.write_text("[storage]\nfolder = 'data'\n[model]\nfolder = '/models'\nname = 'tuned'\n")
    loaded = config_file.load(path, environment={})
    assert loaded.storage.folder == str(tmp_path / "mine" / "data")
    assert loaded.model.folder == "/models"
    assert loaded.model.name == str(tmp_path / "mine" / "tuned")
    path.write_text("[storage]\nfolder = '~/data'\n[model]\nname = 'facebook/musicgen-small'\n")
    loaded = config_file.load(path, environment={"ZHIYIN_MODEL_FOLDER": "here"})
    assert loaded.storage.folder == "~/data"
    assert loaded.model.name == "facebook/musicgen-small"
    assert loaded.model.folder == "here"


def test_without_a_home_folder_the_needed_setting_is_named(monkeypatch):
    """As for a container's user without a name; absolute paths need no home."""
    monkeypatch.delenv("HOME")
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda _: {}["no such user"])
    with pytest.raises(ConfigError, match=r"~/\.cache can't be found.*HOME"):
        config.cache_folder()
    with pytest.raises(ConfigError, match=r"~/\.local/share can't be found.*HOME"):
        config.data_folder(Config())
    with pytest.raises(ConfigError, match="HOME"):
        config.data_folder(Config(storage=StorageConfig(folder="~/data")))
    assert config.data_folder(Config(storage=StorageConfig(folder="/data"))) == Path("/data")
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert config.cache_folder() == Path("/cache/zhiyin")


@pytest.mark.parametrize("chosen", ["somewhere", ""])
def test_a_relative_cache_folder_is_ignored(tmp_path, monkeypatch, chosen):
    """As the specification of XDG_CACHE_HOME says."""
    monkeypatch.setenv("XDG_CACHE_HOME", chosen)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert config.cache_folder() == tmp_path / ".cache" / "zhiyin"


def test_every_key_can_be_set_by_the_environment():
    """A variable overrides the file, and is converted to the key's type."""
    document = {"engine": {"slots": 2}, "sound": {"format": "ogg"}}
    environment = {
        "ZHIYIN_ENGINE_SLOTS": "4",
        "ZHIYIN_LIMITS_DAILY_SECONDS": "90.5",
        "ZHIYIN_MODEL_NAME": "facebook/musicgen-small",
        "ZHIYIN_LOG_FORMAT": "",
    }
    loaded = config_file.parse(document, environment=environment)
    assert loaded.engine.slots == 4
    assert loaded.limits.daily_seconds == 90.5
    assert loaded.model.name == "facebook/musicgen-small"
    assert loaded.sound.format == "ogg"
    assert loaded.log.format == "text"
    assert len({each.variable for each in settings()}) == len(list(settings()))


@pytest.mark.parametrize(
    ("variable", "text", "sentence"),
    [
        ("ZHIYIN_ENGINE_SLOTS", "many", "ZHIYIN_ENGINE_SLOTS must be a whole number from 1 to 64"),
        ("ZHIYIN_ENGINE_SLOTS", "0", 'from 1 to 64, not "0"'),
        (
            "ZHIYIN_ENGINE_PRECISION",
            "fp8",
            'one of "auto", "fp32", "bf16", "int8", "int4", not "fp8"',
        ),
        ("ZHIYIN_ENGINE_SLOT", "2", "unknown setting ZHIYIN_ENGINE_SLOT (did you mean"),
    ],
)
def test_a_variable_that_cannot_be_used_is_refused_by_name(variable, text, sentence):
    """The error names the variable, as it would name a file's key."""
    with pytest.raises(ConfigError) as caught:
        config_file.parse({}, environment={variable: text})
    assert sentence in str(caught.value.sentence)
