# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The pages while an operation waits for a person: the question, its answer, and the list."""

import json
import tempfile
from datetime import datetime, timedelta, timezone

import pytest
from harness import BASE, Server, request
from mock import stamp
from test_page_looks import CONTRASTS
from test_page_operation import HALF
from test_page_server import fresh
from test_page_tokens import visit
from test_tokens import Keys, bearer

BUTTONS = "[...document.querySelectorAll('#question button')].filter((one) => one.checkVisibility()).map((one) => one.textContent)"
ASK = {"message": "Apply 3 changes?", "choices": ["yes", "no"], "default": "no", "timeout": 600}
YES = {"number": 1, "message": "Apply 3 changes?", "answer": "yes", "answeredBy": "anna", "answeredAt": "2026-01-01T00:00:00.000Z",
       "isExpired": False}


def question(number=1, timeout=None, **members):
    """Returns an open question, as in a snapshot."""
    now = datetime.now(timezone.utc)
    deadline = {"deadline": stamp(now + timedelta(seconds=timeout))} if timeout else {}
    return {"number": number, "kind": "question", "choices": [], "askedAt": stamp(now), **deadline, **members}


def part(name):
    return f"#question [part~={name}]"


def ask(mock, identity="job", title="Import customers", progress=HALF, **members):
    """Adds an operation that waits for a person."""
    job = mock.add(identity, title=title, status="running", state="Comparing", progress=progress, cancellable=True)
    job.publish(status="waiting", waitingFor=question(**(members or ASK)))
    return job


def settle(job, last):
    job.publish(status="running", waitingFor=None, lastAnswer=last)


async def test_choices(browser, mock):
    """A question is at the top of the page and in the tab's title; a click on a choice answers, and the page shows who answered."""
    job = ask(mock)
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#status", "Waiting")
        assert await tab.text(part("message")) == "Apply 3 changes?"
        assert await tab.evaluate(BUTTONS) == ["yes", "no (default)"]
        assert (await tab.text(part("deadline"))).endswith(" left, then “no” is the answer")
        assert await tab.evaluate("document.querySelector('#question').getBoundingClientRect().bottom < "
                                  "document.querySelector('#status').getBoundingClientRect().top")
        assert await tab.evaluate("document.title") == "? Answer wanted · 50% · Import customers"
        await tab.click(f"{part('choice')}:first-child")
        assert await mock.received.get() == ("job", {"answer": "yes", "number": 1})
        settle(job, YES)
        await tab.wait_text(part("answered"), "Apply 3 changes? yes · answered by anna")
        assert await tab.evaluate(BUTTONS) == []
        await tab.wait("document.title === '50% · Import customers'")
        await tab.check_clean(mock.host_name)


async def test_text(browser, mock):
    """A question without choices has a labelled field, whose text stays while other reports arrive."""
    job = ask(mock, message="Which name?", kind="input")
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.click(part("field"))
        await tab.call("Input.insertText", text="Quarter 3")
        job.publish(state="Still comparing")
        await tab.wait_text("#state", "Still comparing")
        assert await tab.evaluate("document.querySelector('#question label').control === document.activeElement")
        await tab.click(part("send"))
        assert await mock.received.get() == ("job", {"answer": "Quarter 3", "number": 1})
        await tab.check_clean(mock.host_name)


async def test_question_text_only(browser, mock):
    """The question, its choices, its answer and its person are shown as text, not as HTML."""
    attack = "<img src=x onerror=alert(1)><script>window.hacked = 1</script>"
    job = ask(mock, message=attack, choices=[attack, "no"], default=attack, timeout=60)
    async with await browser.tab(320, 640) as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text(part("message"), attack)
        assert await tab.evaluate(BUTTONS) == [f"{attack} (default)", "no"]
        await tab.go(mock.url + "/")
        await tab.wait_text("[data-id=job] .state", attack)
        assert await tab.evaluate("document.querySelectorAll('img, main script').length") == 0
        await tab.go(mock.link("job"))
        settle(job, {**YES, "message": attack, "answer": attack, "answeredBy": attack})
        await tab.wait_text(part("answered"), f"{attack} {attack} · answered by {attack}")
        assert await tab.evaluate("document.querySelectorAll('img, main script').length + (window.hacked ?? 0)") == 0
        await tab.check_clean(mock.host_name)


@pytest.mark.parametrize("status, text, stays", [
    (403, "You may watch, but not answer.", True), (422, "“maybe” is not a choice.", True),
    (409, "“no” was answered by ben.", False),
])
async def test_question_refused(browser, mock, status, text, stays):
    """The page shows why an answer was refused; the buttons stay, except after a 409."""
    job = ask(mock)
    mock.refusal = ("Refused", text, status)
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.click(f"{part('choice')}:first-child")
        await tab.wait_text(part("notice"), text)
        assert await tab.evaluate(BUTTONS) == (["yes", "no (default)"] if stays else [])
        job.publish(waitingFor=question(number=2, message="And now?"))
        await tab.wait_text(part("message"), "And now?")
        assert await tab.evaluate(BUTTONS) == ["Answer"] and not await tab.visible(part("notice"))


async def test_stands_still(browser, mock):
    """While a person is awaited, the bar does not move, and neither a rate nor a remaining time is shown."""
    job = mock.add("job", title="Job", status="running", state="Comparing", progress=HALF)
    blind = mock.add("blind", title="Job", status="running", state="Comparing")
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#rate", "12.4 rows/s")
        job.publish(status="waiting", waitingFor=question(**ASK))
        await tab.wait_text("#aside", "waiting for an answer")
        assert await tab.text("#rate") == ""
        job.publish(progress={**HALF, "completedCount": 90, "fractionCompleted": 0.9})
        await tab.wait_text("#figure", "90%")
        assert await tab.evaluate("document.querySelector('.fill').style.transform") == "translateX(-10%)"
        job.publish(status="stalled")
        await tab.wait_text("#status", "Stalled")
        assert await tab.evaluate(BUTTONS) == ["yes", "no (default)"], "a silent worker's question can be answered"
        await tab.go(mock.link("blind"))
        await tab.wait("document.querySelector('.fill').getAnimations().length === 1")
        blind.publish(status="waiting", waitingFor=question(**ASK))
        await tab.wait_text("#figure", "Waiting")
        assert await tab.evaluate("document.querySelector('.fill').getAnimations().length") == 0
        assert await tab.text("#aside") == "for an answer"


async def test_question_spoken(browser, mock):
    """A screen reader announces a question once, and the question takes no focus; the group has the question as its name."""
    job = mock.add("job", title="Job", status="running", state="Comparing", cancellable=True)
    async with await browser.tab() as tab:
        await tab.go(mock.link("job"))
        await tab.wait_text("#spoken", "Running: Comparing")
        await tab.evaluate("document.querySelector('#cancel').focus()")
        job.publish(status="waiting", waitingFor=question(**ASK))
        await tab.wait_text("#spoken", "Question: Apply 3 changes?")
        assert await tab.evaluate("document.activeElement.id") == "cancel"
        assert await tab.evaluate("[...document.querySelectorAll('[aria-live]')].map((node) => node.id)") == ["spoken"]
        await tab.call("Accessibility.enable")
        nodes = (await tab.call("Accessibility.getFullAXTree"))["nodes"]
        groups = [node["name"]["value"] for node in nodes if not node["ignored"] and node["role"]["value"] == "group"]
        assert groups == ["Apply 3 changes?"], groups


QUESTIONS = {
    "choices": dict(message="Apply 3 changes to the customers in “production”?", choices=["yes", "no", "show me first"], default="no",
                    timeout=3000),
    "text": dict(message="Which name should the new report have?\nIt appears in the list of all reports.", kind="input"),
    "long": dict(message="A" * 300, choices=["B" * 200, "C" * 200], default="C" * 200, timeout=3000),
}


@pytest.mark.parametrize("width, height", [(320, 640), (1280, 800)])
@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_question_fits(browser, mock, pictures, width, height, scheme):
    """Questions and answers fit narrow and wide windows, with a contrast of 4.5 to 1 or more, in light and dark."""
    for name, members in QUESTIONS.items():
        ask(mock, f"ask-{name}", **members)
    settle(ask(mock, "ask-answered"), {**YES, "message": "Apply 3 changes?"})
    async with await browser.tab(width, height, scheme) as tab:
        for name in [*QUESTIONS, "answered", ""]:
            await tab.go(mock.link(f"ask-{name}") if name else mock.url + "/")
            await tab.wait("document.querySelector('#question, .asks')?.checkVisibility()")
            assert await tab.evaluate("document.documentElement.scrollWidth") <= width, name
            await tab.wait("document.getAnimations().every((one) => one instanceof CSSAnimation || one.playState === 'finished')")
            assert await tab.evaluate(CONTRASTS) == [], f"{name}, {scheme}"
            if pictures:
                await tab.picture(pictures / f"ask-{name or 'list'}-{width}-{scheme}.png", full=True)


async def test_list_marks(browser, mock):
    """The list marks an operation that waits, shows and finds its question, and unmarks it after the answer."""
    job = ask(mock)
    mock.add("other", title="Other", status="running", state="Copying")
    async with await browser.tab() as tab:
        await tab.go(mock.url + "/")
        await tab.wait_text("[data-id=job] .status", "Waiting")
        assert await tab.text("[data-id=job] .state") == "Apply 3 changes?"
        assert await tab.evaluate("[...document.querySelectorAll('.asks')].map((row) => row.dataset.id)") == ["job"]
        await tab.evaluate("(() => { const search = document.querySelector('#search'); search.value = 'APPLY'; "
                           "search.dispatchEvent(new Event('input')); })()")
        assert await tab.evaluate("[...document.querySelectorAll('.row')].map((row) => row.dataset.id)") == ["job"]
        settle(job, YES)
        await tab.wait("document.querySelectorAll('.row').length === 0 || !document.querySelector('.asks')")
        await tab.evaluate("document.querySelector('#search').value = ''; document.querySelector('#search').dispatchEvent(new Event('input'))")
        await tab.wait_text("[data-id=job] .status", "Running")
        assert await tab.text("[data-id=job] .state") == "Comparing"


async def test_real_answer(browser, server, http):
    """With a real server, a click answers the worker's question, and an answer from elsewhere appears on the page."""
    _, link = fresh(server)
    async with http.put(link, json={"title": "Real", "state": "Comparing", "waitingFor": ASK}):
        pass
    async with await browser.tab() as tab:
        await tab.go(link)
        await tab.click(f"{part('choice')}:first-child")
        await tab.wait_text(part("answered"), "Apply 3 changes? yes · answered")
        async with http.get(link) as answer:
            snapshot = await answer.json()
        assert (snapshot["status"], snapshot["lastAnswer"]["answer"]) == ("running", "yes"), snapshot
        async with http.patch(link, json={"waitingFor": {"message": "Which name?"}}):
            pass
        await tab.wait_text(part("message"), "Which name?")
        async with http.post(f"{link}/answer", json={"answer": "Q3"}):
            pass
        await tab.wait_text(part("answered"), "Which name? Q3 · answered")
        async with http.patch(link, json={"waitingFor": {**ASK, "timeout": 0.2}}):
            pass
        await tab.wait_text(part("answered"), "Apply 3 changes? no · nobody answered in time")
        await tab.check_clean(server.url.removeprefix("http://"))


async def test_may_not_answer(browser, binary):
    """With a real server and a token that permits only watching, the page says that it may not answer."""
    with tempfile.TemporaryDirectory() as folder:
        keys = Keys(binary, folder)
        with Server(binary, "--secret-file", keys.path) as server:
            body = json.dumps({"id": "job", "state": "Comparing", "waitingFor": ASK}).encode()
            request("POST", server.url + BASE, bearer(keys.token("create")) | {"Content-Type": "application/json"}, body)
            async with await browser.tab() as tab:
                await visit(tab, f"{server.url}{BASE}/job#token={keys.token('watch')}")
                await tab.click(f"{part('choice')}:first-child")
                await tab.wait_text(part("notice"), "You may watch, but not answer.")
