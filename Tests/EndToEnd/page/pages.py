# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The pages that the mock server serves: put together from their sources, or fetched from a real server."""

import base64
import hashlib
import json
from pathlib import Path

SOURCES = Path(__file__).parents[3] / "Server/Sources/LiveProgressServer/Page/Web"
BASE = "/api/v1/progress"


class Pages:
    """The pages' bytes and their policy, put together from their sources as the server does."""

    def __init__(self):
        read = lambda *names: "".join((SOURCES / name).read_text() for name in names)
        shared = read("format.js", "token.js", "connection.js", "bar.js")
        operation_style, operation_script = (
            read("theme.css", "bar.css", "operation.css"),
            shared + read("page-token.js", "values.js", "operation.js", "operation-page.js"),
        )
        list_style = read("theme.css", "bar.css", "list.css")
        list_script = shared + read("page-token.js", "list.js", "list-page.js")
        self.operation = self.fill(read("operation.html"), operation_style, operation_script)
        self.list = self.fill(read("list.html"), list_style, list_script)
        styles = json.dumps(read("bar.css", "element.css")).replace("<", "\\u003c")
        self.element = f'(() => {{\n"use strict";\nconst styles = {styles};\n{shared}\n{read("element.js")}\n}})();\n'
        sources = lambda *texts: " ".join(
            f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in texts
        )
        self.policy = (
            f"default-src 'none'; script-src {sources(operation_script, list_script)}; "
            f"style-src {sources(operation_style, list_style)}; connect-src 'self'; img-src data:; base-uri 'none'; "
            "frame-ancestors 'self'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        )

    @staticmethod
    def fill(template, style, script):
        template = template.replace("<!-- style -->", f"<style>{style}</style>")
        return template.replace("<!-- script -->", f'<script type="module">{script}</script>')


class FetchedPages:
    """The pages' bytes and their policy, as a real server delivers them."""

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
            pages.element = await answer.text()
        async with http.delete(f"{server}{BASE}/{identity}"):
            return pages
