# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The page of an operation after errors of the connection, the server or the operation."""

import asyncio


async def test_reconnects(browser, mock):
    """The page shows a lost connection, reconnects with its cursor, and receives exactly the missed updates."""
    job = mock.add("job", title="Job", status="running", state="One")
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#state", "One")
        assert await mock.joined.get() == ("job", "websocket", None)
        mock.failing = 503
        await tab.evaluate("window.words = []; new MutationObserver(() => words.push(document.querySelector("
                           "'#connection').innerText)).observe(document.querySelector('#connection'),"
                           "{childList: true, subtree: true})")
        await mock.drop()
        # Check both conditions in one evaluation, because the page shows another text during an attempt.
        await tab.wait("document.querySelector('#retry').checkVisibility() && "
                       "document.querySelector('#aside').innerText.startsWith('last heard')")
        assert await tab.text("#state") == "One"
        job.publish(state="Two")
        job.publish(state="Three")
        mock.failing = None
        await tab.wait_text("#state", "Three")
        # An attempt that began before may have read the newest snapshot by GET, after its WebSocket failed.
        assert await mock.joined.get() in [("job", "websocket", "k3f9-0"), ("job", "websocket", "k3f9-2")]
        await tab.wait_text("#connection-text", "Live")
        words = await tab.evaluate("words.join(' ')")
        assert "Reconnecting" in words and not await tab.visible("#missed")
        await tab.check_clean(mock.host_name)


async def test_gap(browser, mock):
    """The page shows the number of missed updates that the journal no longer has."""
    job = mock.add("job", title="Job", status="running", state="One")
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#state", "One")
        mock.first_message = lambda operation, cursor: operation.first(None)
        for _ in range(4):
            job.message["revision"] += 1  # revisions that no watcher received
        await mock.drop(1001)
        job.publish(state="Six")
        await tab.wait_text("#state", "Six")
        assert (await tab.text("#missed")).startswith("4 updates were passed over"), await tab.text("#missed")


async def test_old_news(browser, mock):
    """Repeated and older messages do not change the page."""
    job = mock.add("job", title="Job", status="running", state="One")
    job.publish(state="Two")
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#state", "Two")
        mock.send("job", {**job.history[0], "state": "Old"})
        mock.send("job", {**job.history[1], "state": "Repeated"})
        mock.send("job", {"type": "something-new", "wonders": True})
        await tab.evaluate("window.seen = []; new MutationObserver(() => seen.push(document.querySelector('#state')"
                           ".textContent)).observe(document.querySelector('#state'), {childList: true})")
        job.publish(state="Three", aMemberOfTheFuture={"x": 1})
        await tab.wait_text("#state", "Three")
        assert await tab.evaluate("seen") == ["Three"]
        await tab.check_clean(mock.host_name)


async def test_final_codes(browser, mock):
    """The page does not reconnect after 1000 or after the codes of a deletion, a refusal or a protocol error."""
    ends = ((4510, "This operation is gone"), (4504, "No such operation"), (4503, "Not allowed"))
    broken = tuple((code, "This operation cannot be followed") for code in (1002, 1003, 1007, 1008, 1009))
    for code, words in ends + broken:
        mock.add(f"job-{code}", title="Job", status="running", state="One")
        async with await browser.tab() as tab:
            await tab.go(mock.link(f"job-{code}"))
            await tab.wait_text("#state", "One")
            await mock.drop(code)
            await tab.wait_text("#gone-title", words)
            assert not await tab.visible("#retry")
            assert await tab.text("#state") == "One", "the last known state stays"
            assert await tab.text("#status") == "Last known: Running"
            while not mock.joined.empty():
                mock.joined.get_nowait()
            # The event "online" would make a page reconnect immediately if it still tried.
            await tab.evaluate("window.dispatchEvent(new Event('online'))")
            await tab.evaluate("new Promise((done) => setTimeout(done, 50))")
            assert mock.joined.empty()
    mock.add("job-1000", title="Job", status="running", state="One")
    async with await browser.tab() as tab:
        await tab.go(mock.link("job-1000"))
        await tab.wait_text("#state", "One")
        await mock.drop(1000)
        await tab.wait_text("#connection-text", "Closed")
        assert not await tab.visible("#retry")


async def test_other_codes(browser, mock):
    """The page reconnects after every other close code."""
    mock.add("job", title="Job", status="running", state="One")
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await mock.joined.get()
        for code in (1001, 1011, 1013, 4000, 4008):
            await tab.wait_text("#connection-text", "Live")
            await mock.drop(code)
            await tab.wait("document.querySelector('#connection').dataset.phase !== 'live'")
            # A click on the button skips the backoff.
            await tab.evaluate("document.querySelector('#retry').click()")
            async with asyncio.timeout(40):
                assert await mock.joined.get() == ("job", "websocket", "k3f9-0"), code


async def test_unknown(browser, mock):
    """The page has a message for an unknown operation, and another message for a deleted operation."""
    mock.removed["old"] = 410
    async with await browser.tab() as tab:
        await tab.go(mock.link("nothing"))
        await tab.wait_text("#gone-title", "No such operation")
        assert "“nothing”" in await tab.text("#gone-detail")
        assert not await tab.visible("#live")
        await tab.go(mock.link("old"))
        await tab.wait_text("#gone-title", "This operation is gone")
        await tab.check_clean(mock.host_name)


async def test_foreign_parameters(browser, mock):
    """Foreign parameters in a page's link are not sent to the API, which would refuse them."""
    for websockets, way in ((True, "websocket"), (False, "lines")):
        mock.websockets = websockets
        job = mock.add(way, title="Job", status="running", state="One", cancellable=True)
        async with await browser.tab() as tab:
            await tab.go(mock.link(way) + "?utm_source=mail&utm_source=news&limit=ten")
            await tab.wait_text("#connection-text", "Live")
            async with asyncio.timeout(10):
                assert (await mock.joined.get())[:2] == (way, way)
            job.publish(state="Two")
            await tab.wait_text("#state", "Two")
            await tab.click("#cancel")
            async with asyncio.timeout(10):
                assert (await mock.received.get())[0] == way


async def test_lines(browser, mock):
    """Without WebSockets, the page receives lines over HTTP, and reconnects with its cursor."""
    job = mock.add("job", title="Job", status="running", state="One", cancellable=True)
    mock.websockets = False
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#connection-text", "Live")
        async with asyncio.timeout(10):
            assert await mock.joined.get() == ("job", "lines", "k3f9-0")
        job.publish(state="Two")
        await tab.wait_text("#state", "Two")
        await mock.drop()
        async with asyncio.timeout(10):
            assert await mock.joined.get() == ("job", "lines", "k3f9-1")
        await tab.click("#cancel")
        assert await mock.received.get() == ("job", "cancel")
        job.publish(status="succeeded", state="Three")
        await tab.wait_text("#status", "Succeeded")
        await tab.wait_text("#connection-text", "Ended")
        await tab.check_clean(mock.host_name)
        mock.add("short", title="Short", status="running", state="One")
        await tab.go(mock.link("short"))
        await tab.wait_text("#connection-text", "Live")
        mock.remove("short")
        await tab.wait_text("#gone-title", "This operation is gone")


SHORTENED = """
    window.delays = [];
    const original = window.setTimeout;
    window.setTimeout = (run, delay, ...rest) => {
        const isRetry = String(run).includes("this.#connect()");
        if (isRetry) delays.push(delay);
        // The first six delays are shortened; the page waits the full seventh delay.
        return original(run, isRetry && delays.length <= 6 ? 1 : delay, ...rest);
    };"""


async def test_backoff(browser, mock):
    """The delays between attempts grow, and the page reconnects immediately when the network returns."""
    mock.add("job", title="Job", status="running", state="One")
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#connection-text", "Live")
        await mock.joined.get()
        mock.failing = 503
        await tab.evaluate(SHORTENED)
        await mock.drop()
        await tab.wait("delays.length === 7")
        delays = await tab.evaluate("delays.slice(0, 6)")
        for index, delay in enumerate(delays):
            longest = min(10_000, 500 * 2**index)
            assert longest / 2 <= delay <= longest, delays
        await tab.wait("/in ([4-9]|10)\\b/.test(document.querySelector('#connection-text').textContent)")
        mock.failing = None
        await tab.evaluate("window.dispatchEvent(new Event('online'))")
        async with asyncio.timeout(5):
            assert await mock.joined.get() == ("job", "websocket", "k3f9-0")


async def test_hidden(browser, mock):
    """A hidden page waits longer before it reconnects, and reconnects immediately when it becomes visible."""
    mock.add("job", title="Job", status="running", state="One")
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#connection-text", "Live")
        await mock.joined.get()
        turn = "Object.defineProperty(document, 'hidden', {{value: {}, configurable: true}});" \
               "document.dispatchEvent(new Event('visibilitychange', {{bubbles: true}}))"
        await tab.evaluate(turn.format("true"))
        await tab.evaluate(SHORTENED)
        mock.failing = 503
        await mock.drop()
        # A visible page waits at most 10 s.
        await tab.wait("delays.length === 7 && delays[6] > 10_000")
        await tab.wait("/in (1[0-9]|2[0-9]|30)/.test(document.querySelector('#connection-text').textContent)")
        mock.failing = None
        assert mock.joined.empty()
        await tab.evaluate(turn.format("false"))
        async with asyncio.timeout(5):
            assert await mock.joined.get() == ("job", "websocket", "k3f9-0")


async def test_burst(browser, mock):
    """After 2,000 updates in one burst, the page shows the last update, without errors."""
    job = mock.add("job", title="Job", status="running", state="Start")
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#state", "Start")
        for number in range(2_000):
            job.publish(state=f"Step {number}", details={"number": number, "nested": {"half": number / 2}})
        await tab.wait_text("#state", "Step 1999")
        assert "1999" in await tab.text("#details-values")
        await tab.check_clean(mock.host_name)
