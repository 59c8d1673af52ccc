# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""A certificate authority for one test run, a server with one of its certificates, and hand-made HTTP/2 frames."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from harness import BASE, Server, expect, expect_equal

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, GOAWAY, WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8


class Authority:
    """A certificate authority in a temporary folder."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="live-progress-tls-"))
        self.certificate = self.folder / "ca.pem"
        self._openssl("req", "-x509", *self._new("ca"), "-out", "ca.pem", "-days", "2", "-subj", "/CN=Tests")

    def issue(self, name: str) -> tuple[bytes, bytes]:
        """Returns a certificate for this machine and progress.test, and its key; the name distinguishes certificates."""
        (self.folder / "names").write_text("subjectAltName=DNS:localhost,DNS:progress.test,IP:127.0.0.1\n")
        self._openssl("req", *self._new(name), "-out", f"{name}.csr", "-subj", f"/CN={name}")
        self._openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", f"{name}.pem",
        )
        return (self.folder / f"{name}.pem").read_bytes(), (self.folder / f"{name}.key").read_bytes()

    def context(self, *protocols: str) -> ssl.SSLContext:
        """Returns the TLS context of a client that trusts only this authority."""
        context = ssl.create_default_context(cafile=str(self.certificate))
        if protocols:
            context.set_alpn_protocols(list(protocols))
        return context

    def _new(self, name: str) -> list[str]:
        return ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", f"{name}.key"]

    def _openssl(self, *arguments: str) -> None:
        done = subprocess.run(["openssl", *arguments], cwd=self.folder, capture_output=True, text=True, timeout=30)
        expect_equal(done.returncode, 0, f"openssl {arguments[0]}: {done.stderr}")


class TLSServer(Server):
    """A server with the certificate `first`."""

    def __init__(self, binary: Path, *options: str, environment: dict | None = None):
        self.authority = Authority()
        self.pair = [self.authority.folder / "server.pem", self.authority.folder / "server.key"]
        self.install(*self.authority.issue("first"))
        pair = ["--tls-cert", str(self.pair[0]), "--tls-key", str(self.pair[1])]
        super().__init__(binary, *pair, *options, environment=environment)

    def install(self, certificate: bytes, key: bytes) -> None:
        for path, contents in zip(self.pair, (certificate, key)):
            new = path.with_suffix(".new")
            new.write_bytes(contents)
            os.replace(new, path)

    def stop(self) -> int:
        code = super().stop()
        shutil.rmtree(self.authority.folder, ignore_errors=True)
        return code

    def reload(self) -> None:
        self.process.send_signal(signal.SIGHUP)

    def connect(self, *protocols: str) -> ssl.SSLSocket:
        plain = socket.create_connection(("127.0.0.1", self.port), timeout=20)
        return self.authority.context(*protocols).wrap_socket(plain, server_hostname="localhost")

    def certificate_name(self) -> str:
        """Returns the name in the server certificate of a new connection."""
        with self.connect() as connection:
            subject = connection.getpeercert()["subject"]
        return dict(part[0] for part in subject)["commonName"]

    def await_certificate(self, name: str) -> None:
        deadline = time.monotonic() + 10
        while self.certificate_name() != name:
            expect(time.monotonic() < deadline, f"new connections do not get the certificate {name!r}:\n{self.tail()}")

    def await_log(self, text: str) -> None:
        deadline = time.monotonic() + 10
        while text not in self.tail():
            expect(time.monotonic() < deadline, f"the log does not contain {text!r}:\n{self.tail()}")
            time.sleep(0.05)

    def send(self, method: str, name: str, report: dict) -> dict:
        """Sends a report over HTTP/1.1."""
        connection = http.client.HTTPSConnection(
            "localhost", self.port, timeout=20, context=self.authority.context("http/1.1")
        )
        try:
            fields = {"Content-Type": "application/json"}
            connection.request(method, f"{BASE}/{name}", json.dumps(report), fields)
            response = connection.getresponse()
            text = response.read()
            expect(response.status in (200, 201), f"{method} {report} was answered {response.status}: {text!r}")
            return json.loads(text)
        finally:
            connection.close()


class Frames:
    """An HTTP/2 connection that sends and receives single frames (RFC 9113 section 4)."""

    def __init__(self, server: TLSServer, has_preface: bool = True):
        self.socket = server.connect("h2")
        expect_equal(self.socket.selected_alpn_protocol(), "h2", "protocol")
        self.buffer = b""
        if has_preface:
            self.socket.sendall(PREFACE + self.frame(SETTINGS))

    @staticmethod
    def frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 0) -> bytes:
        return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload

    @staticmethod
    def get(stream: int, path: bytes) -> bytes:
        """Returns the HEADERS frame of a GET request, which uses only the static table of HPACK."""
        block = b"\x82\x87\x41\x09localhost\x44" + bytes([len(path)]) + path
        return Frames.frame(HEADERS, block, flags=0x5, stream=stream)

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def next(self) -> tuple[int, int, int, bytes] | None:
        """Returns the kind, flags, stream and payload of the next frame, or None at the end of the connection."""
        head = self._take(9)
        if head is None:
            return None
        size, kind, flags, stream = int.from_bytes(head[:3], "big"), head[3], head[4], int.from_bytes(head[5:], "big")
        payload = self._take(size)
        return None if payload is None else (kind, flags, stream, payload)

    def rest(self, seconds: float) -> list[tuple[int, int, int, bytes]]:
        """Returns the frames until the server closes the connection."""
        frames, deadline = [], time.monotonic() + seconds
        while (frame := self.next()) is not None:
            expect(time.monotonic() < deadline, f"the connection is still open after {seconds} s")
            frames.append(frame)
        return frames

    def _take(self, count: int) -> bytes | None:
        while len(self.buffer) < count:
            try:
                piece = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError):
                return None
            if not piece:
                return None
            self.buffer += piece
        taken, self.buffer = self.buffer[:count], self.buffer[count:]
        return taken
