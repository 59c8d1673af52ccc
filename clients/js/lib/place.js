// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: the position of a watcher in the revisions of an operation.

/** @typedef {import("./types.js").Snapshot} Snapshot */

/** @param {string} status */
export const isEnded = (status) => /^(succeeded|failed|cancelled)$/.test(status);

/**
 * Accepts each revision once and in order, over all connections, and counts the missing revisions between two.
 * A new epoch is a new journal with its own order. Messages of an earlier epoch are ignored.
 */
export class Place {
  /** @type {string | null} */
  cursor;
  #epoch = "";
  #revision = -1;
  /** @type {Set<string>} */
  #past = new Set();

  /** @param {string | null} [cursor] the last known position */
  constructor(cursor = null) {
    this.cursor = cursor;
    if (cursor) [this.#epoch, this.#revision] = splitCursor(cursor);
  }

  /**
   * Returns the snapshot to pass on, or `null` if it is not new.
   * @param {any} message
   * @returns {Snapshot | null}
   */
  take(message) {
    if (typeof message.cursor !== "string" || typeof message.status !== "string") return null;
    const [epoch, revision] = splitCursor(message.cursor);
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
 * Returns the parts of a cursor.
 * @param {string} cursor
 * @returns {[epoch: string, revision: number]}
 */
export function splitCursor(cursor) {
  const dash = cursor.lastIndexOf("-");
  return [cursor.slice(0, dash), Number(cursor.slice(dash + 1))];
}
