// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: runs this client in a page of a real Chromium for the conformance suite, by lines of JSON.
//
//   node adapter-chromium.mjs            starts a browser for one case
//   node adapter-chromium.mjs --share    starts a browser for many cases, and prints the path of its socket; ends with its input
//   node adapter-chromium.mjs PATH       runs one case in the browser behind that socket

import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect, createServer as createSocket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { startBrowser } from "./test/support/browser.mjs";

const page = `<!doctype html><title>Conformance</title><script type=module>
  import { driver } from "/conformance/driver.mjs";
  const run = driver((event) => tell(JSON.stringify(event)));
  window.take = (command) => void run(command);
</script>`;

const [place] = process.argv.slice(2);
if (place && place !== "--share") {
  const socket = connect(place);
  process.stdin.pipe(socket).pipe(process.stdout);
  await once(socket, "close");
  process.exit(0);
}

const http = createServer(async (request, response) => {
  const body = request.url === "/" ? page : await readFile(new URL(`.${request.url}`, import.meta.url)).catch(() => null);
  const type = request.url === "/" ? "text/html" : "text/javascript";
  response.writeHead(body === null ? 404 : 200, { "Content-Type": `${type}; charset=utf-8` }).end(body ?? "");
}).listen(0, "127.0.0.1");
await once(http, "listening");
const origin = `http://127.0.0.1:${http.address().port}`;
const browser = await startBrowser();
const idle = [];

/** Returns a tab that hands on what the page tells to `tab.write`. A new tab takes longer than most of the cases, so tabs are used again. */
async function takeTab() {
  if (idle.length) return idle.pop();
  const tab = await browser.tab();
  const hear = tab.hear.bind(tab);
  tab.hear = (method, event) => {
    if (method === "Runtime.bindingCalled") tab.write(event.payload);
    hear(method, event);
  };
  await tab.call("Runtime.addBinding", { name: "tell" });
  return tab;
}

/** Runs the commands of one case, to the end of the input. */
async function play(input, output) {
  const tab = await takeTab();
  try {
    tab.write = (text) => output.write(`${text}\n`);
    await tab.go(`${origin}/`);
    await tab.until("window.take");
    tab.write(JSON.stringify({
      event: "ready", client: "JavaScript (Chromium)", can: ["watch", "report", "cancel", "tokens", "cursor", "refusals", "ask", "answer"], transport: "websocket", origins: [origin],
    }));
    for await (const line of createInterface(input)) {
      const command = JSON.parse(line);
      if (command.do === "exit") break;
      await tab.run(`take(${JSON.stringify(command)})`);
    }
  } finally {
    // The page of the case ends, as with its program, also when the runner has killed the adapter.
    tab.write = () => {};
    await tab.go("about:blank");
    idle.push(tab);
  }
}

if (place === "--share") {
  const folder = mkdtempSync(join(tmpdir(), "live-progress-adapter-"));
  const path = join(folder, "socket");
  createSocket({ allowHalfOpen: true }, (socket) => {
    // The runner kills an adapter at the end of a failed case.
    socket.on("error", () => {});
    play(socket, socket).catch((error) => console.error(error)).finally(() => socket.end());
  }).listen(path, () => console.log(path));
  await once(process.stdin.resume(), "end");
  rmSync(folder, { recursive: true });
} else {
  await play(process.stdin, process.stdout);
}
browser.close();
process.exit(0);
