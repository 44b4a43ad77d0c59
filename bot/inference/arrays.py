"""Arrays inside messages: their dtype, their shape and their bytes, checked when decoded."""

from __future__ import annotations

import math
from typing import Any, get_args

import msgspec
import numpy as np
from msgspec.msgpack import Ext
from numpy.typing import NDArray

DTYPES: dict[str, type[np.generic]] = {"<f4": np.float32, "<i4": np.int32}
"""The dtypes that travel, little-endian whatever the machine: samples and codes."""

MAX_DIMENSIONS = 2

_EXT_CODE = 1


def encode_array(value: object) -> tuple[str, tuple[int, ...], Ext]:
    """Return an array as msgspec encodes it, without copying it.

    Raises ValueError for an array that a message can't carry.
    """
    if not isinstance(value, np.ndarray):
        raise NotImplementedError(f"messages carry no {type(value).__name__}")
    dtype = value.dtype.newbyteorder("<").str
    if dtype not in DTYPES or value.ndim > MAX_DIMENSIONS:
        raise ValueError(f"messages carry no arrays of {value.ndim} dimensions of {value.dtype}")
    contiguous = np.ascontiguousarray(value, dtype)
    return dtype, value.shape, Ext(_EXT_CODE, contiguous.data)


def decode_bytes(code: int, data: memoryview) -> memoryview:
    """Return the bytes of an array as they lie in the message. Raises ValueError for others."""
    if code != _EXT_CODE:
        raise ValueError(f"messages have no extension {code}")
    return data


def decode_array(kind: type, value: object) -> NDArray[Any]:
    """Return the array of a field of type `kind`, a writable copy.

    Raises ValueError unless dtype, shape and length agree with the field and with each other.
    """
    dtype, shape, data = msgspec.convert(value, tuple[str, list[int], memoryview])
    if DTYPES.get(dtype) is not _scalar_of(kind):
        raise ValueError(f"an array of {dtype} in place of {_scalar_of(kind).__name__}")
    if len(shape) > MAX_DIMENSIONS or min(shape, default=0) < 0:
        raise ValueError(f"an array of shape {shape}")
    # In whole numbers of any size: a product that overflows would pass.
    if math.prod(shape) * np.dtype(dtype).itemsize != len(data):
        raise ValueError(f"{len(data)} bytes for an array of shape {shape}")
    return np.frombuffer(data, dtype).reshape(shape).astype(_scalar_of(kind))


def describe_array(kind: type) -> dict[str, Any]:
    """Return what stands for an array in the schema of the messages; msgspec names no dtype."""
    return {"array": list(DTYPES)}


def _scalar_of(kind: type) -> type[np.generic]:
    """Return the scalar type of `NDArray[...]`."""
    _, dtype = get_args(kind)
    (scalar,) = get_args(dtype)
    return scalar  # type: ignore[no-any-return]
