# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The content of the page of an operation."""

HALF = {"completedCount": 50, "totalCount": 100, "unit": "rows", "fractionCompleted": 0.5, "throughput": 12.4,
        "estimatedTimeRemaining": 84.0}


async def test_current(browser, mock):
    """The page shows the current state first, with its bar, counts, rate and remaining time."""
    mock.add("import", age=75, title="Import customers", status="running", state="Copying", progress=HALF,
             details={"currentStep": "Validating data", "batch": {"number": 7, "tags": ["a", "b"]}})
    async with await browser.tab() as tab:
        await tab.go(mock.link("import"))
        await tab.wait_text("#title", "Import customers")
        await tab.wait_text("#figure", "50%")
        assert await tab.text("#status") == "Running"
        assert await tab.text("#state") == "Copying"
        assert await tab.text("#count") == "50 of 100 rows"
        assert await tab.text("#rate") == "12.4 rows/s"
        assert (await tab.text("#aside")).startswith("about 1 min "), await tab.text("#aside")
        assert await tab.text("#connection-text") == "Live"
        assert (await tab.text("#elapsed")).startswith("1 min ")
        names = await tab.evaluate("[...document.querySelectorAll('#details-values dt')].map((n) => n.textContent)")
        assert names == ["Current step", "Batch", "Number", "Tags"], names
        values = await tab.evaluate("[...document.querySelectorAll('#details-values dd')].map((n) => n.textContent)")
        assert values[0] == "Validating data" and values[2:] == ["7", "a, b"], values
        assert await tab.evaluate("document.title") == "50% · Import customers"
        assert (await tab.attribute("#icon", "href")).startswith("data:image/svg+xml,")
        await tab.check_clean(mock.host_name)


async def test_updates(browser, mock):
    """The page shows updates as they arrive, and the bar has values for assistive technology."""
    job = mock.add("job", title="Job", status="running", state="One", progress=HALF)
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#figure", "50%")
        assert await tab.attribute("#bar", "role") == "progressbar"
        assert [await tab.attribute("#bar", f"aria-value{name}") for name in ("min", "now", "max")] == ["0", "50", "100"]
        assert await tab.attribute("#bar", "aria-valuetext") == "50%, Running: One"
        for done in (60, 75, 99.9):
            job.publish(state=f"At {done}", progress={**HALF, "completedCount": done, "fractionCompleted": done / 100})
        # The percentage is not rounded up, because 99.9 % is not complete.
        await tab.wait_text("#figure", "99%")
        assert await tab.text("#state") == "At 99.9"
        assert await tab.attribute("#bar", "aria-valuenow") == "99"
        await tab.wait("document.querySelector('.fill').style.transform === 'translateX(-0.1%)' || "
                       "Math.abs(parseFloat(document.querySelector('.fill').style.transform.slice(11)) + 0.1) < 0.06")
        job.publish(state="Counting", progress=None)
        await tab.wait_text("#state", "Counting")
        assert await tab.attribute("#bar", "aria-valuenow") is None
        assert "indeterminate" in await tab.attribute("#bar", "class")
        assert await tab.text("#count") == ""


async def test_glides(browser, mock):
    """The bar moves smoothly, and in one step for users who prefer reduced motion."""
    watch = """new Promise((resolve) => {
        const seen = new Set();
        const fill = document.querySelector(".fill");
        const look = () => {
            seen.add(fill.style.transform);
            if (document.querySelector("#figure").textContent === "90%") resolve(seen.size);
            else requestAnimationFrame(look);
        };
        look();
    })"""
    for motion, fits in (("no-preference", lambda count: count > 4), ("reduce", lambda count: count <= 2)):
        job = mock.add(motion, status="running", progress={**HALF, "fractionCompleted": 0.1})
        async with await browser.tab(motion=motion) as tab:
            await tab.go(mock.link(motion))
            await tab.wait_text("#figure", "10%")
            counting = tab.evaluate(watch)
            job.publish(progress={**HALF, "fractionCompleted": 0.9})
            count = await counting
            assert fits(count), f"{motion}: {count} places"


async def test_succeeded(browser, mock):
    """A success shows its result and duration, and changes the title of the tab."""
    job = mock.add("job", age=130, title="Import", status="running", progress=HALF)
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#figure", "50%")
        job.publish(status="succeeded", state="Imported", result={"rows": 7, "report": "https://example.com/r/7"})
        await tab.wait_text("#status", "Succeeded")
        assert await tab.text("#figure") == "Done"
        assert (await tab.text("#aside")).startswith("in 2 min ")
        assert await tab.text("#result-values dd") == "7"
        assert await tab.attribute("#result-values a", "href") == "https://example.com/r/7"
        assert await tab.attribute("#result-values a", "rel") == "noopener noreferrer"
        assert await tab.evaluate("document.title") == "✓ Import"
        assert await tab.attribute("#bar", "aria-valuenow") == "100"
        await tab.wait_text("#connection-text", "Ended")
        assert not await tab.visible("#retry")
        await tab.wait("document.querySelector('#spoken').textContent === 'Succeeded'")
        await tab.check_clean(mock.host_name)


async def test_failed(browser, mock):
    """A failure shows all members of its problem, and its last percentage."""
    job = mock.add("job", title="Backup", status="running", progress=HALF)
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#figure", "50%")
        job.publish(status="failed", error={
            "type": "https://example.com/problems/no-space", "title": "Disk full",
            "detail": "/var has 0 bytes left", "exitCode": 7,
        })
        await tab.wait_text("#status", "Failed")
        assert await tab.text("#problem-title") == "Disk full"
        assert await tab.text("#problem-detail") == "/var has 0 bytes left"
        members = (await tab.text("#problem-members"))
        assert "Exit code7" in members and "https://example.com/problems/no-space" in members, members
        assert await tab.text("#figure") == "50%"
        assert (await tab.text("#aside")).startswith("stopped after ")
        assert await tab.evaluate("document.title") == "✕ Backup"
        assert not await tab.visible("#result")


async def test_late(browser, mock):
    """A page that is opened after the end shows the ended operation."""
    job = mock.add("job", title="Old", status="running")
    job.publish(status="cancelled", state="Stopped by hand")
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#status", "Cancelled")
        await tab.wait_text("#connection-text", "Ended")
        assert await tab.text("#figure") == "Cancelled"
        assert await tab.text("#state") == "Stopped by hand"


async def test_cancelling(browser, mock):
    """The cancel button sends a cancel request, and the page shows the request, its refusal and both phases."""
    job = mock.add("job", title="Job", status="running", cancellable=False)
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#status", "Running")
        assert not await tab.visible("#cancel")
        job.publish(cancellable=True)
        await tab.wait("document.querySelector('#cancel').checkVisibility()")
        await tab.click("#cancel")
        assert await mock.received.get() == ("job", "cancel")
        assert await tab.text("#cancel") == "Cancelling…"
        assert await tab.evaluate("document.querySelector('#cancel').disabled")
        job.publish(state="Working")
        await tab.wait_text("#state", "Working")
        assert await tab.text("#cancel") == "Cancelling…"
        job.publish(status="cancelling", state="Rolling back")
        await tab.wait_text("#status", "Cancelling")
        assert not await tab.visible("#notice")
        job.publish(status="cancelled", state="Rolled back")
        await tab.wait_text("#status", "Cancelled")
        assert not await tab.visible("#cancel")


async def test_refuses_to_cancel(browser, mock):
    """The page shows why a cancel request failed, and the user can try again."""
    job = mock.add("job", title="Job", status="running", cancellable=True)
    mock.refusal = ("Not now", "The worker is committing.")
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.click("#cancel")
        await tab.wait_text("#notice", "Not now: The worker is committing.")
        assert await tab.text("#cancel") == "Cancel"
        mock.refusal = None
        await tab.click("#cancel")
        for _ in range(2):
            assert await mock.received.get() == ("job", "cancel")
        assert not await tab.visible("#notice")
        job.publish(status="cancelled")
        await tab.wait_text("#status", "Cancelled")


async def test_said(browser, mock):
    """The page shows a stalled worker, the number of the attempt, and skipped updates."""
    job = mock.add("job", title="Job", status="running", progress=HALF, labels={"team": "data"}, parent="whole")
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#figure", "50%")
        assert await tab.text("#labels") == "team=data"
        assert await tab.attribute("#parent-link", "href") == "whole"
        assert not await tab.visible("#attempt") and not await tab.visible("#missed")
        job.publish(status="stalled")
        await tab.wait_text("#status", "Stalled")
        assert await tab.text("#aside") == "the worker has fallen silent"
        job.publish(status="running", attempt=2, skipped=5)
        await tab.wait_text("#attempt", "2")
        assert (await tab.text("#missed")).startswith("5 updates were passed over")


async def test_spoken(browser, mock):
    """A screen reader announces changes of the state, but not changes of the counts."""
    job = mock.add("job", title="Job", status="running", state="Copying", progress=HALF)
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#spoken", "Running: Copying")
        await tab.evaluate("window.said = []; new MutationObserver(() => said.push(document.querySelector('#spoken')"
                           ".textContent)).observe(document.querySelector('#spoken'), {childList: true})")
        for done in range(51, 91):
            job.publish(progress={**HALF, "completedCount": done, "fractionCompleted": done / 100})
        await tab.wait_text("#figure", "90%")
        job.publish(state="Checking")
        await tab.wait_text("#spoken", "Running: Checking")
        assert await tab.evaluate("said") == ["Running: Checking"]
        live = await tab.evaluate("[...document.querySelectorAll('[aria-live]')].map((node) => node.id)")
        assert live == ["spoken"], live
