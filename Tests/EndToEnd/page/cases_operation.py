# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""What the page of an operation shows."""

from running import register

from mock import SOURCES

cases = []
promise = register(cases)

HALF = {"completedCount": 50, "totalCount": 100, "unit": "rows", "fractionCompleted": 0.5, "throughput": 12.4,
        "estimatedTimeRemaining": 84.0}


@promise("The current state is there at once, with its bar, counts, rate and remaining time")
async def current(browser, mock, _):
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
        assert (await tab.text("#aside")).startswith("about 1 min 2"), await tab.text("#aside")
        assert await tab.text("#connection-text") == "Live"
        assert (await tab.text("#elapsed")).startswith("1 min 1")
        names = await tab.evaluate("[...document.querySelectorAll('#details-values dt')].map((n) => n.textContent)")
        assert names == ["Current step", "Batch", "Number", "Tags"], names
        values = await tab.evaluate("[...document.querySelectorAll('#details-values dd')].map((n) => n.textContent)")
        assert values[0] == "Validating data" and values[2:] == ["7", "a, b"], values
        assert await tab.evaluate("document.title") == "50% · Import customers"
        assert (await tab.attribute("#icon", "href")).startswith("data:image/svg+xml,")
        await tab.check_clean(mock.host_name)


@promise("Updates appear as they come, and the bar has its values for assistive technology")
async def updates(browser, mock, _):
    job = mock.add("job", title="Job", status="running", state="One", progress=HALF)
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#figure", "50%")
        assert await tab.attribute("#bar", "role") == "progressbar"
        assert [await tab.attribute("#bar", f"aria-value{name}") for name in ("min", "now", "max")] == ["0", "50", "100"]
        assert await tab.attribute("#bar", "aria-valuetext") == "50%, Running: One"
        for done in (60, 75, 99.9):
            job.publish(state=f"At {done}", progress={**HALF, "completedCount": done, "fractionCompleted": done / 100})
        # Never rounded up: 99.9 is not all.
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


@promise("The bar glides frame by frame, and jumps for those who prefer less motion")
async def glides(browser, mock, _):
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


@promise("A success shows its result, the time it took, and says so in the tab")
async def succeeded(browser, mock, _):
    job = mock.add("job", age=130, title="Import", status="running", progress=HALF)
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#figure", "50%")
        job.publish(status="succeeded", state="Imported", result={"rows": 7, "report": "https://example.com/r/7"})
        await tab.wait_text("#status", "Succeeded")
        assert await tab.text("#figure") == "Done"
        assert await tab.text("#aside") == "in 2 min 10 s"
        assert await tab.text("#result-values dd") == "7"
        assert await tab.attribute("#result-values a", "href") == "https://example.com/r/7"
        assert await tab.attribute("#result-values a", "rel") == "noopener noreferrer"
        assert await tab.evaluate("document.title") == "✓ Import"
        assert await tab.attribute("#bar", "aria-valuenow") == "100"
        await tab.wait_text("#connection-text", "Ended")
        assert not await tab.visible("#retry")
        await tab.wait("document.querySelector('#spoken').textContent === 'Succeeded'")
        await tab.check_clean(mock.host_name)


@promise("A failure shows its problem with every member, and where it stopped")
async def failed(browser, mock, _):
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


@promise("An operation that has ended is shown as ended to those who come late")
async def late(browser, mock, _):
    job = mock.add("job", title="Old", status="running")
    job.publish(status="cancelled", state="Stopped by hand")
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#status", "Cancelled")
        await tab.wait_text("#connection-text", "Ended")
        assert await tab.text("#figure") == "Cancelled"
        assert await tab.text("#state") == "Stopped by hand"


@promise("Cancelling asks the worker, says so at once, and shows both phases")
async def cancelling(browser, mock, _):
    job = mock.add("job", title="Job", status="running", cancellable=False)
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#status", "Running")
        assert not await tab.visible("#cancel")
        job.publish(cancellable=True)
        await tab.wait("document.querySelector('#cancel').checkVisibility()")
        await tab.click("#cancel")
        assert await mock.received.get() == ("job", {"type": "cancel"})
        assert await tab.text("#cancel") == "Cancelling…"
        assert await tab.evaluate("document.querySelector('#cancel').disabled")
        mock.send("job", {"type": "error", "error": {"title": "Not now", "detail": "The worker is committing."}})
        await tab.wait_text("#notice", "Not now: The worker is committing.")
        assert await tab.text("#cancel") == "Cancel"
        await tab.click("#cancel")
        assert await mock.received.get() == ("job", {"type": "cancel"})
        job.publish(status="cancelling", state="Rolling back")
        await tab.wait_text("#status", "Cancelling")
        assert not await tab.visible("#notice")
        job.publish(status="cancelled", state="Rolled back")
        await tab.wait_text("#status", "Cancelled")
        assert not await tab.visible("#cancel")


@promise("Silence of the worker, further attempts and passed-over updates are said")
async def said(browser, mock, _):
    job = mock.add("job", title="Job", status="running", progress=HALF, labels={"team": "data"}, parent="whole")
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#figure", "50%")
        assert await tab.text("#labels") == "team: data"
        assert await tab.attribute("#parent-link", "href") == "whole"
        assert not await tab.visible("#attempt") and not await tab.visible("#missed")
        job.publish(status="stalled")
        await tab.wait_text("#status", "Stalled")
        assert await tab.text("#aside") == "the worker has fallen silent"
        job.publish(status="running", attempt=2, skipped=5)
        await tab.wait_text("#attempt", "2")
        assert (await tab.text("#missed")).startswith("5 updates were passed over")


@promise("Text from a worker is shown as text, whatever it looks like")
async def text_only(browser, mock, _):
    attack = "<img src=x onerror=alert(1)><script>window.hacked = 1</script>"
    mock.add("job", title=attack, status="running", state=attack, labels={attack: attack},
             details={attack: attack, "link": "javascript:alert(1)", "__proto__": {"x": [attack]}, "list": [{attack: 1}]},
             progress={**HALF, "unit": attack})
    bad = mock.add("bad", title=attack, status="running")
    bad.publish(status="failed", error={"type": attack, "title": attack, "detail": attack, "more": {attack: attack}})
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait("document.querySelector('#title').textContent.startsWith('<img')")
        assert await tab.text("#title") == attack and await tab.text("#state") == attack
        assert attack in await tab.text("#details-values") and attack in await tab.text("#labels")
        assert await tab.evaluate("document.querySelectorAll('img, main script').length") == 0
        assert await tab.evaluate("document.querySelectorAll('#details a').length") == 0
        await tab.check_clean(mock.host_name)
        await tab.go(mock.link("bad"))
        await tab.wait_text("#problem-title", attack)
        assert attack in await tab.text("#problem-members")
        assert await tab.evaluate("document.querySelectorAll('img, main script').length + (window.hacked ?? 0)") == 0
        await tab.check_clean(mock.host_name)


@promise("Only changes of state are spoken, not each tick")
async def spoken(browser, mock, _):
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


@promise("Figures, times and names are written for people")
async def words(browser, mock, _):
    table = [
        ("formatNumber(1234567)", "1,234,567"), ("formatNumber(12.345)", "12.3"), ("formatNumber(0.5)", "0.5"),
        ("formatBytes(999)", "999 bytes"), ("formatBytes(1840000000)", "1.84 GB"), ("formatBytes(0)", "0 bytes"),
        ("formatCount({completedCount: 3, totalCount: 10})", "3 of 10"),
        ("formatCount({completedCount: 3, totalCount: null, unit: 'rows'})", "3 rows"),
        ("formatCount({completedCount: 1500, totalCount: 4e6, unit: 'bytes'})", "1.5 kB of 4 MB"),
        ("formatCount(null)", ""), ("formatRate({throughput: null})", ""), ("formatRate({throughput: 0})", ""),
        ("formatRate({throughput: 12.4, unit: 'rows'})", "12.4 rows/s"),
        ("formatRate({throughput: 0.05, unit: 'rows'})", "3 rows/min"), ("formatRate({throughput: 0.001})", "3.6/h"),
        ("formatDuration(0.9)", "0 s"), ("formatDuration(59.9)", "59 s"), ("formatDuration(60)", "1 min"),
        ("formatDuration(200)", "3 min 20 s"), ("formatDuration(4320)", "1 h 12 min"),
        ("formatDuration(187200)", "2 d 4 h"), ("formatDuration(-5)", "0 s"),
        ("formatAge(1)", "just now"), ("formatAge(61)", "1 min ago"), ("formatAge(NaN)", ""),
        ("String(percentOf(0.29))", "29"), ("String(percentOf(0.99999))", "99"), ("String(percentOf(1))", "100"),
        ("String(fractionOf({progress: {completedCount: 1, totalCount: 4}}))", "0.25"),
        ("String(fractionOf({progress: {completedCount: 1, totalCount: 0}}))", "null"),
        ("String(fractionOf({progress: {fractionCompleted: 7}}))", "1"),
        ("humanName('currentStep')", "Current step"), ("humanName('exit_code')", "Exit code"),
        ("humanName('URL')", "URL"), ("humanName('baseURL')", "Base URL"), ("humanName('two words')", "two words"),
        ("humanName('x')", "X"), ("humanName('')", ""), ("knownStatus('paused')", "running"),
        ("knownStatus('constructor')", "running"),
    ]
    source = (SOURCES / "format.js").read_text()
    async with await browser.tab() as tab:
        await tab.go(mock.url + "/host.html?id=none")
        results = await tab.evaluate(f"(() => {{{source}; return [{', '.join(call for call, _ in table)}]; }})()")
        for (call, expected), result in zip(table, results, strict=True):
            assert result.replace("\u00a0", " ") == expected, f"{call} gives {result!r}, not {expected!r}"


CONTRASTS = """[...document.querySelectorAll("body *")].filter((node) => node.checkVisibility() && !node.closest(".spoken") &&
    [...node.childNodes].some((child) => child.nodeType === 3 && child.data.trim())).map((node) => {
    const canvas = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
    const paint = (...colours) => {
        for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
        const [r, g, b] = [...canvas.getImageData(0, 0, 1, 1).data].map((part) => part / 255)
            .map((part) => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const grounds = [];
    for (let at = node; at; at = at.parentElement) grounds.unshift(getComputedStyle(at).backgroundColor);
    const [low, high] = [paint(...grounds), paint(...grounds, getComputedStyle(node).color)].sort((a, b) => a - b);
    return {text: node.textContent.trim().slice(0, 30), ratio: (high + 0.05) / (low + 0.05)};
}).filter(({ratio}) => ratio < 4.5)"""


@promise("Every text stands out from its ground by 4.5 to 1 or more, in light and dark, whatever the status")
async def contrast(browser, mock, _):
    job = mock.add("job", title="Job", progress=HALF, cancellable=True, labels={"a": "b"}, details={"step": "x", "none": None})
    for scheme in ("light", "dark"):
        async with await browser.tab(scheme=scheme) as tab:
            for status in ("pending", "running", "stalled", "cancelling", "succeeded", "failed", "cancelled"):
                job.message["status"] = "running"
                job.publish(status=status, error={"title": "T", "detail": "D", "x": 1} if status == "failed" else None,
                            result={"rows": 7} if status == "succeeded" else None)
                await tab.go(mock.link("job"))
                await tab.wait(f"document.querySelector('#main').dataset.status === '{status}' && !document.querySelector('#main').hasAttribute('aria-busy')")
                await tab.wait("document.getAnimations().every((one) => one instanceof CSSAnimation || one.playState === 'finished')")
                faint = await tab.evaluate(CONTRASTS)
                assert not faint, f"{scheme}, {status}: {faint}"
            await tab.go(mock.url + "/")
            await tab.wait("document.querySelectorAll('.row').length === 1")
            faint = await tab.evaluate(CONTRASTS)
            assert not faint, f"{scheme}, list: {faint}"


STATES = {
    "running": dict(status="running", state="Copying photographs", progress={
        "completedCount": 1_840_000_000, "totalCount": 4_200_000_000, "unit": "bytes", "fractionCompleted": 0.438,
        "throughput": 23_400_000, "estimatedTimeRemaining": 101.0}, cancellable=True,
        details={"file": "2024/summer/IMG_2041.jpeg", "volume": {"name": "archive-02", "free": "1.2 TB"}}),
    "waiting": dict(status="running", state="Compiling", details={"step": "Linking live-progress"}),
    "succeeded": dict(status="succeeded", state="Copied", result={"files": 1204, "bytes": "4.2 GB"}),
    "failed": dict(status="failed", state="Copying photographs", progress={
        "completedCount": 527, "totalCount": 1204, "unit": "files", "fractionCompleted": 0.4377},
        error={"type": "https://example.com/problems/no-space", "title": "Disk full",
               "detail": "/archive has 0 bytes left. Free some space, then start again.", "exitCode": 28}),
}


@promise("Every state fits 320 pixels and wide windows, in light and dark, without scrolling sideways")
async def fits(browser, mock, pictures):
    for name, members in STATES.items():
        job = mock.add(f"copy-{name}", age=79, title="Back up the photographs", status="running", labels={"host": "attic"})
        job.publish(**members)
    long = "A" * 300
    mock.add("copy-long", title=long, status="running", state=long, details={long: {long: [long] * 3}},
             labels={long: long}, parent="p" * 120, progress={**HALF, "unit": long})
    for name in [*STATES, "long"]:
        for width, height in ((320, 640), (1280, 800)):
            for scheme in ("light", "dark"):
                async with await browser.tab(width, height, scheme) as tab:
                    await tab.go(mock.link(f"copy-{name}"))
                    await tab.wait("!document.querySelector('#main').hasAttribute('aria-busy')")
                    wide = await tab.evaluate("document.documentElement.scrollWidth")
                    assert wide <= width, f"{name} at {width}: {wide} wide"
                    light = await tab.evaluate(
                        "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).every((part) => part > 128)")
                    assert light == (scheme == "light"), f"{scheme}: light is {light}"
                    if pictures:
                        await tab.picture(pictures / f"{name}-{width}-{scheme}.png", full=True)
