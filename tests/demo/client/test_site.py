"""The page's server: access, uploads, and response headers."""

from __future__ import annotations

import io

import aiohttp
import pytest

from bot.demo.client.access_control import reachable_address
from bot.demo.client.serving import open_site
from tests.demo.client.conftest import Visitor

MIB = 2**20


async def get(visitor, path, **headers):
    async with visitor.http.get(
        visitor.site.base + path, headers=headers, allow_redirects=False
    ) as answer:
        return answer.status, await answer.text()


async def test_the_page_opens_as_the_first_person(visitor, site):
    """The bare address redirects there."""
    async with visitor.http.get(site.base) as answer:
        assert str(answer.url) == site.address_of("you")
        assert "<!doctype html>" in await answer.text()
        assert "script-src 'self'" in answer.headers["Content-Security-Policy"]
        assert "</page/script/app.js>; rel=modulepreload" in answer.headers["Link"]
    assert (await get(visitor, "/as/stranger"))[0] == 404


@pytest.mark.parametrize(
    "path", ["/page/script/main.js", "/page/style/theme.css", "/page/icon.svg"]
)
async def test_static_files_are_served(visitor, path):
    """From the package."""
    assert (await get(visitor, path))[0] == 200


@pytest.mark.parametrize(
    "path", ["/page/../client/site.py", "/page/%2e%2e/client/site.py", "/page/", "/page/script"]
)
async def test_other_paths_are_not_served(visitor, path):
    """No path leads out of the folder."""
    assert (await get(visitor, path))[0] == 404


async def test_foreign_hosts_and_origins_are_refused(visitor, site):
    """DNS rebinding, and requests of another site's scripts."""
    status, text = await get(visitor, "/as/you", Host="evil.example")
    assert status == 403
    assert "not an address of the demo" in text
    async with visitor.http.post(
        f"{site.base}/api/session",
        json={"person": "you"},
        headers={"Origin": "http://evil.example"},
    ) as answer:
        assert answer.status == 403


@pytest.mark.parametrize("headers", [{}, {"Origin": "http://evil.example"}, {"Origin": "null"}])
async def test_another_site_opens_no_websocket(visitor, site, headers):
    """Browsers would allow it."""
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        await visitor.http.ws_connect(f"{site.base}/api/tab", headers=headers)
    assert refused.value.status == 403


async def test_remote_access_needs_the_secret(discord, people):
    """It is in the printed address; the browser stores it in a cookie."""
    with pytest.raises(ValueError, match="needs a secret"):
        async with open_site(discord, people, host="0.0.0.0"):
            pass
    async with (
        open_site(discord, people, secret="s3cret/+") as site,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as http,
    ):
        visitor = Visitor(site, http)
        for path in ("/as/you", "/page/script/main.js", "/api/tab", "/as/you?secret=wrong"):
            assert (await get(visitor, path))[0] == 401
        async with http.get(site.address_of("you")) as answer:
            assert answer.status == 200
            assert "secret" not in str(answer.url)
        assert (await get(visitor, "/page/script/main.js"))[0] == 200
        async with visitor.tab("you") as tab:
            assert tab.snapshot["user"]["id"] == str(discord.owner.id)


async def test_an_upload_is_attached_to_a_message(visitor, channel, site):
    """It is served at its address, also in ranges, as players request it."""
    async with await visitor.upload("robin", b"RIFF" + bytes(96)) as answer:
        assert answer.status == 200
    async with visitor.tab("robin") as tab:
        place = {"channel_id": str(channel.id), "content": ""}
        await tab.do("send_message", **place, files=["an upload"])
        again = await tab.do("send_message", "another", **place, files=["an upload"])
    assert again["sentence"] == "A file of this was not kept. Please attach it again."
    (message,) = channel.messages.values()
    address = message.files[0].as_json(site.base)["url"]
    async with visitor.http.get(address, headers={"Range": "bytes=0-3"}) as answer:
        assert (answer.status, await answer.read()) == (206, b"RIFF")


async def test_a_too_large_upload_is_refused_with_a_sentence(visitor):
    """Before it has been sent, and without a declared size."""

    async def endless():
        for _ in range(30):
            yield bytes(MIB)

    for body in (io.BytesIO(bytes(30 * MIB)), endless()):
        async with await visitor.upload("robin", body) as answer:
            assert answer.status == 413
            sentence = (await answer.json())["sentence"]
        assert sentence == "This file is larger than 10 MB, the most that can be attached here."


async def test_uploads_need_a_session(visitor, site):
    """A session from before a restart has its own error, so that the page gets a new one."""
    async with visitor.http.put(
        f"{site.base}/api/uploads/an-upload",
        data=b"x",
        headers={**visitor.origin, "X-Session": "x"},
    ) as answer:
        assert answer.status == 401


async def test_redirects_stay_on_this_server(visitor, discord, people):
    """With a secret in the address, and without."""
    async with visitor.http.get(
        f"{visitor.site.base}//evil.example/x?secret=1", allow_redirects=False
    ) as answer:
        assert answer.status == 404
    async with (
        open_site(discord, people, secret="s3cret") as site,
        visitor.http.get(
            f"{site.base}//evil.example/x?secret=s3cret", allow_redirects=False
        ) as answer,
    ):
        assert answer.headers["Location"] == "/evil.example/x"


@pytest.mark.parametrize("listening", ["0.0.0.0", "::"])
def test_the_printed_address_is_reachable_by_others(listening):
    """Not the address of all interfaces."""
    assert reachable_address(listening) not in ("0.0.0.0", "::")
    assert reachable_address("127.0.0.1") == "127.0.0.1"
