// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: the queue of reports for a server.

/**
 * A report: its members, and the number of completed units at its time. `says` is empty if only units were counted.
 * `heard` is called once: with the first response after the server has the report, or with the problem of a refused report.
 * @typedef {{says: Record<string, any>, done: number, counts: boolean, heard?: Heard}} Report
 */

/** @typedef {(snapshot: any, problem?: any) => void} Heard */

/** The maximum number of waiting transitions; beyond it, the oldest is folded into the next. */
const capacity = 1_000;

/** A bounded queue with every transition in order, and only the newest counts; folded transitions are counted. */
export class ReportQueue {
  /** @type {Report[]} */
  #waiting = [];
  #done = 0;
  /** The number of folded transitions. */
  folded = 0;
  /** Whether an end has been reported; later reports are ignored. */
  hasEnd = false;

  get isEmpty() {
    return this.#waiting.length === 0;
  }

  /** Whether only counts wait, so that the queue can wait for more counts. */
  get holdsOnlyCounts() {
    return this.#waiting.length === 1 && isEmpty(this.#waiting[0].says);
  }

  /**
   * Adds completed units to the last waiting report, or to a new one.
   * @param {number} count
   */
  advance(count) {
    if (this.hasEnd || !(count > 0)) return;
    this.#done += Number(count);
    const last = this.#waiting.at(-1);
    if (!last) return void this.#waiting.push({ says: {}, done: this.#done, counts: true });
    last.done = this.#done;
    last.counts = true;
  }

  /**
   * Adds a report; returns `false` after the end.
   * @param {Record<string, any>} says
   * @param {Heard} [heard]
   */
  push({ completedCount, ...says }, heard) {
    if (this.hasEnd) return false;
    this.hasEnd = says.status !== undefined;
    const counts = completedCount !== undefined;
    // Like the server, ignore a lower count than before.
    if (counts) this.#done = Math.max(this.#done, completedCount);
    this.#waiting.push({ says, done: this.#done, counts, heard });
    if (this.#waiting.length > capacity) {
      this.folded += 1;
      const [older, newer] = this.#waiting.splice(0, 2);
      this.#waiting.unshift(folded(older, newer));
    }
    return true;
  }

  /**
   * Removes and returns the next reports to send, in order.
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

/** Returns a JSON copy of a value, so that later changes of the value do not change a report; never throws. */
function frozen(/** @type {any} */ value) {
  try {
    return value === undefined ? undefined : JSON.parse(JSON.stringify(value) ?? "null");
  } catch {
    return String(value);
  }
}

/**
 * Returns a copy of the members that have a value.
 * @returns {any}
 */
export const defined = (/** @type {object} */ members) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined).map(([name, value]) => [name, frozen(value)]));

/** @param {object} says */
const isEmpty = (says) => Object.keys(says).length === 0;

/**
 * Returns one report with the effect of two consecutive reports.
 * @param {Report} older
 * @param {Report} newer
 * @returns {Report}
 */
function folded(older, newer) {
  const says = { ...older.says, ...newer.says };
  // A new state without details clears the previous details.
  if ("state" in newer.says && !("details" in newer.says)) delete says.details;
  if (older.says.labels && newer.says.labels) says.labels = { ...older.says.labels, ...newer.says.labels };
  return { says, done: newer.done, counts: older.counts || newer.counts, heard: newer.heard ?? older.heard };
}

/**
 * Returns the body of a report. The creator of the operation sends the absolute count, so that nothing is counted twice.
 * Another worker sends the increment to the count before.
 * @param {Report} report
 * @param {number | null} before `null` for the creator
 */
export const bodyOf = ({ says, done, counts }, before) =>
  JSON.stringify(!counts ? says : { ...says, ...(before === null ? { completedCount: done } : { advance: done - before }) });

/**
 * Returns what remains of an invalid report: its count, and the end.
 * @param {Report} report
 * @returns {Report[]}
 */
export function validPart({ says, done, counts }) {
  const { status } = says;
  const hasMore = Object.keys(says).length > (status ? 1 : 0);
  return hasMore && (status || counts) ? [{ says: status ? { status } : {}, done, counts }] : [];
}
