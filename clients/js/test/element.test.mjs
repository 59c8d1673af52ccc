// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: tests the element in a real browser, in a page with a strict policy, with a real server.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { startBrowser } from "./support/browser.mjs";
import { checkClean, first, load, part, stage } from "./support/stage.mjs";

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser?.close());

/** Returns the element in the accessibility tree. The DevTools protocol shows value texts only for attributes. */
async function accessible(tab) {
  await tab.call("Accessibility.enable");
  const { nodes } = await tab.call("Accessibility.getFullAXTree");
  const node = nodes.find((one) => one.role?.value === "progressbar");
  const property = (name) => node.properties.find((one) => one.name === name)?.value.value;
  return { name: node.name.value, now: node.value?.value, min: property("valuemin"), max: property("valuemax") };
}

test("the element shows an operation to its end: role, values, states, parts and events, under a strict policy", async (t) => {
  const pages = { "/": { script: load } };
  const { site, server, tab } = await stage(t, browser, pages);
  const worker = await server.worker({ title: "Export", totalCount: 10, unit: "rows" });
  pages["/"].html = `<main><h1>Test</h1><live-progress src="${worker.url}">Export is running…</live-progress></main>`;
  pages["/"].script = `window.told = []; const element = document.querySelector("live-progress");
    for (const name of ["update", "end"]) element.addEventListener(name, ({ type, detail }) => told.push([type, detail.state]));
    ${load}`;
  await tab.go(`${site}/`);
  await tab.until(`${first}.matches(":state(running)")`);
  for (const done of [1, 2, 5]) {
    await worker.report({ state: `Step ${done}`, completedCount: done });
    await tab.until(`${part("count")} .startsWith("${done} of 10 rows") && ${part("share")} === "${done}0%" && ${part("state")} === "Step ${done}"`);
  }
  assert.equal(await tab.run(part("title")), "Export");
  assert.equal(await tab.run(`${first}.shadowRoot.querySelector("[part=fill]").style.transform`), "scaleX(0.5)");
  assert.deepEqual(await accessible(tab), { name: "Export", now: 50, min: 0, max: 100 });
  await worker.succeed({ rows: 7 });
  await tab.until(`${first}.matches(":state(succeeded)") && !${first}.matches(":state(running)")`);
  assert.deepEqual(await tab.run("told.at(-1)"), ["end", "Succeeded"]);
  assert.deepEqual(await tab.run(`${first}.snapshot.result`), { rows: 7 });
  assert.equal((await accessible(tab)).now, 100);
  assert.equal(tab.sockets.length, 1);
  await checkClean(tab);
});

test("the content of the element is shown until the first snapshot or a refusal, and always without an address", async (t) => {
  const pages = { "/": { script: load } };
  const { site, server, tab } = await stage(t, browser, pages);
  const worker = await server.worker({ state: "A" });
  pages["/"].html = `<live-progress id=a src="${server.api}/nobody"><b>Fallback A</b></live-progress>
    <live-progress id=b src="${worker.url}"><b>Fallback B</b></live-progress><live-progress id=c><b>Fallback C</b></live-progress>
    <live-progress id=d src="http://["><b>Fallback D</b></live-progress>`;
  await tab.go(`${site}/`);
  const isShown = (id) => `document.querySelector("#${id} b").checkVisibility()`;
  await tab.until(`document.querySelector("#b").snapshot && document.querySelector("#a").matches(":state(refused)")`);
  assert.deepEqual(await tab.run(`[${["a", "b", "c", "d"].map(isShown)}]`), [false, false, true, false]);
  assert.equal(await tab.run(part("state", "document.querySelector('#d')")),
    "'http://[' is not a URL of a server: it should begin with http:// or https://.");
  assert.equal(await tab.run(`document.querySelector("#d").matches(":state(refused)")`), true);
  await checkClean(tab);
});

test("an element never shows the token of its address, and shows an operation that was created after a refusal", async (t) => {
  const pages = { "/": { script: load } };
  const { site, server, tab } = await stage(t, browser, pages);
  pages["/"].html = `<live-progress src="${server.api}/later#token=SECRET"></live-progress>`;
  await tab.go(`${site}/`);
  await tab.until(`${first}.matches(":state(refused)")`);
  assert.equal(await tab.run(part("title")), `${server.api}/later`);
  const worker = await server.worker({ id: "later", state: "Begun" });
  await tab.run(`document.body.append(document.querySelector("live-progress").cloneNode())`);
  await tab.until(`document.querySelectorAll("live-progress")[1].matches(":state(running)")`);
  await worker.succeed();
  await tab.until(`document.querySelectorAll("live-progress")[1].matches(":state(succeeded)")`);
});

test("a page of another site needs only the policy of the README, with the module of the server", async (t) => {
  const pages = { "/": { script: "" } };
  const { site, server, tab } = await stage(t, browser, pages);
  const worker = await server.worker({ state: "A" });
  const [policy] = readFileSync(new URL("../README.md", import.meta.url), "utf8").match(/^default-src .*/m);
  const { host } = new URL(server.url);
  pages["/"].policy = policy.replaceAll("https://host", server.url).replaceAll("wss://host", `ws://${host}`);
  assert.ok(pages["/"].policy.includes(`connect-src 'self' http://${host} ws://${host};`));
  pages["/"].html = `<script type=module src="${server.url}/live-progress.js"></script><live-progress src="${worker.url}"></live-progress>`;
  await tab.go(`${site}/`);
  await tab.until(`${first}.snapshot?.state === "A"`);
  await worker.succeed();
  await tab.until(`${first}.matches(":state(succeeded)")`);
  assert.equal(tab.sockets.length, 1);
  await checkClean(tab);
});

test("properties from before the definition are applied, and an existing definition is not replaced", async (t) => {
  const pages = { "/": {}, "/taken": { html: "<live-progress></live-progress>" } };
  const { site, server, tab } = await stage(t, browser, pages);
  const worker = await server.worker({ state: "A", title: "Theirs" });
  pages["/"].html = "<live-progress title=tooltip></live-progress>";
  pages["/"].script = `const element = document.querySelector("live-progress"); element.src = ${JSON.stringify(worker.url)}; element.label = "Ours";
    element.token = () => "unused"; await import("/live-progress.js");`;
  pages["/taken"].script = `class Other extends HTMLElement {} customElements.define("live-progress", Other); window.Other = Other; await import("/live-progress.js"); window.ready = true`;
  await tab.go(`${site}/`);
  await tab.until(`${first}.snapshot`);
  assert.deepEqual(await tab.run(`[${part("title")}, ${first}.getAttribute("label"), Object.hasOwn(${first}, "src"), typeof ${first}.token]`),
    ["Ours", "Ours", false, "function"]);
  assert.equal((await accessible(tab)).name, "Ours");
  await tab.run(`${first}.label = null`);
  assert.equal(await tab.run(part("title")), "Theirs");
  await checkClean(tab);
  await tab.go(`${site}/taken`);
  await tab.until("window.ready");
  assert.equal(await tab.run(`customElements.get("live-progress") === Other`), true);
});

test("twenty elements of twenty operations share one connection, and so do elements of one operation", async (t) => {
  const pages = { "/": { script: load }, "/same": { script: load } };
  const { site, server, tab } = await stage(t, browser, pages);
  const workers = [];
  for (let number = 0; number < 20; number += 1) workers.push(await server.worker({ title: `Job ${number}`, labels: { page: "1" } }));
  await server.worker({ title: "Another's" });
  const tag = (url, more = "") => `<live-progress src="${url}"${more}></live-progress>`;
  pages["/"].html = workers.map((one) => tag(one.url, ` feed="label=page=1"`)).join("");
  pages["/same"].html = tag(workers[0].url).repeat(20);
  const all = (fits) => `[...document.querySelectorAll("live-progress")].every((one, index) => ${fits})`;
  await tab.go(`${site}/`);
  await tab.until(all("one.snapshot?.title === `Job ${index}`"));
  for (const round of [1, 2, 3]) {
    await Promise.all(workers.map((one, index) => one.report({ state: `Round ${round} of ${index}` })));
    await tab.until(all(`one.snapshot.state === \`Round ${round} of \${index}\``));
  }
  assert.deepEqual(tab.sockets.map((one) => one.url.replace(server.url.replace("http", "ws"), "")), ["/api/v1/progress?label=page=1"]);
  // A later element, and an element whose operation is not in the feed and is watched separately.
  const other = await server.worker({ title: "Job 21" });
  await tab.run(`document.body.insertAdjacentElement("beforeend", document.querySelector("live-progress").cloneNode(true)).src = ${JSON.stringify(workers[3].url)};
    document.body.insertAdjacentElement("beforeend", document.querySelector("live-progress").cloneNode(true)).src = ${JSON.stringify(other.url)}`);
  await tab.until(`document.querySelectorAll("live-progress")[20].snapshot?.title === "Job 3" && document.querySelectorAll("live-progress")[21].snapshot?.title === "Job 21"`);
  await Promise.all(workers.map((one) => one.succeed()));
  await tab.until(`document.querySelectorAll("live-progress:state(succeeded)").length === 21`);
  assert.equal(tab.sockets.length, 2);
  await checkClean(tab);
  tab.sockets.length = 0;
  await tab.go(`${site}/same`);
  await tab.until(all("one.matches(':state(succeeded)')"));
  assert.equal(tab.sockets.length, 1);
});

test("a moved element keeps its connection, and a removed element closes its connection", async (t) => {
  const pages = { "/": { script: load } };
  const { site, server, tab } = await stage(t, browser, pages);
  const worker = await server.worker({ state: "A" });
  pages["/"].html = `<div></div><live-progress src="${worker.url}"></live-progress>`;
  await tab.go(`${site}/`);
  await tab.until(`${first}.snapshot`);
  for (const round of [1, 2, 3]) {
    await tab.run(`document.querySelector("${round % 2 ? "div" : "body"}").append(${first})`);
    await worker.report({ state: `Moved ${round}` });
    await tab.until(`${first}.snapshot?.state === "Moved ${round}"`);
  }
  assert.equal(tab.sockets.length, 1);
  const closed = tab.next("Network.webSocketClosed");
  await tab.run(`${first}.remove()`);
  await closed;
});

test("an operation is watched separately if its feed is refused", async (t) => {
  const pages = { "/": { script: load } };
  const { site, server, tab } = await stage(t, browser, pages, { hasKeys: true });
  const admin = server.token("admin");
  const worker = await server.worker({ state: "A" }, admin);
  pages["/"].html = `<live-progress src="${worker.url}#token=${server.token("watch", { of: ["--id", worker.id] })}" feed></live-progress>`;
  await tab.go(`${site}/`);
  await tab.until(`${first}.snapshot?.state === "A"`);
  await worker.succeed();
  await tab.until(`${first}.matches(":state(succeeded)")`);
  await checkClean(tab);
});

test("axe finds no problem in any state, light or dark", { timeout: 400_000 }, async (t) => {
  const axe = process.env.AXE_SCRIPT;
  assert.ok(axe, "AXE_SCRIPT must be the path of axe.min.js, which check.sh downloads.");
  // axe assumes that a page without a background is white.
  const paint = `const sheet = new CSSStyleSheet(); sheet.replaceSync("html { background: Canvas; color: CanvasText }"); document.adoptedStyleSheets = [sheet];`;
  const pages = { "/": { script: load + paint } };
  const { site, server, tab } = await stage(t, browser, pages);
  const reports = [{ state: "A" }, { totalCount: 4, completedCount: 1 }, { status: "succeeded" }, { status: "failed", error: "No" }, { status: "cancelled" }];
  const tags = [];
  for (const one of reports) {
    const worker = await server.worker({ title: "Export" });
    await worker.report(one);
    tags.push(`<live-progress src="${worker.url}">Export is running…</live-progress>`);
  }
  tags.push(`<live-progress src="${server.api}/nobody" label="Missing">Nothing here</live-progress>`);
  pages["/"].html = `<meta name=color-scheme content="light dark"><main><h1>Test</h1>${tags.join("")}</main>`;
  // The test injects axe, because the page's policy would block the script.
  await tab.call("Page.setBypassCSP", { enabled: true });
  for (const value of ["light", "dark"]) {
    await tab.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
    await tab.go(`${site}/`);
    await tab.until(`document.querySelectorAll("live-progress:is(:state(succeeded), :state(failed), :state(cancelled), :state(refused))").length === 4`);
    await tab.until(`document.querySelectorAll("live-progress:state(running)").length === 2`);
    await tab.run(readFileSync(axe, "utf8"));
    const { violations, passes } = await tab.run(`axe.run().then(({ violations, passes }) => ({ violations, passes: passes.length }))`);
    assert.deepEqual(violations.map((one) => [one.id, one.nodes.map((node) => node.failureSummary)]), []);
    t.diagnostic(`${value}: ${passes} rules pass, ${violations.length} are violated`);
  }
});

test("the manifest lists exactly the members of the element", async (t) => {
  const manifest = JSON.parse(readFileSync(new URL("../custom-elements.json", import.meta.url)));
  const [{ attributes, members, events, cssParts, cssProperties, cssStates, tagName }] = manifest.modules[0].declarations;
  const names = (list) => list.map((one) => one.name).sort();
  // The parts of a question exist while it is shown.
  const script = `${load} import { QuestionView } from "/lib/question.js";
    window.shown = [["yes"], []].map((choices) => {
      const root = document.createElement("div");
      new QuestionView(root, async () => {}, Date.now).show({ waitingFor: { number: 1, message: "?", choices, default: "yes" } });
      return root;
    });`;
  const pages = { "/": { script, html: "<live-progress></live-progress>" } };
  const { site, tab } = await stage(t, browser, pages);
  await tab.go(`${site}/`);
  await tab.until("window.shown");
  const has = await tab.run(`(() => {
    const kind = customElements.get("${tagName}"), own = Object.getOwnPropertyDescriptors(kind.prototype), root = ${first}.shadowRoot;
    return { attributes: kind.observedAttributes, members: Object.keys(own).filter((name) => own[name].get),
      parts: [root, ...shown].flatMap((one) => [...one.querySelectorAll("[part]")]).flatMap((one) => [...one.part]), style: root.adoptedStyleSheets[0].cssRules.length,
      text: [...root.adoptedStyleSheets[0].cssRules].map((one) => one.cssText).join(" "), slots: root.querySelectorAll("slot").length };
  })()`);
  assert.deepEqual(names(attributes), has.attributes.sort());
  assert.deepEqual(names(members), has.members.sort());
  assert.deepEqual(names(cssParts), [...new Set(has.parts)].sort());
  assert.equal(has.slots, 1);
  assert.deepEqual(names(cssProperties), [...new Set(has.text.match(/--live-progress-[a-z-]+/g))].sort());
  const styled = new Set([...has.text.matchAll(/:state\((\w+)\)/g)].map(([, name]) => name));
  assert.deepEqual([...styled].filter((name) => !names(cssStates).includes(name)), []);
  const source = readFileSync(new URL("../lib/element.js", import.meta.url), "utf8");
  const sent = [...source.matchAll(/CustomEvent\((.*?), \{/g)].flatMap(([, text]) => [...text.matchAll(/"(\w+)"/g)].map(([, name]) => name));
  assert.deepEqual(names(events), [...new Set(sent)].sort());
});
