// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: a worker's question to a person, until it has its answer.

import { Connection } from "./connection.js";
import { ProgressError } from "./error.js";
import { isEnded } from "./place.js";

/** @typedef {import("./types.js").Snapshot} Snapshot */

/**
 * @typedef {object} AskOptions
 * @property {readonly string[]} [choices] the possible answers, 1 to 16; without choices, any text is an answer
 * @property {string} [default] the answer at the deadline; needs a `timeout`
 * @property {number} [timeout] the seconds until the deadline, counted by the server; without it, the question stays open
 * @property {"question" | "permission" | "input"} [kind] by default `question`
 * @property {AbortSignal} [signal] withdraws the question; the call then throws the signal's reason
 */

/**
 * What a question needs of its operation.
 * @typedef {object} Asker
 * @property {string} url
 * @property {number} asked the number of the newest question before this one; 0 if there was none
 * @property {AbortController} stop aborted after a cancel request
 * @property {() => Promise<string | null>} token returns the token of a watcher
 * @property {() => ProgressError | null} error returns why nothing is reported any more
 * @property {() => void} beat sends an empty report, unless reports wait already
 * @property {(says: object, heard?: import("./queue.js").Heard) => boolean} push adds a report; returns `false` after the end
 */

/** The time in milliseconds after a deadline in which the server's decision arrives. */
const grace = 10_000;
/** The interval of empty reports if the operation cannot be watched; their responses contain the answer. */
const beatTime = 1_000;

/** A question of a worker; the responses to reports and a watch of the operation show what became of it. */
export class Question {
  #asker;
  #message;
  #options;
  /** The number of the question; 0 before a response contains the question, and -1 if it was gone by then. */
  #number = 0;
  #isOver = false;
  #isBlind = false;
  /** @type {Connection | undefined} */
  #watch;
  /** @type {any} */
  #limit;
  /** @type {any} */
  #beat;
  #resolve = (/** @type {string} */ _) => {};
  #reject = (/** @type {unknown} */ _) => {};
  /** @type {Promise<string>} */
  answer = new Promise((resolve, reject) => {
    this.#resolve = resolve;
    this.#reject = reject;
  });

  /**
   * @param {Asker | null} asker `null` if nothing is reported
   * @param {string} message
   * @param {AskOptions} options
   */
  constructor(asker, message, options) {
    this.#asker = /** @type {Asker} */ (asker);
    this.#message = message;
    this.#options = options;
    asker ? this.#open(asker) : this.#settle(options.default);
  }

  /** @returns {AbortSignal[]} */
  get #signals() {
    return /** @type {any[]} */ ([this.#asker?.stop.signal, this.#options.signal]).filter(Boolean);
  }

  /** @param {Asker} asker */
  #open({ push, beat, error }) {
    const { kind, choices, timeout, default: spare } = this.#options;
    const waitingFor = { kind, message: this.#message, choices, timeout, default: spare };
    for (const one of this.#signals) {
      if (one.aborted) return this.fail(one.reason);
      one.addEventListener("abort", this);
    }
    const isTaken = push({ waitingFor }, (snapshot, problem) => this.#hear(snapshot, problem));
    if (!isTaken) return this.fail(error() ?? new ProgressError("ended", "The operation has ended."));
    this.#arm();
    // The timer also keeps a program running that only waits for the answer.
    this.#beat = setInterval(() => this.#isBlind && beat(), beatTime);
  }

  /** @param {any} event the abort of a signal */
  handleEvent({ target }) {
    if (target === this.#options.signal) this.#asker.push({ waitingFor: null });
    this.fail(target.reason);
  }

  /** Waits until the deadline by the clock of this program, and not for ever if the server stays away. */
  #arm() {
    const { timeout, default: spare } = this.#options;
    if (timeout === undefined) return;
    const end = performance.now() + timeout * 1_000 + grace;
    const look = () => {
      const left = end - performance.now();
      if (left > 0) return void (this.#limit = setTimeout(look, Math.min(left, 2 ** 30)));
      this.#asker.push({ waitingFor: null });
      this.#settle(spare);
    };
    clearTimeout(this.#limit);
    look();
  }

  /**
   * Takes the first response after the server has the question, or the problem of an invalid question.
   * @param {Snapshot | null} snapshot
   * @param {import("./types.js").Problem} [problem]
   */
  #hear(snapshot, problem) {
    if (this.#isOver) return;
    if (!snapshot) {
      const text = problem?.detail ?? problem?.title ?? "The server refused the question.";
      return this.fail(new ProgressError("refused", text, { problem, status: problem?.status }));
    }
    // After a lost response, the repeated request gets the newest snapshot, in which the question may be answered.
    const { waitingFor, lastAnswer, cursor } = snapshot;
    const isOwn = (/** @type {any} */ one) => one?.message === this.#message && one.number > this.#asker.asked;
    this.#number = [waitingFor, lastAnswer].find(isOwn)?.number ?? -1;
    this.see(snapshot);
    if (this.#isOver) return;
    // The server counts from the arrival of the question, which was later than the call.
    this.#arm();
    this.#watch = new Connection(this.#asker.url, {
      token: this.#asker.token,
      cursor,
      message: (one) => this.see(one),
      phase: ({ phase }) => (this.#isBlind = phase === "refused" || phase === "closed"),
    });
    this.#watch.open();
  }

  /** @param {Snapshot} snapshot */
  see({ status, waitingFor, lastAnswer }) {
    const number = this.#number;
    if (!number || this.#isOver) return;
    if (lastAnswer?.number === number) this.#settle(lastAnswer.answer);
    else if (status === "cancelling") this.#asker.stop.abort();
    else if (isEnded(status)) this.fail(new ProgressError("ended", "The operation has ended."));
    else if (waitingFor?.number !== number) this.#settle(null, "The question was withdrawn or replaced.");
  }

  /**
   * @param {string | null | undefined} text
   * @param {string} [why]
   */
  #settle(text, why = "Nobody answered in time.") {
    if (typeof text !== "string") return this.fail(new ProgressError("unanswered", why));
    this.#close();
    this.#resolve(text);
  }

  /**
   * Ends the wait without an answer.
   * @param {unknown} reason
   */
  fail(reason) {
    this.#close();
    this.#reject(reason);
  }

  #close() {
    this.#isOver = true;
    for (const one of this.#signals) one.removeEventListener("abort", this);
    clearTimeout(this.#limit);
    clearInterval(this.#beat);
    this.#watch?.close();
  }
}
