"""The page in a browser: foreign text stays text, no click is lost, and it stays fast."""

from __future__ import annotations

import io
import wave
from contextlib import AsyncExitStack
from types import SimpleNamespace

import pytest
import pytest_asyncio
from playwright.async_api import expect

from bot.demo.client.serving import open_site
from bot.demo.discord.actions import talk
from bot.demo.discord.files import File
from bot.demo.discord.messages import Message
from bot.demo.discord.posting import change, post
from bot.demo.discord.server import open_discord
from tests.support.demo_stage import needs_chromium, open_chromium

pytestmark = [needs_chromium, pytest.mark.asyncio(loop_scope="module")]

PATIENCE_SECONDS = 60.0
SCRIPT = "<img src=x onerror=document.title='broken'><script>document.title='broken'</script>"


def sound(seconds=1):
    """Return a quiet WAV file."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, 8000, 0, "NONE", ""))
        out.writeframes(bytes(16_000 * seconds))
    return file.getvalue()


def button(label, custom_id):
    return {"type": 2, "style": 1, "label": label, "custom_id": custom_id}


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def there():
    """A Discord without a bot, the page's server, and a browser."""
    async with AsyncExitStack() as stack:
        discord = await stack.enter_async_context(open_discord())
        discord.ack_seconds = 0.3
        people = {"anna": discord.add_person("Anna"), "robin": discord.add_person("Robin")}
        site = await stack.enter_async_context(open_site(discord, people))
        browser = await stack.enter_async_context(open_chromium())
        yield SimpleNamespace(discord=discord, people=people, site=site, browser=browser, n=0)


@pytest_asyncio.fixture(loop_scope="module")
async def channel(there):
    """A channel of the test's own."""
    there.n += 1
    return there.discord.add_channel(f"place-{there.n}")


@pytest_asyncio.fixture(loop_scope="module")
async def page(there, channel):
    """A tab of Anna's, in that channel; an error in its scripts fails the test."""
    context = await there.browser.new_context(viewport={"width": 1280, "height": 800})
    await context.add_init_script("localStorage['zhiyin.guide'] = '{\"isOver\":true}'")
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    page = await context.new_page()
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda line: errors.append(line.text) if line.type == "error" else None)
    page.errors = errors
    await enter(there, page, channel)
    yield page
    await context.close()
    assert errors == []


async def enter(there, page, channel):
    await page.goto(there.site.address_of("anna"))
    await page.locator(f"[data-act=channel][data-channel='{channel.id}']").click()
    await expect(page.get_by_role("textbox", name=f"Message #{channel.name}")).to_be_enabled()


async def say_as_bot(there, channel, files=(), **payload):
    message = Message(there.discord.ids.next(), there.discord.me, channel)
    await post(there.discord, message, payload, files)
    return message


def contents(channel):
    return [each.content for each in channel.messages.values()]


async def test_message_text_is_not_interpreted_as_html(there, channel, page):
    """Names, messages, file names, embeds and buttons never become elements of the page."""
    robin = there.people["robin"]
    there.discord.guild.members[robin.id].nick = SCRIPT
    await talk.send_message(
        there.discord, robin, channel.id, SCRIPT, files=[File(f"{SCRIPT}.txt", b"x")]
    )
    await say_as_bot(
        there,
        channel,
        content=f"[{SCRIPT}](javascript:document.title='broken')",
        embeds=[
            {
                "title": SCRIPT,
                "url": "javascript:document.title='broken'",
                "description": f"**{SCRIPT}** <javascript:alert(1)>",
                "fields": [{"name": SCRIPT, "value": SCRIPT}],
                "footer": {"text": SCRIPT},
            }
        ],
        components=[{"type": 1, "components": [button(SCRIPT[:70], SCRIPT[:90])]}],
    )
    await page.reload()
    messages = page.locator(".messages")
    await expect(messages).to_contain_text(SCRIPT)
    await expect(messages.get_by_role("link")).to_have_count(1)
    assert await messages.locator("img, script").count() == 0
    assert "broken" not in (await page.title()).split(" · ")
    there.discord.guild.members[robin.id].nick = None


async def test_a_tab_of_an_earlier_run_with_a_secret_says_what_to_open(there):
    """It has the cookie of the old secret, and its connection is refused without a word."""
    context = await there.browser.new_context()
    page = await context.new_page()
    async with open_site(there.discord, there.people, secret="first") as earlier:
        port = int(earlier.base.rpartition(":")[2])
        await page.goto(earlier.address_of("anna"))
        await expect(page.locator("body")).to_have_attribute("data-connected", "true")
    async with open_site(there.discord, there.people, port=port, secret="second"):
        told = page.get_by_text("Open the whole address that the demo printed")
        await expect(told.first).to_be_visible()
    await context.close()


async def test_one_tab_can_switch_between_people(there, channel, page):
    """At another person's address one writes as that person, and back again."""
    for name in ("robin", "anna"):
        await page.goto(there.site.address_of(name))
        await page.locator(f"[data-act=channel][data-channel='{channel.id}']").click()
        box = page.get_by_role("textbox", name=f"Message #{channel.name}")
        await expect(box).to_be_enabled()
        await box.fill(f"I am {name}")
        await box.press("Enter")
        await expect(page.locator(".messages")).to_contain_text(f"I am {name}")
    written = {each.content: each.author for each in channel.messages.values()}
    assert written == {f"I am {name}": there.people[name] for name in ("robin", "anna")}


async def test_a_press_survives_rendering_of_its_message(there, channel, page):
    """The bot may edit the message between pointer down and pointer up."""
    rows = [{"type": 1, "components": [button("Again", "again")]}]
    message = await say_as_bot(there, channel, content="one", components=rows)
    again = page.get_by_role("button", name="Again")
    await again.hover()
    await page.mouse.down()
    await change(there.discord, message, {"content": "two", "components": rows}, [])
    await expect(page.get_by_text("two")).to_be_visible()
    await page.mouse.up()
    await expect(page.get_by_text("This interaction failed")).to_be_visible()
    pressed = [each for each in there.discord.interactions.values() if each.source is message]
    assert len(pressed) == 1


async def test_the_input_is_disabled_before_a_channel_is_known(there):
    """Text typed while the page still connects would be lost."""
    context = await there.browser.new_context()
    context.set_default_timeout(PATIENCE_SECONDS * 1000)
    page = await context.new_page()
    # The page believes that it is connected, and receives nothing.
    await page.route_web_socket("**/api/tab", lambda socket: None)
    await page.goto(there.site.address_of("anna"))
    box = page.locator(".composer textarea")
    await expect(box).to_be_disabled()
    await expect(box).to_have_attribute("placeholder", "Connecting to the demo…")
    await context.close()


async def test_messages_written_offline_arrive_once(there, channel, page):
    """After a reload, too, and after a restart of the page's server."""
    box = page.get_by_role("textbox", name=f"Message #{channel.name}")
    await box.fill("before")
    await box.press("Enter")
    await expect(page.locator(".message").get_by_text("before")).to_be_visible()
    await page.route("**/api/session", lambda route: route.abort())
    await page.context.set_offline(True)
    await there.site.close()
    await expect(page.locator(".banner")).to_contain_text("doesn't answer")
    await box.fill("meanwhile")
    await box.press("Enter")
    await expect(page.get_by_text("Sending…")).to_be_visible()
    await page.context.set_offline(False)
    await page.unroute("**/api/session")
    await page.reload()
    await expect(page.locator(".message").get_by_text("meanwhile")).to_be_visible()
    await page.reload()
    await expect(page.locator(".message").get_by_text("meanwhile")).to_have_count(1)
    assert contents(channel) == ["before", "meanwhile"]
    # The browser's message about the broken connection is no error of the page.
    page.errors.clear()


async def test_one_sound_plays_at_a_time_and_an_edit_does_not_stop_it(there, channel, page):
    """A player is kept when the message around it is rendered again."""
    first = await say_as_bot(there, channel, content="1", files=[File("one.wav", sound(60))])
    await say_as_bot(there, channel, content="2", files=[File("two.wav", sound(60))])
    playing = "[...document.querySelectorAll('audio')].map(each => !each.paused)"
    await page.get_by_role("button", name="Play one.wav").click()
    await expect(page.get_by_role("button", name="Pause one.wav")).to_be_visible()
    await change(
        there.discord,
        first,
        {"content": "edited", "attachments": [{"id": str(first.files[0].id)}]},
        [],
    )
    await expect(page.get_by_text("edited")).to_be_visible()
    assert await page.evaluate(playing) == [True, False]
    # Paused, so that it stays where it was moved to.
    await page.get_by_role("button", name="Pause one.wav").click()
    await expect(page.get_by_role("button", name="Play one.wav")).to_be_visible()
    await page.get_by_role("slider", name="Position in one.wav").fill("500")
    assert await page.evaluate("document.querySelector('audio').currentTime") == 30.0
    await page.get_by_role("button", name="Play one.wav").click()
    await expect(page.get_by_role("button", name="Pause one.wav")).to_be_visible()
    await page.get_by_role("button", name="Play two.wav").click()
    await expect(page.get_by_role("button", name="Pause two.wav")).to_be_visible()
    assert await page.evaluate(playing) == [False, True]


async def test_overlong_input_is_refused_with_a_sentence(there, channel, page, tmp_path):
    """A file of 30 MB, a message that is too long, a paste that is no message."""
    with (tmp_path / "long.wav").open("wb") as file:
        file.truncate(30 * 2**20)
    await page.locator("form.composer > input[type=file]").set_input_files(tmp_path / "long.wav")
    note = page.get_by_role("alert")
    await expect(note.get_by_text("long.wav has 30 MB. Files up to 10 MB can be")).to_be_visible()
    await expect(page.locator(".tray li")).to_have_count(0)
    box = page.get_by_role("textbox", name=f"Message #{channel.name}")
    await box.fill("x" * 2500)
    await box.press("Enter")
    await expect(note.get_by_text("This message has 2500 characters, and 2000 fit")).to_be_visible()
    assert len(await box.input_value()) == 2500
    await box.fill("")
    await box.evaluate(
        """(box) => {
          const clipboardData = new DataTransfer();
          clipboardData.setData("text", "x".repeat(200_000));
          box.dispatchEvent(new ClipboardEvent("paste", { clipboardData, cancelable: true }));
        }"""
    )
    await expect(note.get_by_text("That is 200000 characters")).to_be_visible()
    assert contents(channel) == []


async def test_scrolling_loads_old_messages_and_keeps_the_position(there, channel, page):
    """The latest messages come first; older ones are loaded by scrolling, without a jump."""
    for number in range(300):
        await talk.send_message(there.discord, there.people["robin"], channel.id, f"line {number}.")
    await page.reload()
    await expect(page.get_by_text("line 299.", exact=True)).to_be_in_viewport()
    scroller = page.locator(".timeline")
    while not await page.get_by_text("line 0.", exact=True).count():
        before = await page.locator(".message").count()
        await scroller.evaluate("element => element.scrollTop = 0")
        await expect(page.locator(".message")).not_to_have_count(before)
    await page.get_by_text("line 3.", exact=True).scroll_into_view_if_needed()
    await talk.send_message(there.discord, there.people["robin"], channel.id, "a new one")
    await expect(page.get_by_role("button", name="One new message", exact=True)).to_be_visible()
    await expect(page.get_by_text("line 3.", exact=True)).to_be_in_viewport()
    await page.get_by_role("button", name="One new message", exact=True).click()
    await expect(page.get_by_text("a new one", exact=True)).to_be_in_viewport()


WRITTEN = {
    "**bold** *and* _italic_ __under__ ~~gone~~": (
        "<p><strong>bold</strong> <em>and</em> <em>italic</em> <u>under</u> <s>gone</s></p>"
    ),
    "***both***": "<p><strong><em>both</em></strong></p>",
    "snake_case_name and 2 * 3 * 4": "<p>snake_case_name and 2 * 3 * 4</p>",
    r"\*not\* this": "<p>*not* this</p>",
    "`a **b**` ``c`d``": "<p><code>a **b**</code> <code>c`d</code></p>",
    "```py\nx = 1\n```after": ('<pre tabindex="0"><code>x = 1</code></pre><p>after</p>'),
    "one\ntwo": "<p>one<br>two</p>",
    "# Big\n-# small": ('<p class="heading heading-1">Big</p><p class="subtext">small</p>'),
    "> a\n> b\nc": "<blockquote><p>a<br>b</p></blockquote><p>c</p>",
    "- a\n  - b": '<ul><li class="level-0">a</li><li class="level-1">b</li></ul>',
    "3. c\n4. d": '<ol start="3"><li class="level-0">c</li><li class="level-0">d</li></ol>',
    "[here](https://example.org/a)": (
        '<p><a href="https://example.org/a" target="_blank" rel="noopener noreferrer">here</a></p>'
    ),
    "[here](javascript:alert(1))": "<p>[here](javascript:alert(1))</p>",
    "(https://example.org).": (
        '<p>(<a href="https://example.org" target="_blank" rel="noopener noreferrer">'
        "https://example.org</a>).</p>"
    ),
    "<@7> <@&8> <#9>": (
        '<p><button type="button" class="mention" data-act="person" data-user="7">@Anna</button> '
        '<span class="mention">@unknown role</span> '
        '<span class="mention">#unknown channel</span></p>'
    ),
    "<t:99999999999999:R> <t:1:x>": "<p>&lt;t:99999999999999:R&gt; &lt;t:1:x&gt;</p>",
    "<b>&amp;": "<p>&lt;b&gt;&amp;amp;</p>",
}

SHOW = """async (texts) => {
  const { richText } = await import("/page/script/rich_text.js");
  const nobody = { me: { id: "1" }, nameById: () => "Anna", roles: new Map(), channels: new Map() };
  return texts.map((text) => richText(text, nobody).map((each) => each.outerHTML).join(""));
}"""


async def test_markdown_is_rendered_like_on_discord(page):
    """The markdown that people and the bot use; unclosed marks stay text."""
    assert dict(zip(WRITTEN, await page.evaluate(SHOW, list(WRITTEN)), strict=True)) == WRITTEN
    # However many unclosed marks: backtracking over them would freeze the page.
    begun = [2000 // len(part) * part for part in ("*", "**a", "_", "`", "||", "[", "<@", "~~a")]
    for text, shown in zip(begun, await page.evaluate(SHOW, begun), strict=True):
        assert len(shown) >= len(text) / 2


async def test_unsent_actions_survive_a_restart_and_lost_ones_are_reported(page):
    """A sent action may have been done: only the person can decide to repeat it."""
    kept = await page.evaluate("""async () => {
      const { Outbox } = await import("/page/script/outbox.js");
      const outbox = new Outbox("test");
      const before = { instance: "one", server: "1" };
      outbox.add(before, "send_message", { content: "sent" }).entry.isSent = true;
      outbox.add(before, "send_message", { content: "waiting" });
      outbox.add({ instance: "one", server: "2" }, "send_message", { content: "elsewhere" });
      const stale = outbox.takeStale({ instance: "two", server: "1" });
      return [stale, outbox.entries].map((each) => each.map(({ data }) => data.content));
    }""")
    assert kept == [["sent", "elsewhere"], ["waiting"]]
