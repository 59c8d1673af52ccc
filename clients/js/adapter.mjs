// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: runs this client in Node or Deno for the conformance suite, by lines of JSON.

import { createInterface } from "node:readline";
import { driver } from "./conformance/driver.mjs";

const tell = (event) => process.stdout.write(`${JSON.stringify(event)}\n`);
const hasSocket = typeof WebSocket === "function";
const platform = globalThis.Deno ? "Deno" : "Node";
const run = driver(tell);

tell({
  event: "ready",
  client: `JavaScript (${platform}${hasSocket ? ", WebSocket" : ""})`,
  can: ["watch", "report", "cancel", "tokens", "environment", "cursor", "refusals", "ask", "answer"],
  transport: hasSocket ? "websocket" : "ndjson",
  origins: [],
});
for await (const line of createInterface(process.stdin)) {
  const command = JSON.parse(line);
  if (command.do === "exit") break;
  run(command);
}
process.exit(0);
