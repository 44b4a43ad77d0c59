"""Who may talk to the demo's server."""

from __future__ import annotations

import pytest

from bot.demo.client.access_control import AccessControl, is_loopback

HERE = "127.0.0.1:8787"


@pytest.mark.parametrize("host", [HERE, "localhost:8787", "[::1]:8787", "127.0.0.53"])
def test_loopback_host_names_are_accepted(host):
    """With any port, which a tunnel may change."""
    assert AccessControl().knows_host(host)


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example:8787", "192.168.1.5:8787", "", "[::1", "0.0.0.0"],
)
def test_dns_rebinding_host_names_are_refused(host):
    """In DNS rebinding, the browser sends the name evil.example."""
    assert not AccessControl().knows_host(host)


def test_with_a_secret_any_host_name_is_accepted():
    """A page with a rebound name does not have the cookie."""
    admission = AccessControl("a secret")
    assert admission.knows_host("jam.example:8787")
    assert not admission.admits(None)
    assert not admission.admits("something")
    assert admission.admits(admission.cookie.decode())
    assert "secret" not in admission.cookie.decode()


@pytest.mark.parametrize(
    ("origin", "method", "upgrade", "known"),
    [
        (f"http://{HERE}", "POST", False, True),
        (f"https://{HERE}", "GET", True, True),
        ("http://evil.example", "POST", False, False),
        ("http://evil.example", "GET", True, False),
        ("http://127.0.0.1:1", "GET", True, False),
        ("null", "PUT", False, False),
        # Reading needs no origin, as a typed address has none. Every other request does.
        (None, "GET", False, True),
        (None, "GET", True, False),
        (None, "POST", False, False),
    ],
)
def test_cross_origin_requests_are_refused(origin, method, upgrade, known):
    """Browsers let any site open a WebSocket here, and send the site's origin."""
    found = AccessControl().knows_origin(origin, HERE, method=method, upgrade=upgrade)
    assert found is known


@pytest.mark.parametrize(
    ("name", "only_here"), [("localhost", True), ("0.0.0.0", False), ("::", False)]
)
def test_loopback_addresses_are_recognised(name, only_here):
    """The address of all interfaces is not a loopback address."""
    assert is_loopback(name) is only_here
