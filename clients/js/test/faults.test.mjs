// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: tests watching with a failing server and network.

import assert from "node:assert/strict";
import { test } from "node:test";
import { watch } from "../live-progress.js";
import { end, snapshot, startScripted } from "./support/scripted.mjs";

const hasSocket = typeof WebSocket === "function";
const open = (call) => (call.isSocket ? call.socket() : call.lines());
/** Returns the attempts to connect, without plain HTTP requests between them. */
const tries = (calls) => calls.filter((call) => call.isSocket === hasSocket && !/\/json/.test(call.headers.accept));

async function collect(url, options) {
  const seen = [];
  for await (const one of watch(url, options)) seen.push(one);
  return seen;
}

/** Answers the attempts with the entries of the list in order, and then always with the last one. */
const inTurn = (...steps) => {
  let number = 0;
  return (call) => {
    if (call.isSocket !== hasSocket) return call.drop();
    steps[Math.min(number++, steps.length - 1)](call);
  };
};

test("after three lost connections, the watch continues at the newest cursor, with growing delays", async (t) => {
  const drop = (revision) => (call) => {
    const connection = open(call);
    connection.send(snapshot(revision, { resumed: revision > 1 }));
    setImmediate(() => connection.drop());
  };
  const server = await startScripted(t, inTurn(drop(1), drop(2), drop(3), (call) => open(call).send(end(4, { resumed: true }))));
  const seen = await collect(server.operation);
  assert.deepEqual(seen.map((one) => one.revision), [1, 2, 3, 4]);
  assert.deepEqual(tries(server.calls).map((call) => call.query.get("cursor")), [null, "a-1", "a-2", "a-3"]);
  const gaps = tries(server.calls).slice(1).map((call, index) => call.at - tries(server.calls)[index].at);
  assert.ok(gaps.every((gap) => gap > 200 && gap < 2_000), `${gaps}`);
});

test("the delay grows after an attempt without messages, up to a limit and with jitter", async (t) => {
  const refuse = (call) => call.drop();
  const server = await startScripted(t, inTurn(refuse, refuse, refuse, (call) => open(call).send(end(1))));
  await collect(server.operation);
  const times = tries(server.calls).map((call) => call.at);
  const gaps = times.slice(1).map((at, index) => at - times[index]);
  for (const [index, gap] of gaps.entries()) {
    assert.ok(gap >= 250 * 2 ** index && gap <= 500 * 2 ** index + 400, `try ${index + 2} came after ${gap} ms`);
  }
});

test("each revision is returned once and in order, despite repeated, late and missing messages", async (t) => {
  const server = await startScripted(t, inTurn((call) => {
    open(call).send(snapshot(1), snapshot(2), snapshot(1), snapshot(2), snapshot(5), snapshot(4), snapshot(7, { skipped: 1 }), end(8));
  }));
  const seen = await collect(server.operation);
  assert.deepEqual(seen.map((one) => [one.revision, one.skipped]), [[1, 0], [2, 0], [5, 2], [7, 1], [8, 0]]);
});

test("three server restarts give three epochs, and messages of an earlier epoch are ignored", async (t) => {
  const run = (epoch) => (call) => {
    const connection = open(call);
    connection.send(snapshot(3, { epoch, resumed: false }), snapshot(9, { epoch: "a" }));
    setImmediate(() => connection.drop());
  };
  const server = await startScripted(t, inTurn(run("a"), run("b"), run("c"), (call) => open(call).send(end(1, { epoch: "d" }))));
  const seen = await collect(server.operation);
  assert.deepEqual(seen.map((one) => one.cursor), ["a-3", "a-9", "b-3", "c-3", "d-1"]);
});

test("100 % and a closed connection are not an end", async (t) => {
  const full = { completedCount: 9, totalCount: 9, fractionCompleted: 1 };
  const server = await startScripted(t, inTurn(
    (call) => {
      const connection = open(call);
      connection.send(snapshot(1, { progress: full }));
      setImmediate(() => connection.close(hasSocket ? 1001 : undefined));
    },
    (call) => open(call).send(end(2, { status: "failed", error: { title: "No" } })),
  ));
  const seen = await collect(server.operation);
  assert.deepEqual(seen.map((one) => [one.type, one.status]), [["update", "running"], ["end", "failed"]]);
});

for (const status of [429, 503]) {
  test(`${status} is repeated after Retry-After`, async (t) => {
    let refusals = 0;
    const refuse = (call) => call.json(status, { title: "Busy" }, { "Retry-After": "1" });
    const server = await startScripted(t, (call) => {
      if (call.isSocket === hasSocket && refusals === 1) return open(call).send(end(1));
      if (call.isSocket !== hasSocket || !hasSocket) refusals += 1;
      refuse(call);
    });
    await collect(server.operation);
    const told = server.calls.at(-2);
    assert.ok(server.calls.at(-1).at - told.at >= 950, "no request came for a second");
  });
}

for (const [status, kind] of [[401, "unauthenticated"], [403, "forbidden"], [404, "unknown"], [410, "gone"], [400, "refused"]]) {
  test(`${status} ends the watch as ${kind}, with the server's problem`, async (t) => {
    const server = await startScripted(t, (call) => call.json(status, { title: "No", detail: "Not for you." }));
    await assert.rejects(collect(server.operation), { kind, status, message: "Not for you." });
  });
}

test("after a refused token, another token is used if there is one", async (t) => {
  const tokens = ["old", "old", "new"];
  const allows = (call) => /new/.test(call.headers.authorization ?? call.headers["sec-websocket-protocol"]);
  const server = await startScripted(t, (call) => (allows(call) ? open(call).send(end(1)) : call.json(401, { title: "Expired" })));
  await collect(server.operation, { token: () => (tokens.length > 1 && tokens.shift(), tokens[0]) });
  await assert.rejects(collect(server.operation, { token: () => "old" }), { kind: "unauthenticated" });
  let number = 0;
  const before = server.calls.length;
  await assert.rejects(collect(server.operation, { token: () => `old ${(number += 1)}`.replace(" ", "") }), { kind: "unauthenticated" });
  assert.ok(server.calls.length - before <= 4, "a function that always returns bad tokens is called only a few times");
});

test("a failed token function is called again", async (t) => {
  const server = await startScripted(t, inTurn((call) => open(call).send(end(1))));
  let asked = 0;
  await collect(server.operation, { token: async () => { if ((asked += 1) < 3) throw new Error("offline"); return "good"; } });
  assert.equal(asked, 3);
});

test("a slow loop misses the oldest snapshots, and skipped counts them", async (t) => {
  const server = await startScripted(t, inTurn((call) => {
    open(call).send(...Array.from({ length: 5_000 }, (_, n) => snapshot(n + 1)), end(5_001));
  }));
  let told = 0, last = 0, count = 0;
  let closed;
  const isClosed = new Promise((resolve) => (closed = resolve));
  // The connection closes when the end has arrived.
  for await (const one of watch(server.operation, { phase: ({ phase }) => phase === "closed" && closed() })) {
    if (count === 0) await isClosed;
    count += 1;
    told += one.skipped;
    last = one.revision;
  }
  assert.equal(last, 5_001);
  assert.ok(count <= 1_100, `${count} were kept`);
  assert.equal(count + told, 5_001);
});

test("when the server reports an expiring token, a new token is sent over the same connection", { skip: !hasSocket }, async (t) => {
  const error = { type: "error", error: { type: "urn:live-progress:problem:unauthenticated", title: "Expired" } };
  let connection;
  const server = await startScripted(t, inTurn((call) => {
    connection = open(call);
    connection.heard = ({ token }) => connection.send({ type: "authenticated" }, ...(token === "t4" ? [end(2)] : [error]));
    connection.send(snapshot(1), error);
  }));
  let number = 0;
  const seen = await collect(server.operation, { token: () => `t${(number += 1)}` });
  assert.deepEqual(connection.messages, ["t2", "t3", "t4"].map((token) => ({ type: "authenticate", token })));
  assert.equal(server.calls.length, 1);
  assert.equal(seen.length, 2);
});

for (const [code, kind] of [[4501, "unauthenticated"], [4503, "forbidden"], [4504, "unknown"], [4510, "gone"], [1008, "refused"], [4999, "refused"]]) {
  test(`close ${code} ends the watch as ${kind}`, { skip: !hasSocket }, async (t) => {
    const server = await startScripted(t, inTurn((call) => {
      const connection = open(call);
      connection.send(snapshot(1));
      connection.close(code);
    }));
    await assert.rejects(collect(server.operation), { kind, status: code });
  });
}

for (const code of [1001, 1011, 1013, 4000, 4008, 4499]) {
  test(`close ${code} is followed by another attempt`, { skip: !hasSocket }, async (t) => {
    const server = await startScripted(t, inTurn((call) => {
      const connection = open(call);
      connection.send(snapshot(1));
      connection.close(code);
    }, (call) => open(call).send(end(2))));
    assert.equal((await collect(server.operation)).length, 2);
  });
}

test("if WebSockets fail, the client uses a stream of lines", { skip: !hasSocket }, async (t) => {
  const server = await startScripted(t, (call) => {
    if (call.isSocket) return call.drop();
    if (/ndjson/.test(call.headers.accept)) return call.lines().send(end(2));
    call.json(200, { ...snapshot(1), type: undefined });
  });
  const seen = await collect(server.operation);
  assert.deepEqual(seen.map((one) => [one.type, one.revision]), [["snapshot", 1], ["end", 2]]);
});

test("a message in several frames with pings between them is complete", { skip: !hasSocket }, async (t) => {
  const details = { text: "ü🚀".repeat(2_000) };
  const server = await startScripted(t, inTurn((call) => {
    const connection = open(call);
    connection.pieces(snapshot(1, { details }), 3);
    connection.pieces(snapshot(2, { details }), 200);
    connection.send(end(3));
  }));
  assert.deepEqual((await collect(server.operation)).map((one) => [one.revision, one.details]), [[1, details], [2, details], [3, null]]);
});
