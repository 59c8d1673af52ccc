// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: sends a worker's reports to the server, one request at a time.

import { askToken, fieldsWith, randomID } from "./address.js";
import { answerError, answerTime, noAnswer, pauseAfter, ProgressError, warn } from "./error.js";
import { bodyOf, validPart } from "./queue.js";
import { comesWithin, timer } from "./time.js";

/** The minimum interval between two requests with only counts, in milliseconds. */
const countTime = 100;
const mostAtOnce = 100;
/** The time in milliseconds for which a normal exit of Node waits for the last reports. */
const exitTime = 1_000;
/** The server that did not answer a creation in time. Further creations do not wait for it. */
let silentServer = "";
/** @type {Set<Sender>} the senders with reports that the server does not have */
const busy = new Set();
const platform = /** @type {any} */ (globalThis).process;
platform?.once?.("beforeExit", () => busy.forEach((one) => one.flush(exitTime)));

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

export class Sender {
  dropped = 0;
  #options;
  #queue;
  #creation;
  /** The operation's own token to report, which replaces the caller's token until it is refused. */
  #ownToken = null;
  /** The number of completed units that the server has. */
  #settled = 0;
  #isOver = false;
  #isUrgent = false;
  #isRefused = false;
  #hurry = () => {};
  #settle = () => {};
  /** @type {import("./queue.js").Heard[]} those to call with the next response */
  #hearers = [];
  #tried = () => {};
  /** The last error. */
  #failure = noAnswer(null);
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
    if (busy.has(this) || this.#isOver) return;
    busy.add(this);
    clearTimeout(this.#beat);
    // Reports of the same turn of the event loop are sent in one request.
    await null;
    while (!this.#isOver && (this.#creation || !this.#queue.isEmpty)) {
      if (this.#creation) await this.#create(this.#creation);
      else await this.#deliver(this.#queue.take(mostAtOnce));
      if (this.#queue.holdsOnlyCounts && !this.#isUrgent) await this.#wait(countTime);
    }
    busy.delete(this);
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
    if (!busy.has(this)) return !this.#isRefused;
    this.#isUrgent = true;
    this.#hurry();
    const inTime = await comesWithin(patience, (came) => {
      const before = this.#settle;
      this.#settle = () => (before(), came());
    });
    this.#isUrgent = false;
    if (!inTime) {
      this.#complain();
      // An unanswered request would keep the program running. The request is repeated later, and the last error stays.
      this.#request?.abort(this.#failure);
    }
    return inTime && !this.#isRefused;
  }

  /**
   * Waits for the first response to the creation, at most the given milliseconds; not again for a silent server.
   * @param {number} time
   */
  async begin(time) {
    const { collection, creation } = this.#options;
    if (!creation || !time || silentServer === collection) return;
    if (!(await comesWithin(time, (came) => (this.#tried = came)))) silentServer = collection;
  }

  #complain() {
    const { origin } = new URL(this.#options.url);
    warn(`${origin}: ${this.#failure.message} The newest reports were not sent. Check the server and its address.`);
  }

  /** @param {Record<string, any>} creation */
  async #create(creation) {
    const { collection } = this.#options;
    const snapshot = await this.#send("POST", collection, JSON.stringify(creation), "application/json");
    this.#creation = null;
    if (snapshot) this.#answered(snapshot);
    this.#tried();
  }

  /** @param {import("./queue.js").Report[]} reports */
  async #deliver(reports) {
    for (let most = reports.length; reports[0] && !this.#isOver; ) {
      const lines = reports.slice(0, most)
        .map((report, index) => bodyOf(report, this.#options.creation ? null : reports[index - 1]?.done ?? this.#settled));
      const type = lines.length > 1 ? "application/x-ndjson" : "application/json";
      let taken = lines.length;
      /** @type {any} */
      let refusal;
      const snapshot = await this.#send("PATCH", this.#options.url, lines.join("\n"), type, (problem) => {
        refusal = problem;
        taken = Math.min(lines.length, problem?.applied >>> 0);
        // Possibly too large as a whole, so send the reports one at a time.
        if (problem?.applied === undefined) most = 1;
      });
      for (const { done, heard } of reports.splice(0, taken)) {
        this.#settled = done;
        if (heard) this.#hearers.push(heard);
      }
      if (snapshot) this.#answered(snapshot);
      else if (reports[0] && !this.#isOver && (most > 1 || lines.length === 1)) {
        this.dropped += 1;
        reports[0].heard?.(null, refusal);
        reports.splice(0, 1, ...validPart(reports[0]));
      }
    }
  }

  /** @param {any} snapshot */
  #answered(snapshot) {
    silentServer = "";
    this.#ownToken = snapshot.tokens?.report ?? this.#ownToken;
    this.#options.answered(snapshot);
    for (const heard of this.#hearers.splice(0)) heard(snapshot);
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
      // The browser sends the last report even if the page closes. It has a limit of 64 KiB for such requests.
      const keepalive = !failures && this.#queue.hasEnd && new Blob([body]).size < 60_000;
      const answer = await this.#try(url, { method, body, keepalive, redirect: "error" }, more);
      if (!(answer instanceof ProgressError)) return answer;
      if (!answer.isTransient) {
        if (invalid && [400, 413, 415, 422].includes(answer.status)) return invalid(answer.problem), null;
        if (answer.kind !== "unauthenticated" || hasFallenBack) return this.#stop(answer), null;
        // The operation's own token or the caller's token has expired, and there may be a newer one.
        hasFallenBack = true;
        this.#ownToken = null;
        continue;
      }
      this.#failure = answer;
      this.#tried();
      // Shorter failures, such as the restart of a server, need no warning.
      if (failures === 2) this.#complain();
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
      const response = await fetch(url, { ...init, headers: fieldsWith(token, fields), signal });
      return response.ok ? Object(await response.json()) : await answerError(response);
    } catch (cause) {
      return cause === this.#failure ? this.#failure : noAnswer(cause);
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
      this.#hurry = () => Date.now() < until || resolve(clearTimeout(one));
    });
  }
}
