"""A file of packed weights in the safetensors format, with the tokenizer in its metadata.

Written atomically. Arrays are read into memory, except for sparsely used ones, which are
memory-mapped. A digest detects damage.

Source: the format is https://huggingface.co/docs/safetensors.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.atomic_file import replace_atomically
from bot.musicgen.kernels.packing import allocate

Array = NDArray[Any]

_DTYPES: dict[str, type[np.generic]] = {
    "F32": np.float32,
    "F16": np.float16,
    "I64": np.int64,
    "U16": np.uint16,
    "U32": np.uint32,
    "U8": np.uint8,
}
_NAMES = {np.dtype(dtype): name for name, dtype in _DTYPES.items()}
_ALIGNMENT = 64
_LARGEST_HEADER_BYTES = 10_000_000
_LARGE_BYTES = 1 << 20


class DamagedFileError(Exception):
    """The file was not written by `write`, or was damaged since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFile:
    """The contents of a file: packed arrays by name, and the tokenizer as JSON."""

    arrays: Mapping[str, Array]
    tokenizer: str


def write(path: Path, content: PackedFile, *, sparse: Collection[str] = ()) -> None:
    """Write a file; arrays named in `sparse` will be memory-mapped by `read`. Raises OSError."""
    header: dict[str, Any] = {}
    end = 0
    for name, array in content.arrays.items():
        begin = end
        end += array.nbytes
        header[name] = {
            "dtype": _NAMES[array.dtype],
            "shape": list(array.shape),
            "data_offsets": [begin, end],
        }
    metadata = {"tokenizer": content.tokenizer, "sparse": json.dumps(sorted(sparse))}
    digest = _digest_of(header, metadata)
    for array in content.arrays.values():
        digest.update(_bytes(array))
    metadata["sha256"] = digest.hexdigest()
    text = json.dumps({**header, "__metadata__": metadata}).encode()
    text += b" " * (-(8 + len(text)) % _ALIGNMENT)
    with replace_atomically(path, durable=True) as scratch, scratch.open("wb") as stream:
        stream.write(len(text).to_bytes(8, "little") + text)
        for array in content.arrays.values():
            stream.write(_bytes(array))


def read(path: Path) -> PackedFile:
    """Read a file. Raises OSError if it is missing, DamagedFileError if it is damaged."""
    arrays = {}
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        if not 0 < length <= _LARGEST_HEADER_BYTES:
            raise DamagedFileError(path)
        try:
            header = json.loads(stream.read(length))
            metadata = header.pop("__metadata__")
            tokenizer, wanted = str(metadata["tokenizer"]), metadata.pop("sha256")
            digest = _digest_of(header, metadata)
            sparse = set(json.loads(metadata["sparse"]))
            for name, entry in header.items():
                arrays[name] = _array(path, 8 + length, entry, is_mapped=name in sparse)
                if name in sparse:
                    stream.seek(arrays[name].nbytes, 1)
                elif stream.readinto(_bytes(arrays[name])) != arrays[name].nbytes:
                    raise DamagedFileError(path)
                digest.update(_bytes(arrays[name]))
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise DamagedFileError(path) from error
    if digest.hexdigest() != wanted:
        raise DamagedFileError(path)
    return PackedFile(arrays=arrays, tokenizer=tokenizer)


def _digest_of(header: Mapping[str, Any], metadata: Mapping[str, Any]) -> hashlib._Hash:
    """Return a digest of the header's array entries, to be updated with the arrays' bytes."""
    return hashlib.sha256(json.dumps([header, metadata], sort_keys=True).encode())


def _array(path: Path, begin: int, entry: Mapping[str, Any], *, is_mapped: bool) -> Array:
    """Return the array of an entry: memory-mapped, or uninitialized memory to read into.

    Raises ValueError, TypeError or KeyError for an inconsistent entry.
    """
    dtype, shape = _DTYPES[entry["dtype"]], tuple(int(size) for size in entry["shape"])
    first, last = entry["data_offsets"]
    size_bytes = math.prod(shape) * np.dtype(dtype).itemsize
    # A damaged header must not request more memory than the file's size.
    if not 0 <= last - first == size_bytes or begin + last > path.stat().st_size:
        raise ValueError(entry)
    if is_mapped:
        return np.memmap(path, dtype, "c", begin + first, shape)
    return allocate(shape, dtype) if size_bytes >= _LARGE_BYTES else np.empty(shape, dtype)


def _bytes(array: Array) -> memoryview:
    return array.reshape(-1).view(np.uint8).data
