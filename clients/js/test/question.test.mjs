// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: tests how the element shows a question, in a real browser, in a page with a strict policy.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { startAsking } from "./support/asking.mjs";
import { startBrowser } from "./support/browser.mjs";
import { startSite } from "./support/site.mjs";
import { checkClean, first, load, part } from "./support/stage.mjs";

let browser;
before(async () => (browser = await startBrowser()));
after(() => browser?.close());

const choice = { message: "Apply 3 changes?", choices: ["yes", "no"], default: "no", timeout: 60 };
const shadow = `${first}.shadowRoot`;
const node = (name) => `${shadow}.querySelector("[part~=${name}]")`;
const isShown = (name) => `${node(name)}?.checkVisibility() === true`;
const buttons = `[...${shadow}.querySelectorAll("button")].filter((one) => one.checkVisibility()).map((one) => one.textContent)`;
const press = (number) => `${shadow}.querySelectorAll("button")[${number}].click()`;

/** The bodies of the answers, without the browser's requests for permission. */
const answersTo = (server) => server.calls.filter(({ method, path }) => method === "POST" && path.endsWith("/answer")).map(({ body }) => JSON.parse(body));

/** Opens a page with an element whose operation is in the given state. */
async function open(t, prepare, attributes = "") {
  const server = await startAsking(t);
  const pages = { "/": { script: load } };
  const site = await startSite(t, pages, () => [server.url]);
  prepare(server);
  pages["/"].html = `<meta name=color-scheme content="light dark"><main><h1>Test</h1>
    <button id=before>Before</button><live-progress src="${server.address}" label="Import" ${attributes}></live-progress></main>`;
  const tab = await browser.tab();
  await tab.go(`${site}/`);
  await tab.until(`${first}.snapshot`);
  return { server, tab, site };
}

/** Returns the role and the name of each node in the accessibility tree that has one of the roles. */
async function accessible(tab, ...roles) {
  await tab.call("Accessibility.enable");
  const { nodes } = await tab.call("Accessibility.getFullAXTree");
  return nodes.filter((one) => !one.ignored && roles.includes(one.role?.value)).map((one) => [one.role.value, one.name?.value]);
}

test("a question is a group with its message and a button for each choice; a click answers, and the answer is shown", async (t) => {
  const { server, tab } = await open(t, (one) => one.ask(choice));
  await tab.until(isShown("question"));
  assert.equal(await tab.run(`${first}.matches(":state(waiting)")`), true);
  assert.deepEqual(await tab.run(buttons), ["yes", "no (default)"]);
  assert.match(await tab.run(part("deadline")), /^(1 min|\d\d s) left, then “no” is the answer$/);
  assert.deepEqual(await accessible(tab, "progressbar", "group", "button"), [
    ["button", "Before"], ["group", "Import"], ["progressbar", "Import"], ["group", "Apply 3 changes?"], ["button", "yes"], ["button", "no (default)"],
  ]);
  await tab.run(press(0));
  await tab.until(`${part("answered")} === "Apply 3 changes? yes · answered by anna"`);
  assert.deepEqual(answersTo(server), [{ answer: "yes", number: 1 }]);
  assert.deepEqual(await tab.run(buttons), []);
  assert.equal(await tab.run(`${isShown("deadline")} || ${isShown("message")}`), false);
  await checkClean(tab);
});

test("a question that is answered where the work runs has no controls, until an answerable one follows", async (t) => {
  const { server, tab } = await open(t, (one) => one.ask({ message: "Run x?", kind: "permission", answerable: false }));
  for (const round of [1, 2, 3]) {
    await tab.until(`${part("answers")} === "Answered where it runs."`);
    assert.equal(await tab.run(part("message")), "Run x?");
    assert.deepEqual(await tab.run(buttons), []);
    assert.equal(await tab.run(isShown("field")), false);
    server.ask(choice);
    await tab.until(`${part("message")} === "Apply 3 changes?"`);
    assert.deepEqual(await tab.run(buttons), ["yes", "no (default)"]);
    server.ask({ message: "Run x?", kind: "permission", answerable: false });
  }
  await checkClean(tab);
});

test("without choices, a labelled field takes any text, and the Enter key sends it", async (t) => {
  const { server, tab } = await open(t, (one) => one.ask({ message: "Which name?", kind: "input" }));
  await tab.until(isShown("field"));
  assert.deepEqual(await accessible(tab, "textbox"), [["textbox", "Your answer"]]);
  await tab.run(`${node("field")}.focus()`);
  await tab.call("Input.dispatchKeyEvent", { type: "keyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: "\r" });
  assert.equal(await tab.run(`${node("field")}.matches(":invalid")`), true, "an empty answer is not sent");
  await tab.call("Input.insertText", { text: "<b>Q3</b>" });
  // Other reports change neither the text nor the focus.
  for (const step of [1, 2, 3]) {
    server.publish({ state: `Step ${step}` });
    await tab.until(`${part("state")} === "Step ${step}"`);
  }
  assert.deepEqual(await tab.run(`[${node("field")}.value, ${shadow}.activeElement === ${node("field")}]`), ["<b>Q3</b>", true]);
  await tab.call("Input.dispatchKeyEvent", { type: "keyDown", key: "Enter", code: "Enter", windowsVirtualKeyCode: 13, text: "\r" });
  await tab.until(`${part("answered")} === "Which name? <b>Q3</b> · answered by anna"`);
  assert.equal(answersTo(server).length, 1);
  assert.equal(await tab.run(`${shadow}.activeElement === ${node("answered")}`), true, "the focus of the field goes to the answer");
  await checkClean(tab);
});

test("a question, its choices and its answer cannot contain markup", async (t) => {
  const attack = "<img src=x onerror=alert(1)><script>window.hacked = 1</script>";
  const { server, tab } = await open(t, (one) => one.ask({ message: attack, choices: [attack, "no"], default: attack, timeout: 60 }));
  await tab.until(isShown("choice"));
  assert.deepEqual(await tab.run(`[${part("message")}, ${node("choice")}.firstChild.data]`), [attack, attack]);
  server.answer(attack, { answeredBy: attack, isExpired: false });
  await tab.until(`${part("answered")} === ${JSON.stringify(`${attack} ${attack} · answered by ${attack}`)}`);
  assert.deepEqual(await tab.run(`[${shadow}.querySelectorAll("img, script").length, "hacked" in window]`), [0, false]);
  await checkClean(tab);
});

test("the deadline, an unknown person and a deadline without a default have their words", async (t) => {
  const { server, tab } = await open(t, (one) => one.ask(choice));
  server.expire();
  await tab.until(`${part("answered")} === "Apply 3 changes? no · nobody answered in time"`);
  server.ask({ message: "Go on?", timeout: 60 });
  await tab.until(`${part("message")} === "Go on?" && !${isShown("answered")} && ${part("deadline")}.endsWith(" left")`);
  server.expire();
  await tab.until(`${part("answered")} === "Go on? · nobody answered in time"`);
  server.ask({ message: "Go on?" });
  await tab.until(`${isShown("message")} && ${part("deadline")} === ""`);
  server.answer("yes", { isExpired: false });
  await tab.until(`${part("answered")} === "Go on? yes · answered"`);
});

const refusals = [
  [403, { title: "No" }, "You may watch, but not answer.", true],
  [422, { title: "No", detail: "It is <b>not</b> a choice." }, "It is <b>not</b> a choice.", true],
  [409, { title: "No", detail: "“no” was answered by ben." }, "“no” was answered by ben.", false],
];
for (const [status, problem, text, keeps] of refusals) {
  test(`${status} is shown as text beside the buttons, which ${keeps ? "stay" : "go"}, until the next question`, async (t) => {
    const { server, tab } = await open(t, (one) => one.ask(choice));
    await tab.until(isShown("choice"));
    server.refusal = [status, problem];
    await tab.run(`${node("choice")}.focus(); ${press(0)}`);
    await tab.until(`${part("notice")} === ${JSON.stringify(text)}`);
    assert.equal((await tab.run(buttons)).length, keeps ? 2 : 0);
    assert.equal(await tab.run(`${shadow}.activeElement === ${keeps ? node("choice") : node("notice")}`), true);
    server.refusal = null;
    if (!keeps) server.ask({ ...choice, message: "And now?" });
    await tab.until(`${buttons}.length === 2`);
    await tab.run(press(1));
    await tab.until(`${part("answered")}.endsWith("no · answered by anna")`);
    assert.equal(await tab.run(isShown("notice")), false);
  });
}

test("a server that cannot be reached is shown, and the same button works afterwards", async (t) => {
  const { server, tab } = await open(t, (one) => one.ask(choice));
  await tab.until(isShown("choice"));
  await tab.run(`window.real = fetch; globalThis.fetch = () => Promise.reject(new TypeError("Failed to fetch")); ${press(0)}`);
  await tab.until(`${part("notice")} === "No connection. Try again."`);
  await tab.run(`globalThis.fetch = real; ${press(0)}; ${press(1)}`);
  await tab.until(`${isShown("answered")}`);
  assert.equal(answersTo(server).length, 1, "a second click sends nothing while the first is under way");
});

test("`readonly` hides the controls and keeps the question; as a property it shows them again", async (t) => {
  const { tab } = await open(t, (one) => one.ask(choice), "readonly");
  await tab.until(`${part("message")} === "Apply 3 changes?"`);
  assert.deepEqual(await tab.run(`[${buttons}, ${first}.readOnly, ${isShown("deadline")}]`), [[], true, true]);
  await tab.run(`${first}.readOnly = false`);
  assert.deepEqual(await tab.run(`[${buttons}.length, ${first}.hasAttribute("readonly")]`), [2, false]);
});

test("a new question is announced, and takes the focus from nothing", async (t) => {
  const { server, tab } = await open(t, (one) => one.publish({ state: "A" }));
  await tab.run(`document.querySelector("#before").focus(); window.said = [];
    new MutationObserver((all) => all.forEach((one) => said.push(one.target.textContent))).observe(${node("message")}, { childList: true })`);
  assert.equal(await tab.run(`${node("message")}.getAttribute("aria-live")`), "polite");
  server.ask(choice);
  // The second text is for assistive technology, which misses the text of a region that just appeared.
  await tab.until("said.length === 2");
  assert.deepEqual(await tab.run("[said, document.activeElement.id]"), [["Apply 3 changes?", "Apply 3 changes?"], "before"]);
});

test("a stalled worker's question can be answered; an end, a refusal and a withdrawal leave no controls", async (t) => {
  const { server, tab } = await open(t, (one) => one.ask(choice));
  server.publish({ status: "stalled" });
  await tab.until(`${first}.matches(":state(stalled)") && ${buttons}.length === 2`);
  server.publish({ status: "running", waitingFor: undefined });
  await tab.until(`!(${isShown("question")})`);
  assert.deepEqual(await accessible(tab, "progressbar", "group"), [["progressbar", "Import"]]);
  server.ask(choice);
  await tab.until(isShown("question"));
  server.publish({ status: "cancelled", waitingFor: undefined });
  await tab.until(`${first}.matches(":state(cancelled)") && !(${isShown("question")})`);
});

test("the bar stands still while a person is awaited, and the rate is not shown", async (t) => {
  const progress = { completedCount: 5, totalCount: null, unit: "rows", throughput: 12, estimatedTimeRemaining: 3 };
  const { server, tab } = await open(t, (one) => one.publish({ progress }));
  const moving = `${node("fill")}.getAnimations().length`;
  await tab.until(`${moving} === 1 && ${part("count")}.includes("rows/s")`);
  server.ask(choice);
  await tab.until(`${first}.matches(":state(waiting)")`);
  assert.deepEqual(await tab.run(`[${moving}, ${part("count")}]`), [0, "5 rows"]);
  server.publish({ progress: { ...progress, totalCount: 10, fractionCompleted: 0.5 } });
  await tab.until(`${part("share")} === "50%"`);
  assert.equal(await tab.run(moving), 0);
});

test("axe finds no problem in a question or an answer, light or dark", { timeout: 200_000 }, async (t) => {
  const axe = process.env.AXE_SCRIPT;
  assert.ok(axe, "AXE_SCRIPT must be the path of axe.min.js, which check.sh downloads.");
  for (const [prepare, shown] of [
    [(one) => one.ask(choice), "choice"], [(one) => one.ask({ message: "Which name?" }), "field"],
    [(one) => (one.ask(choice), one.answer("yes")), "answered"],
  ]) {
    const { tab, site } = await open(t, prepare);
    await tab.call("Page.setBypassCSP", { enabled: true });
    for (const value of ["light", "dark"]) {
      await tab.call("Emulation.setEmulatedMedia", { features: [{ name: "prefers-color-scheme", value }] });
      await tab.go(`${site}/`);
      await tab.until(isShown(shown));
      await tab.run(`const sheet = new CSSStyleSheet(); sheet.replaceSync("html { background: Canvas; color: CanvasText }"); document.adoptedStyleSheets = [sheet];`);
      await tab.run(readFileSync(axe, "utf8"));
      const violations = await tab.run("axe.run().then(({ violations }) => violations.map((one) => [one.id, one.nodes.map((node) => node.failureSummary)]))");
      assert.deepEqual(violations, [], `${shown}, ${value}`);
    }
  }
});
