// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: a server whose answers a test chooses, over plain HTTP, lines and WebSockets.

import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";

/**
 * Starts a server; calls `answer(call)` for each request and upgrade, and stores the calls in `calls`.
 *
 * A call has `method`, `path`, `query`, `headers`, `at`, `body` and `isSocket`, and is answered by one of
 * `json(status, body, headers)`, `lines()` (a stream: `send`, `end`, `drop`), `socket()` (`send`, `close`, `drop`, `messages`) and `drop()`.
 */
export async function startScripted(test, answer) {
  const calls = [];
  const sockets = new Set();
  const take = (call) => {
    calls.push(call);
    answer(call, calls);
  };
  const http = createServer(async (request, response) => {
    let body = "";
    for await (const part of request) body += part;
    take(Object.assign(describe(request), { body, ...answersOf(request, response) }));
  });
  http.on("upgrade", (request, socket) => take(Object.assign(describe(request), { isSocket: true, ...upgradeOf(request, socket) })));
  http.on("connection", (socket) => {
    sockets.add(socket.on("error", () => {}).on("close", () => sockets.delete(socket)));
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  test.after(() => {
    for (const socket of sockets) socket.destroy();
    http.close();
  });
  const { port } = http.address();
  return { url: `http://127.0.0.1:${port}`, operation: `http://127.0.0.1:${port}/api/v1/progress/job`, calls, sockets };
}

/** Returns a snapshot in the form of the wire. */
export const snapshot = (revision, more = {}) => ({
  type: "update", id: "job", cursor: `${more.epoch ?? "a"}-${revision}`, revision, attempt: 1, status: "running", state: `Step ${revision}`,
  details: null, progress: null, skipped: 0, createdAt: "2026-01-01T00:00:00.000Z", updatedAt: "2026-01-01T00:00:00.000Z", ...more,
});

export const end = (revision, more) => snapshot(revision, { type: "end", status: "succeeded", result: null, ...more });

function describe(request) {
  const { pathname: path, searchParams: query } = new URL(request.url, "http://host");
  return { method: request.method, path, query, headers: request.headers, at: performance.now(), isSocket: false };
}

function answersOf(request, response) {
  return {
    drop: () => request.socket.destroy(),
    json(status, body, headers = {}) {
      const type = status >= 400 ? "application/problem+json" : "application/json";
      response.writeHead(status, { "Content-Type": type, ...headers }).end(body === undefined ? "" : JSON.stringify(body));
    },
    lines() {
      response.writeHead(200, { "Content-Type": "application/x-ndjson" }).flushHeaders();
      return {
        send: (...messages) => response.write(messages.map((one) => `${JSON.stringify(one)}\n`).join("")),
        close: () => response.end(),
        drop: () => request.socket.destroy(),
        messages: [],
      };
    },
  };
}

function upgradeOf(request, socket) {
  return {
    drop: () => socket.destroy(),
    json(status, body, headers = {}) {
      const fields = Object.entries({ "Content-Type": "application/problem+json", Connection: "close", ...headers });
      socket.end(`HTTP/1.1 ${status} Refused\r\n${fields.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n${JSON.stringify(body ?? {})}`);
    },
    socket() {
      const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n` +
          "Sec-WebSocket-Protocol: live-progress.v1\r\n\r\n",
      );
      const connection = {
        messages: [],
        heard: () => {},
        send: (...messages) => messages.forEach((one) => socket.write(frame(1, Buffer.from(JSON.stringify(one))))),
        /** Sends a message in several frames, which split characters, with a ping after each frame. */
        pieces(message, count) {
          const text = Buffer.from(JSON.stringify(message));
          const size = Math.ceil(text.length / count);
          for (let at = 0; at < text.length; at += size) {
            if (at > 0) socket.write(frame(9, Buffer.from("between")));
            const part = frame(at > 0 ? 0 : 1, text.subarray(at, at + size));
            if (at + size < text.length) part[0] &= 127;
            socket.write(part);
          }
        },
        close: (code = 1000) => socket.end(frame(8, Buffer.from([code >> 8, code & 255]))),
        drop: () => socket.destroy(),
      };
      readFrames(socket, (text) => {
        connection.messages.push(JSON.parse(text));
        connection.heard(connection.messages.at(-1));
      });
      return connection;
    },
  };
}

function frame(kind, payload) {
  const size = payload.length;
  const head = size < 126 ? [size] : [126, size >> 8, size & 255];
  return Buffer.concat([Buffer.from([0x80 | kind, ...head]), payload]);
}

/** Reads the masked frames of a client; texts must be short and unfragmented. */
function readFrames(socket, heard) {
  let rest = Buffer.alloc(0);
  socket.on("data", (data) => {
    rest = Buffer.concat([rest, data]);
    for (;;) {
      const isLong = (rest[1] & 127) === 126;
      const start = isLong ? 8 : 6;
      if (rest.length < start) return;
      const size = isLong ? rest.readUInt16BE(2) : rest[1] & 127;
      if (rest.length < start + size) return;
      const mask = rest.subarray(start - 4, start);
      const payload = rest.subarray(start, start + size).map((byte, index) => byte ^ mask[index % 4]);
      if ((rest[0] & 15) === 1) heard(Buffer.from(payload).toString());
      if ((rest[0] & 15) === 8) socket.end();
      rest = rest.subarray(start + size);
    }
  });
}
