# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The pages of a server with keys in a real browser: links with a token in the fragment."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time

import pytest
from browser import Browser, Tab
from harness import BASE, Server, expect, expect_equal, request
from test_tokens import Keys, bearer


async def visit(tab, link: str) -> None:
    """Opens a link, and waits until the page has removed the fragment."""
    await tab.call("Page.navigate", url=link)
    await tab.wait(f"location.href === {json.dumps(link.partition('#')[0])} && document.readyState === 'complete'")


async def check_secret(tab, server: Server, *tokens: str) -> None:
    """Checks that no URL, no history entry, no request, no page and no log contains a token."""
    entries = (await tab.call("Page.getNavigationHistory"))["entries"]
    places = {
        "the history": [entry["url"] for entry in entries], "the URL of a request": tab.requests,
        "a referrer": tab.referrers, "the page's own referrer": [await tab.evaluate("document.referrer")],
        "the page": [await tab.evaluate("document.documentElement.outerHTML")], "the log": [server.whole_log()],
    }
    for place, texts in places.items():
        for token in tokens:
            expect(not any(token in text or token[-20:] in text for text in texts), f"{place} contains a token")
    expect(tab.requests and f"target={BASE}" in server.whole_log(), "there are no requests or no log")


async def test_may_not_cancel(browser, binary):
    """With a token that permits only watching, the page says so after a click on the cancel button, and removes the button."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys(binary, folder)
        with Server(binary, "--secret-file", keys.path) as server:
            body = json.dumps({"id": "job", "cancellable": True, "state": "Copying"}).encode()
            request("POST", server.url + BASE, bearer(keys.token("create")) | {"Content-Type": "application/json"}, body)
            async with await browser.tab() as tab:
                await visit(tab, f"{server.url}{BASE}/job#token={keys.token('watch')}")
                await tab.wait("document.querySelector('#cancel').checkVisibility()")
                await tab.click("#cancel")
                await tab.wait_text("#notice", "This link lets you watch, but not cancel.")
                assert not await tab.visible("#cancel")


async def in_new_tab(tab, selector: str, button: str) -> None:
    """Opens a link in a new tab with the mouse, and waits until the new tab is live."""
    spot = await tab.evaluate(f"""(() => {{
        const box = document.querySelector({json.dumps(selector)}).getBoundingClientRect();
        return [box.x + box.width / 2, box.y + box.height / 2];
    }})()""")
    modifiers = 2 if button == "left" else 0
    for kind in ("mousePressed", "mouseReleased"):
        await tab.call(
            "Input.dispatchMouseEvent", type=kind, x=spot[0], y=spot[1], button=button, clickCount=1, modifiers=modifiers
        )
    while not (new := [one for one in (await tab.browser.call("Target.getTargets"))["targetInfos"]
                       if one["type"] == "page" and one["url"].endswith(f"{BASE}/next")]):
        await asyncio.sleep(0.05)
    session = (await tab.browser.call("Target.attachToTarget", targetId=new[0]["targetId"], flatten=True))["sessionId"]
    other = Tab(tab.browser, session, None)
    await other.wait_text("#connection-text", "Live")
    await other.wait_text("#title", "Next")
    await tab.browser.call("Target.closeTarget", targetId=new[0]["targetId"])
    while any(one["targetId"] == new[0]["targetId"] for one in (await tab.browser.call("Target.getTargets"))["targetInfos"]):
        await asyncio.sleep(0.05)


def run(binary, body) -> None:
    """Runs the body with a browser, a new server and the administrator's link."""

    async def go():
        with tempfile.TemporaryDirectory() as folder:
            keys = Keys(binary, folder)
            with Server(binary, "--secret-file", keys.path, "--log-level", "trace") as server:
                link = server.output.next().removeprefix("administrator's link: ")
                async with asyncio.timeout(100), Browser() as browser:
                    await body(browser, server, keys, link)

    asyncio.run(go())


def test_administrator(binary):
    """The administrator's link opens the list and its operations; the token is sent to no other server."""

    async def body(browser, server, keys, link):
        admin = link.partition("#token=")[2]
        request("PUT", f"{server.url}{BASE}/job", bearer(admin), b'{"title":"Job","state":"Reading","cancellable":true}')
        async with await browser.tab() as tab:
            await visit(tab, link)
            await tab.wait_text("#connection-text", "Live")
            await tab.wait_text('[data-id="job"] .title', "Job")
            request("PUT", f"{server.url}{BASE}/next", bearer(admin), b'{"title":"Next","state":"Reading"}')
            await tab.wait_text('[data-id="next"] .title', "Next")
            for button in ["left", "middle"]:  # Ctrl and the left button, or the middle button, open a new tab.
                await in_new_tab(tab, '[data-id="next"] .title', button)
            await tab.click('[data-id="job"] .title')
            await tab.wait_text("#connection-text", "Live")
            await tab.wait_text("#state", "Reading")
            await tab.click("#cancel")
            await tab.wait_text("#status", "Cancelling")
            await tab.call("Page.reload")
            await tab.wait_text("#status", "Cancelling")
            await check_secret(tab, server, admin)
            await tab.check_clean(server.url.removeprefix("http://"))

    run(binary, body)


def test_operation(binary):
    """The link of an operation shows the operation live to its end, and gives no access to the list."""

    async def body(browser, server, keys, _):
        url, create = f"{server.url}{BASE}/job", keys.token("create")
        made = request("PUT", url, bearer(create), b'{"title":"Job","state":"Reading","completedCount":1,"totalCount":4}')
        tokens = made.json["tokens"]
        async with await browser.tab() as tab:
            await visit(tab, f"{url}#token={tokens['watch']}")
            await tab.wait_text("#figure", "25%")
            await tab.wait_text("#connection-text", "Live")
            request("PATCH", url, bearer(tokens["report"]), b'{"state":"Writing","completedCount":3}')
            await tab.wait_text("#figure", "75%")
            await tab.wait_text("#state", "Writing")
            request("PATCH", url, bearer(tokens["report"]), b'{"status":"succeeded","result":{"rows":7}}')
            await tab.wait_text("#status", "Succeeded")
            await tab.wait_text("#connection-text", "Ended")
            await check_secret(tab, server, tokens["watch"], tokens["report"])
            await tab.check_clean(server.url.removeprefix("http://"))
            await tab.go(f"{server.url}/")
            await tab.wait_text("#refused-title", "Not allowed")
            expect(not await tab.visible("#empty"), "a list without permission is shown as empty")

    run(binary, body)


def test_refused(binary):
    """The page shows a missing, invalid or expired token, and a valid link works in the same tab afterwards."""

    async def body(browser, server, keys, link):
        url = f"{server.url}{BASE}/job"
        request("PUT", url, bearer(link.partition("#token=")[2]), b'{"title":"Job","state":"Reading"}')
        good, wrong = keys.token("watch", "--id", "job"), keys.token("watch", "--id", "job")[:-6] + "AAAAAA"
        short = keys.token("watch", "--id", "job", time="1s")
        deadline = time.monotonic() + 10
        while request("GET", url, bearer(short)).status != 401:
            expect(time.monotonic() < deadline, "the token does not expire")
            await asyncio.sleep(0.1)
        cases = [
            ("", "A link with a token is needed"), (f"#token={wrong}", "This link does not let you in"),
            (f"#token={short}", "This link has expired"),
        ]
        for fragment, words in cases:
            for page, place in [(url, "#gone-title"), (f"{server.url}/", "#refused-title")]:
                async with await browser.tab() as tab:
                    await visit(tab, page + fragment)
                    await tab.wait_text(place, words)
                    expect(not await tab.visible("#retry"), "the page retries a link that is refused permanently")
                    await tab.check_clean(server.url.removeprefix("http://"))
        async with await browser.tab() as tab:
            await visit(tab, f"{url}#token={wrong}")
            await tab.wait_text("#gone-title", "This link does not let you in")
            await visit(tab, f"{url}#token={good}")
            await tab.wait_text("#state", "Reading")
            await tab.wait_text("#connection-text", "Live")
            await check_secret(tab, server, good, wrong)

    run(binary, body)


@pytest.mark.timeout(180)
def test_ends(binary):
    """The page shows an expired token, and keeps the last known state."""

    async def body(browser, server, keys, link):
        url = f"{server.url}{BASE}/job"
        request("PUT", url, bearer(link.partition("#token=")[2]), b'{"title":"Job","state":"Reading"}')
        async with await browser.tab() as tab:
            await visit(tab, f"{url}#token={keys.token('watch', '--id', 'job', time='10s')}")
            await tab.wait_text("#state", "Reading")
            # The lifetime of the token, and the grace period.
            await tab.wait_text("#gone-title", "This link has expired", 45)
            expect_equal(await tab.text("#status"), "Last known: Running", "status")
            expect_equal(await tab.text("#connection-text"), "Not connected", "connection")
            expect(not await tab.visible("#retry"), "the page retries")

    run(binary, body)
