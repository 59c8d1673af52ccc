# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The pages with a real server, from the creation of an operation to its deletion."""

import uuid


def fresh(server):
    identity = f"page-{uuid.uuid4()}"
    return identity, f"{server.url}/api/v1/progress/{identity}"


async def test_whole_life(browser, server, http):
    """With a real server, the page shows an operation live from its first state to its end."""
    identity, link = fresh(server)
    host = server.url.removeprefix("http://")
    body = {"title": "Real <import>", "state": "Reading", "completedCount": 1, "totalCount": 4, "unit": "files",
            "cancellable": True, "details": {"file": "a.csv"}}
    async with http.put(link, json=body):
        pass
    async with await browser.tab() as tab:
        await tab.go(link)
        await tab.wait_text("#title", "Real <import>")
        await tab.wait_text("#figure", "25%")
        assert await tab.text("#count") == "1 of 4 files"
        assert await tab.text("#details-values dd") == "a.csv"
        async with http.patch(link, json={"state": "Writing", "completedCount": 3}):
            pass
        await tab.wait_text("#figure", "75%")
        await tab.wait_text("#state", "Writing")
        await tab.click("#cancel")
        await tab.wait_text("#status", "Cancelling")
        async with http.patch(link, json={"state": "Finished all the same", "status": "succeeded", "result": {"rows": 7}}):
            pass
        await tab.wait_text("#status", "Succeeded")
        await tab.wait_text("#connection-text", "Ended")
        assert await tab.text("#result-values dd") == "7"
        await tab.check_clean(host)


async def test_goes_wrong(browser, server, http):
    """With a real server, the page shows a failure, a deletion and an unknown operation."""
    identity, link = fresh(server)
    async with http.put(link, json={"title": "Doomed", "state": "Working"}):
        pass
    async with await browser.tab() as tab:
        await tab.go(link)
        await tab.wait_text("#state", "Working")
        problem = {"type": "about:blank", "title": "Disk full", "detail": "No space left."}
        async with http.patch(link, json={"status": "failed", "error": problem}):
            pass
        await tab.wait_text("#problem-title", "Disk full")
        other, other_link = fresh(server)
        async with http.put(other_link, json={"state": "Working"}):
            pass
        await tab.go(other_link)
        await tab.wait_text("#state", "Working")
        async with http.delete(other_link):
            pass
        await tab.wait_text("#gone-title", "This operation is gone")
        await tab.go(other_link)
        await tab.wait_text("#gone-title", "This operation is gone")
        await tab.go(fresh(server)[1])
        await tab.wait_text("#gone-title", "No such operation")


async def test_in_the_list(browser, server, http):
    """With a real server, the list shows an operation from its creation to its deletion."""
    identity, link = fresh(server)
    row = f'[data-id="{identity}"]'
    async with await browser.tab() as tab:
        await tab.go(server.url + "/")
        await tab.wait_text("#connection-text", "Live")
        async with http.put(link, json={"title": "Listed", "state": "Working", "completedCount": 1, "totalCount": 2}):
            pass
        await tab.wait_text(f"{row} .share", "50%")
        async with http.patch(link, json={"status": "succeeded"}):
            pass
        await tab.wait_text(f"{row} .status", "Succeeded")
        async with http.delete(link):
            pass
        await tab.wait(f"!document.querySelector('{row}')")
        await tab.check_clean(server.url.removeprefix("http://"))
