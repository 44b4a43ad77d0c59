"""The proxy to Discord: which setting is used, and errors of invalid ones."""

from __future__ import annotations

import logging

import aiohttp
import pytest

from bot.app.discord_address import point_discord_at
from bot.app.discord_proxy import find_proxy
from bot.app.login import fetch_bot_name
from bot.errors import ConfigError, ResourceError
from bot.log import RedactingFormatter
from tests.support.discord_wire.proxy import open_proxy
from tests.support.discord_wire.server import TOKEN, open_wire

OURS, OTHER = "http://ours.example:3128", "http://other.example:8080"


@pytest.mark.parametrize(
    ("setting", "environment", "expected"),
    [
        ("", {}, None),
        (OURS, {}, OURS),
        (OURS, {"HTTPS_PROXY": OTHER, "NO_PROXY": "discord.com"}, OURS),
        ("", {"HTTPS_PROXY": OTHER}, OTHER),
        ("", {"https_proxy": OURS, "HTTPS_PROXY": OTHER, "ALL_PROXY": OTHER}, OURS),
        ("", {"HTTPS_PROXY": "", "ALL_PROXY": OTHER}, OTHER),
        ("", {"HTTPS_PROXY": "other.example:8080"}, OTHER),
        ("", {"HTTP_PROXY": OTHER}, None),
        ("", {"HTTPS_PROXY": OTHER, "NO_PROXY": "localhost,.discord.com"}, None),
        ("", {"HTTPS_PROXY": OTHER, "no_proxy": "*"}, None),
        ("none", {"HTTPS_PROXY": OTHER, "ALL_PROXY": "socks5://other.example:1080"}, None),
    ],
)
def test_the_setting_comes_before_the_environment(setting, environment, expected):
    """The environment is read as other programs do; `none` means no proxy."""
    found = find_proxy(setting, environment)
    assert (found and found.address) == expected


def test_the_shown_proxy_has_no_password():
    """Error messages repeat the address."""
    proxy = find_proxy("https://me:p%40ss@proxy.example:3128", {})
    assert proxy is not None
    assert proxy.address == "https://proxy.example:3128"
    assert "p%40ss" not in repr(proxy)


@pytest.mark.parametrize("scheme", ["socks4", "socks5", "socks5h"])
def test_a_socks_proxy_is_refused(scheme):
    """discord.py can't use one: ignoring it would reveal the address that it should hide."""
    address = f"{scheme}://user:s3cret@127.0.0.1:9050"
    for setting, environment, named in (
        (address, {}, "discord.proxy"),
        ("", {"ALL_PROXY": address}, "ALL_PROXY"),
    ):
        with pytest.raises(ConfigError, match=f"^{named} names a SOCKS proxy") as refused:
            find_proxy(setting, environment)
        assert "s3cret" not in str(refused.value)


@pytest.mark.parametrize("address", ["proxy", "ftp://a:1", "http://", "http://a:b", "http://a:0"])
def test_an_invalid_proxy_is_refused(address):
    """Before anything is started."""
    with pytest.raises(ConfigError, match=r"discord\.proxy must be the address of an HTTP proxy"):
        find_proxy(address, {})


def test_the_log_masks_its_password():
    """Exceptions of libraries contain the address as it was given."""
    error = aiohttp.ClientError("407, url='http://me:p%40ss@127.0.0.1:1'")
    record = logging.LogRecord(
        "discord", logging.ERROR, "", 0, "%s", (error,), (type(error), error, None)
    )
    line = RedactingFormatter().format(record)
    assert line.count("http://[secret]@127.0.0.1:1") == 2
    assert "p%40ss" not in line


async def test_a_proxy_that_does_not_help_is_named_without_its_password():
    """A missing proxy, and one that refuses everybody."""
    async with open_wire() as wire, open_proxy(wire) as (proxy, asked):
        with point_discord_at(wire.base):
            assert await fetch_bot_name(TOKEN, proxy) == wire.me.name
            assert asked == ["GET http://discord.invalid/api/v10/users/@me HTTP/1.1"]
            nowhere = "http://me:wr0ng@127.0.0.1:1"
            for url in (proxy.url.replace("s3cret", "wr0ng"), nowhere):
                wrong = find_proxy(url, {})
                with pytest.raises(ResourceError) as refused:
                    await fetch_bot_name(TOKEN, wrong)
                assert f"through the proxy {wrong.address}" in str(refused.value)
                assert "wr0ng" not in str(refused.value)
