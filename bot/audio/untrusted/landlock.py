"""Landlock: restrict this process's access to files, network and signals."""

from __future__ import annotations

import ctypes
import os
import struct

# Every kernel numbers them alike.
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1
_EXECUTE, _WRITE, _READ, _READ_FOLDER = 1, 2, 4, 8
_FILE_RIGHTS = (0, 13, 14, 15, 15, 16)
"""How many rights each version knows, from the lowest bit on; later ones know no more that matter.

Version 3 added truncating and 5 the commands of devices.
"""
_NETWORK_SINCE, _CONNECT_AND_BIND = 4, 3
_SCOPES_SINCE, _SOCKETS_AND_SIGNALS = 6, 3

_LIBRARIES = (
    "/lib", "/lib32", "/lib64", "/usr/lib", "/usr/lib32", "/usr/lib64", "/usr/local/lib",
    "/nix/store", "/gnu/store",
)  # fmt: skip
_FILES = {
    "/etc/ld.so.cache": _READ,
    "/etc/ld.so.preload": _READ,
    "/dev/urandom": _READ,
    "/dev/null": _READ | _WRITE,
}

_libc = ctypes.CDLL(None, use_errno=True)


def landlock_version() -> int:
    """Return the version of Landlock that this machine has; 0 where it has none."""
    try:
        return max(0, int(_libc.syscall(_CREATE_RULESET, None, ctypes.c_size_t(0), _ASK_VERSION)))
    except AttributeError:
        return 0


def check_call(answer: int) -> None:
    """Raise OSError where the C library's answer says that a call of it failed."""
    if answer < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def see_only(program: str, file: str) -> None:
    """Restrict this process to what a program needs to start, and one file. Raises OSError."""
    version = landlock_version()
    rights = 2 ** _FILE_RIGHTS[min(version, len(_FILE_RIGHTS) - 1)] - 1
    network = _CONNECT_AND_BIND if version >= _NETWORK_SINCE else 0
    scopes = _SOCKETS_AND_SIGNALS if version >= _SCOPES_SINCE else 0
    handled = struct.pack("=QQQ", rights, network, scopes)
    ruleset = _libc.syscall(_CREATE_RULESET, handled, ctypes.c_size_t(len(handled)), 0)
    check_call(ruleset)
    real = os.path.realpath(program)
    libraries = [*_LIBRARIES, os.path.join(os.path.dirname(os.path.dirname(real)), "lib")]
    for path in libraries:
        _allow(ruleset, path, _READ | _READ_FOLDER | _EXECUTE)
    for path, allowed in {**_FILES, real: _READ | _EXECUTE, file: _READ}.items():
        _allow(ruleset, path, allowed)
    check_call(_libc.syscall(_RESTRICT_SELF, ruleset, 0))
    os.close(ruleset)


def _allow(ruleset: int, path: str, rights: int) -> None:
    try:
        place = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return  # what is not there needs no leave
    rule = struct.pack("=Qi", rights, place)
    check_call(_libc.syscall(_ADD_RULE, ruleset, _PATH_BENEATH, rule, 0))
    os.close(place)
