# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Invalid and insufficient tokens, for a server that requires tokens (design section 6, RFC 6750, RFC 8725)."""

from __future__ import annotations

import base64
import json
import subprocess
import tempfile
from pathlib import Path

from harness import BASE, plain_environment
from rows import FULL, QUIET, TOKENS, Row, json_request, request, row, upgrade
from steps import Answer, Upgraded, Wait

CHALLENGE = {"WWW-Authenticate": 'Bearer realm="live-progress"'}


def knows_tokens(binary: Path) -> bool:
    """Returns whether the tool can create tokens."""
    asked = [str(binary), "token", "create", "--help"]
    done = subprocess.run(asked, capture_output=True, timeout=30, env=plain_environment())
    return done.returncode == 0 and b"--secret-file" in done.stdout


def encoded(part: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=")


def claims(token: str) -> dict:
    middle = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))


class Mint:
    """Creates valid tokens with the tool, and invalid tokens from valid ones."""

    def __init__(self, binary: Path, folder: Path):
        self.binary, self.secret, self.other = binary, folder / "secret", folder / "other-secret"

    def make(self, *options: str, secret: Path | None = None) -> str:
        command = [str(self.binary), "token", "create", "--secret-file", str(secret or self.secret), *options]
        done = subprocess.run(command, capture_output=True, timeout=30, env=plain_environment(), check=True)
        return done.stdout.decode().strip().splitlines()[-1]

    def bad(self) -> dict[str, str]:
        """Returns invalid tokens by their faults."""
        good = self.make("--id", "quiet", "--can", "watch,report", "--for", "1h")
        head, body, signature = good.split(".")
        last = "A" if signature[0] != "A" else "B"
        everything = encoded({**claims(good), "exp": 4102444800, "can": ["admin"], "verbs": ["admin"]})
        return {
            "of another key": self.make("--id", "quiet", "--can", "watch,report", "--for", "1h", secret=self.other),
            "of alg none": f"{encoded({'alg': 'none', 'typ': 'JWT'})}.{body}.",
            "of alg none with a signature": f"{encoded({'alg': 'none'})}.{body}.{signature}",
            "of alg None": f"{encoded({'alg': 'None'})}.{body}.",
            "of an unknown algorithm": f"{encoded({'alg': 'HS257'})}.{body}.{signature}",
            "of a key identifier that is a path": f"{encoded({'alg': 'HS256', 'kid': '../../dev/null'})}.{body}.{signature}",
            "with its key inside": f"{encoded({'alg': 'HS256', 'jwk': {'kty': 'oct', 'k': 'AAAA'}})}.{body}.{signature}",
            "with another signature": f"{head}.{body}.{last}{signature[1:]}",
            "without its signature": f"{head}.{body}.",
            "of other claims": f"{head}.{everything}.{signature}",
            "of two parts": f"{head}.{body}",
            "of four parts": f"{good}.{signature}",
            "that is a word": "nonsense",
            "of dots": "..",
            "of 20,000 characters": "e" * 20_000,
            "of a claim bomb": f"{head}.{base64.urlsafe_b64encode(b'[' * 9000).decode()}.{signature}",
        }

    def rows(self) -> list[Row]:
        """Returns the rows, whose tokens must be created at the time of the test."""
        rows = [
            *[
                self.refused(name, line, token)
                for name, token in self.bad().items()
                for line in (f"GET {QUIET}", f"PATCH {QUIET}", "upgrade")
            ],
            *[
                self.refused(name, f"GET {QUIET}", None, field)
                for name, field in (("no token", None), ("Basic", "Basic YTpi"), ("Bearer without a token", "Bearer"))
            ],
        ]
        watch = self.make("--id", "quiet", "--can", "watch", "--for", "1h")
        report = self.make("--id", "quiet", "--can", "report", "--for", "1h")
        other = self.make("--id", "another", "--can", "watch,report", "--for", "1h")
        rows += [
            self.asked("to watch with a token to watch", upgrade(QUIET, bearer(watch)), Upgraded(FULL)),
            self.asked(
                "to report with a token to watch",
                json_request(f"PATCH {QUIET}", "{}", bearer(watch)),
                Answer(403, "forbidden"),
            ),
            self.asked(
                "to delete with a token to watch",
                request(f"DELETE {QUIET}", bearer(watch)),
                Answer(403, "forbidden"),
            ),
            self.asked(
                "to cancel with a token to watch",
                request(f"POST {QUIET}/cancel", bearer(watch)),
                Answer(403, "forbidden"),
            ),
            self.asked(
                "to create with a token to watch",
                json_request(f"POST {BASE}", "{}", bearer(watch)),
                Answer(403, "forbidden"),
            ),
            self.asked("to watch with a token to report", upgrade(QUIET, bearer(report)), Answer(403, "forbidden")),
            self.asked(
                "to watch with a token of another operation", upgrade(QUIET, bearer(other)), Answer(404, "unknown")
            ),
            self.asked(
                "to read with a token of another operation",
                request(f"GET {QUIET}", bearer(other)),
                Answer(404, "unknown"),
            ),
            self.asked(
                "to report with a token of another operation",
                json_request(f"PATCH {QUIET}", "{}", bearer(other)),
                Answer(404, "unknown"),
            ),
            self.asked(
                "a token of an unknown operation", request(f"GET {BASE}/another", bearer(other)), Answer(404, "unknown")
            ),
            self.asked(
                "a token in the query, which is disabled",
                request(f"GET {QUIET}?access_token={watch}"),
                Answer(401, "unauthenticated", has=CHALLENGE),
            ),
        ]
        short = self.make("--id", "quiet", "--can", "watch,report", "--for", "1")
        for line in (f"GET {QUIET}", f"PATCH {QUIET}"):
            expired = json_request(line, "{}", bearer(short))
            name = f"{line.split()[0]} with a token that has expired"
            rows.append(row("7519-4.1.4", name, Wait(2), expired, Answer(401, "unauthenticated"), needs=TOKENS))
        return rows

    def refused(self, name: str, line: str, token: str | None, field: str | None = None) -> Row:
        fields = (
            [f"Authorization: Bearer {token}"] if token is not None else [f"Authorization: {field}"] if field else []
        )
        data = upgrade(QUIET, *fields) if line == "upgrade" else json_request(line, "{}", *fields)
        title = f"{line.split()[0]} with a token {name}" if token is not None else f"{line.split()[0]} with {name}"
        return row("6750-3.1", title, data, Answer(401, "unauthenticated"), needs=TOKENS)

    def asked(self, name: str, data: bytes, answer: object) -> Row:
        return row("inv-12", name, data, answer, needs=TOKENS)


def bearer(token: str) -> str:
    return f"Authorization: Bearer {token}"


def folder_for_secrets() -> tempfile.TemporaryDirectory:
    return tempfile.TemporaryDirectory(prefix="live-progress-")
