"""The port that the demo's page is served on."""

from __future__ import annotations

import socket

import pytest

from bot.demo import ports
from bot.errors import RequestError, ResourceError


@pytest.fixture
def taken():
    """A port that another program uses."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_used_port_is_refused_with_a_suggestion(taken):
    """The error names a free port."""
    with pytest.raises(ResourceError, match=rf"Port {taken} can't be used \(Address") as refused:
        ports.listen("127.0.0.1", taken)
    free = int(str(refused.value).partition("--port ")[2].partition(",")[0])
    assert free != taken
    ports.listen("127.0.0.1", free).close()


def test_a_second_demo_takes_the_next_port(taken):
    """If no port was named."""
    with ports.listen("127.0.0.1", None, usual=taken) as found:
        assert found.getsockname()[1] > taken
    with ports.listen("127.0.0.1", 0) as found:
        assert found.getsockname()[1] > 0


@pytest.mark.parametrize("number", [99999, -1, 65536])
def test_an_invalid_port_is_refused(number):
    """The error has the valid range."""
    with pytest.raises(RequestError, match=f"from 0 to 65535, not {number}"):
        ports.listen("127.0.0.1", number)


@pytest.mark.parametrize("host", ["192.0.2.1", "no such host"])
def test_a_foreign_address_is_refused(host):
    """Another port is not tried."""
    with pytest.raises(ResourceError, match=f"no address {host} "):
        ports.listen(host, 0)
