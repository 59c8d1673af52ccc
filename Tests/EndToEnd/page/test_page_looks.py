# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The appearance of the pages, and the escaping of text from workers."""

import re

from pages import SOURCES
from test_page_operation import HALF


async def test_text_only(browser, mock):
    """The page shows text from a worker as text, not as HTML."""
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


async def test_words(browser, mock):
    """Numbers, times and names are formatted for readers."""
    table = [
        ("figure(1234567)", "1,234,567"), ("figure(12.345)", "12.3"), ("figure(0.5)", "0.5"),
        ("amount(999, 'bytes')", "999 bytes"), ("amount(1840000000, 'B')", "1.84 GB"), ("amount(0, 'bytes')", "0 bytes"),
        ("countText({completedCount: 3, totalCount: 10})", "3 of 10"),
        ("countText({completedCount: 3, totalCount: null, unit: 'rows'})", "3 rows"),
        ("countText({completedCount: 1500, totalCount: 4e6, unit: 'bytes'})", "1.5 kB of 4 MB"),
        ("countText({completedCount: 0, totalCount: null, fractionCompleted: 0.25})", ""),
        ("countText({completedCount: 0, totalCount: null, fractionCompleted: null})", "0"),
        ("countText(null)", ""), ("rateText({throughput: null})", ""), ("rateText({throughput: 0})", ""),
        ("rateText({throughput: 12.4, unit: 'rows'})", "12.4 rows/s"),
        ("rateText({throughput: 0.05, unit: 'rows'})", "3 rows/min"), ("rateText({throughput: 0.001})", "3.6/h"),
        ("formatDuration(0.9)", "0 s"), ("formatDuration(59.9)", "59 s"), ("formatDuration(60)", "1 min"),
        ("formatDuration(200)", "3 min 20 s"), ("formatDuration(4320)", "1 h 12 min"),
        ("formatDuration(187200)", "2 d 4 h"), ("formatDuration(-5)", "0 s"),
        ("formatAge(1)", "just now"), ("formatAge(61)", "1 min ago"), ("formatAge(NaN)", ""),
        ("String(percentOf(0.29))", "29"), ("String(percentOf(0.99999))", "99"), ("String(percentOf(1))", "100"),
        ("String(shareOf({status: 'running', progress: {fractionCompleted: null}}))", "null"),
        ("String(shareOf({status: 'running', progress: {fractionCompleted: 7}}))", "1"),
        ("String(shareOf({status: 'succeeded', progress: null}))", "1"),
        ("humanName('currentStep')", "Current step"), ("humanName('exit_code')", "Exit code"),
        ("humanName('URL')", "URL"), ("humanName('baseURL')", "Base URL"), ("humanName('two words')", "two words"),
        ("humanName('x')", "X"), ("humanName('')", ""), ("statusWord('paused')", "Paused"),
        ("valueText({status: 'running', state: 'One', progress: {fractionCompleted: 0.5}})", "50%, Running: One"),
        ("valueText({status: 'succeeded', state: 'Done'})", "Succeeded"),
    ]
    files = ["client/place.js", "client/words.js", "format.js"]
    source = re.sub("^export ", "", "".join((SOURCES / file).read_text() for file in files), flags=re.MULTILINE)
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


async def test_contrast(browser, mock):
    """Every text has a contrast of 4.5 to 1 or more, in light and dark, for each status."""
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


async def test_fits(browser, mock, pictures):
    """Every state fits a window of 320 pixels and a wide window, in light and dark, without horizontal scrolling."""
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
