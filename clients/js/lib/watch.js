// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: the loop of a watcher, its cancel request, and its answer to a question.

import { askToken, fieldsWith, readAddress } from "./address.js";
import { Connection } from "./connection.js";
import { answerError } from "./error.js";

/** The number of snapshots that wait for a slow loop; beyond it, the oldest are dropped and counted as skipped. */
const mostWaiting = 1_000;

/**
 * @typedef {object} WatchOptions
 * @property {import("./address.js").TokenSource | null} [token] the token: a text, or a function that is called before each
 *   connection and before the token expires. The default is the token in the fragment of the URL.
 * @property {AbortSignal} [signal] ends the loop with the signal's reason
 * @property {string | null} [cursor] the last known position; the watch continues after it
 * @property {(state: import("./types.js").ConnectionState) => void} [phase] called with each state of the connection
 */

/**
 * Watches an operation to its end, over several connections if necessary.
 *
 * Yields the current snapshot, then each newer one, and the end as the last one. Reconnects after a lost connection, as long as
 * the loop runs. Throws a `ProgressError` after a refusal, for example for an unknown operation.
 *
 * ```js
 * for await (const s of watch(url)) console.log(s.status, s.state, s.progress?.fractionCompleted);
 * ```
 * @param {string | URL} url the operation's URL
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
 * Sends a watcher's request about an operation; returns the current snapshot.
 * @param {string | URL} url
 * @param {string} action the last part of the request's path
 * @param {{token?: import("./address.js").TokenSource | null, signal?: AbortSignal}} options
 * @param {object} [body]
 * @returns {Promise<import("./types.js").Snapshot>}
 */
async function requestOf(url, action, { token, signal }, body) {
  const { url: address, token: own } = readAddress(url);
  address.pathname = `${address.pathname.replace(/\/+$/, "")}/${action}`;
  const headers = fieldsWith(await askToken(token ?? own), body && { "Content-Type": "application/json" });
  const response = await fetch(address, { method: "POST", redirect: "error", headers, body: body && JSON.stringify(body), signal });
  if (!response.ok) throw await answerError(response);
  return response.json();
}

/**
 * Requests the cancellation of an operation; the worker ends the operation.
 *
 * ```js
 * button.onclick = () => cancel(url, { token });
 * ```
 * @param {string | URL} url the operation's URL
 * @param {{token?: import("./address.js").TokenSource | null, signal?: AbortSignal}} options
 * @returns {Promise<import("./types.js").Snapshot>} the current snapshot
 * @throws {import("./error.js").ProgressError} if the server refuses
 */
export const cancel = (url, options = {}) => requestOf(url, "cancel", options);

/**
 * Answers the open question of an operation. With `number`, the answer is refused if another question is open by then.
 *
 * ```js
 * await answer(url, "yes", { number: snapshot.waitingFor.number, token });
 * ```
 * @param {string | URL} url the operation's URL
 * @param {string} text one of the question's choices, or any text if there are none
 * @param {{number?: number, token?: import("./address.js").TokenSource | null, signal?: AbortSignal}} options
 * @returns {Promise<import("./types.js").Snapshot>} the current snapshot
 * @throws {import("./error.js").ProgressError} if the server refuses; its `kind` is `not-waiting` or `already-answered` if the
 *   question is not open, `answer-not-accepted` if the text is not a possible answer, and `forbidden` if the token permits no answers
 */
export const answer = (url, text, { number, ...options } = {}) => requestOf(url, "answer", options, { answer: text, number });
