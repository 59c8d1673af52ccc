// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: tests reporting to a real server and to a failing server.

import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { report, watch } from "../live-progress.js";
import { program } from "./support/program.mjs";
import { startScripted } from "./support/scripted.mjs";
import { startServer } from "./support/server.mjs";

// A factor for the time limits, for busy machines.
const patience = Number(process.env.LIVE_PROGRESS_PATIENCE ?? 1);
const running = (more) => ({ id: "job", cursor: "a-1", revision: 1, status: "running", state: "A", details: null, ...more });

async function collect(url, options) {
  const seen = [];
  for await (const one of watch(url, options)) seen.push(one);
  return seen;
}

test("a complete operation: title, counts, every change of state in order, and the result", async (t) => {
  const server = await startServer(t);
  const op = await report(server.url, { title: "Export", total: 9, unit: "rows", labels: { team: "data" } });
  await op.flush();
  const seen = collect(op.url, { cursor: op.snapshot.cursor });
  for (let step = 1; step <= 30; step += 1) {
    op.update(`Step ${step}`, { step });
    if (step % 10 === 0) for (let n = 0; n < 3; n += 1) op.advance();
  }
  assert.equal(await op.succeed({ rows: 7 }), true);
  const all = await seen;
  assert.deepEqual(all.slice(0, -1).map((one) => one.details?.step).filter(Boolean), Array.from({ length: 30 }, (_, n) => n + 1));
  const { title, progress, labels, status, result } = all.at(-1);
  assert.deepEqual([title, progress.completedCount, progress.totalCount, progress.unit, labels, status, result],
    ["Export", 9, 9, "rows", { team: "data" }, "succeeded", { rows: 7 }]);
  assert.equal(op.dropped, 0);
});

test("a failure has its error, and a cancelled operation has the status cancelled", async (t) => {
  const server = await startServer(t);
  const failed = async (error) => {
    const op = await report(server.url);
    await op.fail(error);
    return (await (await fetch(op.url)).json()).error;
  };
  const problem = await failed(new RangeError("The disk is full"));
  assert.deepEqual([problem.title, problem.detail], ["RangeError", "The disk is full"]);
  assert.equal((await failed({ title: "Disk full", detail: "0 bytes", exitCode: 7 })).exitCode, 7);
  assert.match(JSON.stringify(await failed("No space")), /No space/);
  const op = await report(server.url);
  await op.cancelled();
  assert.equal((await (await fetch(op.url)).json()).status, "cancelled");
  op.update("Late");
  assert.equal(await op.succeed(), true, "calls after the end have no effect");
});

test("a fixed identifier restarts three times, and a running operation cannot be created again", async (t) => {
  const server = await startServer(t);
  for (const run of [1, 2, 3]) {
    const op = await report(server.url, { id: "nightly", title: `Run ${run}` });
    await op.flush();
    let told;
    const other = await report(server.url, { id: "nightly", refused: (error) => (told = error) });
    assert.equal(await other.succeed(), false);
    assert.equal(told.status, 409);
    assert.equal(other.error, told);
    await op.succeed(run);
    const { title, result } = await (await fetch(op.url)).json();
    assert.deepEqual([title, result], [`Run ${run}`, run]);
  }
});

test("a cancel request aborts the signal", async (t) => {
  const server = await startServer(t);
  const op = await report(server.url, { cancellable: true });
  await op.flush();
  await fetch(`${op.url}/cancel`, { method: "POST" });
  op.advance();
  if (!op.signal.aborted) await once(op.signal, "abort");
  assert.equal(op.signal.reason.name, "AbortError");
  await op.cancelled();
});

test("an invalid report does not affect other reports, its count or the end", async (t) => {
  const server = await startServer(t);
  const op = await report(server.url, { total: 10 });
  const loop = {};
  loop.loop = loop;
  op.update("Circular", loop);
  op.set({ fraction: 7 });
  op.advance(2);
  op.update("Too large", "x".repeat(1_200_000));
  op.advance(3);
  op.update("After");
  await op.succeed("x".repeat(1_200_000));
  const { status, state, progress } = await (await fetch(op.url)).json();
  assert.deepEqual([status, progress.completedCount], ["succeeded", 5]);
  assert.ok(["After", "Succeeded"].includes(state));
  assert.equal(op.dropped, 3);
});

test("the details are those at the time of the call, even if the object changes later", async (t) => {
  const server = await startServer(t);
  const op = await report(server.url);
  const details = { step: 1 };
  op.update("A", details);
  details.step = 2;
  await op.flush();
  assert.deepEqual(op.snapshot.details, { step: 1 });
});

test("the creator of an operation reports with the operation's token, and gets a link to watch", async (t) => {
  const server = await startServer(t, { hasKeys: true });
  let asked = 0;
  const op = await report(server.url, { token: () => ((asked += 1), server.token("create")) });
  op.update("A");
  assert.equal(await op.succeed(3), true);
  assert.equal(asked, 1);
  assert.equal((await collect(op.link))[0].result, 3);
});

test("a hundred thousand advances are few requests with the correct sum", async (t) => {
  const server = await startServer(t);
  const op = await report(server.url, { total: 100_000 });
  for (let n = 0; n < 100_000; n += 1) {
    op.advance();
    if (n % 10_000 === 0) await new Promise(setImmediate);
  }
  await op.succeed();
  assert.equal(op.snapshot.progress.completedCount, 100_000);
  assert.ok(op.snapshot.revision < 30, `${op.snapshot.revision} revisions`);
});

test("three lost responses count nothing twice, and each repetition has the same idempotency key", async (t) => {
  let number = 0;
  const server = await startScripted(t, (call) => {
    if (call.method === "POST") return call.json(201, running());
    number += 1;
    if (number % 4 !== 0) return call.drop();
    call.json(200, running());
  });
  const op = await report(server.url, { patience: 20_000 });
  op.advance(2);
  assert.equal(await op.succeed(), true);
  const patches = server.calls.filter((call) => call.method === "PATCH");
  assert.equal(new Set(patches.slice(0, 4).map((call) => call.headers["idempotency-key"])).size, 1);
  assert.ok(patches.every((call) => /"completedCount":2/.test(call.body)));
});

for (const status of [429, 503]) {
  test(`${status} delays all reports until Retry-After, and no report is lost`, async (t) => {
    let refusals = 0;
    const server = await startScripted(t, (call) => {
      if (call.method === "PATCH" && (refusals += 1) <= 1) return call.json(status, {}, { "Retry-After": "1" });
      call.json(200, running());
    });
    const op = await report(server.url);
    op.update("A");
    await new Promise((resolve) => setTimeout(resolve, 200));
    op.update("B");
    assert.equal(await op.succeed(), true);
    const [first, second] = server.calls.filter((call) => call.method === "PATCH");
    assert.ok(second.at - first.at >= 950);
    assert.match(server.calls.slice(-2).map((call) => call.body).join(), /"A".*"B".*succeeded/s);
  });
}

test("a Retry-After of years does not become a loop without delay", async (t) => {
  const server = await startScripted(t, (call) => call.json(...(call.method === "POST" ? [201, running()] : [503, {}, { "Retry-After": "99999999" }])));
  const op = await report(server.url);
  op.update("A");
  assert.equal(await op.flush(300), false);
  assert.equal(server.calls.filter((call) => call.method === "PATCH").length, 1);
});

test("odd answers of a server end neither the program nor the reports", async (t) => {
  const odd = [[200, null], [422, { title: "No", applied: 7 }], [200, 3], [422, { title: "No", applied: -1 }], [200, []]];
  const server = await startScripted(t, (call) => call.json(...(call.method === "POST" ? [201, running()] : odd.shift() ?? [200, running()])));
  const op = await report(server.url);
  for (let round = 0; round < 7; round += 1) {
    op.update(`Step ${round}`);
    await op.flush();
  }
  assert.equal(await op.succeed(), true);
  assert.match(server.calls.at(-1).body, /succeeded/);
});

test("reports do not follow a redirect to another host", async (t) => {
  const other = await startScripted(t, (call) => call.json(200, running()));
  const server = await startScripted(t, (call) => call.json(307, {}, { Location: `${other.url}/api/v1/progress` }));
  const op = await report(server.url, { token: "secret", patience: 300 });
  assert.equal(await op.succeed(), false);
  assert.deepEqual(other.calls, []);
});

for (const status of [401, 403, 404, 410]) {
  test(`${status} stops the reports but not the worker, and is reported once`, async (t) => {
    const server = await startScripted(t, (call) => call.json(call.method === "POST" ? 201 : status, call.method === "POST" ? running() : { title: "No" }));
    const told = [];
    const op = await report(server.url, { refused: (error) => told.push(error.status) });
    for (const round of [1, 2, 3]) {
      op.update(`Round ${round}`);
      op.advance();
      assert.equal(await op.flush(), false);
    }
    assert.equal(await op.succeed(), false);
    assert.deepEqual(told, [status]);
    assert.ok(server.calls.length <= 3);
  });
}

test("a server that never answers delays a call at most by its patience, and does not keep the program running", async (t) => {
  const server = await startScripted(t, () => {});
  const { stdout, time } = await program(`const op = await report(${JSON.stringify(server.url)}, { patience: 500 });
    op.advance(); const begun = performance.now(); const told = await op.succeed(); console.log(told, performance.now() - begun < 900);`);
  assert.equal(stdout, "false true");
  assert.ok(time < 5_000 * patience, `${time} ms`);
  const dead = await program(`const op = await report("http://127.0.0.1:9", { patience: 500 }); op.update("A"); console.log(await op.succeed());`);
  assert.equal(dead.stdout, "false");
  assert.ok(dead.time < 5_000 * patience, `${dead.time} ms`);
});

test("an end is sent after the patience is over, when the server returns", async (t) => {
  let isBack = false;
  const arrived = new Promise((resolve) => {
    startScripted(t, (call) => {
      if (!isBack) return call.drop();
      call.json(200, running());
      if (/succeeded/.test(call.body)) resolve();
    }).then(async ({ url }) => {
      const op = await report(url, { patience: 300 });
      assert.equal(await op.succeed(), false);
      isBack = true;
    });
  });
  await Promise.race([arrived, new Promise((_, reject) => setTimeout(() => reject(new Error("The end never arrived.")), 20_000))]);
});

test("a silent worker renews its lease", async (t) => {
  const server = await startServer(t);
  const op = await report(server.url, { lease: 1 });
  await op.flush();
  const seen = [];
  const watching = (async () => {
    for await (const one of watch(op.url)) seen.push(one.status);
  })();
  await new Promise((resolve) => setTimeout(resolve, 3_000));
  await op.succeed();
  await watching;
  assert.ok(!seen.includes("stalled"), `${seen}`);
});
