// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: a headless Chromium, controlled by the DevTools protocol over a pipe.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const flags = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-default-apps", "--disable-sync", "--disable-extensions", "--no-default-browser-check",
  "--remote-debugging-pipe", "--no-startup-window",
];

export const chromium =
  process.env.CHROMIUM ?? names.find((name) => spawnSync("which", [name]).status === 0);

/** Starts a browser; `close` ends it with all its processes. */
export async function startBrowser() {
  if (!chromium) throw new Error("There is no Chromium: install Debian's package chromium, or set CHROMIUM to its path.");
  const folder = mkdtempSync(join(tmpdir(), "live-progress-chromium-"));
  const child = spawn(chromium, [`--user-data-dir=${folder}`, ...flags], { detached: true, stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
  const [, , , input, output] = child.stdio;
  const answers = new Map();
  const pages = new Map();
  let number = 0, rest = "";
  output.setEncoding("utf8").on("data", (data) => {
    const messages = (rest + data).split("\0");
    rest = messages.pop();
    for (const text of messages) {
      const { id, result, error, method, params, sessionId } = JSON.parse(text);
      if (!id) pages.get(sessionId)?.hear(method, params);
      else if (error) answers.get(id).reject(new Error(`${answers.get(id).method}: ${error.message}`));
      else answers.get(id).resolve(result);
      answers.delete(id);
    }
  });
  const call = (method, params = {}, sessionId) => new Promise((resolve, reject) => {
    answers.set(++number, { resolve, reject, method });
    input.write(`${JSON.stringify({ id: number, method, params, sessionId })}\0`);
  });
  return {
    call,
    /** Opens a tab with a separate profile. */
    async tab() {
      const { browserContextId } = await call("Target.createBrowserContext");
      const { targetId } = await call("Target.createTarget", { url: "about:blank", browserContextId });
      const { sessionId } = await call("Target.attachToTarget", { targetId, flatten: true });
      const page = new Page((method, params) => call(method, params, sessionId));
      // Another tab in front hides this tab, as in a window.
      page.show = () => call("Target.activateTarget", { targetId });
      page.hide = async () => call("Target.activateTarget", await call("Target.createTarget", { url: "about:blank", browserContextId }));
      pages.set(sessionId, page);
      for (const domain of ["Page", "Runtime", "Network", "Log"]) await page.call(`${domain}.enable`);
      await page.call("Page.addScriptToEvaluateOnNewDocument", { source: watchPolicy });
      return page;
    },
    close() {
      process.kill(-child.pid, "SIGKILL");
      // Other processes of the browser may still be running.
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** Runs before the scripts of a page, and records violations of the content security policy. */
const watchPolicy = `
window.violations = [];
document.addEventListener("securitypolicyviolation", (event) => violations.push(event.effectiveDirective + " " + event.blockedURI + " " + event.sample));
window.waitFor = (fits) => new Promise((resolve) => {
  const look = () => { let is; try { is = fits(); } catch {} if (is) resolve(is); else setTimeout(look, 10); };
  look();
});`;

class Page {
  sockets = [];
  requests = [];
  complaints = [];
  #waiting = new Set();

  constructor(call) {
    this.call = call;
  }

  hear(method, event) {
    if (method === "Network.webSocketCreated") this.sockets.push({ id: event.requestId, url: event.url, sent: [], isClosed: false });
    if (method === "Network.webSocketFrameSent") this.#socket(event)?.sent.push(JSON.parse(event.response.payloadData));
    if (method === "Network.webSocketClosed") this.#socket(event).isClosed = true;
    if (method === "Network.requestWillBeSent") this.requests.push(event.request);
    if (method === "Runtime.exceptionThrown") this.complaints.push(event.exceptionDetails.exception?.description ?? event.exceptionDetails.text);
    if (method === "Log.entryAdded" && event.entry.level === "error" && event.entry.source !== "network") this.complaints.push(event.entry.text);
    for (const one of this.#waiting) one(method, event);
  }

  #socket = (event) => this.sockets.find((one) => one.id === event.requestId);

  /** Waits for the next event with this name. */
  next(name, fits = () => true) {
    return new Promise((resolve) => {
      const one = (method, event) => {
        if (method !== name || !fits(event)) return;
        this.#waiting.delete(one);
        resolve(event);
      };
      this.#waiting.add(one);
    });
  }

  async go(url) {
    const loaded = this.next("Page.loadEventFired");
    await this.call("Page.navigate", { url });
    await loaded;
  }

  async run(expression) {
    const { result, exceptionDetails } = await this.call("Runtime.evaluate", {
      expression, awaitPromise: true, returnByValue: true, userGesture: true,
    });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  }

  /** Waits until an expression is true in the page. */
  async until(expression) {
    let isOver = false;
    const limit = new Promise((_, reject) => setTimeout(() => !isOver && reject(new Error(`never became true: ${expression}`)), 30_000).unref());
    try {
      return await Promise.race([this.run(`waitFor(() => ${expression})`), limit]);
    } finally {
      isOver = true;
    }
  }
}
