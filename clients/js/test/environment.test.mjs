// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: tests programs that report by the variables of their environment.

import assert from "node:assert/strict";
import { test } from "node:test";
import { module, program } from "./support/program.mjs";
import { startScripted } from "./support/scripted.mjs";
import { startServer } from "./support/server.mjs";

test("a program reports into the operation of LIVE_PROGRESS_URL, and nowhere if it is disabled", async (t) => {
  const server = await startServer(t);
  const worker = await server.worker({ title: "Outer", state: "Begun" });
  await worker.report({ completedCount: 2 });
  const work = `const op = await report(undefined, { total: 10 }); op.update("Inner"); op.advance(2); op.advance(); console.log(await op.flush(), op.url);`;
  const { stdout } = await program(work, { LIVE_PROGRESS_URL: worker.url });
  assert.equal(stdout, `true ${worker.url}`);
  await program(work, { LIVE_PROGRESS_URL: worker.url });
  const { title, state, progress } = await worker.get();
  assert.deepEqual([title, state, progress.completedCount, progress.totalCount], ["Outer", "Inner", 8, 10]);
  const before = (await worker.get()).revision;
  assert.equal((await program(work, { LIVE_PROGRESS_URL: worker.url, LIVE_PROGRESS_DISABLED: "1" })).stdout, "false");
  assert.equal((await program(work)).stdout, "false");
  assert.equal((await worker.get()).revision, before);
});

test("a program does not end the operation of LIVE_PROGRESS_URL, and does not change its title", async (t) => {
  const server = await startServer(t);
  const worker = await server.worker({ title: "Outer", labels: { team: "data" } });
  for (const end of ["succeed(1)", "fail('No')", "cancelled()"]) {
    const work = `const op = await report(undefined, { title: "Inner", labels: { team: "other" } });
      op.advance(2); console.log(await op.${end}); op.advance(9); op.update("Late"); console.log(await op.flush());`;
    assert.equal((await program(work, { LIVE_PROGRESS_URL: worker.url, LIVE_PROGRESS_OWNER: "0" })).stdout, "true\ntrue");
  }
  const { title, labels, status, progress } = await worker.get();
  assert.deepEqual([title, labels, status, progress.completedCount], ["Outer", { team: "data" }, "running", 6]);
});

/** Runs a program that owns an operation; returns its output and the operation. */
async function runOwner(server, work) {
  const worker = await server.worker({ title: "Outer", cancellable: true });
  const { stdout } = await program(work, { LIVE_PROGRESS_URL: worker.url, LIVE_PROGRESS_OWNER: "1" });
  return { stdout, ...(await worker.get()) };
}

test("with LIVE_PROGRESS_OWNER, a program ends the operation of LIVE_PROGRESS_URL: with a result, a problem, or as cancelled", async (t) => {
  const server = await startServer(t);
  const { title, status, result, progress } = await runOwner(server, `const op = await report(undefined, { title: "Inner", total: 2, unit: "rows" });
    op.update("One"); op.advance(2); await op.succeed({ rows: 2 });`);
  assert.deepEqual([title, status, result], ["Outer", "succeeded", { rows: 2 }]);
  assert.deepEqual([progress.completedCount, progress.totalCount, progress.unit], [2, 2, "rows"]);
  const failed = await runOwner(server, `const op = await report(); await op.fail(new RangeError("The disk is full"));`);
  assert.deepEqual([failed.status, failed.error.title, failed.error.detail], ["failed", "RangeError", "The disk is full"]);
  const cancelled = await runOwner(server, `const op = await report(undefined, { cancellable: true });
    const aborted = new Promise((resolve) => op.signal.addEventListener("abort", resolve));
    await fetch(op.url + "/cancel", { method: "POST" });
    op.advance(); await aborted; await op.cancelled();`);
  assert.equal(cancelled.status, "cancelled");
});

test("only the first operation of an owner ends the operation; a later one and that of a child process do not", async (t) => {
  const server = await startServer(t);
  const child = `import { report } from ${JSON.stringify(module)}; const op = await report(); op.advance(4); await op.succeed("child");`;
  const { stdout, status, result, progress } = await runOwner(server, `
    import { execFileSync } from "node:child_process";
    const own = await report();
    own.advance();
    const beside = await report();
    beside.advance(2);
    await beside.fail("beside");
    execFileSync(process.execPath, ["--input-type=module", "-e", ${JSON.stringify(child)}]);
    console.log(await own.succeed("own"));
    const after = await report(undefined, { refused: ({ kind }) => console.log(kind) });
    after.advance(9);
    console.log(await after.fail("after"));`);
  assert.equal(stdout, "true\nended\nfalse");
  assert.deepEqual([status, result, progress.completedCount], ["succeeded", "own", 7]);
});

test("an operation on another server does not take the ownership", async (t) => {
  const server = await startServer(t);
  const { status, result } = await runOwner(server, `const elsewhere = await report(${JSON.stringify(server.url)}); await elsewhere.succeed("elsewhere");
    const own = await report(); await own.succeed("own");`);
  assert.deepEqual([status, result], ["succeeded", "own"]);
});

test("the token of a link is stronger than that of the environment, and the option is stronger than both", async (t) => {
  const server = await startScripted(t, (call) => call.json(201, { id: "job", cursor: "a-1", revision: 1, status: "running", state: "A", details: null }));
  const work = `await report("${server.url}#token=link"); await report("${server.url}#token=link", { token: "option" }); await report("${server.url}");`;
  await program(work, { LIVE_PROGRESS_TOKEN: "environment" });
  const tokens = server.calls.filter((call) => call.method === "POST").map((call) => call.headers.authorization);
  assert.deepEqual(tokens, ["Bearer link", "Bearer option", "Bearer environment"]);
});
