# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The pages that the mock server serves, loaded from a real server."""

from pathlib import Path

SOURCES = Path(__file__).parents[3] / "Sources/LiveProgressPages/Web"
BASE = "/api/v1/progress"


class Pages:
    """The pages and their policy, as a server sends them."""

    @classmethod
    async def load(cls, http, server):
        pages = cls()
        html = {"Accept": "text/html"}
        identity = "page-source"
        async with http.put(f"{server}{BASE}/{identity}", json={"state": "Being looked at"}) as answer:
            assert answer.status in (200, 201), f"cannot create an operation: {answer.status} {await answer.text()}"
        async with http.get(f"{server}{BASE}/{identity}", headers=html) as answer:
            pages.operation = await answer.text()
            pages.policy = answer.headers["Content-Security-Policy"]
        async with http.get(f"{server}/", headers=html) as answer:
            pages.list = await answer.text()
        async with http.get(f"{server}/live-progress.js") as answer:
            assert answer.status == 200, f"/live-progress.js: {answer.status}"
            pages.module = await answer.text()
        async with http.delete(f"{server}{BASE}/{identity}"):
            return pages
