// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: tests pages in a real browser: expiring tokens, sleep, the back/forward cache, and workers.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startBrowser } from "./support/browser.mjs";
import { checkClean, first, load, stage } from "./support/stage.mjs";

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser?.close());

test("a new token is requested before the token expires, and sent over the open connection, three times", async (t) => {
  const pages = { "/": {} };
  const { site, server, tab } = await stage(t, browser, pages, { hasKeys: true });
  const worker = await server.worker({ state: "A" }, server.token("admin"));
  const tokens = [];
  pages["/token"] = { answer: () => tokens[tokens.push(server.token("watch", { seconds: tokens.length < 3 ? 6 + tokens.length : 600 })) - 1] };
  pages["/"].html = `<live-progress src="${worker.url}"></live-progress>`;
  pages["/"].script = `window.asked = 0; document.querySelector("live-progress").token = async () => {
    const token = await (await fetch("/token")).text(); asked += 1; return token; }; await import("/live-progress.js");`;
  await tab.go(`${site}/`);
  await tab.until("asked === 4");
  await worker.report({ state: "B" });
  await tab.until(`${first}.snapshot?.state === "B"`);
  assert.equal(tab.sockets.length, 1, JSON.stringify(tab.sockets));
  assert.deepEqual(tab.sockets[0].sent, tokens.slice(1).map((token) => ({ type: "authenticate", token })));
  await checkClean(tab);
});

test("a page that becomes visible requests the state with the cursor, and replaces a broken connection", async (t) => {
  const pages = { "/": { script: load } };
  const { site, server, network, near, tab } = await stage(t, browser, pages, { isFar: true });
  const worker = await server.worker({ state: "A" });
  pages["/"].html = `<live-progress src="${near(worker.url)}"></live-progress>`;
  await tab.go(`${site}/`);
  await tab.until(`${first}.snapshot?.state === "A"`);
  for (const round of [1, 2, 3]) {
    const cursor = await tab.run(`${first}.snapshot.cursor`);
    const before = tab.requests.length;
    await tab.hide();
    await worker.report({ state: `Hidden ${round}` });
    await tab.until(`${first}.snapshot.state === "Hidden ${round}"`);
    assert.equal(tab.sockets.length, round, "a hidden tab stays connected");
    network.swallow();
    await worker.report({ state: `Asleep ${round}` });
    await tab.show();
    await tab.until(`${first}.snapshot.state === "Asleep ${round}"`);
    const asked = tab.requests.slice(before).map((one) => one.headers["If-None-Match"]).filter(Boolean);
    assert.deepEqual(asked, [`"${cursor.replace(/\d+$/, (revision) => Number(revision) + 1)}"`]);
    await worker.report({ state: `Awake ${round}` });
    await tab.until(`${first}.snapshot.state === "Awake ${round}"`);
  }
  assert.equal(tab.sockets.length, 4);
  await worker.succeed();
  await tab.until(`${first}.matches(":state(succeeded)")`);
  await checkClean(tab);
});

test("a page continues at its cursor after it was frozen, and misses nothing, three times", async (t) => {
  const pages = { "/": { script: load } };
  const { site, server, network, near, tab } = await stage(t, browser, pages, { isFar: true });
  const worker = await server.worker({ state: "A" });
  pages["/"].html = `<live-progress src="${near(worker.url)}"></live-progress>`;
  pages["/"].script = `window.seen = []; document.querySelector("live-progress").addEventListener("update", ({ detail }) => seen.push(detail.state)); ${load}`;
  await tab.go(`${site}/`);
  await tab.until(`${first}.snapshot?.state === "A"`);
  for (const round of [1, 2, 3]) {
    await tab.call("Page.setWebLifecycleState", { state: "frozen" });
    network.swallow();
    for (const step of [1, 2]) await worker.report({ state: `Asleep ${round}.${step}` });
    await tab.call("Page.setWebLifecycleState", { state: "active" });
    await tab.until(`${first}.snapshot.state === "Asleep ${round}.2"`);
  }
  assert.deepEqual(await tab.run("seen"), ["A", ...[1, 2, 3].flatMap((round) => [`Asleep ${round}.1`, `Asleep ${round}.2`])]);
  await checkClean(tab);
});

test("a page in the back/forward cache has no connection, and continues at its cursor afterwards, three times", async (t) => {
  const pages = { "/": { script: load }, "/other": {} };
  const { site, server, network, near, tab } = await stage(t, browser, pages, { isFar: true });
  const worker = await server.worker({ state: "A" });
  pages["/"].html = `<live-progress src="${near(worker.url)}"></live-progress>`;
  pages["/"].script = `window.shown = []; window.seen = []; addEventListener("pageshow", ({ persisted }) => shown.push(persisted));
    document.querySelector("live-progress").addEventListener("update", ({ detail }) => seen.push(detail.state)); ${load}`;
  await tab.go(`${site}/`);
  await tab.until(`${first}.snapshot?.state === "A"`);
  for (const round of [1, 2, 3]) {
    await tab.go(`${site}/other`);
    for (const step of [1, 2]) await worker.report({ state: `Away ${round}.${step}` });
    await network.closed();
    const { currentIndex, entries } = await tab.call("Page.getNavigationHistory");
    await tab.call("Page.navigateToHistoryEntry", { entryId: entries[currentIndex - 1].id });
    await tab.until(`window.shown?.at(-1) === true && ${first}.snapshot.state === "Away ${round}.2"`);
  }
  assert.deepEqual(await tab.run("seen"), ["A", ...[1, 2, 3].flatMap((round) => [`Away ${round}.1`, `Away ${round}.2`])]);
  assert.equal(tab.sockets.length, 4);
  await checkClean(tab);
});

test("a web worker watches and reports with the same module", async (t) => {
  const pages = { "/": { isLax: true }, "/job": {} };
  const { site, server, tab } = await stage(t, browser, pages);
  pages["/job"].script = `import { report, watch } from "/live-progress.js";
    const op = await report(${JSON.stringify(server.url)}, { title: "In a worker", total: 3 });
    op.update("A"); op.advance(3);
    await op.succeed({ rows: 7 });
    for await (const one of watch(op.url)) postMessage([one.status, one.progress.completedCount, one.result]);`;
  pages["/"].script = `new Worker("/job.page.js", { type: "module" }).onmessage = ({ data }) => (window.data = data);`;
  await tab.go(`${site}/`);
  assert.deepEqual(await tab.until("window.data"), ["succeeded", 3, { rows: 7 }]);
  await checkClean(tab);
});
