"""NumPy arrays inside messages: dtype, shape and bytes, validated when decoded."""

from __future__ import annotations

import math
from typing import Any, get_args

import msgspec
import numpy as np
from msgspec.msgpack import Ext
from numpy.typing import NDArray

DTYPES: dict[str, type[np.generic]] = {"<f4": np.float32, "<i4": np.int32}
"""Allowed dtypes, little-endian on every machine: samples and codes."""

MAX_DIMENSIONS = 2

_EXT_CODE = 1


def encode_array(value: object) -> tuple[str, tuple[int, ...], Ext]:
    """Return an array in the form that msgspec encodes, without copying it.

    Raises ValueError for a dtype or number of dimensions that is not allowed.
    """
    if not isinstance(value, np.ndarray):
        raise NotImplementedError(f"messages carry no {type(value).__name__}")
    dtype = value.dtype.newbyteorder("<").str
    if dtype not in DTYPES or value.ndim > MAX_DIMENSIONS:
        raise ValueError(f"messages carry no arrays of {value.ndim} dimensions of {value.dtype}")
    contiguous = np.ascontiguousarray(value, dtype)
    return dtype, value.shape, Ext(_EXT_CODE, contiguous.data)


def decode_bytes(code: int, data: memoryview) -> memoryview:
    """Return the raw bytes of an array in a message. Raises ValueError for other extensions."""
    if code != _EXT_CODE:
        raise ValueError(f"messages have no extension {code}")
    return data


def decode_array(kind: type, value: object) -> NDArray[Any]:
    """Return the array of a field of type `kind`, as a writable copy.

    Raises ValueError unless dtype, shape and byte count match the field and each other.
    """
    dtype, shape, data = msgspec.convert(value, tuple[str, list[int], memoryview])
    if DTYPES.get(dtype) is not _scalar_of(kind):
        raise ValueError(f"an array of {dtype} in place of {_scalar_of(kind).__name__}")
    if len(shape) > MAX_DIMENSIONS or min(shape, default=0) < 0:
        raise ValueError(f"an array of shape {shape}")
    # Python integers: a NumPy product could overflow and pass the check.
    if math.prod(shape) * np.dtype(dtype).itemsize != len(data):
        raise ValueError(f"{len(data)} bytes for an array of shape {shape}")
    return np.frombuffer(data, dtype).reshape(shape).astype(_scalar_of(kind))


def describe_array(kind: type) -> dict[str, Any]:
    """Return the JSON schema of an array; msgspec has none for it."""
    return {"array": list(DTYPES)}


def _scalar_of(kind: type) -> type[np.generic]:
    """Return the scalar type of `NDArray[...]`."""
    _, dtype = get_args(kind)
    (scalar,) = get_args(dtype)
    return scalar  # type: ignore[no-any-return]
