"""A free port of this machine."""

from __future__ import annotations

import socket


def free_port():
    """Return an ephemeral port; for its head Ray refuses those from 10002 to 19999."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return server.getsockname()[1]
