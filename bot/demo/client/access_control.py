"""Access control of the page's server.

Pages of other sites are refused, and beyond this machine everybody without the printed secret.

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
    """Rules for requests. Without a secret only loopback is admitted."""

    secret: str | None = None

    def knows_host(self, host: str) -> bool:
        """Return whether a `Host` header is one of this server's.

        With a secret any host is: the cookie that carries it is bound to one host name, so that a
        request with a rebound name comes without it.
        """
        name = host_name(host)
        return bool(name) and (self.secret is not None or is_loopback(name))

    def knows_origin(self, origin: str | None, host: str, *, method: str, upgrade: bool) -> bool:
        """Return whether a request comes from this server's own page.

        Browsers send an `Origin` with every request that changes something, and with every
        WebSocket.
        """
        if origin is None:
            return method in _READING and not upgrade
        return urlsplit(origin).netloc.lower() == host.lower()

    def admits(self, cookie: str | None) -> bool:
        """Return whether the browser has the secret's cookie, if a secret is needed."""
        return self.secret is None or hmac.compare_digest((cookie or "").encode(), self.cookie)

    def is_secret(self, given: str) -> bool:
        """Return whether a text is the secret."""
        return self.secret is None or hmac.compare_digest(given.encode(), self.secret.encode())

    @property
    def cookie(self) -> bytes:
        """The value of the cookie that replaces the secret."""
        key = (self.secret or "").encode()
        return hmac.new(key, b"admitted", hashlib.sha256).hexdigest().encode()


def host_name(host: str) -> str:
    """Return the host name of a `Host` header without the port; "" for an invalid one."""
    try:
        return (urlsplit(f"//{host}").hostname or "").lower()
    except ValueError:
        return ""


def is_loopback(name: str) -> bool:
    """Return whether a host name or address always means this machine."""
    if name in _LOOPBACK_NAMES:
        return True
    try:
        return ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def reachable_address(address: str) -> str:
    """Return the address at which others reach a server that listens on `address`.

    For the address of all interfaces: the one of the default route, or this machine's name if it
    has no network.
    """
    if not ipaddress.ip_address(address).is_unspecified:
        return address
    family, anywhere = (
        (socket.AF_INET6, "2001:db8::1") if ":" in address else (socket.AF_INET, "192.0.2.1")
    )
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as way:
            way.connect((anywhere, 9))  # sends nothing: it only selects a route
            return str(way.getsockname()[0])
    except OSError:
        return socket.gethostname()
