// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: tests addresses that are not those of a server, and unusual addresses.

import assert from "node:assert/strict";
import { test } from "node:test";
import { cancel, Connection, ProgressError, report, watch } from "../live-progress.js";
import { program } from "./support/program.mjs";
import { startServer } from "./support/server.mjs";

const invalid = ["127.0.0.1:18718", "notaurl", "http://", "localhost:18718"];
const textFor = (address) => `'${address}' is not a URL of a server: it should begin with http:// or https://.`;
/** Each call of three operations. */
const work = (address) => `for (const round of [1, 2, 3]) {
    const op = await report(${address}, { title: "Export", total: 3, refused() { console.log("refused"); } });
    op.update("A", { a: 1 }); op.advance(); op.advance(2n); op.set({ completed: 3 });
    console.log([op.url, op.link, op.error.kind, await op.flush(), await op.succeed(1), await op.fail("No"), await op.cancelled()].join());
  }`;

for (const address of invalid) {
  test(`the work goes on if the server is ${address}, with one warning`, async () => {
    const fromEnvironment = await program(work("null"), { LIVE_PROGRESS_SERVER: address });
    const fromArgument = await program(work(JSON.stringify(address)));
    for (const { code, stdout, warnings } of [fromEnvironment, fromArgument]) {
      assert.equal(stdout, Array(3).fill(",,refused,false,false,false,false").join("\n"));
      assert.deepEqual(warnings, [`live-progress: ${textFor(address)} Nothing is reported.`]);
      assert.equal(code, 0);
    }
  });

  test(`a watch of ${address} ends with the same text`, async () => {
    const error = { name: "ProgressError", kind: "refused", message: textFor(address) };
    await assert.rejects(watch(address).next(), error);
    await assert.rejects(cancel(address), (one) => one instanceof ProgressError && one.message !== "" && one.kind === "refused");
    assert.throws(() => new Connection(address, { message() {} }), error);
  });
}

test("the text does not contain the token of the address", async () => {
  await assert.rejects(watch("localhost:8080/api/v1/progress/job#token=secret").next(), { message: textFor("localhost:8080/api/v1/progress/job") });
});

test("an address of the scheme ws is that of the same server", async (t) => {
  const server = await startServer(t);
  const op = await report(server.url.replace("http", "ws"), { title: "Export" });
  await op.succeed(7);
  assert.equal(op.url, `${server.api}/${op.id}`);
  const { value } = await watch(op.url.replace("http", "ws")).next();
  assert.equal(value.result, 7);
});
