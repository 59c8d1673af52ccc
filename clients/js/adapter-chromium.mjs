// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: runs this client in a page of a real Chromium for the conformance suite, by lines of JSON.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { createInterface } from "node:readline";
import { startBrowser } from "./test/support/browser.mjs";

const page = `<!doctype html><title>Conformance</title><script type=module>
  import { driver } from "/conformance/driver.mjs";
  const run = driver((event) => tell(JSON.stringify(event)));
  window.take = (command) => void run(command);
</script>`;

const http = createServer(async (request, response) => {
  const body = request.url === "/" ? page : await readFile(new URL(`.${request.url}`, import.meta.url)).catch(() => null);
  const type = request.url === "/" ? "text/html" : "text/javascript";
  response.writeHead(body === null ? 404 : 200, { "Content-Type": `${type}; charset=utf-8` }).end(body ?? "");
}).listen(0, "127.0.0.1");
await once(http, "listening");
const origin = `http://127.0.0.1:${http.address().port}`;

const write = (text) => process.stdout.write(`${text}\n`);
const browser = await startBrowser();
const tab = await browser.tab();
const hear = tab.hear.bind(tab);
tab.hear = (method, event) => {
  if (method === "Runtime.bindingCalled") write(event.payload);
  hear(method, event);
};
await tab.call("Runtime.addBinding", { name: "tell" });
await tab.go(`${origin}/`);
await tab.until("window.take");
write(JSON.stringify({
  event: "ready", client: "JavaScript (Chromium)", can: ["watch", "report", "cancel", "tokens", "cursor", "refusals", "ask", "answer"], transport: "websocket", origins: [origin],
}));
for await (const line of createInterface(process.stdin)) {
  const command = JSON.parse(line);
  if (command.do === "exit") break;
  await tab.run(`take(${JSON.stringify(command)})`);
}
browser.close();
process.exit(0);
