// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: the element <live-progress src="…">.

import { isEnded } from "./place.js";
import { follow } from "./shared.js";
import { countText, percentOf, shareOf, statusWord } from "./words.js";

const style = `
:host {
  --_color: var(--live-progress-color, light-dark(#1f5bcf, #6aa3ff));
  display: block; font-variant-numeric: tabular-nums; overflow-wrap: anywhere;
}
:host([hidden]) { display: none; }
:host(:is(:state(pending), :state(cancelled))) { --_color: var(--live-progress-idle-color, light-dark(#5a5f69, #9aa0ab)); }
:host(:is(:state(stalled), :state(cancelling))) { --_color: var(--live-progress-stalled-color, light-dark(#8a5700, #e8b04a)); }
:host(:state(succeeded)) { --_color: var(--live-progress-succeeded-color, light-dark(#167544, #4fc98a)); }
:host(:is(:state(failed), :state(refused))) { --_color: var(--live-progress-failed-color, light-dark(#bb2a25, #ff7b72)); }
.row { display: flex; flex-wrap: wrap; justify-content: space-between; gap: 0 1em; }
[part=title] { font-weight: 600; }
[part=state] { color: var(--_color); }
.foot { font-size: 0.875em; min-height: 1.5em; }
[part=bar] {
  height: var(--live-progress-height, 0.5em); margin-block: 0.375em; overflow: hidden; contain: strict;
  border-radius: var(--live-progress-radius, 99px); background: var(--live-progress-track, light-dark(#e4e6ea, #2a2e35));
}
[part=fill] { height: 100%; background: var(--_color); transform-origin: left; transition: transform 200ms ease-out; }
:host(:dir(rtl)) [part=fill] { transform-origin: right; }
:host(:state(indeterminate)) [part=fill] { animation: sweep 2.2s ease-in-out infinite alternate; }
:host(:state(indeterminate):is(:state(pending), :state(stalled), :state(waiting), :state(refused))) [part=fill] { animation: none; }
:host(:is(:state(waiting), :state(refused))) [part=bar] { opacity: 0.5; }
@keyframes sweep { from { transform: translateX(0) scaleX(0.3); } to { transform: translateX(70%) scaleX(0.3); } }
@media (prefers-reduced-motion: reduce) { [part=fill] { animation: none !important; transition: none; } }
@media (forced-colors: active) {
  [part=bar] { border: 1px solid CanvasText; }
  [part=fill] { background: Highlight; forced-color-adjust: none; }
}`;

/** Where there are no elements, as in a worker or in Node, the class is there and of no use. */
const Base = globalThis.HTMLElement ?? class {};

/**
 * Shows one operation live; what stands in the element is shown until there is something to show.
 *
 * ```html
 * <live-progress src="https://host/api/v1/progress/ID" label="Export">Export is running…</live-progress>
 * ```
 */
export class LiveProgressElement extends Base {
  static observedAttributes = ["src", "label", "feed"];
  #internals = this.attachInternals();
  #parts = {};
  #slot = document.createElement("slot");
  #snapshot = null;
  #token = null;
  #stop = null;
  #states = [];
  #isIn = false;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(style);
    root.adoptedStyleSheets = [sheet];
    const make = (name, ...children) => {
      const node = document.createElement("div");
      if (/row/.test(name)) node.className = name;
      else (this.#parts[name] = node).part = name;
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

  /** Shows who asks: a text or a function, as in `watch`. */
  get token() {
    return this.#token;
  }
  set token(token) {
    this.#token = token;
    this.#open();
  }

  connectedCallback() {
    // What was set before the element was defined hides what the class would do.
    for (const name of ["token", ...LiveProgressElement.observedAttributes]) {
      if (!Object.hasOwn(this, name)) continue;
      const value = this[name];
      delete this[name];
      this[name] = value;
    }
    this.#isIn = true;
    this.#open();
  }

  disconnectedCallback() {
    this.#isIn = false;
    this.#close();
  }

  attributeChangedCallback(name, before, after) {
    if (before === after) return;
    if (name === "label") this.#show();
    else this.#open();
  }

  #close() {
    this.#stop?.();
    this.#stop = null;
  }

  #open() {
    if (!this.#isIn) return;
    this.#close();
    this.#snapshot = null;
    this.#show();
    const src = this.getAttribute("src");
    if (!src) return;
    try {
      const feed = this.getAttribute("feed");
      this.#stop = follow(src, { feed, token: this.#token }, { message: (one) => this.#take(one), phase: (one) => this.#show(one) });
    } catch (error) {
      this.#show({ phase: "refused", error });
    }
  }

  #take(snapshot) {
    this.#snapshot = snapshot;
    this.#show();
    this.dispatchEvent(new CustomEvent(snapshot.type === "end" ? "end" : "update", { detail: snapshot }));
  }

  #phase = { phase: "connecting" };

  #show(phase = this.#phase) {
    const isRefusal = phase.phase === "refused" && this.#phase.phase !== "refused";
    this.#phase = phase;
    const snapshot = this.#snapshot ?? { status: "pending" };
    const { status, progress, error, title, id } = snapshot;
    const share = shareOf(snapshot);
    const ended = isEnded(status);
    const isLost = phase.phase === "waiting" || phase.phase === "refused";
    const problem = error?.title ? `: ${error.title}` : "";
    const state = ended ? statusWord(status) + problem
      : phase.phase === "refused" ? phase.error?.message ?? "" : phase.phase === "waiting" ? "Connection lost, reconnecting…"
      : this.#snapshot ? snapshot.state || statusWord(status) : "";
    const name = this.label || title || id || this.getAttribute("src") || "";
    const figure = share === null || status === "succeeded" ? "" : `${percentOf(share)}%`;
    const set = (part, text) => this.#parts[part].textContent !== text && (this.#parts[part].textContent = text);
    this.#slot.hidden = this.#snapshot !== null;
    for (const [part, text] of Object.entries({ title: name, share: figure, state, count: countText(progress, ended) })) set(part, text);
    this.#parts.fill.style.transform = share === null ? "" : `scaleX(${share})`;
    Object.assign(this.#internals, {
      ariaLabel: name, ariaValueNow: share === null ? null : String(percentOf(share)),
      ariaValueText: [figure, statusWord(status) + (ended || !state ? problem : `: ${state}`)].filter(Boolean).join(", "),
    });
    this.#mark([status, !ended && isLost && phase.phase, share === null && "indeterminate"].filter(Boolean));
    if (isRefusal) this.dispatchEvent(new CustomEvent("refused", { detail: phase.error }));
  }

  #mark(states) {
    for (const one of this.#states) this.#internals.states.delete(one);
    for (const one of (this.#states = states)) this.#internals.states.add(one);
  }
}

for (const name of ["src", "label", "feed"]) {
  Object.defineProperty(LiveProgressElement.prototype, name, {
    get() {
      return this.getAttribute(name);
    },
    set(value) {
      if (value === null || value === undefined) this.removeAttribute(name);
      else this.setAttribute(name, value);
    },
    enumerable: true,
    configurable: true,
  });
}

if (globalThis.customElements && !customElements.get("live-progress")) customElements.define("live-progress", LiveProgressElement);
