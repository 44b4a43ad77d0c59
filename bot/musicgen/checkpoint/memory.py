"""Estimate the memory that a model needs, and compare it with free memory before loading."""

from __future__ import annotations

import math
import resource
from collections.abc import Iterator
from pathlib import Path

from bot.domain.generation import Precision
from bot.errors import ResourceError
from bot.i18n.sentence import Sentence
from bot.musicgen.checkpoint.model_config import ModelConfig
from bot.musicgen.checkpoint.tensor_names import tensor_sizes

_FLOAT_BYTES = 4
# Bytes per weight of the decoder and per number of its KV cache, with their share of the scales,
# and per weight of T5 and EnCodec.
_BYTES: dict[Precision, tuple[float, float, float]] = {
    "fp32": (4, 4, 4),
    "bf16": (2, 2, 2),
    # On a device; T5 and EnCodec stay in fp32 there.
    "fp16": (2, 2, 4),
    "int8": (1.07, 1.07, 2),
    "int4": (0.7, 1.07, 2),
}
_ROWS_OF_SLOT = 2  # With and without the prompt, for guidance.
_PROMPT_TOKENS = 128

# Measured on Linux: MindSpore, MindNLP and transformers imported, with their thread pools.
_RUNTIME_BYTES = 900_000_000
# Also measured: what the libraries and their threads' arenas map without using it.
_MAPPED_BYTES = 1_300_000_000
# Activations of EnCodec's largest block, and the graph compiler's memory.
_WORK_BYTES = 500_000_000


def memory_needed(
    config: ModelConfig,
    *,
    slots: int,
    seconds: float,
    precision: Precision = "fp32",
    words: int = 0,
) -> int:
    """Return the memory in bytes for a model with slots for `slots` clips of `seconds`.

    `words` is the number of prompts that can be mixed when prompts change. A conservative estimate,
    with everything resident at once.
    """
    decoder = config.decoder
    sizes = {name: math.prod(size) for name, size in tensor_sizes(config).items()}
    own = sum(size for name, size in sizes.items() if name.startswith("decoder."))
    others = sum(sizes.values()) - own
    positions = math.ceil(seconds * config.codec.frame_rate) + decoder.codebooks
    positions += config.prefix_positions
    keys_and_values = 2 * decoder.layers * decoder.hidden_size
    rows = sequence_slots(slots, words, takes_melody=config.melody is not None)
    texts = math.ceil(rows / _ROWS_OF_SLOT)
    cached = keys_and_values * (rows * positions + texts * _PROMPT_TOKENS)
    own_bytes, cached_bytes, other_bytes = _BYTES[precision]
    resident = own_bytes * own + cached_bytes * cached + other_bytes * others
    # One tensor exists twice while it is packed.
    packing = _FLOAT_BYTES * max(sizes.values())
    return math.ceil(resident) + packing + _RUNTIME_BYTES + _WORK_BYTES


def sequence_slots(clips: int, words: int, *, takes_melody: bool) -> int:
    """Return how many sequences the decoder holds for this many concurrent clips.

    Guidance takes two per clip, a mix of prompts may take more, and as many again are reserved for
    changing prompts. A model that takes melodies holds one more, for no melody.
    """
    mixed = words + 1 if words else 0
    return max(_ROWS_OF_SLOT * clips, mixed) + words + takes_melody


def check_memory(needed_bytes: int, *, root: Path = Path("/")) -> None:
    """Raise ResourceError if less memory is available than needed."""
    free_bytes = memory_available(root=root)
    needed_gb, free_gb = math.ceil(needed_bytes / 1e8) / 10, math.floor(free_bytes / 1e8) / 10
    if needed_bytes > min(_process_limits(), default=needed_bytes):
        raise ResourceError(
            Sentence(
                "The model needs about {needed:.1f} GB of memory and a limit of this process "
                "leaves {free:.1f} GB: raise it (`ulimit -v unlimited`), or choose a smaller "
                "model.",
                needed=needed_gb,
                free=free_gb,
            )
        )
    if needed_bytes > free_bytes:
        raise ResourceError(
            Sentence(
                "The model needs about {needed:.1f} GB of memory and {free:.1f} GB are free: "
                "choose a smaller model, fewer slots or shorter clips.",
                needed=needed_gb,
                free=free_gb,
            )
        )


def memory_available(*, root: Path = Path("/")) -> int:
    """Return the memory in bytes that this process may still use.

    The minimum of free memory, the limits of the enclosing control groups (as in containers), and
    the process's own limits. /proc and /sys are read below `root`.
    """
    import psutil

    free = int(psutil.virtual_memory().available)
    return min([free, *_group_headrooms(root), *_process_limits()])


def _process_limits() -> Iterator[int]:
    """Yield the bytes left by the process's own limits (`ulimit -v` and `ulimit -d`)."""
    for limit, mapped in ((resource.RLIMIT_AS, _MAPPED_BYTES), (resource.RLIMIT_DATA, 0)):
        most = resource.getrlimit(limit)[0]
        if most != resource.RLIM_INFINITY:
            yield max(0, most - mapped)


def _group_headrooms(root: Path) -> Iterator[int]:
    try:
        memberships = (root / "proc/self/cgroup").read_text().splitlines()
    except OSError:
        return
    for membership in memberships:
        _, controllers, path = membership.split(":", 2)
        if controllers == "":
            yield from _headrooms(root / "sys/fs/cgroup", path, "memory.max", "memory.current")
        elif "memory" in controllers.split(","):
            yield from _headrooms(
                root / "sys/fs/cgroup/memory",
                path,
                "memory.limit_in_bytes",
                "memory.usage_in_bytes",
            )


def _headrooms(mount: Path, path: str, limit_name: str, used_name: str) -> Iterator[int]:
    # In a container its own group appears as the root of the mount, whatever its path.
    inner = Path(path.lstrip("/"))
    for group in {mount, *(mount / part for part in (inner, *inner.parents))}:
        limit, used = _number(group / limit_name), _number(group / used_name)
        if limit is not None and used is not None:
            yield max(0, limit - used + _reclaimable(group / "memory.stat"))


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # 'max' means no limit.
        return None


def _reclaimable(path: Path) -> int:
    """Return the bytes of page cache that the system can reclaim."""
    try:
        fields = dict(line.split() for line in path.read_text().splitlines())
    except (OSError, ValueError):
        return 0
    return int(fields.get("total_inactive_file", fields.get("inactive_file", 0)))
