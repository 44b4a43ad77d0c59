"""Compile the kernels for this processor, once, into a cache."""

from __future__ import annotations

import atexit
import ctypes
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

log = logging.getLogger(__name__)

FLAGS = (
    "-x",
    "c++",
    "-std=c++17",
    "-O3",
    "-march=native",
    # Always one fused multiply-add, however a loop is unrolled, so that a row's result does not
    # depend on the number of rows.
    "-ffp-contract=fast",
    "-fno-math-errno",
    "-fno-exceptions",
    "-fno-rtti",
    "-fPIC",
    "-shared",
    # GCC 12 warns about its own AVX-512 header.
    "-w",
)


BUNDLED = (sys.executable, "-P", "-m", "ziglang", "cc")
"""The compiler in the ziglang package."""


class KernelsUnavailableError(Exception):
    """The kernels can't be compiled here; the message gives the reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Compiler:
    """A C++ compiler: its command's first words, and its version."""

    command: tuple[str, ...]
    version: str


def compile_kernels(
    cache: Path, compilers: Sequence[Compiler] | None = None, *, flags: Sequence[str] = FLAGS
) -> Path:
    """Return the compiled kernels for this processor, compiling them if they are not in `cache`.

    Takes two to ten seconds the first time, and every time where `cache` can't be written.
    `compilers` are tried in turn, by default those that are found. Raises
    KernelsUnavailableError.
    """
    if compilers is None:
        compilers = find_compilers()
    if not compilers:
        raise KernelsUnavailableError(
            "there is no C++ compiler (install g++ or clang, or the ziglang package)"
        )
    failure = ""
    names = _names(compilers, flags)
    if (kept := _first_there(cache, names.values())) is not None:
        return kept
    folder = cache if _is_writable(cache) else _own_folder()
    for compiler, name in names.items():
        target = folder / name
        try:
            _compile(compiler, flags, _sources("*.cc"), target)
        except (OSError, subprocess.SubprocessError) as error:
            reason = getattr(error, "stderr", None) or str(error)
            failure = f"{compiler.command[0]} could not compile them: {reason.strip()[-500:]}"
            log.warning("kernels.compile_failed compiler=%s %s", compiler.command[0], failure)
        else:
            return target
    raise KernelsUnavailableError(failure)


def compiled_kernels(cache: Path, *, flags: Sequence[str] = FLAGS) -> Path | None:
    """Return the kernels compiled earlier for this processor, or None."""
    return _first_there(cache, _names(find_compilers(), flags).values())


def _names(compilers: Sequence[Compiler], flags: Sequence[str]) -> dict[Compiler, str]:
    files = [*_sources("*.h"), *_sources("*.cc")]
    return {each: f"kernels-{_key(each, flags, files)}.so" for each in compilers}


def _sources(pattern: str) -> list[Path]:
    return sorted(Path(__file__).parent.glob(pattern))


def _first_there(cache: Path, names: Iterable[str]) -> Path | None:
    return next((file for name in names if (file := cache / name).exists()), None)


def available_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def set_threads(library_path: Path, threads: int) -> None:
    """Set how many threads the kernels use; only the first call before they run counts."""
    ctypes.CDLL(str(library_path)).zhiyin_set_threads(ctypes.c_int(threads))


def supports_int8(library_path: Path) -> bool:
    """Return whether this processor has the int8 dot product instructions used by the kernels."""
    return bool(ctypes.CDLL(str(library_path)).zhiyin_multiplies_bytes())


def supports_pairs(library_path: Path) -> bool:
    """Return whether this processor has the bfloat16 products used by the codec's kernel."""
    return bool(ctypes.CDLL(str(library_path)).zhiyin_multiplies_pairs())


def find_compilers() -> list[Compiler]:
    """Return the C++ compilers to try, best first."""
    candidates: list[tuple[str, ...]] = []
    if os.environ.get("CXX"):
        candidates.append((os.environ["CXX"],))
    candidates += [(found,) for name in ("g++", "clang++", "c++") if (found := shutil.which(name))]
    found_compilers = []
    for command in candidates:
        try:
            answer = subprocess.run(  # noqa: S603 - a compiler of the machine's own
                [*command, "--version"], capture_output=True, text=True, timeout=60, check=True
            )
        except (OSError, subprocess.SubprocessError):
            continue
        found_compilers.append(Compiler(command=command, version=answer.stdout.strip()))
    if find_spec("ziglang") is not None:
        # Not run for its version: without a cache folder it fails even at that.
        found_compilers.append(Compiler(command=BUNDLED, version=version("ziglang")))
    return found_compilers


def zig_environment(folder: Path) -> dict[str, str]:
    """Return zig's environment, with a cache folder of its own if the usual one is missing.

    A user without a home folder has none.
    """
    usual = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    is_usable = usual.startswith("/") and _is_folder_for_us(Path(usual, "zig"))
    given = {} if is_usable else {"ZIG_GLOBAL_CACHE_DIR": str(folder / "zig")}
    return {**given, **os.environ}


def _is_folder_for_us(place: Path) -> bool:
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(place, os.W_OK)


def _is_writable(cache: Path) -> bool:
    try:
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=cache):
            return True
    except OSError as error:
        log.warning("kernels.cache_not_writable they are compiled anew at every start: %s", error)
        return False


def _own_folder() -> Path:
    """Create a folder that is deleted when this process exits."""
    folder = tempfile.mkdtemp(prefix="zhiyin-kernels-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _compile(
    compiler: Compiler, flags: Sequence[str], sources: Sequence[Path], target: Path
) -> None:
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        made = Path(folder) / target.name
        command = [*compiler.command, *flags, *map(str, sources), "-o", str(made)]
        subprocess.run(  # noqa: S603 - a compiler of the machine's own
            [*command, "-x", "none", "-lpthread", "-lm"],
            capture_output=True,
            text=True,
            timeout=300,
            check=True,
            env=zig_environment(target.parent),
        )
        ctypes.CDLL(str(made))
        made.replace(target)
    log.info("kernels.compiled compiler=%s file=%s", compiler.command[0], target.name)


def _key(compiler: Compiler, flags: Sequence[str], files: Sequence[Path]) -> str:
    digest = hashlib.sha256()
    for part in (*compiler.command, compiler.version, *flags, _processor()):
        digest.update(part.encode())
    for file in files:
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _processor() -> str:
    """Return a name of this processor, since machines may share a cache on a disk."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    wanted = ("model name", "flags", "Features", "CPU part")
    return platform.machine() + "".join(
        line for line in dict.fromkeys(lines) if line.startswith(wanted)
    )
