"""Compilation of the kernels on the machine they run on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bot.musicgen.kernels import build
from tests.support.quick_compilation import flags_with


def test_a_second_start_compiles_nothing(kernel_cache: Path) -> None:
    """The compiled kernels are found in the cache, which has no other files."""
    folder = kernel_cache / "kernels"
    first = build.compile_kernels(folder)
    made = first.stat().st_mtime_ns
    assert build.compile_kernels(folder) == first
    assert first.stat().st_mtime_ns == made
    assert list(folder.iterdir()) == [first]


def test_the_compiler_of_the_environment_comes_first(monkeypatch) -> None:
    """CXX names the compiler to use."""
    found = build.find_compilers()[0].command[0]
    monkeypatch.setenv("CXX", found)
    assert build.find_compilers()[0].command == (found,)


def test_the_bundled_compiler_works(tmp_path: Path, monkeypatch) -> None:
    """A machine without a compiler uses the ziglang package, from any folder."""
    (tmp_path / "ziglang.py").write_text("raise SystemExit(1)")
    monkeypatch.chdir(tmp_path)
    bundled = [c for c in build.find_compilers() if c.command == build.BUNDLED]
    # Its -O1 and -O2 take as long as -O3, and -O0 adds checks for undefined behaviour.
    flags = (*flags_with("-O0"), "-fno-sanitize=undefined")
    assert build.compile_kernels(tmp_path, bundled, flags=flags).exists()


def test_zig_has_a_place_for_its_cache_without_a_home(tmp_path: Path, monkeypatch) -> None:
    """Its default folder if possible, a configured one, or else one of ours."""
    monkeypatch.delenv("ZIG_GLOBAL_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert "ZIG_GLOBAL_CACHE_DIR" not in build.zig_environment(tmp_path)
    (tmp_path / "file").touch()
    for nowhere in (str(tmp_path / "file"), "~/.cache"):
        monkeypatch.setenv("XDG_CACHE_HOME", nowhere)
        found = build.zig_environment(tmp_path / "ours")
        assert found["ZIG_GLOBAL_CACHE_DIR"] == str(tmp_path / "ours" / "zig")
        assert "PATH" in found
    monkeypatch.setenv("ZIG_GLOBAL_CACHE_DIR", "/given")
    assert build.zig_environment(tmp_path)["ZIG_GLOBAL_CACHE_DIR"] == "/given"


def copying(folder: Path, library: Path) -> build.Compiler:
    """Return a fake compiler that copies compiled kernels, to test the cache."""
    program = folder / "copying"
    program.write_text(
        f'#!/bin/sh\nwhile [ "$1" != -o ]; do shift; done\nsleep 0.2; cp "{library}" "$2"\n'
    )
    program.chmod(0o755)
    return build.Compiler(command=(str(program),), version="1")


def test_a_failing_compiler_is_skipped(kernel_cache: Path, tmp_path: Path) -> None:
    """The next one is used, and no files of the attempt are left."""
    compilers = [failing(tmp_path), *build.find_compilers()]
    assert build.compile_kernels(kernel_cache / "kernels", compilers).exists()
    assert len(list((kernel_cache / "kernels").iterdir())) == 1


def test_the_last_compiler_error_is_reported(tmp_path: Path) -> None:
    """With no other compiler to try, the reason is the compiler's output."""
    with pytest.raises(build.KernelsUnavailableError, match="no such flag"):
        build.compile_kernels(tmp_path / "cache", [failing(tmp_path)])
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_missing_compiler_is_reported(tmp_path: Path) -> None:
    """The reason says what to install."""
    with pytest.raises(build.KernelsUnavailableError, match="install"):
        build.compile_kernels(tmp_path, [])


def test_an_unwritable_cache_only_costs_time(tmp_path: Path, kernel_library: Path, caplog) -> None:
    """Kernels are compiled for this process alone, and the log says why starts are slow."""
    (tmp_path / "cache").write_text("a file where a folder should be")
    with caplog.at_level("WARNING", logger="bot"):
        compiled = build.compile_kernels(tmp_path / "cache", [copying(tmp_path, kernel_library)])
    assert compiled.exists()
    assert compiled.parent != tmp_path / "cache"
    assert "compiled anew at every start" in caplog.text


def test_two_processes_that_compile_at_once_get_the_same(
    tmp_path: Path, kernel_library: Path
) -> None:
    """Both load complete kernels, and one file is left."""
    script = (
        "import sys; from pathlib import Path; from bot.musicgen.kernels import build\n"
        "compiler = build.Compiler(command=(sys.argv[2],), version='1')\n"
        "made = build.compile_kernels(Path(sys.argv[1]), [compiler])\n"
        "print(build.supports_int8(made))"
    )
    compiler = copying(tmp_path, kernel_library).command
    both = [
        subprocess.Popen(
            [sys.executable, "-c", script, str(tmp_path / "cache"), *compiler],
            cwd=Path(__file__).parents[2],
            stdout=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    answers = [process.communicate()[0] for process in both]
    assert answers[0] in ("True\n", "False\n")
    assert answers[0] == answers[1]
    assert len(list((tmp_path / "cache").iterdir())) == 1


def failing(folder: Path) -> build.Compiler:
    """Return a compiler that only prints an error."""
    program = folder / "broken"
    program.write_text('#!/bin/sh\necho "no such flag" >&2\nexit 1\n')
    program.chmod(0o755)
    return build.Compiler(command=(str(program),), version="1")
