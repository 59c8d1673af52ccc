# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The page of all operations, and the element for other pages."""

import asyncio

import pytest

TITLES = "[...document.querySelectorAll('.row .title')].map((node) => node.textContent)"


def quarter(number):
    return {"completedCount": number, "totalCount": 4, "fractionCompleted": number / 4}


async def test_follows(browser, mock, pictures):
    """The list shows all operations, newest first, and updates them live."""
    first = mock.add("first", age=300, title="Import customers", status="running", state="Copying", progress=quarter(1))
    mock.add("second", age=100, title="Nightly backup", status="running", state="Compressing")
    done = mock.add("third", age=200, title="Report", status="running", progress=quarter(3))
    done.publish(status="failed", state="Rendering", error={"title": "No fonts"})
    async with await browser.tab() as tab:
        await tab.go(mock.url + "/")
        await tab.wait("document.querySelectorAll('.row').length === 3")
        assert await tab.evaluate(TITLES) == ["Nightly backup", "Report", "Import customers"]
        assert await tab.text("[data-id=third] .status") == "Failed"
        assert await tab.text("[data-id=first] .share") == "25%"
        assert await tab.attribute("[data-id=first] .title", "href") == mock.link("first")
        assert await tab.attribute("[data-id=first] .bar", "aria-valuenow") == "25"
        first.publish(progress=quarter(2), state="Checking")
        await tab.wait_text("[data-id=first] .share", "50%")
        assert await tab.text("[data-id=first] .state") == "Checking"
        mock.add("fourth", title="The newest", status="running")
        await tab.wait(f"{TITLES}[0] === 'The newest'")
        first.publish(status="succeeded", state="Imported")
        await tab.wait_text("[data-id=first] .status", "Succeeded")
        if pictures:
            for width in (320, 1280):
                for scheme in ("light", "dark"):
                    await tab.resize(width, 640)
                    await tab.prefer(scheme)
                    await tab.picture(pictures / f"list-{width}-{scheme}.png")
            await tab.resize(1280, 800)
        mock.remove("second")
        await tab.wait("document.querySelectorAll('.row').length === 3")
        await tab.check_clean(mock.host_name)
        await tab.go(mock.url + "/api/v1/progress")
        await tab.wait("document.querySelectorAll('.row').length === 3")
        await tab.click("[data-id=first]")
        await tab.wait("document.querySelector('#status')?.textContent === 'Succeeded'")


async def test_narrows(browser, mock):
    """The list can be searched, and filtered to running or ended operations."""
    mock.add("one", age=3, title="Import customers", status="running", labels={"team": "data"})
    mock.add("two", age=2, title="Backup", status="running", state="Copying customers")
    mock.add("three", age=1, title="Report", status="running").publish(status="succeeded")
    async with await browser.tab() as tab:
        await tab.go(mock.url + "/")
        await tab.wait("document.querySelectorAll('.row').length === 3")
        search = "document.querySelector('#search')"
        for text, expected in (("CUSTOM", ["Backup", "Import customers"]), ("team=data", ["Import customers"]), ("", None)):
            await tab.evaluate(f"{search}.value = '{text}'; {search}.dispatchEvent(new Event('input'))")
            assert expected is None or await tab.evaluate(TITLES) == expected
        await tab.click("[data-kind=ended]")
        assert await tab.evaluate(TITLES) == ["Report"]
        await tab.click("[data-kind=running]")
        assert await tab.evaluate(TITLES) == ["Backup", "Import customers"]
        assert await tab.text("#count-running") == "2"
        # An operation that ends disappears from the running operations.
        mock.operations["two"].publish(status="succeeded")
        await tab.wait(f"{TITLES}.length === 1")
        await tab.evaluate(f"{search}.value = 'nothing like it'; {search}.dispatchEvent(new Event('input'))")
        assert await tab.visible("#nothing")


async def test_empty(browser, mock, pictures):
    """An empty list shows how to start an operation."""
    async with await browser.tab(320, 640) as tab:
        await tab.go(mock.url + "/")
        await tab.wait("document.querySelector('#empty').checkVisibility()")
        assert await tab.text("#run-line") == f"live-progress run --server {mock.url} -- make -j8"
        assert (await tab.text("#curl-line")).startswith("curl -d id=my-first ")
        assert (await tab.text("#curl-line")).endswith(f"{mock.url}/api/v1/progress")
        assert await tab.evaluate("document.documentElement.scrollWidth") <= 320
        if pictures:
            await tab.picture(pictures / "empty-320-light.png")
        mock.add("my-first", title="First", status="running")
        await tab.wait("document.querySelectorAll('.row').length === 1")
        assert not await tab.visible("#empty")


async def test_list_reconnects(browser, mock):
    """After a reconnection, the list shows new operations and no deleted operations."""
    for name in ("stays", "goes"):
        mock.add(name, title=name, status="running")
    async with await browser.tab() as tab:
        await tab.go(mock.url + "/")
        await tab.wait("document.querySelectorAll('.row').length === 2")
        await mock.drop(1001)
        mock.remove("goes")
        mock.add("comes", title="comes", status="running")
        await tab.wait(f"{TITLES}.join() === 'comes,stays'")
        assert not await tab.visible("#refused")


async def test_lines(browser, mock):
    """Without WebSockets, the list receives lines over HTTP."""
    mock.websockets = False
    for number in range(250):
        mock.add(f"n{number}", age=1000 - number, title=f"Job {number}", status="running")
    async with await browser.tab() as tab:
        await tab.go(mock.url + "/")
        await tab.wait("document.querySelectorAll('.row').length === 250")
        mock.operations["n249"].publish(state="Later")
        mock.remove("n0")
        await tab.wait_text("[data-id=n249] .state", "Later")
        await tab.wait("document.querySelectorAll('.row').length === 249")


@pytest.mark.alone
async def test_thousand(browser, mock):
    """The page stays responsive with a thousand rows, a third of which change all the time."""
    for number in range(1_000):
        mock.add(f"n{number}", age=2000 - number, title=f"Job {number}", status="running", progress=quarter(1))
    async with await browser.tab() as tab:
        await tab.go(mock.url + "/")
        await tab.wait("document.querySelectorAll('.row').length === 1000", seconds=20)
        await tab.evaluate("""
            window.touched = new Set();
            new MutationObserver((all) => all.forEach(({target}) => touched.add((target.closest ? target :
                target.parentElement).closest('.row')?.dataset.id))).observe(document.querySelector('#rows'),
                {attributes: true, attributeFilter: ['aria-valuenow'], subtree: true});
            window.tasks = [];
            new PerformanceObserver((list) => tasks.push(...list.getEntries().map((entry) => entry.duration)))
                .observe({type: 'longtask'});""")
        for step in range(1, 13):
            for number in range(0, 1_000, 3):
                mock.operations[f"n{number}"].publish(progress=quarter(2 + step % 2), state=f"Step {step}")
            await tab.wait_text("[data-id=n999] .state", f"Step {step}")
        assert await tab.evaluate("touched.size") == 334, await tab.evaluate("touched.size")
        longest = await tab.evaluate("Math.max(0, ...tasks)")
        # The limit is high for busy machines; the usual time is a few milliseconds.
        assert longest < 500, f"a task of {longest} ms"


async def test_list_text_only(browser, mock):
    """The list shows text from a worker as text, not as HTML."""
    attack = "<img src=x onerror=alert(1)>"
    mock.add("job", title=attack, status="running", state=attack)
    async with await browser.tab(320, 640) as tab:
        await tab.go(mock.url + "/")
        await tab.wait_text(".row .title", attack)
        assert await tab.evaluate("document.querySelectorAll('img').length") == 0
        assert await tab.evaluate("document.documentElement.scrollWidth") <= 320
        await tab.check_clean(mock.host_name)


async def test_element(browser, mock, pictures):
    """The element of the module that the server serves shows an operation in a page with its own strict policy."""
    job = mock.add("job", title="Import <b>customers</b>", status="running", state="Copying", progress=quarter(1))
    inside = "document.querySelector('live-progress').shadowRoot.querySelector"
    async with await browser.tab(320, 200) as tab:
        await tab.go(f"{mock.url}/host.html?id=job")
        await tab.wait(f"{inside}('[part=share]').textContent === '25%'")
        assert await tab.evaluate(f"{inside}('[part=title]').textContent") == "Import <b>customers</b>"
        assert await tab.evaluate(f"{inside}('[part=fill]').style.transform") == "scaleX(0.25)"
        await tab.evaluate("window.events = []; for (const type of ['update', 'end']) document.querySelector("
                           "'live-progress').addEventListener(type, (event) => events.push([type, event.detail.revision]))")
        job.publish(state="Checking", progress=quarter(2))
        await tab.wait(f"{inside}('[part=state]').textContent === 'Checking'")
        if pictures:
            await tab.picture(pictures / "element-320.png")
        await mock.joined.get()
        await mock.drop()
        async with asyncio.timeout(10):
            assert await mock.joined.get() == ("job", "websocket", "k3f9-1")
        job.publish(status="failed", error={"title": "No space"})
        await tab.wait(f"{inside}('[part=state]').textContent === 'Failed: No space'")
        assert await tab.evaluate("events") == [["update", 1], ["end", 2]]
        await tab.check_clean(mock.host_name)
