"""Which errors count as an outage of Discord or of the network."""

from __future__ import annotations

import errno
import socket
import ssl

import aiohttp
import pytest

from cogs.posting.outages import is_outage


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (aiohttp.ClientOSError(errno.ENETUNREACH, "network unreachable"), True),
        (aiohttp.ServerDisconnectedError(), True),
        (ConnectionResetError(), True),
        (BrokenPipeError(), True),
        (TimeoutError(), True),
        (socket.gaierror(socket.EAI_AGAIN, "name resolution"), True),
        (ssl.SSLEOFError(), True),
        (OSError(errno.ENOSPC, "no space left on device"), False),
        (FileNotFoundError(), False),
        (PermissionError(), False),
        (ValueError(), False),
    ],
    ids=lambda value: value if isinstance(value, bool) else type(value).__name__,
)
def test_only_errors_of_the_network_are_outages(error, expected):
    """A full disk, or a file that is gone, is not waited out as if Discord were down."""
    assert is_outage(error) is expected
