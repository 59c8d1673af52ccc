// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: the reports that a server has still to get.

/**
 * One report: what it says, and how many units were done when it was made. `says` is empty where only units were counted.
 * @typedef {{says: Record<string, any>, done: number, counts: boolean}} Report
 */

/** How many transitions wait for a server at most; past it the oldest are folded into the next. */
const capacity = 1_000;

/** Every transition in its order, the counts newest only; bounded, and what was folded is counted. */
export class ReportQueue {
  /** @type {Report[]} */
  #waiting = [];
  #done = 0;
  /** How many transitions were folded. */
  folded = 0;
  /** Whether an end has been reported: nothing is taken after it. */
  hasEnd = false;

  get isEmpty() {
    return this.#waiting.length === 0;
  }

  /** Whether what waits says nothing but counts, so that it may wait for more of them. */
  get holdsOnlyCounts() {
    return this.#waiting.length === 1 && isEmpty(this.#waiting[0].says);
  }

  /**
   * Counts units done; a report that waits takes them along.
   * @param {number} count
   */
  advance(count) {
    if (this.hasEnd || !(count > 0)) return;
    this.#done += count;
    const last = this.#waiting.at(-1);
    if (!last) return void this.#waiting.push({ says: {}, done: this.#done, counts: true });
    last.done = this.#done;
    last.counts = true;
  }

  /**
   * Takes a report; `false` after the end.
   * @param {Record<string, any>} says
   */
  push({ completedCount, ...says }) {
    if (this.hasEnd) return false;
    this.hasEnd = says.status !== undefined;
    const counts = completedCount !== undefined;
    // As the server has it: a count that is lower than one before came late.
    if (counts) this.#done = Math.max(this.#done, completedCount);
    this.#waiting.push({ says, done: this.#done, counts });
    if (this.#waiting.length > capacity) {
      this.folded += 1;
      const [older, newer] = this.#waiting.splice(0, 2);
      this.#waiting.unshift(folded(older, newer));
    }
    return true;
  }

  /**
   * The next reports to send, in their order.
   * @param {number} most
   */
  take(most) {
    return this.#waiting.splice(0, most);
  }

  close() {
    this.hasEnd = true;
    this.#waiting = [];
  }
}

/** @param {object} says */
const isEmpty = (says) => Object.keys(says).length === 0;

/**
 * One report that says what two say after each other.
 * @param {Report} older
 * @param {Report} newer
 * @returns {Report}
 */
function folded(older, newer) {
  const says = { ...older.says, ...newer.says };
  // A state clears the details of the one before.
  if ("state" in newer.says && !("details" in newer.says)) delete says.details;
  if (older.says.labels && newer.says.labels) says.labels = { ...older.says.labels, ...newer.says.labels };
  return { says, done: newer.done, counts: older.counts || newer.counts };
}
