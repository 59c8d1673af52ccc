// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: a watcher's place in an operation's revisions.

/** @typedef {import("./types.js").Snapshot} Snapshot */

/** @param {string} status */
export const isEnded = (status) => status === "succeeded" || status === "failed" || status === "cancelled";

/**
 * Lets each revision through once and in order, over however many connections, and counts what is missing between two.
 * A new epoch is a new journal that begins anew; one that is over does not come back.
 */
export class Place {
  /** @type {string | null} */
  cursor;
  #epoch = "";
  #revision = -1;
  /** @type {Set<string>} */
  #past = new Set();

  /** @param {string | null} [cursor] what has been seen already */
  constructor(cursor = null) {
    this.cursor = cursor;
    if (cursor) [this.#epoch, this.#revision] = split(cursor);
  }

  /**
   * The message as it is handed on, or `null` where it is no news.
   * @param {any} message
   * @returns {Snapshot | null}
   */
  take(message) {
    if (typeof message.cursor !== "string" || typeof message.status !== "string") return null;
    const [epoch, revision] = split(message.cursor);
    const goesOn = epoch === this.#epoch;
    if (this.#past.has(epoch) || (goesOn && revision <= this.#revision)) return null;
    const skipped = Math.max(message.skipped ?? 0, goesOn ? revision - this.#revision - 1 : 0);
    if (!goesOn && this.#epoch) this.#past.add(this.#epoch);
    this.cursor = message.cursor;
    [this.#epoch, this.#revision] = [epoch, revision];
    const type = isEnded(message.status) ? "end" : message.type ?? "snapshot";
    return { ...message, type, skipped };
  }
}

/**
 * @param {string} cursor
 * @returns {[epoch: string, revision: number]}
 */
function split(cursor) {
  const dash = cursor.lastIndexOf("-");
  return [cursor.slice(0, dash), Number(cursor.slice(dash + 1))];
}
