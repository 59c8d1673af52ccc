# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A headless Chromium, controlled directly through the DevTools protocol."""

import asyncio
import base64
import itertools
import json
import os
import shutil
import signal
import tempfile

import aiohttp

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps", "--disable-sync",
    "--disable-extensions", "--no-default-browser-check", "--force-color-profile=srgb", "--hide-scrollbars",
    "--remote-debugging-port=0", "about:blank",
]
# Runs before the scripts of a page, and records violations of the content security policy.
WATCH = """
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) =>
  violations.push(`${event.effectiveDirective}: ${event.blockedURI} (${event.sample || event.sourceFile})`));
"""


class Browser:
    """A browser process; each tab has its own browser context, like a new profile."""

    async def __aenter__(self):
        path = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
        if path is None:
            raise SystemExit("No Chromium found: install Debian's package chromium, or set CHROMIUM to its path.")
        self.folder = tempfile.mkdtemp(prefix="live-progress-chromium-")
        self.process = await asyncio.create_subprocess_exec(
            path, f"--user-data-dir={self.folder}", *FLAGS, start_new_session=True,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
        )
        self.http = aiohttp.ClientSession()
        try:
            async with asyncio.timeout(60):
                address = await self._address()
                self.socket = await self.http.ws_connect(address, max_msg_size=0)
        except BaseException:
            await self._end()
            raise
        self.drain = asyncio.create_task(self._discard())
        self.numbers = itertools.count(1)
        self.answers = {}
        self.sessions = {}
        self.reader = asyncio.create_task(self._read())
        return self

    async def _address(self):
        """Returns the DevTools address, which the browser writes to standard error."""
        while line := await self.process.stderr.readline():
            if b"DevTools listening on " in line:
                return line.split()[-1].decode()
        raise SystemExit("Chromium exited before it opened its DevTools port.")

    async def _discard(self):
        while await self.process.stderr.read(65536):
            pass

    async def __aexit__(self, *_):
        self.reader.cancel()
        self.drain.cancel()
        await self._end()

    async def _end(self):
        await self.http.close()
        try:
            os.killpg(self.process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        await self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    async def _read(self):
        async for frame in self.socket:
            message = json.loads(frame.data)
            if "id" in message:
                answer = self.answers.pop(message["id"], None)
                if answer and not answer.done():
                    answer.set_result(message)
            elif tab := self.sessions.get(message.get("sessionId")):
                tab.hear(message["method"], message["params"])

    async def call(self, method, session=None, **parameters):
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        if session:
            message["sessionId"] = session
        answer = self.answers[number] = asyncio.get_running_loop().create_future()
        await self.socket.send_json(message)
        async with asyncio.timeout(60):
            reply = await answer
        if "error" in reply:
            raise RuntimeError(f"{method}: {reply['error'].get('message')}")
        return reply["result"]

    async def tab(self, width=1280, height=800, scheme="light", motion="no-preference", scale=1):
        context = (await self.call("Target.createBrowserContext"))["browserContextId"]
        target = (await self.call("Target.createTarget", url="about:blank", browserContextId=context))["targetId"]
        session = (await self.call("Target.attachToTarget", targetId=target, flatten=True))["sessionId"]
        tab = self.sessions[session] = Tab(self, session, context)
        for domain in ("Page", "Runtime", "Network", "Log"):
            await tab.call(f"{domain}.enable")
        await tab.call("Page.addScriptToEvaluateOnNewDocument", source=WATCH)
        await tab.resize(width, height, scale)
        await tab.prefer(scheme, motion)
        return tab


class Tab:
    """A page, its requests and its errors."""

    def __init__(self, browser, session, context):
        self.browser, self.session, self.context = browser, session, context
        self.requests = []  # the URLs of all requests
        self.referrers = []  # the Referer header fields of the requests
        self.complaints = []  # uncaught errors, and errors in the browser's log

    async def __aenter__(self):
        return self

    async def __aexit__(self, *_):
        self.browser.sessions.pop(self.session, None)
        await self.browser.call("Target.disposeBrowserContext", browserContextId=self.context)

    def hear(self, method, event):
        if method == "Network.requestWillBeSent":
            self.requests.append(event["request"]["url"])
            self.referrers.append(event["request"]["headers"].get("Referer", ""))
        elif method == "Network.webSocketCreated":
            self.requests.append(event["url"])
        elif method == "Runtime.exceptionThrown":
            details = event["exceptionDetails"]
            self.complaints.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and event["entry"]["level"] == "error":
            # Some tests refuse or close connections on purpose, and the browser logs that as an error.
            if event["entry"]["source"] != "network":
                self.complaints.append(event["entry"]["text"])

    async def call(self, method, **parameters):
        return await self.browser.call(method, self.session, **parameters)

    async def resize(self, width, height, scale=1):
        await self.call(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=False
        )

    async def prefer(self, scheme="light", motion="no-preference"):
        features = [
            {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": motion},
        ]
        await self.call("Emulation.setEmulatedMedia", features=features)

    async def go(self, url, arrives=None):
        """Opens a URL, and waits until the page has loaded at that URL or at `arrives`."""
        await self.call("Page.navigate", url=str(url))
        await self.wait(f"location.href === {json.dumps(str(arrives or url))} && document.readyState === 'complete'")

    async def evaluate(self, expression):
        reply = await self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True
        )
        if "exceptionDetails" in reply:
            details = reply["exceptionDetails"]
            raise RuntimeError(details.get("exception", {}).get("description", details["text"]))
        return reply["result"].get("value")

    async def wait(self, condition, seconds=30):
        """Waits until a JavaScript condition is true in the page."""
        script = f"""new Promise((resolve) => {{
            const check = () => {{
                let holds = false;
                try {{ holds = {condition}; }} catch {{}}
                if (holds) resolve(true); else setTimeout(check, 10);
            }};
            check();
        }})"""
        try:
            async with asyncio.timeout(seconds):
                while True:
                    try:
                        return await self.evaluate(script)
                    except RuntimeError as error:
                        # The page was replaced during the call.
                        if not any(word in str(error) for word in ("context", "navigat", "collected", "Promise")):
                            raise
        except TimeoutError:
            text = await self.evaluate("document.body.innerText")
            raise AssertionError(f"{condition} did not become true within {seconds} s; text of the page:\n{text}") from None

    async def text(self, selector):
        """Returns the text of the first matching element, with no-break spaces replaced by spaces."""
        value = await self.evaluate(f"document.querySelector({json.dumps(selector)}).textContent")
        return value.replace("\u00a0", " ")

    async def wait_text(self, selector, text, seconds=30):
        await self.wait(
            f"document.querySelector({json.dumps(selector)}).textContent.replaceAll('\\u00a0', ' ') === {json.dumps(text)}",
            seconds,
        )

    async def attribute(self, selector, name):
        return await self.evaluate(f"document.querySelector({json.dumps(selector)}).getAttribute({json.dumps(name)})")

    async def visible(self, selector):
        return await self.evaluate(f"document.querySelector({json.dumps(selector)}).checkVisibility()")

    async def click(self, selector):
        """Clicks on the middle of an element with mouse events, as soon as the element is shown, enabled and not covered."""
        find = f"""(() => {{
            const node = document.querySelector({json.dumps(selector)});
            if (!node || node.disabled) return null;
            node.scrollIntoView({{block: "center", behavior: "instant"}});
            const box = node.getBoundingClientRect();
            const spot = [box.x + box.width / 2, box.y + box.height / 2];
            return box.width > 0 && node.contains(document.elementFromPoint(...spot)) ? spot : null;
        }})()"""
        await self.wait(f"{find} !== null")
        spot = await self.evaluate(find)
        for kind in ("mousePressed", "mouseReleased"):
            await self.call(
                "Input.dispatchMouseEvent", type=kind, x=spot[0], y=spot[1], button="left", clickCount=1
            )

    async def picture(self, path, full=False):
        # Wait for the end of colour transitions.
        await self.wait("document.getAnimations().every((one) => one instanceof CSSAnimation || one.playState === 'finished')")
        parameters = {"captureBeyondViewport": True} if full else {}
        if full:
            size = (await self.call("Page.getLayoutMetrics"))["cssContentSize"]
            parameters["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        data = (await self.call("Page.captureScreenshot", format="png", **parameters))["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    async def check_clean(self, host):
        """Checks that there are no policy violations, no uncaught errors, and no requests to other hosts."""
        violations = await self.evaluate("window.violations")
        assert not violations, f"policy violations: {violations}"
        assert not self.complaints, f"errors: {self.complaints}"
        for address in self.requests:
            scheme, _, rest = address.partition(":")
            allowed = scheme in ("data", "about", "blob") or rest.lstrip("/").split("/")[0] == host
            assert allowed, f"request to another host: {address}"
