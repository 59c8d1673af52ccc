// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: tests the begin of an operation, the exit of a program, and the warnings about an absent server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { report, watch } from "../live-progress.js";
import { program } from "./support/program.mjs";
import { startScripted } from "./support/scripted.mjs";
import { startServer } from "./support/server.mjs";

const running = { id: "job", cursor: "a-1", revision: 1, status: "running", state: "A", details: null };
// A busy machine needs more time, and never less.
const patience = Number(process.env.LIVE_PROGRESS_PATIENCE ?? 1);
const dead = "http://127.0.0.1:9";
const away = (origin) => `live-progress: ${origin}: The server cannot be reached. The newest reports were not sent. Check the server and its address.`;

/** Returns the result of a call, and its time in milliseconds. */
async function timed(call) {
  const begun = performance.now();
  return [await call(), performance.now() - begun];
}

test("report returns when the server has created the operation, three times", async (t) => {
  let isCreated;
  const slow = await startScripted(t, (call) => setTimeout(() => call.json(201, running, void (isCreated = true)), 200));
  const server = await startServer(t);
  for (const round of [1, 2, 3]) {
    isCreated = false;
    const op = await report(slow.url);
    assert.ok(isCreated);
    assert.equal(op.snapshot.cursor, "a-1");
    const real = await report(server.url, { state: `Round ${round}` });
    // The loop ends the watch, which would keep the test's process running if the server stops before the end arrives.
    for await (const { state } of watch(real.url)) {
      assert.equal(state, `Round ${round}`);
      break;
    }
    await real.succeed();
  }
});

test("report goes on without an absent server, and waits once for a silent server", async (t) => {
  const silent = await startScripted(t, () => {});
  const [op, time] = await timed(() => report(silent.url));
  assert.ok(time > 1_900 && time < 3_000 * patience, `${time} ms`);
  assert.equal(op.snapshot, null);
  for (const server of [silent.url, silent.url, dead]) {
    const [, next] = await timed(() => report(server));
    assert.ok(next < 1_000 * patience, `${server}: ${next} ms`);
  }
  const other = await startScripted(t, () => {});
  const [, short] = await timed(() => report(other.url, { wait: 100 }));
  assert.ok(short < 1_000 * patience, `${short} ms`);
});

test("the last counts arrive at a normal exit, and the operation stays open, three times", async (t) => {
  const server = await startServer(t);
  for (const round of [1, 2, 3]) {
    const { stdout, code, warnings, time } = await program(`const op = await report(${JSON.stringify(server.url)});
      op.update("A"); await op.flush(); op.advance(); await new Promise(setImmediate); op.advance(${round}); console.log(op.url);`);
    const { status, progress } = await (await fetch(stdout)).json();
    assert.deepEqual([status, progress.completedCount, code, warnings], ["running", 1 + round, 0, []]);
    assert.ok(time < 5_000 * patience, `${time} ms`);
  }
});

test("counts that wait for a repetition are sent at a normal exit", async (t) => {
  let isDropped = false;
  const server = await startScripted(t, (call) => {
    if (call.method === "POST" || isDropped) return call.json(200, running);
    isDropped = true;
    call.drop();
  });
  const { warnings } = await program(`const op = await report(${JSON.stringify(server.url)}); op.advance(3);`);
  assert.deepEqual(warnings, []);
  assert.deepEqual(server.calls.slice(1).map((call) => JSON.parse(call.body)), [{ completedCount: 3 }, { completedCount: 3 }]);
});

test("an absent server delays a normal exit by at most 2 s, with one warning for all operations", async (t) => {
  const busy = await startScripted(t, (call) => call.json(503, {}));
  const work = (server) => `for (const round of [1, 2, 3]) { const op = await report(${JSON.stringify(server)}); op.advance(3); }
    const left = performance.now(); process.on("exit", () => console.log(performance.now() - left));`;
  for (const [server, text] of [[dead, away(dead)], [busy.url, away(busy.url).replace("cannot be reached", "answered with status 503")]]) {
    const { stdout, code, warnings } = await program(work(server));
    assert.deepEqual([code, warnings], [0, [text]]);
    assert.ok(Number(stdout) < 2_000 * patience, `${stdout} ms`);
  }
});

test("a request that the exit abandons adds no second warning", async (t) => {
  let posts = 0;
  let second;
  const isSecond = new Promise((resolve) => (second = resolve));
  const server = await startScripted(t, async (call) => {
    if (call.method === "GET") return call.json(200, await isSecond);
    posts += 1;
    // The third request, which the exit hurries, gets no response.
    if (posts < 3) call.json(503, {});
    if (posts === 2) second({});
  });
  const { code, warnings } = await program(`const op = await report(${JSON.stringify(server.url)}); op.advance(); await fetch(${JSON.stringify(server.url)});`);
  assert.deepEqual([code, warnings], [0, [away(server.url).replace("cannot be reached", "answered with status 503")]]);
});

test("a program that goes on gets the warning after some seconds", async () => {
  const { stdout, time } = await program(`console.warn = (text) => { console.log(text); process.exit(0); };
    const op = await report(${JSON.stringify(dead)}); op.advance(); setTimeout(() => {}, 20_000);`);
  assert.equal(stdout, away(dead));
  assert.ok(time < 10_000 * patience, `${time} ms`);
});

test("a server that is away for a moment needs no warning", async (t) => {
  let number = 0;
  const server = await startScripted(t, (call) => ((number += 1) === 1 ? call.drop() : call.json(200, running)));
  const { stdout, warnings } = await program(`const op = await report(${JSON.stringify(server.url)}); op.advance(); console.log(await op.succeed());`);
  assert.deepEqual([stdout, warnings], ["true", []]);
});
