"""A port of this machine that nobody has."""

from __future__ import annotations

import socket


def free_port():
    """Return one; Ray takes none between 10002 and 19999 for its head."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
