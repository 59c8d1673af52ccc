// Part of Live Progress: follows one URL for as long as there is something to follow.

/** The close codes that pages have words for, and the first and last of those after which a watcher comes back. */
const closeCodes = { ended: 1000, unauthenticated: 4501, forbidden: 4503, unknown: 4504, removed: 4510 };
const reconnectCodes = [[1001, 1001], [1005, 1006], [1011, 1014], [4000, 4499]];
const comesBack = (code) => reconnectCodes.some(([first, last]) => first <= code && code <= last);

/**
 * A connection that stays: a WebSocket that comes back by its cursor, or, where no WebSocket ever gets through,
 * server-sent events or polling.
 *
 * The `token`, or that of the URL's fragment, shows who asks. `receive(message)` gets each JSON object. `changed(state)` gets `{phase, retryAt, code, problem}`, where phase is
 * connecting, live, waiting (for `retryAt`), closed (nothing more will come) or refused (`problem` says why).
 */
class Connection {
  cursor = null;
  state = { phase: "closed" };
  #url;
  #token;
  #fallback;
  #receive;
  #changed;
  #socket = null;
  #events = null;
  #timer = 0;
  #failures = 0;
  #liveSince = 0;
  #lastHeard = 0;
  #webSocketWorks = false;
  #usesFallback = false;
  #finished = false;
  #running = false;

  constructor({ url, token, fallback, receive, changed }) {
    this.#token = tokenIn(new URL(url, document.baseURI).hash) ?? token ?? null;
    this.#url = addressAt(url, ["cursor", "ticket", "access_token"]);
    this.#fallback = fallback;
    this.#receive = receive;
    this.#changed = changed;
  }

  start() {
    if (this.#running || this.#finished) return;
    this.#running = true;
    window.addEventListener("online", this.#back);
    document.addEventListener("visibilitychange", this.#back);
    this.#connect();
  }

  /** Lets go of everything; `start` begins anew from the cursor. */
  stop() {
    this.#running = false;
    window.removeEventListener("online", this.#back);
    document.removeEventListener("visibilitychange", this.#back);
    this.#drop();
  }

  /** Nothing more is to come: whatever closes from now on, nothing is opened again. */
  finish() {
    this.#finished = true;
    this.#events?.close();
    clearTimeout(this.#timer);
    this.#become("closed", { code: closeCodes.ended });
  }

  /** What was followed is not there any more, or may not be seen. */
  refuse(problem) {
    this.#finished = true;
    this.#drop();
    this.#become("refused", { problem });
  }

  retryNow() {
    if (this.state.phase === "waiting") this.#connect();
  }

  /** Sends an object if a WebSocket is open to take it. */
  send(object) {
    if (this.#socket?.readyState !== WebSocket.OPEN) return false;
    this.#socket.send(JSON.stringify(object));
    return true;
  }

  #become(phase, more = {}) {
    this.state = { phase, ...more };
    this.#changed(this.state);
  }

  #drop() {
    clearTimeout(this.#timer);
    this.#events?.close();
    this.#events = null;
    const socket = this.#socket;
    this.#socket = null;
    if (socket) {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close();
    }
  }

  #connect() {
    if (this.#finished) return;
    this.#drop();
    this.#become("connecting");
    if (!this.#usesFallback) this.#openWebSocket();
    else if (this.#fallback === "poll") this.#probe();
    else this.#openEvents();
  }

  #address(protocol) {
    const url = new URL(this.#url);
    if (protocol) url.protocol = url.protocol.replace("http", protocol);
    if (this.cursor !== null) url.searchParams.set("cursor", this.cursor);
    return url;
  }

  #openWebSocket() {
    const socket = new WebSocket(this.#address("ws"), protocolsWith(this.#token));
    this.#socket = socket;
    // A network that swallows packets would keep a browser trying for minutes.
    this.#timer = setTimeout(() => socket.close(), 15_000);
    socket.onopen = () => {
      this.#webSocketWorks = true;
      this.#opened();
    };
    socket.onmessage = (event) => this.#hear(event.data);
    socket.onclose = ({ code, reason }) => {
      const wasOpen = this.state.phase === "live";
      this.#socket = null;
      clearTimeout(this.#timer);
      if (this.#finished) return;
      if (code === closeCodes.ended) this.finish();
      else if (!comesBack(code)) this.refuse({ code, title: reason });
      else if (wasOpen) this.#retry();
      else this.#probe();
    };
  }

  async #openEvents() {
    const address = this.#address();
    if (this.#token !== null) {
      try {
        address.searchParams.set("ticket", await ticketFor(this.#token, this.#url));
      } catch {
        return this.#retry();
      }
      if (!this.#running || this.#finished) return;
    }
    const events = new EventSource(address);
    this.#events = events;
    events.onopen = () => this.#opened();
    const hear = (event) => this.#hear(event.data);
    for (const type of ["message", "snapshot", "update", "end", "removed"]) events.addEventListener(type, hear);
    events.onerror = (event) => {
      if (typeof event.data === "string") return hear(event);
      // The browser's own retries have no backoff and forget why they failed, so ours take their place.
      events.close();
      if (this.#events !== events || this.#finished) return;
      this.#become("connecting");
      this.#probe();
    };
  }

  #opened() {
    clearTimeout(this.#timer);
    this.#liveSince = this.#lastHeard = Date.now();
    this.#become("live");
  }

  #hear(text) {
    this.#lastHeard = Date.now();
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      return; // Not a message of this protocol.
    }
    if (typeof message === "object" && message !== null) this.#receive(message);
  }

  /** A browser does not tell why a WebSocket was refused; the same URL over HTTP does, and gives the state besides. */
  async #probe() {
    let response, body;
    try {
      response = await fetch(this.#url, {
        headers: fieldsWith(this.#token),
        cache: "no-store",
        signal: AbortSignal.timeout(15_000),
      });
      body = await response.json().catch(() => null);
    } catch {
      return this.#retry();
    }
    if (!this.#running || this.#finished) return;
    const retryable = response.status >= 500 || [408, 425, 429].includes(response.status);
    if (!response.ok) return retryable ? this.#retry(response) : this.refuse({ status: response.status, ...body });
    if (body) this.#receive(body);
    if (this.#finished) return;
    if (this.#webSocketWorks) return this.#retry();
    if (this.#fallback === "poll") {
      if (!this.#usesFallback || this.state.phase !== "live") this.#become("live");
      this.#usesFallback = true;
      this.#failures = 0;
      this.#timer = setTimeout(() => this.#probe(), document.hidden ? 30_000 : 2_000);
    } else if (this.#usesFallback) {
      this.#retry();
    } else {
      this.#usesFallback = true;
      this.#connect();
    }
  }

  /** Waits longer each time, by chance, so that a thousand pages do not come back in the same moment. */
  #retry(response) {
    if (!this.#running || this.#finished) return;
    if (this.#liveSince > 0 && Date.now() - this.#liveSince > 5_000) this.#failures = 0;
    this.#liveSince = 0;
    const asked = Number(response?.headers.get("Retry-After")) * 1000 || 0;
    const backoff = Math.min(30_000, 500 * 2 ** this.#failures) * (0.5 + Math.random() / 2);
    const delay = Math.max(asked, backoff, document.hidden ? 30_000 : 0);
    this.#failures += 1;
    this.#drop();
    this.#timer = setTimeout(() => this.#connect(), delay);
    this.#become("waiting", { retryAt: Date.now() + delay });
  }

  /** The network or the reader is back: a retry must not wait, and a connection silent for long may be dead. */
  #back = (event) => {
    if (document.hidden || !this.#running || this.#finished) return;
    if (this.state.phase === "waiting") {
      this.#failures = 0;
      this.#connect();
    } else if (this.state.phase === "live" && !(this.#usesFallback && this.#fallback === "poll")) {
      if (event.type === "online" || Date.now() - this.#lastHeard > 60_000) this.#connect();
    }
  };
}
