# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The pages behind a proxy that adds a path prefix: all links must stay below the prefix."""

import asyncio
import re

from mock import PREFIXES
from pages import BASE

ROOTED = re.compile(r"""["'`](/(?:api|assets|page|openapi|healthz|live-progress)[^"'` ]*)""")
"""A link that starts at the root of the host."""


async def heard(queue):
    async with asyncio.timeout(10):
        return await queue.get()


async def test_rooted(mock):
    """No link in the pages starts at the root of the host."""
    for text in (mock.pages.list, mock.pages.operation):
        assert ROOTED.findall(text) == []


async def test_list_below(browser, mock):
    """Below a prefix, the list is live at each of its URLs, and its links keep the prefix."""
    mock.add("import:7", title="Import", status="running")
    addresses = [(PREFIXES[0], PREFIXES[0])]
    for prefix in ("", *PREFIXES):
        addresses += [(prefix, f"{prefix}{end}") for end in ("/", BASE, BASE + "/", "/?utm_source=mail")]
    for prefix, address in addresses:
        async with await browser.tab() as tab:
            await tab.go(mock.url + address)
            await tab.wait_text("#connection-text", "Live")
            assert await heard(mock.joined) == (None, "websocket", None)
            await tab.wait("document.querySelectorAll('.row').length === 1")
            link = await tab.evaluate("document.querySelector('.row .title').href")
            assert link == f"{mock.url}{prefix}{BASE}/import%3A7", f"{address} links to {link}"
            await tab.check_clean(mock.host_name)


async def test_operation_below(browser, mock):
    """Below a prefix, an operation is live and can be cancelled, and its links keep the prefix."""
    for websockets, way in ((True, "websocket"), (False, "lines")):
        mock.websockets = websockets
        for number, prefix in enumerate(("", *PREFIXES)):
            for end in ("", "/", "/?utm_source=mail"):
                identity = f"{way}-{number}-{len(end)}"
                job = mock.add(identity, title="Job", status="running", state="One", cancellable=True, parent="a:b")
                async with await browser.tab() as tab:
                    wanted = mock.link(identity, prefix)
                    # The page removes the trailing slash, because the slash would change its relative links.
                    await tab.go(wanted + end, arrives=wanted + end.removeprefix("/"))
                    await tab.wait_text("#connection-text", "Live")
                    assert (await heard(mock.joined))[:2] == (identity, way)
                    job.publish(state="Two")
                    await tab.wait_text("#state", "Two")
                    assert await tab.evaluate("document.querySelector('nav a').href") == f"{mock.url}{prefix}/"
                    assert await tab.evaluate("document.querySelector('#parent-link').href") == mock.link("a%3Ab", prefix)
                    await tab.click("#cancel")
                    assert (await heard(mock.received))[0] == identity


async def test_token_below(browser, mock):
    """Without WebSockets, the page sends its token in a header field, also below a prefix."""
    mock.websockets = False
    for number, prefix in enumerate(("", *PREFIXES)):
        identity = f"job-{number}"
        mock.add(identity, title="Job", status="running")
        async with await browser.tab() as tab:
            await tab.go(mock.link(identity, prefix) + "#token=t", arrives=mock.link(identity, prefix))
            await tab.wait_text("#connection-text", "Live")
            assert (await heard(mock.joined))[:2] == (identity, "lines")
            assert mock.tokens.pop() == "Bearer t"


async def test_element_below(browser, mock):
    """The element resolves its relative source below the prefix."""
    mock.add("job", title="Job", status="running", state="Working")
    for prefix in ("", *PREFIXES):
        async with await browser.tab() as tab:
            await tab.go(f"{mock.url}{prefix}/host.html?id=job")
            await tab.wait("document.querySelector('live-progress').snapshot?.state === 'Working'")
            assert (await heard(mock.joined))[:2] == ("job", "websocket")
