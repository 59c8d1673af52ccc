// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: tests what the element says and shows without a connection, and after a refusal.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { packed } from "../pack.mjs";
import { startBrowser } from "./support/browser.mjs";
import { startServer } from "./support/server.mjs";
import { checkClean, first, load, part, stage } from "./support/stage.mjs";

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser?.close());

const tag = (id, src) => `<live-progress id=${id} src="${src}"></live-progress>`;
const says = (id, text) => `${part("state", `document.querySelector("#${id}")`)} === "${text}"`;
/** The part of the bar that is filled, from 0 to 1. */
const filled = (id) => `new DOMMatrix(getComputedStyle(document.querySelector("#${id}").shadowRoot.querySelector("[part=fill]")).transform).a`;

test("the element distinguishes a first connection from a lost one, three times", async (t) => {
  const pages = { "/": { script: load } };
  const { site, server, tab } = await stage(t, browser, pages);
  const worker = await server.worker({ state: "A" });
  pages["/"].html = tag("a", worker.url);
  await tab.go(`${site}/`);
  await tab.until(`${first}.snapshot`);
  await server.stop();
  await tab.until(says("a", "Connection lost, reconnecting…"));
  await tab.go(`${site}/`);
  await tab.until(says("a", "No connection yet, trying again…"));
  assert.equal(await tab.run(filled("a")), 0);
  const again = await startServer(t, { port: server.port, environment: { LIVE_PROGRESS_ORIGINS: site } });
  await again.worker({ id: worker.id, state: "B" });
  await tab.go(`${site}/`);
  await tab.until(says("a", "B"));
  await again.stop();
  await tab.until(says("a", "Connection lost, reconnecting…"));
});

test("the texts of refusals are for the user of a page", async (t) => {
  const pages = { "/": { script: load } };
  const { site, server, tab } = await stage(t, browser, pages, { hasKeys: true });
  const admin = server.token("admin");
  const [open, gone] = [await server.worker({}, admin), await server.worker({}, admin)];
  await gone.remove();
  pages["/"].html = tag("none", open.url) + tag("unknown", `${server.api}/nobody#token=${admin}`) + tag("gone", `${gone.url}#token=${admin}`) + tag("removed", `${open.url}#token=${admin}`);
  await tab.go(`${site}/`);
  await tab.until(says("none", "A valid token is needed."));
  await tab.until(says("unknown", "There is no such operation."));
  await tab.until(says("gone", "This operation was deleted or has expired."));
  await tab.until(`document.querySelector("#removed").snapshot`);
  await open.remove();
  await tab.until(says("removed", "This operation was deleted or has expired."));
  pages["/forbidden"] = { html: tag("may", open.url) };
  pages["/forbidden"].script = `globalThis.WebSocket = undefined; globalThis.fetch = async () => new Response(null, { status: 403 });
    await import("/live-progress.js");`;
  await tab.go(`${site}/forbidden`);
  await tab.until(says("may", "You may not see this operation."));
  await checkClean(tab);
});

for (const [name, script] of [["", load], ["packed ", `import "/packed.page.js";`]]) {
  test(`the bar of the ${name}element is empty if an operation without counts has ended, or is refused`, async (t) => {
    const pages = { "/": { script }, "/packed": { script: packed() } };
    const { site, server, tab } = await stage(t, browser, pages);
    const workers = {};
    for (const status of ["running", "cancelled", "failed", "succeeded", "removed"]) {
      workers[status] = await server.worker({ state: "A" });
      if (status !== "running" && status !== "removed") await workers[status].report({ status, ...(status === "failed" ? { error: "No" } : {}) });
    }
    pages["/"].html = Object.entries(workers).map(([id, { url }]) => tag(id, url)).join("") + tag("unknown", `${server.api}/nobody`);
    await tab.go(`${site}/`);
    await tab.until(`document.querySelector("#removed").snapshot`);
    await workers.removed.remove();
    for (const [id, state] of [["running"], ["cancelled"], ["failed"], ["succeeded"], ["removed", "refused"], ["unknown", "refused"]]) {
      await tab.until(`document.querySelector("#${id}").matches(":state(${state ?? id})")`);
    }
    await tab.until(`${filled("succeeded")} === 1 && ${["cancelled", "failed", "removed", "unknown"].map((id) => `${filled(id)} === 0`).join(" && ")}`);
    assert.ok((await tab.run(filled("running"))) > 0.2);
    await checkClean(tab);
  });
}
