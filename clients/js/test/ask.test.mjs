// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: tests the questions of a worker, and answers, with a server whose answers the test chooses.

import assert from "node:assert/strict";
import { writeFileSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { answer, cancel, report, watch } from "../live-progress.js";
import { packed } from "../pack.mjs";
import { startAsking } from "./support/asking.mjs";
import { program } from "./support/program.mjs";

const choice = { choices: ["yes", "no"], default: "no", timeout: 60 };
const isOpen = (state) => state.waitingFor;
const isWithdrawn = (state) => state.status === "running" && !state.waitingFor && !state.lastAnswer && state.revision > 1;
const unanswered = { name: "ProgressError", kind: "unanswered", code: "unanswered" };

/** The members of all questions that the server has received, `null` for a withdrawal. */
const asked = (server) => server.calls.filter(({ method }) => method === "PATCH" || method === "POST")
  .flatMap(({ body }) => body.split("\n")).filter(Boolean).map((line) => JSON.parse(line)).filter((one) => "waitingFor" in one).map((one) => one.waitingFor);

/** Starts a server and a worker whose question is open; `heard` is its answer. */
async function asking(t, options = choice, faults) {
  let op;
  // Before the server ends, so that the worker does not look for it.
  t.after(() => op?.cancelled());
  const server = await startAsking(t, faults);
  op = await report(server.url, { cancellable: true, refused: () => {} });
  const heard = op.ask("Apply 3 changes?", options);
  heard.catch(() => {});
  const { waitingFor } = await server.until(isOpen);
  return { server, op, heard, waitingFor };
}

test("a question is reported with all its members, and `ask` returns each answer of a person, three times", async (t) => {
  const { server, op, heard, waitingFor } = await asking(t, { ...choice, kind: "permission" });
  assert.deepEqual(asked(server), [{ message: "Apply 3 changes?", kind: "permission", ...choice }]);
  const { lastAnswer } = await answer(server.address, "yes", { number: waitingFor.number });
  assert.equal(lastAnswer.answeredBy, "anna");
  assert.equal(await heard, "yes");
  for (const round of [2, 3]) {
    const again = op.ask("Apply 3 changes?");
    await server.until((state) => state.waitingFor?.number === round);
    await answer(server.address, `any text ${round}`);
    assert.equal(await again, `any text ${round}`);
  }
  await op.succeed();
});

test("a watcher sees the question and the answer", async (t) => {
  const { server, waitingFor } = await asking(t);
  const seen = [];
  for await (const one of watch(server.address)) {
    seen.push([one.status, one.waitingFor?.number, one.lastAnswer?.answer]);
    if (one.status === "waiting") await answer(server.address, "no", { number: waitingFor.number });
    else break;
  }
  assert.deepEqual(seen, [["waiting", 1, undefined], ["running", undefined, "no"]]);
});

test("reports before, during and after a question keep their order", async (t) => {
  const server = await startAsking(t);
  const op = await report(server.url);
  op.update("Before");
  const heard = op.ask("Go on?");
  op.update("During");
  await server.until((state) => state.state === "During");
  server.answer("yes");
  assert.equal(await heard, "yes");
  op.update("After");
  await op.succeed();
  const lines = server.calls.filter(({ method }) => method === "PATCH").flatMap(({ body }) => body.split("\n")).map((line) => JSON.parse(line));
  assert.deepEqual(lines.map((one) => one.state ?? one.status ?? one.waitingFor.message), ["Before", "Go on?", "During", "After", "succeeded"]);
});

test("the deadline gives the default, or the error `unanswered`", async (t) => {
  const one = await asking(t);
  one.server.expire();
  assert.equal(await one.heard, "no");
  const other = await asking(t, { timeout: 60 });
  other.server.expire();
  await assert.rejects(other.heard, unanswered);
});

test("a question that somebody else withdraws, or that another question replaces, is unanswered in spite of its default", async (t) => {
  const one = await asking(t);
  one.server.publish({ status: "running", waitingFor: undefined });
  await assert.rejects(one.heard, unanswered);
  const other = await asking(t);
  other.server.ask({ message: "Apply 3 changes?" });
  await assert.rejects(other.heard, unanswered);
  const third = await asking(t);
  const next = third.op.ask("And now?");
  await assert.rejects(third.heard, unanswered);
  await third.server.until((state) => state.waitingFor?.number === 2);
  third.server.answer("go");
  assert.equal(await next, "go");
});

test("a cancel request ends the wait with the reason of the operation's signal, and so it does before a question", async (t) => {
  const { server, op, heard } = await asking(t);
  await cancel(server.address);
  await assert.rejects(heard, { name: "AbortError" });
  assert.equal(op.signal.aborted, true);
  await assert.rejects(op.ask("Too late?"), { name: "AbortError" });
  assert.equal(asked(server).length, 1);
});

test("an end that another program reports ends the wait with an error, and so does the own end before a question", async (t) => {
  const { server, heard } = await asking(t);
  server.publish({ status: "failed", waitingFor: undefined });
  await assert.rejects(heard, { kind: "ended" });
  const other = await asking(t);
  other.server.answer("yes");
  await other.op.succeed();
  await assert.rejects(other.op.ask("Too late?"), { kind: "ended" });
});

test("an aborted signal withdraws the question, and throws its reason", async (t) => {
  const control = new AbortController();
  const { server, heard } = await asking(t, { ...choice, signal: control.signal });
  control.abort(new RangeError("Enough"));
  await assert.rejects(heard, { name: "RangeError", message: "Enough" });
  await server.until(isWithdrawn);
  assert.equal(asked(server).at(-1), null);
});

for (const status of [401, 403, 404, 410]) {
  test(`${status} to the report ends the wait with its error, at the question and while it is open`, async (t) => {
    const refuse = (call) => call.method === "PATCH" && (call.json(status, { title: "No" }), true);
    const server = await startAsking(t, { fault: refuse });
    const op = await report(server.url, { refused: () => {} });
    await assert.rejects(op.ask("Apply?", choice), { status });
    await assert.rejects(op.ask("Apply?", choice), { status });
    let isRefused = false;
    const other = await asking(t, choice, { fault: (call) => isRefused && refuse(call) });
    isRefused = true;
    other.op.update("Next");
    await assert.rejects(other.heard, { status });
  });
}

test("an invalid question is an error with the server's problem, and later reports arrive", async (t) => {
  const server = await startAsking(t, { fault: (call) => /waitingFor/.test(call.body) && (call.json(422, { title: "No", detail: "Too many choices." }), true) });
  const op = await report(server.url);
  await assert.rejects(op.ask("Apply?", { choices: Array(17).fill("x") }), { kind: "refused", message: "Too many choices." });
  op.update("Next");
  assert.equal(await op.succeed(), true);
  assert.equal(server.state.state, "Next");
});

test("an answer that arrives before the lost response to the question is repeated is found", async (t) => {
  let lost = 0;
  let server;
  const fault = (call) => {
    if (!/waitingFor/.test(call.body)) return false;
    // The first request is applied and answered by a person, and its response is lost. The repeated request gets the newest snapshot.
    if ((lost += 1) === 1) {
      server.ask(JSON.parse(call.body).waitingFor);
      server.answer("yes");
      call.drop();
    } else call.json(200, server.state);
    return true;
  };
  server = await startAsking(t, { fault });
  const op = await report(server.url);
  assert.equal(await op.ask("Apply?", choice), "yes");
  assert.equal(lost, 2);
});

test("a lost watch reconnects, and a worker that may not watch learns of the answer from responses to its reports", async (t) => {
  const { server, heard } = await asking(t);
  await server.watched();
  server.drop();
  server.answer("yes");
  assert.equal(await heard, "yes");
  const isWatch = (call) => call.isSocket || call.method === "GET";
  const other = await asking(t, choice, { fault: (call) => isWatch(call) && (call.json(403, { title: "No" }), true) });
  other.server.answer("no");
  assert.equal(await other.heard, "no");
});

test("without a server and with reporting disabled, the default is returned at once, or `unanswered` thrown", async () => {
  const text = `const op = await report(); console.log(await op.ask("Apply?", { default: "no", timeout: 60 }));
    await op.ask("Apply?").catch((error) => console.log(error.code)); console.log(performance.now() < 5_000);`;
  assert.equal((await program(text)).stdout, "no\nunanswered\ntrue");
  assert.equal((await program(text, { LIVE_PROGRESS_SERVER: "http://127.0.0.1:9", LIVE_PROGRESS_DISABLED: "1" })).stdout, "no\nunanswered\ntrue");
});

test("a server that goes away delays the default until 10 s after the deadline, and the question is withdrawn then", { timeout: 60_000 }, async (t) => {
  let isAway = false;
  const begun = performance.now();
  const { server, heard } = await asking(t, { ...choice, timeout: 0.5 }, { fault: (call) => isAway && (call.drop(), true) });
  await server.watched();
  isAway = true;
  server.drop();
  assert.equal(await heard, "no");
  const time = performance.now() - begun;
  assert.ok(time > 10_000 && time < 20_000, `${time} ms`);
  isAway = false;
  await server.until(isWithdrawn);
});

test("a program that only waits for an answer keeps running while the server is away, and ends after the answer", async (t) => {
  // Node ends a program in which nothing else runs, at the latest a second after it has nothing to do.
  let lost = 0;
  const server = await startAsking(t, { fault: (call) => call.method !== "POST" && (lost += 1) <= 4 && (call.drop(), true) });
  server.until(isOpen).then(() => server.answer("yes"));
  const { stdout, code } = await program(`const op = await report(${JSON.stringify(server.url)}); console.log(await op.ask("Apply?"));`);
  assert.deepEqual([stdout, code], ["yes", 0]);
});

test("answers are refused with the status and the problem of the server", async (t) => {
  const { server } = await asking(t);
  await assert.rejects(answer(server.address, "maybe"), (error) => error.status === 422 && error.problem.choices.join() === "yes,no");
  await assert.rejects(answer(server.address, "yes", { number: 7 }), { status: 409 });
  await answer(server.address, "yes", { number: 1, token: async () => "T" });
  assert.equal(server.calls.at(-1).headers.authorization, "Bearer T");
  await assert.rejects(answer(server.address, "yes", { number: 1 }), { status: 409, message: "“yes” was answered by anna." });
});

test("the packed file asks and answers", async (t) => {
  const path = mkdtempSync(join(tmpdir(), "live-progress-packed-"));
  t.after(() => rmSync(path, { recursive: true }));
  writeFileSync(join(path, "packed.mjs"), packed());
  const module = await import(pathToFileURL(join(path, "packed.mjs")));
  const server = await startAsking(t);
  const op = await module.report(server.url);
  const heard = op.ask("Apply?", choice);
  await server.until(isOpen);
  await module.answer(server.address, "yes", { number: 1 });
  assert.equal(await heard, "yes");
  await assert.rejects(op.ask("Again?", { signal: AbortSignal.abort(new RangeError("Enough")) }), RangeError);
});
