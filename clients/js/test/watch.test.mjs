// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: tests watching with a real server.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cancel, ProgressError, watch } from "../live-progress.js";
import { startServer } from "./support/server.mjs";

/** Watches an operation in the background; `until(revision)` waits for a snapshot of that revision. */
function follow(url, options) {
  const seen = [];
  let wake = () => {};
  const done = (async () => {
    for await (const one of watch(url, options)) {
      seen.push(one);
      wake();
    }
  })();
  const until = async (fits) => {
    while (!seen.some(fits)) await Promise.race([new Promise((resolve) => (wake = resolve)), done]);
  };
  return { seen, done, until };
}

test("a watcher receives the current snapshot first, each revision in order, and the end last", async (t) => {
  const server = await startServer(t);
  const worker = await server.worker({ title: "Export" });
  const watcher = follow(worker.url);
  await watcher.until(() => true);
  for (let step = 1; step <= 50; step += 1) await worker.report({ state: `Step ${step}`, details: { step } });
  await worker.succeed({ rows: 7 });
  await watcher.done;
  const revisions = watcher.seen.map((one) => one.revision);
  assert.deepEqual(revisions, revisions.map((_, index) => revisions[0] + index));
  assert.deepEqual(watcher.seen.slice(-51, -1).map((one) => one.details.step), Array.from({ length: 50 }, (_, n) => n + 1));
  const last = watcher.seen.at(-1);
  assert.deepEqual([last.type, last.status, last.result], ["end", "succeeded", { rows: 7 }]);
  assert.ok(watcher.seen.every((one) => one.skipped === 0));
});

test("a late watcher receives the end, and a watcher with the cursor of the end receives nothing", async (t) => {
  const server = await startServer(t);
  const worker = await server.worker();
  const { cursor } = await worker.succeed(1);
  const late = follow(worker.url);
  await late.done;
  assert.deepEqual(late.seen.map((one) => one.status), ["succeeded"]);
  const again = follow(worker.url, { cursor });
  await again.done;
  assert.deepEqual(again.seen, []);
});

test("a watch with a cursor receives exactly the missed snapshots", async (t) => {
  const server = await startServer(t);
  const worker = await server.worker();
  const { cursor } = await worker.report({ state: "A" });
  for (const state of ["B", "C"]) await worker.report({ state });
  await worker.succeed();
  const watcher = follow(worker.url, { cursor });
  await watcher.done;
  assert.deepEqual(watcher.seen.map((one) => one.state), ["B", "C", "Succeeded"]);
  assert.equal(watcher.seen[0].resumed, true);
});

test("an unknown or deleted operation is refused with its kind", async (t) => {
  const server = await startServer(t);
  await assert.rejects(follow(`${server.api}/nobody`).done, (error) => error instanceof ProgressError && error.kind === "unknown");
  const worker = await server.worker();
  const watcher = follow(worker.url);
  await watcher.until(() => true);
  await worker.remove();
  await assert.rejects(watcher.done, { kind: "gone" });
  await assert.rejects(follow(worker.url).done, { kind: "gone", status: 410 });
});

test("a signal ends the watch with its reason, and the end of the loop closes the connection", async (t) => {
  const server = await startServer(t);
  const worker = await server.worker();
  const control = new AbortController();
  const watcher = follow(worker.url, { signal: control.signal });
  await watcher.until(() => true);
  control.abort(new Error("enough"));
  await assert.rejects(watcher.done, /enough/);
  await assert.rejects(follow(worker.url, { signal: AbortSignal.abort() }).done, { name: "AbortError" });
  for await (const one of watch(worker.url)) {
    assert.equal(one.type, "snapshot");
    break;
  }
});

test("a cancel request reaches the operation, and an operation that is not cancellable refuses it", async (t) => {
  const server = await startServer(t);
  const willing = await server.worker({ cancellable: true });
  assert.equal((await cancel(willing.url)).status, "cancelling");
  const other = await server.worker();
  await assert.rejects(cancel(other.url), { kind: "refused", status: 409 });
});

test("the token decides who can watch, and a new token is requested before the token expires", async (t) => {
  const server = await startServer(t, { hasKeys: true });
  const admin = server.token("admin");
  const worker = await server.worker({ state: "A" }, admin);
  await assert.rejects(follow(worker.url).done, { kind: "unauthenticated" });
  await assert.rejects(follow(worker.url, { token: server.token("watch", { of: ["--id", "other"] }) }).done, { kind: "unknown" });
  const link = follow(`${worker.url}#token=${server.token("watch")}`);
  await link.until(() => true);
  let asked = 0;
  const watcher = follow(worker.url, { token: () => ((asked += 1), server.token("watch", { seconds: 2 })) });
  await watcher.until(() => true);
  const start = Date.now();
  while (Date.now() - start < 20_000 && asked < 4) {
    await worker.report({ state: `After ${asked}` });
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await worker.succeed();
  await Promise.all([watcher.done, link.done]);
  assert.ok(asked >= 4, `asked ${asked} times`);
  const revisions = watcher.seen.map((one) => one.revision);
  assert.deepEqual(revisions, revisions.map((_, index) => revisions[0] + index), "no revision is missing or repeated");
});
