// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: follows one address for as long as there is something to follow.

import { askToken, expiryOf, readAddress } from "./address.js";
import { pauseAfter, ProgressError, removed } from "./error.js";
import { isEnded, Place } from "./place.js";
import { look, openSocket, openStream } from "./transport.js";

/** A connection that has been silent for so long when its page wakes up is made anew. */
const silence = 20_000;
const longestTimer = 2 ** 31 - 1;
const events = ["online", "visibilitychange", "pagehide", "pageshow"];

/** A connection that stays: it comes back by its cursor, with a token that counts, and after sleep asks what is the case. */
export class Connection {
  /** @type {import("./types.js").ConnectionState} */
  state = { phase: "closed" };
  #url;
  #tokens;
  #options;
  #place;
  /** @type {import("./transport.js").Transport | null} */
  #transport = null;
  /** What belongs to a former connection has a former number, and counts for nothing. */
  #turn = 0;
  #isOpen = false;
  #failures = 0;
  #heardAt = 0;
  /** @type {string | null} */
  #token = null;
  /** @type {ProgressError | undefined} why the last token was refused, so that only another one may follow */
  #refusal;
  /** How many sockets in a row were refused where plain HTTP was answered; -1 once one was not. */
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

  /** Lets go of everything; `open` begins anew from the cursor. */
  close() {
    this.#finish("closed");
  }

  /** Tries again at once where it waits to. */
  retry() {
    if (this.state.phase !== "waiting") return;
    this.#failures = 0;
    this.#connect();
  }

  /** @param {Event & {persisted?: boolean}} event */
  handleEvent({ type, persisted }) {
    if (type === "pagehide") {
      // A page that is put aside must hold no connection, or it would not be kept.
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
      // Such as a token that no field can hold.
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
   * Hands on what is news, and tells whether it was.
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
    // A browser does not tell why a WebSocket was refused; the same address over HTTP does, and gives the state besides.
    if (this.state.phase === "connecting" && !usesStream) this.#look().then((found) => found && this.#pause(found.error ?? error));
    else this.#pause(error);
  }

  /**
   * What is refused for its token gets one more try with another token, where there is one.
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
    const delay = Math.min(longestTimer, Math.max(pauseAfter(this.#failures++), error.retryAfter));
    this.#drop();
    this.#timer = setTimeout(() => this.#connect(), delay);
    this.#become("waiting", { retryAt: Date.now() + delay, error });
  }

  /**
   * Asks for the state over plain HTTP, and takes it; `null` where that settled everything.
   * @returns {Promise<{error?: ProgressError, isNews?: boolean} | null>}
   */
  async #look() {
    const turn = this.#turn;
    const { body, error } = await look(this.#url, this.#token, this.#place.cursor);
    if (turn !== this.#turn) return null;
    if (error && !error.isTransient) {
      this.#deny(error);
      return null;
    }
    if (!error && this.#deafSockets >= 0) this.#deafSockets += 1;
    const isNews = body && !this.#options.isFeed ? this.#take(body) : false;
    return this.#isOpen ? { error, isNews } : null;
  }

  /**
   * The reader or the network is back. What a connection says of itself is no proof after sleep, so the state is asked for
   * first; a connection that missed it, or may have, is made anew.
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

  /** Asks for a new token halfway to the end of this one, a minute before it at the latest. */
  #planRenewal() {
    clearTimeout(this.#renewal);
    const left = expiryOf(this.#token) - Date.now();
    if (!(left > 0) || typeof this.#tokens !== "function") return;
    this.#renewal = setTimeout(() => this.#renew(), Math.min(longestTimer, Math.max(left / 2, left - 60_000)));
  }

  /** The new token goes over the open connection; where there is none, the server says when it is over. */
  async #renew() {
    const turn = this.#turn;
    const token = await askToken(this.#tokens).catch(() => null);
    if (turn !== this.#turn || !token || token === this.#token) return;
    if (this.#transport?.send({ type: "authenticate", token })) this.#token = token;
  }
}
