// Part of Live Progress: the element <live-progress src="…">.

/**
 * Shows one operation live: `<live-progress src="api/v1/progress/ID"></live-progress>`; `src` is relative to the page that it stands in.
 *
 * It sends `update` and `end`, events whose `detail` is the whole message; `snapshot` is the newest one.
 * Its parts `title`, `share`, `bar`, `fill`, `state` and `count` can be styled from outside.
 */
class LiveProgressElement extends HTMLElement {
  static observedAttributes = ["src", "title"];
  snapshot = null;
  #connection = null;
  #parts = {};
  #bar;

  constructor() {
    super();
    const root = this.attachShadow({ mode: "open" });
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(styles);
    root.adoptedStyleSheets = [sheet];
    const part = (name, kind = "span", ...children) => {
      const node = document.createElement(kind);
      node.className = name;
      if (name !== "head" && name !== "foot") node.setAttribute("part", name);
      node.append(...children);
      return (this.#parts[name] = node);
    };
    const bar = part("bar", "div", part("fill", "div"));
    root.append(
      part("head", "div", part("title"), part("share")),
      bar,
      part("foot", "div", part("state"), part("count")),
    );
    this.#parts.state.classList.add("status");
    for (const [name, value] of Object.entries({ role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100" })) {
      bar.setAttribute(name, value);
    }
    bar.classList.add("indeterminate");
    this.#mark("pending");
    this.#bar = new Bar(bar);
  }

  connectedCallback() {
    this.#open();
  }

  disconnectedCallback() {
    this.#connection?.stop();
    this.#connection = null;
  }

  attributeChangedCallback(name, before, after) {
    if (before === after || !this.isConnected) return;
    if (name === "src") this.#open();
    else if (this.snapshot) this.#show(this.snapshot);
  }

  #open() {
    this.#connection?.stop();
    this.#connection = null;
    this.snapshot = null;
    const src = this.getAttribute("src");
    if (!src) return;
    const connection = new Connection({
      url: src,
      fallback: "events",
      receive: (message) => this.#receive(connection, message),
      changed: (state) => this.#showConnection(state),
    });
    this.#connection = connection;
    connection.start();
  }

  #receive(connection, message) {
    if (connection !== this.#connection) return;
    if (message.type === "removed") return connection.refuse({ title: "This operation is gone." });
    if (typeof message.status !== "string" || !isFigure(message.revision)) return;
    const epochOf = (cursor) => String(cursor).replace(/-\d+$/, "");
    const old = this.snapshot;
    if (old && epochOf(old.cursor) === epochOf(message.cursor) && message.revision <= old.revision) return;
    this.snapshot = message;
    if (typeof message.cursor === "string") connection.cursor = message.cursor;
    this.#show(message);
    const ended = isEnded(message.status);
    if (ended) connection.finish();
    this.dispatchEvent(new CustomEvent(ended ? "end" : "update", { detail: message }));
  }

  #show(message) {
    const status = knownStatus(message.status);
    const share = fractionOf(message);
    const ended = isEnded(status);
    this.#mark(status);
    const { title, state, count, bar } = this.#parts;
    const name = this.getAttribute("title") || String(titleOf(message));
    setText(title, name);
    bar.setAttribute("aria-label", name);
    setText(this.#parts.share, status === "succeeded" || share === null ? "" : `${percentOf(share)}%`);
    const problem = isEnded(status) && typeof message.error?.title === "string" ? `: ${message.error.title}` : "";
    setText(state, ended || !message.state ? `${statusWords[status]}${problem}` : String(message.state));
    setText(count, [formatCount(message.progress), ended ? "" : formatRate(message.progress)].filter(Boolean).join(" · "));
    this.#bar.show(message, valueText(message));
  }

  #showConnection({ phase, problem }) {
    const { state } = this.#parts;
    if (phase === "waiting") setText(state, "Connection lost, reconnecting…");
    else if (phase === "refused") {
      this.#mark("failed");
      setText(state, problem.title || "This operation is not there.");
    } else if (phase === "live" && this.snapshot) this.#show(this.snapshot);
  }

  #mark(status) {
    for (const name of ["bar", "state"]) this.#parts[name].dataset.status = status;
  }
}

customElements.define("live-progress", LiveProgressElement);
