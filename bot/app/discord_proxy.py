"""The HTTP proxy for Discord, from the settings or the environment."""

from __future__ import annotations

import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from bot.errors import ConfigError
from bot.i18n.sentence import Sentence, verbatim

DIRECT = "none"
"""The value of `discord.proxy` that ignores the environment's proxy."""

# In curl's order: lower case first, specific before general.
_VARIABLES = ("https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")
_HOST = "discord.com"

SOCKS = Sentence(
    "{where} names a SOCKS proxy, which the libraries that talk to Discord can't use. Put an HTTP "
    'proxy in front of it, such as privoxy, and name that one; or set discord.proxy to "none" to '
    "go without."
)
WRONG_FORM = Sentence(
    "{where} must be the address of an HTTP proxy, such as http://proxy.example:3128, or "
    '"none" to go without.'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proxy:
    """An HTTP proxy: the URL to use, and the address to show."""

    url: str = field(repr=False)
    """May contain a password, which the log masks."""
    address: str


def find_proxy(setting: str, environment: Mapping[str, str]) -> Proxy | None:
    """Return the proxy to use; None without one.

    Raises ConfigError for anything but an HTTP proxy.
    """
    if setting == DIRECT:
        return None
    if setting:
        return _checked(setting, verbatim("discord.proxy"))
    for variable in _VARIABLES:
        address = environment.get(variable)
        if address and not _is_bypassed(environment):
            # By convention, an address without a scheme is an HTTP proxy.
            address = address if "://" in address else f"http://{address}"
            return _checked(address, verbatim(variable))
    return None


def _checked(address: str, where: Sentence) -> Proxy:
    try:
        parts = urlsplit(address)
        has_place = bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        raise ConfigError(WRONG_FORM.fill(where=where)) from None
    if parts.scheme.startswith("socks"):
        raise ConfigError(SOCKS.fill(where=where))
    if parts.scheme not in {"http", "https"} or not has_place:
        raise ConfigError(WRONG_FORM.fill(where=where))
    return Proxy(url=address, address=f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}")


def _is_bypassed(environment: Mapping[str, str]) -> bool:
    without = environment.get("no_proxy") or environment.get("NO_PROXY") or ""
    return bool(urllib.request.proxy_bypass(_HOST, {"no": without}))
