"""Estimate the memory that a model needs, and check it against what is free before loading."""

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
# Bytes of a weight of the decoder and of a number of its KV cache, with their share of the scales,
# and of a weight of T5 and EnCodec.
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
# The same: what the libraries and the arenas of their threads map and don't fill.
_MAPPED_BYTES = 1_300_000_000
# Activations of the largest block that goes through EnCodec, and the graph compiler's own.
_WORK_BYTES = 500_000_000


def memory_needed(
    config: ModelConfig,
    *,
    slots: int,
    seconds: float,
    precision: Precision = "fp32",
    words: int = 0,
) -> int:
    """Return the bytes of memory for a model with room for so many clips of so many seconds.

    `words` are the prompts that can be mixed while words change. An estimate on the safe side:
    everything resident at once.
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
    # One tensor is there twice while it is packed.
    packing = _FLOAT_BYTES * max(sizes.values())
    return math.ceil(resident) + packing + _RUNTIME_BYTES + _WORK_BYTES


def sequence_slots(clips: int, words: int, *, takes_melody: bool) -> int:
    """Return how many sequences the decoder has room for, with so many clips at once.

    Guidance takes two of a clip, a mix of words may take more, and as many again are kept for words
    that change. Where a melody is taken one holds what stands for none.
    """
    mixed = words + 1 if words else 0
    return max(_ROWS_OF_SLOT * clips, mixed) + words + takes_melody


def check_memory(needed_bytes: int, *, root: Path = Path("/")) -> None:
    """Raise ResourceError where less memory is free than needed."""
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
    """Return the bytes of memory this process may still take.

    The smaller of what the machine has free and what the limits of the control groups around the
    process leave, as containers have them, and the limits of the process itself. `root` is where
    /proc and /sys are looked for.
    """
    import psutil

    free = int(psutil.virtual_memory().available)
    return min([free, *_group_headrooms(root), *_process_limits()])


def _process_limits() -> Iterator[int]:
    """Yield what the limits of the process itself leave (`ulimit -v` and `ulimit -d`)."""
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
    # A container sees its own group as the root of the mount, whatever path it is told.
    inner = Path(path.lstrip("/"))
    for group in {mount, *(mount / part for part in (inner, *inner.parents))}:
        limit, used = _number(group / limit_name), _number(group / used_name)
        if limit is not None and used is not None:
            yield max(0, limit - used + _reclaimable(group / "memory.stat"))


def _number(path: Path) -> int | None:
    try:
        return int(path.read_text())
    except (OSError, ValueError):  # 'max' means that there is no limit.
        return None


def _reclaimable(path: Path) -> int:
    """Return the bytes of page cache that the system reclaims when it needs memory."""
    try:
        fields = dict(line.split() for line in path.read_text().splitlines())
    except (OSError, ValueError):
        return 0
    return int(fields.get("total_inactive_file", fields.get("inactive_file", 0)))
