// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: many who watch share one connection.

import { readAddress } from "./address.js";
import { Connection } from "./connection.js";
import { removed } from "./error.js";
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
  /** @type {Map<string, {place: Place, message: any, isHeard: boolean}>} what is known of each operation */
  #known = new Map();
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
    const known = this.#known.get(id);
    if (known) watcher.message(known.message);
    watcher.phase(this.connection.state);
    if (this.isFeed && !known) this.#awaitOpening();
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
    const { id } = message;
    const isGone = message.type === "removed";
    const place = this.#known.get(id)?.place ?? new Place();
    const news = isGone ? message : place.take(message);
    const isNews = news !== null;
    this.#known.set(id, { place, message: news ?? this.#known.get(id)?.message, isHeard: true });
    if (isGone) this.#known.delete(id);
    else if (this.#known.size > mostKept) this.#known.delete(this.#known.keys().next().value ?? "");
    for (const [watcher, wanted] of isNews ? [...this.watchers] : []) {
      if (this.isFeed && wanted !== id) continue;
      if (isGone) watcher.phase({ phase: "refused", error: removed() });
      else watcher.message(news);
    }
  }

  /** @param {ConnectionState} state */
  #tell(state) {
    if (this.isFeed) {
      if (state.phase === "connecting") for (const one of this.#known.values()) one.isHeard = false;
      if (state.phase === "live") this.#awaitOpening();
      // A feed that may not be followed is no reason not to follow the operation.
      if (state.phase === "refused") return this.#handOver();
    }
    for (const watcher of [...this.watchers.keys()]) watcher.phase(state);
  }

  #awaitOpening() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.connection.state.phase === "live" && this.#handOver(), openingTime);
  }

  /** Whoever wants what the feed does not show, follows it alone, and learns why. */
  #handOver() {
    const isLive = this.connection.state.phase === "live";
    for (const [watcher, id] of [...this.watchers]) {
      if (!isLive || !this.#known.get(id)?.isHeard) watcher.phase({ phase: "closed" });
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
