// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: the element <live-progress src="…">.

import { isEnded } from "./place.js";
import { follow } from "./shared.js";
import { countText, percentOf, rateText, shareOf, shareText, statusWord } from "./words.js";

const style = `
:host { --_tone: light-dark(#1f5bcf, #6aa3ff); display: block; font-variant-numeric: tabular-nums; overflow-wrap: anywhere; }
:host([hidden]) { display: none; }
:host(:is(:state(loading), :state(pending), :state(cancelled))) { --_tone: light-dark(#5a5f69, #9aa0ab); }
:host(:is(:state(stalled), :state(cancelling))) { --_tone: light-dark(#8a5700, #e8b04a); }
:host(:state(succeeded)) { --_tone: light-dark(#167544, #4fc98a); }
:host(:is(:state(failed), :state(refused))) { --_tone: light-dark(#bb2a25, #ff7b72); }
.row { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1em; }
.foot { font-size: 0.875em; min-height: 1.5em; }
[part=title] { font-weight: 600; }
[part=state] { color: var(--live-progress-color, var(--_tone)); }
[part=bar] {
  height: var(--live-progress-height, 0.5em); margin-block: 0.375em; overflow: hidden; contain: strict;
  border-radius: var(--live-progress-radius, 99px); background: var(--live-progress-track, light-dark(#e4e6ea, #2a2e35));
}
[part=fill] {
  height: 100%; transform: scaleX(0); background: var(--live-progress-color, var(--_tone)); transform-origin: left; transition: transform 200ms ease-out;
}
:host(:dir(rtl)) [part=fill] { transform-origin: right; }
:host(:state(indeterminate):is(:state(running), :state(cancelling), :state(stalled)):not(:state(refused))) [part=fill] {
  transform: scaleX(0.3);
}
:host(:state(indeterminate):is(:state(running), :state(cancelling)):not(:state(waiting), :state(refused))) [part=fill] {
  animation: sweep 2s ease-in-out infinite alternate;
}
:host(:is(:state(waiting), :state(refused))) [part=bar] { opacity: 0.5; }
@keyframes sweep { from { transform: translateX(0) scaleX(0.3); } to { transform: translateX(70%) scaleX(0.3); } }
@media (prefers-reduced-motion: reduce) { [part=fill] { animation: none !important; transition: none; } }
@media (forced-colors: active) {
  [part=bar] { border: 1px solid CanvasText; }
  [part=fill] { background: Highlight; forced-color-adjust: none; }
}`;

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
  static observedAttributes = ["src", "label", "feed"];
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
    root.append(this.#slot, make("row", make("title"), make("share")), bar, make("row foot", make("state"), make("count")));
    Object.assign(this.#internals, { role: "progressbar", ariaValueMin: "0", ariaValueMax: "100" });
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

  /**
   * @param {string} name
   * @param {string | null} value
   */
  #set(name, value) {
    value === null ? this.removeAttribute(name) : this.setAttribute(name, value);
  }

  connectedCallback() {
    // A property that was set before the definition hides the accessor of the class, so set it again.
    for (const name of ["token", ...LiveProgressElement.observedAttributes]) {
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
  }

  /**
   * @param {string} name
   * @param {string | null} before
   * @param {string | null} after
   */
  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === "label") this.#show();
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
    const count = [countText(progress), ended ? "" : rateText(progress)].filter(Boolean).join(" · ");
    const texts = { title: name, share: figure, state, count };
    for (const [part, text] of Object.entries(texts)) if (this.#parts[part].textContent !== text) this.#parts[part].textContent = text;
    this.#slot.hidden = this.#snapshot !== null || phase === "refused";
    this.#parts.fill.style.transform = share === null ? "" : `scaleX(${share})`;
    Object.assign(this.#internals, {
      ariaLabel: name,
      ariaValueNow: share === null ? null : String(percentOf(share)),
      ariaValueText: [figure, word, ended ? "" : state].filter(Boolean).join(", "),
    });
    this.#mark([status, ended || !isLost ? "" : phase, share === null ? "indeterminate" : ""].filter(Boolean));
    if (isRefusal) this.dispatchEvent(new CustomEvent("refused", { detail: connection.error }));
  }

  /** @param {string[]} states */
  #mark(states) {
    const set = /** @type {any} */ (this.#internals).states;
    for (const one of this.#states) set.delete(one);
    for (const one of (this.#states = states)) set.add(one);
  }
}

if (globalThis.customElements && !customElements.get("live-progress")) customElements.define("live-progress", LiveProgressElement);
