// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: many who watch share one connection.

import { readAddress } from "./address.js";
import { Connection } from "./connection.js";
import { ProgressError } from "./error.js";
import { Place } from "./place.js";

/** @typedef {import("./types.js").ConnectionState} ConnectionState */

/** @typedef {{message: (message: any) => void, phase: (state: ConnectionState) => void}} Watcher */

/** How long a feed may take to tell what is there; it does not say where that ends. */
const openingTime = 3_000;
/** The newest messages of so many operations are kept for those who come later. */
const mostKept = 1_000;

/** @type {Set<Shared>} */
const all = new Set();

/** One connection, to an operation or to a feed, and those who listen to it. */
class Shared {
  /** @type {Map<Watcher, string>} the operation that each one wants */
  watchers = new Map();
  /** @type {Map<string, any>} */
  #newest = new Map();
  /** @type {Map<string, Place>} */
  #places = new Map();
  #heard = new Set();
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;

  /**
   * @param {string} url
   * @param {any} token
   * @param {boolean} isFeed
   */
  constructor(url, token, isFeed) {
    this.url = url;
    this.token = token;
    this.isFeed = isFeed;
    this.connection = new Connection(url, {
      token,
      isFeed,
      message: (message) => this.#hear(message),
      phase: (state) => this.#tell(state),
    });
  }

  /**
   * @param {string} id
   * @param {Watcher} watcher
   */
  add(id, watcher) {
    this.watchers.set(watcher, id);
    const newest = this.#newest.get(this.isFeed ? id : "");
    if (newest) watcher.message(newest);
    watcher.phase(this.connection.state);
    if (this.isFeed && !newest && this.connection.state.phase === "live") this.#awaitOpening();
  }

  /** @param {Watcher} watcher */
  remove(watcher) {
    this.watchers.delete(watcher);
    // An element that moves to another place leaves and comes back at once.
    queueMicrotask(() => {
      if (this.watchers.size > 0) return;
      all.delete(this);
      clearTimeout(this.#timer);
      this.connection.close();
    });
  }

  /** @param {any} message */
  #hear(message) {
    const id = this.isFeed ? message.id : "";
    this.#heard.add(id);
    if (this.isFeed && message.type !== "removed") {
      if (!this.#places.has(id)) this.#places.set(id, new Place());
      message = /** @type {Place} */ (this.#places.get(id)).take(message);
      if (!message) return;
    }
    this.#newest.delete(id);
    this.#newest.set(id, message);
    if (this.#newest.size > mostKept) this.#forget(this.#newest.keys().next().value);
    for (const [watcher, wanted] of [...this.watchers]) {
      if (this.isFeed && wanted !== id) continue;
      if (message.type !== "removed") watcher.message(message);
      else watcher.phase({ phase: "refused", error: new ProgressError("gone", "The operation was removed.") });
    }
    if (message.type === "removed") this.#forget(id);
  }

  /** @param {string} id */
  #forget(id) {
    this.#newest.delete(id);
    this.#places.delete(id);
    this.#heard.delete(id);
  }

  /** @param {ConnectionState} state */
  #tell(state) {
    if (this.isFeed && state.phase === "connecting") this.#heard.clear();
    if (this.isFeed && state.phase === "live") this.#awaitOpening();
    // A feed that may not be followed is no reason not to follow the operation.
    if (this.isFeed && state.phase === "refused") return this.#handOver();
    for (const watcher of [...this.watchers.keys()]) watcher.phase(state);
  }

  #awaitOpening() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#handOver(), openingTime);
  }

  /** Whoever wants what the feed does not show, follows it alone, and learns why. */
  #handOver() {
    const isRefused = this.connection.state.phase === "refused";
    for (const [watcher, id] of [...this.watchers]) {
      if (isRefused || !this.#heard.has(id)) watcher.phase({ phase: "closed" });
    }
  }
}

/**
 * Follows an operation by a connection that others may use as well.
 * @param {string} src the operation's address
 * @param {{feed?: string | null, token?: any}} options `feed` is the query of a feed that shows the operation
 * @param {Watcher} watcher
 * @returns {() => void} stops it
 */
export function follow(src, { feed, token }, watcher) {
  const { url, token: own } = readAddress(src);
  const [, path, id] = /** @type {RegExpMatchArray} */ (/^(.*)\/([^/]*)\/*$/.exec(url.pathname));
  const isFeed = typeof feed === "string";
  const address = isFeed ? new URL(path + (feed && `?${feed.replace(/^\?/, "")}`), url).href : url.href;
  const shows = token ?? own;
  const known = [...all].find((one) => one.url === address && one.token === shows && one.isFeed === isFeed);
  const shared = known ?? new Shared(address, shows, isFeed);
  all.add(shared);
  let stop = () => shared.remove(seat);
  const seat = {
    message: watcher.message,
    phase(/** @type {ConnectionState} */ state) {
      if (!isFeed || state.phase !== "closed") return watcher.phase(state);
      shared.remove(seat);
      stop = follow(src, { token }, watcher);
    },
  };
  if (!known) shared.connection.open();
  shared.add(id, seat);
  return () => stop();
}
