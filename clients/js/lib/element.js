// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: the element <live-progress src="…">.

import { answerTime } from "./error.js";
import { isEnded } from "./place.js";
import { QuestionView, ServerClock } from "./question.js";
import { follow } from "./shared.js";
import { style } from "./style.js";
import { answer } from "./watch.js";
import { countText, percentOf, rateText, shareOf, shareText, statusWord } from "./words.js";

/** @typedef {import("./types.js").ConnectionState} ConnectionState */

/**
 * The texts for refusals, whose own texts are for developers.
 * @type {Record<string, string>}
 */
const refusalTexts = {
  unknown: "There is no such operation.",
  gone: "This operation was deleted or has expired.",
  forbidden: "You may not see this operation.",
  unauthenticated: "A valid token is needed.",
};

/**
 * Returns the text for a connection that waits or is refused.
 * @param {ConnectionState} connection
 * @param {boolean} wasLive
 */
function lostText({ phase, error }, wasLive) {
  if (phase === "waiting") return wasLive ? "Connection lost, reconnecting…" : "No connection yet, trying again…";
  return refusalTexts[error?.kind ?? ""] ?? error?.message ?? "";
}

/** The base class; without elements, as in a worker or in Node, the class cannot be used. */
const Base = globalThis.HTMLElement ?? /** @type {typeof HTMLElement} */ (class {});

/**
 * Shows an operation live; the content of the element is shown until the first snapshot or a refusal.
 *
 * ```html
 * <live-progress src="https://host/api/v1/progress/ID" label="Export">Export is running…</live-progress>
 * ```
 */
export class LiveProgressElement extends Base {
  static observedAttributes = ["src", "label", "feed", "readonly"];
  #internals = this.attachInternals();
  /** @type {Record<string, HTMLElement>} */
  #parts = {};
  #slot = document.createElement("slot");
  /** @type {import("./types.js").Snapshot | null} */
  #snapshot = null;
  /** @type {import("./address.js").TokenSource | null} */
  #token = null;
  /** @type {(() => void) | undefined} */
  #stop;
  /** @type {string[]} */
  #states = [];
  #isIn = false;
  #clock = new ServerClock();
  #question;
  /** @type {ConnectionState} */
  #connection = { phase: "connecting" };

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    const make = (/** @type {string} */ name, /** @type {Node[]} */ ...children) => {
      const node = document.createElement("div");
      if (/row/.test(name)) node.className = name;
      else (this.#parts[name] = node).setAttribute("part", name);
      node.append(...children);
      return node;
    };
    const bar = make("bar", make("fill"));
    root.append(this.#slot, make("row", make("title"), make("share")), bar, make("row foot", make("state"), make("count")), make("question"));
    const send = (/** @type {string} */ text, /** @type {number} */ number) =>
      answer(this.src ?? "", text, { number, token: this.#token, signal: /** @type {any} */ (AbortSignal).timeout(answerTime) });
    this.#question = new QuestionView(this.#parts.question, send, this.#clock.now);
    this.#question.speak();
  }

  /** The newest snapshot, or `null`. */
  get snapshot() {
    return this.#snapshot;
  }

  /** The token: a text or a function, as in `watch`. */
  get token() {
    return this.#token;
  }
  set token(token) {
    this.#token = token;
    this.#open();
  }

  /** The operation's URL, relative to the page. */
  get src() {
    return this.getAttribute("src");
  }
  set src(value) {
    this.#set("src", value);
  }

  /** The displayed name; by default the operation's title. (`title` is the tooltip.) */
  get label() {
    return this.getAttribute("label");
  }
  set label(value) {
    this.#set("label", value);
  }

  /** The query of a feed that contains the operation, such as `label=page=1`; elements of the same feed share its connection. */
  get feed() {
    return this.getAttribute("feed");
  }
  set feed(value) {
    this.#set("feed", value);
  }

  /** Whether questions are shown without the controls to answer them. */
  get readOnly() {
    return this.hasAttribute("readonly");
  }
  set readOnly(value) {
    this.toggleAttribute("readonly", Boolean(value));
  }

  /**
   * @param {string} name
   * @param {string | null} value
   */
  #set(name, value) {
    value === null ? this.removeAttribute(name) : this.setAttribute(name, value);
  }

  connectedCallback() {
    // A property that was set before the definition hides the accessor of the class, so set it again.
    for (const name of ["token", "readOnly", ...LiveProgressElement.observedAttributes]) {
      if (!Object.hasOwn(this, name)) continue;
      const own = /** @type {any} */ (this);
      const value = own[name];
      delete own[name];
      own[name] = value;
    }
    this.#isIn = true;
    this.#open();
  }

  disconnectedCallback() {
    this.#isIn = false;
    this.#close();
    this.#question.show(null);
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} after
   */
  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (/label|readonly/.test(name)) this.#show();
    else this.#open();
  }

  #close() {
    this.#stop?.();
    this.#stop = undefined;
  }

  #open() {
    if (!this.#isIn) return;
    this.#close();
    this.#snapshot = null;
    this.#show({ phase: "connecting" });
    const src = this.getAttribute("src");
    if (!src) return;
    try {
      const feed = this.getAttribute("feed");
      this.#stop = follow(src, { feed, token: this.#token }, { message: (one) => this.#take(one), phase: (one) => this.#show(one) });
    } catch (error) {
      this.#show({ phase: "refused", error: /** @type {any} */ (error) });
    }
  }

  /** @param {import("./types.js").Snapshot} snapshot */
  #take(snapshot) {
    this.#snapshot = snapshot;
    this.#clock.learn(snapshot);
    // After the operation was removed, a message is of its next run.
    this.#show({ phase: "live" });
    this.dispatchEvent(new CustomEvent(snapshot.type === "end" ? "end" : "update", { detail: snapshot }));
  }

  #show(connection = this.#connection) {
    const isRefusal = connection.phase === "refused" && this.#connection.phase !== "refused";
    this.#connection = connection;
    const { phase } = connection;
    const isLost = phase === "waiting" || phase === "refused";
    const snapshot = this.#snapshot ?? /** @type {any} */ ({ status: "loading" });
    const { status, progress, error, title, id } = snapshot;
    const share = shareOf(snapshot);
    const ended = isEnded(status);
    const word = statusWord(status) + (error?.title ? ": " + error.title : "");
    const state = ended ? word : isLost ? lostText(connection, this.#snapshot !== null) : this.#snapshot ? snapshot.state || word : "";
    const name = this.getAttribute("label") || title || id || (this.getAttribute("src") ?? "").split("#")[0];
    const figure = shareText(snapshot);
    const count = [countText(progress), ended || status === "waiting" ? "" : rateText(progress)].filter(Boolean).join(" · ");
    const texts = { title: name, share: figure, state, count };
    for (const [part, text] of Object.entries(texts)) if (this.#parts[part].textContent !== text) this.#parts[part].textContent = text;
    this.#slot.hidden = this.#snapshot !== null || phase === "refused";
    this.#parts.fill.style.transform = share === null ? "" : `scaleX(${share})`;
    const hasQuestion = this.#question.show(phase === "refused" ? null : this.#snapshot, this.readOnly);
    this.#describe(hasQuestion, {
      role: "progressbar",
      ariaLabel: name,
      ariaValueMin: "0",
      ariaValueMax: "100",
      ariaValueNow: share === null ? null : String(percentOf(share)),
      ariaValueText: [figure, word, ended ? "" : state].filter(Boolean).join(", "),
    });
    this.#mark([status, ended || !isLost ? "" : phase === "waiting" ? "reconnecting" : phase, share === null ? "indeterminate" : ""].filter(Boolean));
    if (isRefusal) this.dispatchEvent(new CustomEvent("refused", { detail: connection.error }));
  }

  /**
   * Describes the element to assistive technology as a progress bar. A progress bar hides its content, so beside a question only
   * the bar itself is one, and the element is a group.
   * @param {boolean} isGroup
   * @param {Record<string, string | null>} bar
   */
  #describe(isGroup, bar) {
    const none = Object.fromEntries(Object.keys(bar).map((name) => [name, null]));
    Object.assign(this.#internals, isGroup ? { ...none, role: "group", ariaLabel: bar.ariaLabel } : bar);
    Object.assign(this.#parts.bar, isGroup ? bar : none);
  }

  /** @param {string[]} states */
  #mark(states) {
    const set = /** @type {any} */ (this.#internals).states;
    for (const one of this.#states) set.delete(one);
    for (const one of (this.#states = states)) set.add(one);
  }
}

if (globalThis.customElements && !customElements.get("live-progress")) customElements.define("live-progress", LiveProgressElement);
