"""A voice channel on the demo's page: who is in it, and that it plays in the browser."""

from __future__ import annotations

from tests.support.demo_stage import needs_chromium, open_chromium, open_demo_stage, open_seat

pytestmark = needs_chromium

LEVEL = """async () => {
    const context = new AudioContext();
    await context.resume();
    const listener = context.createAnalyser();
    context.createMediaElementSource(document.querySelector(".voice audio")).connect(listener);
    listener.connect(context.destination);
    const samples = new Float32Array(listener.fftSize);
    const endsAt = performance.now() + 120_000;
    while (performance.now() < endsAt) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        listener.getFloatTimeDomainData(samples);
        const power = samples.reduce((sum, each) => sum + each * each, 0);
        const level = Math.sqrt(power / samples.length);
        if (level > 0.02) return level;
    }
    return 0;
}"""


async def test_a_radio_is_heard_on_the_page(tmp_path):
    """One joins by a click, starts the radio, hears it, and leaves by another click.

    What plays stands below the channel's name as long as it plays.
    Who closes the page has left, too.
    """
    async with (
        open_demo_stage(tmp_path) as stage,
        open_chromium() as browser,
        open_seat(stage, browser, "robin") as robin,
    ):
        place = stage.channels["jam-radio"]
        await robin.types("/music prompt:90s rock seconds:20")
        # The answer came before the job was queued.
        posted = robin.page.locator("li.message", has_text="90s rock")
        await posted.get_by_role("button", name="Again").wait_for()
        entry = robin.page.locator(f".entry[data-channel='{place.id}']")
        await entry.click()
        await stage.until(lambda: robin.person in stage.discord.voice.people_in(place))
        async with open_seat(stage, browser, "tom") as tom:
            await tom.page.locator(".in-voice", has_text="Robin").wait_for()
            await tom.page.locator(f".entry[data-channel='{place.id}']").click()
            await stage.until(lambda: tom.person in stage.discord.voice.people_in(place))
        guild = stage.bot.get_guild(stage.discord.guild.id)
        await stage.until(lambda: guild.get_channel(place.id).voice_states)
        await robin.types("/radio start")
        card = robin.page.locator("li.message", has_text="Now playing")
        await card.get_by_role("button", name="Skip").wait_for()
        assert "90s rock" in await card.inner_text()
        below = robin.page.locator(".voice-status")
        await below.get_by_text("90s rock").wait_for()
        assert await robin.page.evaluate(LEVEL) > 0.02
        await entry.click()
        await stage.until(lambda: robin.person not in stage.discord.voice.people_in(place))
        await robin.page.locator(".voice audio").wait_for(state="detached")
        await robin.types("/radio stop")
        await below.wait_for(state="detached")
        await stage.until(lambda: tom.person not in stage.discord.voice.people_in(place))
