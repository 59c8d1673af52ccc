// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: connections that several watchers share.

import { readAddress } from "./address.js";
import { Connection } from "./connection.js";
import { removed } from "./error.js";
import { Place } from "./place.js";

/** @typedef {import("./types.js").ConnectionState} ConnectionState */

/** @typedef {{message: (message: any) => void, phase: (state: ConnectionState) => void}} Watcher */

/** The time in milliseconds in which a feed sends its existing operations; the feed does not mark their end. */
const openingTime = 3_000;
/** The number of operations whose newest message is stored for later watchers. */
const mostKept = 1_000;

/** @type {Set<Shared>} */
const all = new Set();

/** A connection to an operation or a feed, and its watchers. */
class Shared {
  /** @type {Map<Watcher, string>} the operation of each watcher */
  watchers = new Map();
  /** @type {Map<string, {place: Place, message: any, isHeard: boolean}>} the newest message of each operation */
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
    // An element that moves in the document is removed and added again immediately.
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
    else if (this.#known.size > mostKept) {
      const wanted = [...this.watchers.values()];
      this.#known.delete([...this.#known.keys()].find((one) => !wanted.includes(one)) ?? "");
    }
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
      // If the feed is refused, watch the operations separately.
      if (state.phase === "refused") return this.#handOver();
    }
    for (const watcher of [...this.watchers.keys()]) watcher.phase(state);
  }

  #awaitOpening() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.connection.state.phase === "live" && this.#handOver(), openingTime);
  }

  /** Moves watchers whose operation is not in the feed to separate connections. */
  #handOver() {
    const isLive = this.connection.state.phase === "live";
    for (const [watcher, id] of [...this.watchers]) {
      if (!isLive || !this.#known.get(id)?.isHeard) watcher.phase({ phase: "closed" });
    }
  }
}

/**
 * Watches an operation over a connection that other watchers may share.
 * @param {string} src the operation's URL
 * @param {{feed?: string | null, token?: any}} options `feed` is the query of a feed that contains the operation
 * @param {Watcher} watcher
 * @returns {() => void} stops the watch
 */
export function follow(src, { feed, token }, watcher) {
  const { url, token: own } = readAddress(src);
  const [, path, id] = /** @type {RegExpMatchArray} */ (/^(.*)\/([^/]*)\/*$/.exec(url.pathname));
  const isFeed = typeof feed === "string";
  const address = isFeed ? new URL(path + (feed && `?${feed.replace(/^\?/, "")}`), url).href : url.href;
  const shows = token ?? own;
  const known = [...all].find((one) => one.url === address && one.token === shows && one.isFeed === isFeed && one.connection.state.phase !== "refused");
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
