"""What is raised if Discord can't be reached at all."""

from __future__ import annotations

import socket
import ssl

import aiohttp

NETWORK_ERRORS = (aiohttp.ClientError, ConnectionError, TimeoutError, socket.gaierror, ssl.SSLError)
"""Another OSError is this machine's, such as a full disk or a file that is gone."""
