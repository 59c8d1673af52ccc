// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: the loop of a watcher, and its wish to stop.

import { askToken, fieldsWith, readAddress } from "./address.js";
import { Connection } from "./connection.js";
import { answerError } from "./error.js";

/** How many snapshots wait for a slow loop; past it the oldest go, and are counted as skipped. */
const mostWaiting = 1_000;

/**
 * @typedef {object} WatchOptions
 * @property {import("./address.js").TokenSource | null} [token] shows who asks: a text, or a function that is asked before each connection
 *   and before the token ends. By default the token in the address's fragment counts.
 * @property {AbortSignal} [signal] leaves the loop with the signal's reason
 * @property {string | null} [cursor] what has been seen already, to go on after it
 * @property {(state: import("./types.js").ConnectionState) => void} [phase] told how the connection is
 */

/**
 * Follows an operation to its end, over as many connections as it takes.
 *
 * Gives the state at once, then each newer one, and the end as the last. A lost connection comes back by itself, for as long as
 * the loop goes on. Throws a `ProgressError` where the server refuses, such as for an operation that is not there.
 *
 * ```js
 * for await (const s of watch(url)) console.log(s.status, s.state, s.progress?.fractionCompleted);
 * ```
 * @param {string | URL} url the operation's address
 * @param {WatchOptions} options
 * @returns {AsyncGenerator<import("./types.js").Snapshot, void, undefined>}
 */
export async function* watch(url, { token, signal, cursor, phase } = {}) {
  signal?.throwIfAborted();
  /** @type {import("./types.js").Snapshot[]} */
  const waiting = [];
  let wake = () => {};
  const connection = new Connection(url, {
    token,
    cursor,
    message(snapshot) {
      waiting.push(snapshot);
      if (waiting.length > mostWaiting) waiting[1].skipped += 1 + /** @type {any} */ (waiting.shift()).skipped;
      wake();
    },
    phase(state) {
      phase?.(state);
      wake();
    },
  });
  const stop = () => wake();
  signal?.addEventListener("abort", stop);
  try {
    connection.open();
    for (;;) {
      signal?.throwIfAborted();
      const snapshot = waiting.shift();
      const { phase, error } = connection.state;
      if (snapshot) yield snapshot;
      else if (phase === "refused") throw error;
      else if (phase === "closed") return;
      else await new Promise((resolve) => (wake = () => resolve(undefined)));
    }
  } finally {
    signal?.removeEventListener("abort", stop);
    connection.close();
  }
}

/**
 * Asks an operation to stop; its worker decides when it does.
 *
 * ```js
 * button.onclick = () => cancel(url, { token });
 * ```
 * @param {string | URL} url the operation's address
 * @param {{token?: import("./address.js").TokenSource | null, signal?: AbortSignal}} options
 * @returns {Promise<import("./types.js").Snapshot>} the operation as it is now
 * @throws {import("./error.js").ProgressError} where the server refuses
 */
export async function cancel(url, { token, signal } = {}) {
  const { url: address, token: own } = readAddress(url);
  address.pathname = `${address.pathname.replace(/\/+$/, "")}/cancel`;
  const response = await fetch(address, { method: "POST", headers: fieldsWith(await askToken(token ?? own)), signal });
  if (!response.ok) throw await answerError(response);
  return response.json();
}
