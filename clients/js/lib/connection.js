// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: the connection of a watcher, which reconnects.

import { askToken, expiryOf, readAddress } from "./address.js";
import { pauseAfter, ProgressError, removed } from "./error.js";
import { isEnded, Place } from "./place.js";
import { look, openSocket, openStream } from "./transport.js";

/** The silence in milliseconds after which a connection is replaced when its page wakes up. */
const silence = 20_000;
const longestTimer = 2 ** 31 - 1;
const events = ["online", "visibilitychange", "pagehide", "pageshow"];

/** A connection that reconnects with its cursor and a current token, and checks the state after sleep. */
export class Connection {
  /** @type {import("./types.js").ConnectionState} */
  state = { phase: "closed" };
  #url;
  #tokens;
  #options;
  #place;
  /** @type {import("./transport.js").Transport | null} */
  #transport = null;
  /** The number of the current connection; events of earlier connections are ignored. */
  #turn = 0;
  #isOpen = false;
  #failures = 0;
  #heardAt = 0;
  /** @type {string | null} */
  #token = null;
  /** @type {ProgressError | undefined} why the last token was refused; the same token is not sent again */
  #refusal;
  /** The consecutive failed WebSockets while plain HTTP works; -1 after a WebSocket has worked. */
  #deafSockets = 0;
  /** @type {any} */
  #timer;
  /** @type {any} */
  #renewal;

  /**
   * @param {string | URL} address
   * @param {import("./types.js").ConnectionOptions} options
   */
  constructor(address, options) {
    const { url, token } = readAddress(address);
    this.#url = url;
    this.#tokens = options.token ?? token;
    this.#options = options;
    this.#place = new Place(options.cursor);
  }

  open() {
    if (this.#isOpen) return;
    this.#isOpen = true;
    for (const name of events) globalThis.addEventListener?.(name, this);
    this.#connect();
  }

  /** Closes the connection; `open` continues at the cursor. */
  close() {
    this.#finish("closed");
  }

  /** Tries again immediately if the connection waits for its next attempt. */
  retry() {
    if (this.state.phase !== "waiting") return;
    this.#failures = 0;
    this.#connect();
  }

  /** @param {Event & {persisted?: boolean}} event */
  handleEvent({ type, persisted }) {
    if (type === "pagehide") {
      // The back/forward cache does not store a page with an open connection.
      this.#drop();
      this.#become("waiting");
    } else if (type === "pageshow") {
      if (persisted) this.retry();
    } else if (!globalThis.document?.hidden) this.#wake(type);
  }

  /**
   * @param {import("./types.js").ConnectionState["phase"]} phase
   * @param {object} [more]
   */
  #become(phase, more) {
    this.state = { phase, ...more };
    this.#options.phase?.(this.state);
  }

  #drop() {
    this.#turn += 1;
    clearTimeout(this.#timer);
    clearTimeout(this.#renewal);
    this.#transport?.close();
    this.#transport = null;
  }

  /**
   * @param {"closed" | "refused"} phase
   * @param {ProgressError} [error]
   */
  #finish(phase, error) {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#drop();
    for (const name of events) globalThis.removeEventListener?.(name, this);
    this.#become(phase, error && { error });
  }

  async #connect() {
    this.#drop();
    const turn = this.#turn;
    this.#become("connecting");
    let token;
    try {
      token = await askToken(this.#tokens);
    } catch (cause) {
      return turn === this.#turn && this.#pause(new ProgressError("unavailable", "There is no token.", { cause }));
    }
    if (turn !== this.#turn) return;
    if (this.#refusal && token === this.#token) return this.#finish("refused", this.#refusal);
    this.#token = token;
    const url = new URL(this.#url);
    if (this.#place.cursor) url.searchParams.set("cursor", this.#place.cursor);
    const usesStream = !globalThis.WebSocket || this.#deafSockets > 1;
    const now = (/** @type {(value: any) => void} */ act) => (/** @type {any} */ value) => turn === this.#turn && act(value);
    try {
      this.#transport = (usesStream ? openStream : openSocket)(url, token, {
        opened: now(() => this.#opened(usesStream)),
        heard: now(() => (this.#heardAt = Date.now())),
        message: now((message) => this.#receive(message)),
        closed: now((error) => this.#closed(error, usesStream)),
      });
    } catch (cause) {
      // For example a token with characters that a header field cannot contain.
      this.#finish("refused", new ProgressError("refused", "The connection cannot be made.", { cause }));
    }
  }

  /** @param {boolean} usesStream */
  #opened(usesStream) {
    this.#heardAt = Date.now();
    if (!usesStream) {
      this.#deafSockets = -1;
      this.#planRenewal();
    }
    this.#become("live");
  }

  /** @param {any} message */
  #receive(message) {
    if (message.type === "authenticated") return this.#planRenewal();
    if (message.type === "error") return void (/:unauthenticated$/.test(message.error?.type) && this.#renew());
    this.#failures = 0;
    this.#refusal = undefined;
    if (this.#options.isFeed) return this.#options.message(message);
    return message.type === "removed" ? this.#finish("refused", removed()) : this.#take(message);
  }

  /**
   * Passes on a new snapshot; returns whether it was new.
   * @param {any} message
   */
  #take(message) {
    const snapshot = this.#place.take(message);
    if (snapshot) this.#options.message(snapshot);
    if (isEnded(message.status)) this.#finish("closed");
    return snapshot !== null;
  }

  /**
   * @param {ProgressError | null} error
   * @param {boolean} usesStream
   */
  #closed(error, usesStream) {
    if (!error) return this.#finish("closed");
    if (!error.isTransient) return this.#deny(error);
    if (this.state.phase !== "connecting" || usesStream) return this.#pause(error);
    // A browser hides why a WebSocket failed. A plain HTTP request returns the reason, or the state.
    this.#look().then((found) => found && (this.#deafSockets === 2 ? this.#connect() : this.#pause(found.error ?? error)));
  }

  /**
   * Tries once more after a refused token if the token function returns another token.
   * @param {ProgressError} error
   */
  #deny(error) {
    if (error.kind !== "unauthenticated" || this.#refusal || typeof this.#tokens !== "function") {
      return this.#finish("refused", error);
    }
    this.#refusal = error;
    this.#connect();
  }

  /** @param {ProgressError} error */
  #pause(error) {
    // Hidden pages wait longer, because many of them may wait for the same server.
    const pause = pauseAfter(this.#failures++) * (globalThis.document?.hidden ? 3 : 1);
    const delay = Math.min(longestTimer, Math.max(pause, error.retryAfter));
    this.#drop();
    this.#timer = setTimeout(() => this.#connect(), delay);
    this.#become("waiting", { retryAt: Date.now() + delay, error });
  }

  /**
   * Requests the state over plain HTTP, and applies it; returns `null` if the watch has ended.
   * @returns {Promise<{error?: ProgressError, isNews?: boolean} | null>}
   */
  async #look() {
    const turn = this.#turn;
    const { body, error } = await look(this.#url, this.#token, this.#place.cursor);
    if (turn !== this.#turn) return null;
    if (error && !error.isTransient) return this.#deny(error), null;
    if (!error && this.#deafSockets >= 0) this.#deafSockets += 1;
    const isNews = body && !this.#options.isFeed ? this.#take(body) : false;
    return this.#isOpen ? { error, isNews } : null;
  }

  /**
   * Handles the return of the user or of the network. After sleep, an open connection may be broken, so this requests the
   * state first, and replaces a connection that missed or may have missed an update.
   * @param {string} type
   */
  async #wake(type) {
    if (!this.state.error?.retryAfter) this.retry();
    if (this.state.phase !== "live") return;
    const heardAt = this.#heardAt;
    const isSilent = type === "online" || Date.now() - heardAt > silence;
    const found = await this.#look();
    if (found && heardAt === this.#heardAt && (found.isNews || found.error || isSilent)) this.#connect();
  }

  /** Plans a new token after half of the remaining lifetime, or one minute before the token expires if that is later. */
  #planRenewal() {
    clearTimeout(this.#renewal);
    const left = expiryOf(this.#token) - Date.now();
    if (!(left > 0) || typeof this.#tokens !== "function") return;
    this.#renewal = setTimeout(() => this.#renew(), Math.min(longestTimer, Math.max(left / 2, left - 60_000)));
  }

  /** Sends a new token over the open connection; without a new token, the server closes the connection. */
  async #renew() {
    const turn = this.#turn;
    const token = await askToken(this.#tokens).catch(() => null);
    if (turn !== this.#turn || !token || token === this.#token) return;
    if (this.#transport?.send({ type: "authenticate", token })) this.#token = token;
  }
}
