// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: sends a worker's reports to the server, one request at a time.

import { askToken, fieldsWith, randomID } from "./address.js";
import { answerError, answerTime, noAnswer, pauseAfter, ProgressError } from "./error.js";

/** The minimum interval between two requests with only counts, in milliseconds. */
const countTime = 100;
const mostAtOnce = 100;

/**
 * @typedef {object} SenderOptions
 * @property {string} collection the URL of the operations
 * @property {string} url the URL of the operation
 * @property {Record<string, any> | null} creation the body of the creation; `null` for an existing operation
 * @property {import("./address.js").TokenSource | null | undefined} token
 * @property {number} heartbeat the silence before the lease is renewed, in milliseconds
 * @property {(snapshot: any) => void} answered called with each response
 * @property {(error: ProgressError) => void} refused called once if the server refuses all further reports
 */

/** Starts a timer that does not keep the program running. */
const timer = (/** @type {() => void} */ act, /** @type {number} */ time) => {
  const one = /** @type {any} */ (setTimeout(act, time));
  one.unref?.();
  return one;
};

export class Sender {
  dropped = 0;
  #options;
  #queue;
  #creation;
  /** The operation's own token to report, which replaces the caller's token until it is refused. */
  #ownToken = null;
  /** The number of completed units that the server has. */
  #settled = 0;
  #isRunning = false;
  #isOver = false;
  #isUrgent = false;
  #isRefused = false;
  #hurry = () => {};
  #settle = () => {};
  /** @type {AbortController | undefined} */
  #request;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #beat;

  /**
   * @param {import("./queue.js").ReportQueue} queue
   * @param {SenderOptions} options
   */
  constructor(queue, options) {
    this.#queue = queue;
    this.#options = options;
    this.#creation = options.creation;
  }

  /** Starts to send, because the queue has reports. */
  async start() {
    if (this.#isRunning || this.#isOver) return;
    this.#isRunning = true;
    clearTimeout(this.#beat);
    // Reports of the same turn of the event loop are sent in one request.
    await null;
    while (!this.#isOver && (this.#creation || !this.#queue.isEmpty)) {
      if (this.#creation) await this.#create(this.#creation);
      else await this.#deliver(this.#queue.take(mostAtOnce));
      if (this.#queue.holdsOnlyCounts && !this.#isUrgent) await this.#wait(countTime);
    }
    this.#isRunning = false;
    this.#settle();
    this.#settle = () => {};
    if (this.#isOver) return;
    if (this.#queue.hasEnd) this.#isOver = true;
    else this.#beat = timer(() => this.#queue.push({}) && this.start(), this.#options.heartbeat);
  }

  /**
   * Waits until the server has all reports, at most the given milliseconds; returns whether it does.
   * @param {number} patience
   * @returns {Promise<boolean>}
   */
  async flush(patience) {
    if (!this.#isRunning) return !this.#isRefused;
    this.#isUrgent = true;
    this.#hurry();
    const inTime = await new Promise((resolve) => {
      const limit = setTimeout(() => resolve(false), patience);
      const before = this.#settle;
      this.#settle = () => {
        clearTimeout(limit);
        before();
        resolve(true);
      };
    });
    this.#isUrgent = false;
    // An unanswered request would keep the program running. The request is repeated later.
    if (!inTime) this.#request?.abort();
    return inTime && !this.#isRefused;
  }

  /** @param {Record<string, any>} creation */
  async #create(creation) {
    const { collection } = this.#options;
    const snapshot = await this.#send("POST", collection, JSON.stringify(creation), "application/json");
    this.#creation = null;
    if (snapshot) this.#answered(snapshot);
  }

  /** @param {import("./queue.js").Report[]} reports */
  async #deliver(reports) {
    for (let most = reports.length; reports.length > 0 && !this.#isOver; ) {
      const lines = reports.slice(0, most).map((report, index) => this.#body(report, reports[index - 1]?.done ?? this.#settled));
      const type = lines.length > 1 ? "application/x-ndjson" : "application/json";
      let taken = lines.length;
      const snapshot = await this.#send("PATCH", this.#options.url, lines.join("\n"), type, (problem) => {
        taken = problem?.applied ?? 0;
        // Possibly too large as a whole, so send the reports one at a time.
        if (problem?.applied === undefined) most = 1;
      });
      if (taken > 0) this.#settled = reports[taken - 1].done;
      reports = reports.slice(taken);
      if (snapshot) this.#answered(snapshot);
      else if (!this.#isOver && (most > 1 || lines.length === 1)) this.#lighten(reports);
    }
  }

  /**
   * Drops an invalid report, but keeps the other reports, its count, and the end.
   * @param {import("./queue.js").Report[]} reports the first report is invalid
   */
  #lighten(reports) {
    const { says, counts, done } = /** @type {import("./queue.js").Report} */ (reports.shift());
    this.dropped += 1;
    if (Object.keys(says).length > (says.status ? 1 : 0) && (says.status || counts)) {
      reports.unshift({ says: says.status ? { status: says.status } : {}, counts, done });
    }
  }

  /**
   * Returns the body of a report. The creator of the operation sends the absolute count, so that nothing is counted twice.
   * Another worker sends an increment.
   * @param {import("./queue.js").Report} report
   * @param {number} before
   */
  #body({ says, done, counts }, before) {
    const count = this.#options.creation ? { completedCount: done } : { advance: done - before };
    return JSON.stringify(counts ? { ...says, ...count } : says);
  }

  /** @param {any} snapshot */
  #answered(snapshot) {
    this.#ownToken = snapshot.tokens?.report ?? this.#ownToken;
    this.#options.answered(snapshot);
  }

  /**
   * Repeats a request with the same idempotency key until there is a final response.
   * @param {string} method
   * @param {string} url
   * @param {string} body
   * @param {string} type
   * @param {(problem: any) => void} [invalid] called if the body is invalid
   * @returns {Promise<any>} the snapshot, or `null`
   */
  async #send(method, url, body, type, invalid) {
    const more = { "Content-Type": type, "Idempotency-Key": randomID() };
    let hasFallenBack = false;
    for (let failures = 0; !this.#isOver; failures += 1) {
      const answer = await this.#try(url, { method, body }, more);
      if (!(answer instanceof ProgressError)) return answer;
      if (!answer.isTransient) {
        if (invalid && [400, 413, 415, 422].includes(answer.status)) return invalid(answer.problem), null;
        if (answer.kind !== "unauthenticated" || hasFallenBack) return this.#stop(answer), null;
        // The operation's own token or the caller's token has expired, and there may be a newer one.
        hasFallenBack = true;
        this.#ownToken = null;
        continue;
      }
      await this.#wait(Math.max(pauseAfter(failures), answer.retryAfter), answer.retryAfter);
    }
    return null;
  }

  /**
   * @param {string} url
   * @param {RequestInit} init
   * @param {Record<string, string>} fields
   */
  async #try(url, init, fields) {
    this.#request = new AbortController();
    const { signal } = this.#request;
    const limit = timer(() => this.#request?.abort(), answerTime);
    try {
      const token = this.#ownToken ?? (await askToken(this.#options.token));
      // The browser sends the last report even if the page closes.
      const keepalive = this.#queue.hasEnd && String(init.body).length < 30_000;
      const response = await fetch(url, { ...init, headers: fieldsWith(token, fields), signal, keepalive });
      return response.ok ? await response.json() : await answerError(response);
    } catch (cause) {
      return noAnswer(cause);
    } finally {
      clearTimeout(limit);
    }
  }

  /** @param {ProgressError} error */
  #stop(error) {
    this.#isOver = this.#isRefused = true;
    this.#queue.close();
    this.#options.refused(error);
  }

  /**
   * @param {number} time
   * @param {number} [held] the part of the time that `#hurry` does not shorten
   */
  #wait(time, held = 0) {
    return new Promise((resolve) => {
      const until = Date.now() + held;
      const one = timer(() => resolve(null), time);
      this.#hurry = () => {
        if (Date.now() < until) return;
        clearTimeout(one);
        resolve(null);
      };
    });
  }
}
