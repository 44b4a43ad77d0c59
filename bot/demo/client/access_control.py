"""Who may talk to the page's server.

No other site's page may, and beyond this machine only who has the secret that the command printed.

A page from elsewhere could reach a server on loopback in two ways. Its scripts can open WebSockets
and send requests to it (their `Origin` gives them away), and its own name can be made to point at
127.0.0.1, so that the browser takes both for one site (DNS rebinding; the `Host` gives it away).
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import socket
from dataclasses import dataclass
from urllib.parse import urlsplit

_LOOPBACK_NAMES = frozenset({"localhost"})
_READING = frozenset({"GET", "HEAD"})


@dataclass(frozen=True, slots=True)
class AccessControl:
    """The rules at the door. Without a secret only loopback is let in."""

    secret: str | None = None

    def knows_host(self, host: str) -> bool:
        """Return whether a `Host` is one that this server has.

        Where a secret is asked for, any is: the cookie that stands for it is the browser's for one
        name only, so a rebound name comes without it.
        """
        name = host_name(host)
        return bool(name) and (self.secret is not None or is_loopback(name))

    def knows_origin(self, origin: str | None, host: str, *, method: str, upgrade: bool) -> bool:
        """Return whether a request comes from our own page.

        Browsers send an `Origin` with all that changes something, and with every WebSocket.
        """
        if origin is None:
            return method in _READING and not upgrade
        return urlsplit(origin).netloc.lower() == host.lower()

    def admits(self, cookie: str | None) -> bool:
        """Return whether a browser has shown the secret before, where there is one."""
        return self.secret is None or hmac.compare_digest((cookie or "").encode(), self.cookie)

    def is_secret(self, said: str) -> bool:
        """Return whether somebody knows the secret."""
        return self.secret is None or hmac.compare_digest(said.encode(), self.secret.encode())

    @property
    def cookie(self) -> bytes:
        """What a browser keeps instead of the secret."""
        key = (self.secret or "").encode()
        return hmac.new(key, b"admitted", hashlib.sha256).hexdigest().encode()


def host_name(host: str) -> str:
    """Return the name in a `Host`, without its port; "" for what is none."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def is_loopback(name: str) -> bool:
    """Return whether a name or an address can only mean this machine."""
    if name in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def reachable_address(address: str) -> str:
    """Return what others reach a server by that listens on an address: on all of them, on which.

    The address of the way out, or the name of this machine where it has no network.
    """
    if not ipaddress.ip_address(address).is_unspecified:
        return address
    family, anywhere = (
        (socket.AF_INET6, "2001:db8::1") if ":" in address else (socket.AF_INET, "192.0.2.1")
    )
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((anywhere, 9))  # sends nothing: it only chooses the way
            return str(way.getsockname()[0])
    except OSError:
        return socket.gethostname()
