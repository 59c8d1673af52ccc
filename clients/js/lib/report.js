// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: the worker's handle for an operation.

import { askToken, randomID, readServer } from "./address.js";
import { Question } from "./ask.js";
import { ProgressError, warn } from "./error.js";
import { defined, ReportQueue } from "./queue.js";
import { Sender } from "./sender.js";

/** @typedef {import("./types.js").ReportOptions} ReportOptions */

/**
 * The worker's handle for an operation. No call throws except `ask`, and only `ask`, ends and `flush` wait. Reports are sent in the
 * background: every change of state in order, and counts at most ten times per second. While the server is unreachable, reports wait in bounded memory.
 */
export class Operation {
  /** The operation's URL; empty if nothing is reported. */
  url = "";
  id = "";
  /**
   * The newest snapshot in a response of the server.
   * @type {import("./types.js").Snapshot | null}
   */
  snapshot = null;
  /**
   * The tokens that the server returns for a new operation.
   * @type {{report: string, watch: string} | null}
   */
  tokens = null;
  /**
   * The refusal that stopped the reports, or the error of an invalid address, or `null`.
   * @type {ProgressError | null}
   */
  error = null;
  #queue = new ReportQueue();
  #stop = new AbortController();
  #patience;
  #isGuest;
  /** @type {Sender | null} */
  #sender = null;
  #token;
  /**
   * The newest question.
   * @type {Question | undefined}
   */
  #question;

  /**
   * @param {string | URL | null | undefined} server
   * @param {ReportOptions & {spare?: string | null}} options
   * @param {boolean} isGuest whether another program ends the operation, if `server` is the URL of an operation
   */
  constructor(server, options, isGuest) {
    const { id, title, total, unit, state, details, labels, parent, lease, cancellable } = options;
    this.#patience = options.patience ?? 4_000;
    const at = server && this.#read(server, options.api);
    if (!at) return;
    this.id = at.id || (id ?? randomID());
    this.url = `${at.collection}/${this.id}`;
    this.#isGuest = isGuest && at.id;
    this.#token = options.token ?? at.token ?? options.spare;
    const says = defined({ totalCount: total, unit, state, details, cancellable });
    const heartbeat = Math.min(cancellable ? 5_000 : 20_000, (lease ?? 60) * 300);
    this.#sender = new Sender(this.#queue, {
      ...at,
      url: this.url,
      creation: at.id ? null : { id: this.id, ...defined({ title, labels, parent, lease }), ...says },
      token: this.#token,
      heartbeat,
      answered: (snapshot) => this.#note(snapshot),
      refused: (error) => {
        this.error = error;
        this.#question?.fail(error);
        (options.refused ?? (({ message }) => warn(`${this.url}: ${message}`)))(error);
      },
    });
    if (at.id) this.#queue.push(says);
    this.#sender.start();
  }

  /**
   * Begins an operation, and waits for the server, at most `options.wait`.
   * @param {ConstructorParameters<typeof Operation>} place
   */
  static async begin(...place) {
    const one = new Operation(...place);
    await one.#sender?.begin(place[1].wait ?? 2_000);
    return one;
  }

  /** @param {string | URL} server */
  #read(server, api = "/api/v1/progress") {
    try {
      return readServer(server, api);
    } catch (/** @type {any} */ error) {
      warn(`${(this.error = error).message} Nothing is reported.`);
    }
  }

  /** The URL with the token to watch in its fragment, if there is one. Everyone with this link can watch. */
  get link() {
    return this.tokens ? `${this.url}#token=${this.tokens.watch}` : this.url;
  }

  /** A signal that a cancel request aborts: pass it to `fetch`, or check `signal.aborted`. */
  get signal() {
    return this.#stop.signal;
  }

  /** The number of reports that were refused as invalid, or folded into later ones in a full queue. */
  get dropped() {
    return this.#queue.folded + (this.#sender?.dropped ?? 0);
  }

  /** Adds completed units. */
  advance(count = 1) {
    this.#queue.advance(count);
    this.#sender?.start();
  }

  /**
   * Reports the current state; without details, clears the previous details.
   * @param {string} state
   * @param {any} [details]
   */
  update(state, details) {
    this.#push({ state: String(state), details });
  }

  /**
   * Sets the given counts and other values; other values do not change.
   * @param {import("./types.js").ReportedCounts} counts
   */
  set({ completed, total, baseline, fraction, ...more }) {
    this.#push({ completedCount: completed, totalCount: total, baselineCount: baseline, fractionCompleted: fraction, ...more });
  }

  /**
   * Ends the operation as succeeded; waits for the server, at most `patience`, and returns whether the server has the end.
   * @param {any} [result] any JSON value
   */
  succeed(result) {
    return this.#end({ status: "succeeded", result });
  }

  /**
   * Ends the operation as failed.
   * @param {unknown} [error] an `Error`, a problem (RFC 9457), or a text
   */
  fail(error) {
    const told = error instanceof Error ? { title: error.name, detail: error.message } : error;
    return this.#end({ status: "failed", error: told });
  }

  /** Ends the operation as cancelled, after a cancel request. */
  cancelled() {
    return this.#end({ status: "cancelled" });
  }

  /**
   * Asks a person, who answers at the operation's link; waits, and returns the text of the answer, or the default at the deadline.
   *
   * Throws a `ProgressError` of the kind `unanswered` if there is none, and the reason of `op.signal` after a cancel request. A new
   * question replaces an open one. If nothing is reported, nobody is asked, and the default is returned immediately.
   *
   * ```js
   * const answer = await op.ask("Apply 3 changes?", { choices: ["yes", "no"], default: "no", timeout: 60 });
   * ```
   * @param {string} message
   * @param {import("./ask.js").AskOptions} options
   */
  ask(message, options = {}) {
    this.#question?.fail(new ProgressError("unanswered", "Another question replaced this one."));
    const { waitingFor, lastAnswer } = this.snapshot ?? {};
    this.#question = new Question(this.#sender && {
      url: this.url,
      asked: waitingFor?.number ?? lastAnswer?.number ?? 0,
      stop: this.#stop,
      token: async () => this.tokens?.watch ?? askToken(this.#token),
      error: () => this.error,
      beat: () => void (this.#queue.isEmpty && this.#push({})),
      push: (says, heard) => this.#push(says, heard),
    }, String(message), options);
    return this.#question.answer;
  }

  /** Waits until the server has all reports, at most `patience`; returns whether it does. */
  async flush() {
    return this.#sender ? this.#sender.flush(this.#patience) : false;
  }

  /**
   * @param {Record<string, any>} says
   * @param {import("./queue.js").Heard} [heard]
   */
  #push(says, heard) {
    const isTaken = this.#queue.push(defined(says), heard);
    this.#sender?.start();
    return isTaken;
  }

  /** @param {Record<string, any>} says */
  #end(says) {
    if (!this.#isGuest) this.#push(says);
    this.#queue.hasEnd = true;
    return this.flush();
  }

  /** @param {any} answer */
  #note({ tokens, ...snapshot }) {
    this.tokens ??= tokens ?? null;
    this.snapshot = snapshot;
    if (snapshot.status === "cancelling") this.#stop.abort();
    this.#question?.see(snapshot);
  }
}

/**
 * Begins an operation on a server, or reports into the operation of the given URL, which keeps its title and labels.
 *
 * Returns when the server has created the operation, at the latest after `wait`, and then goes on without the server. Does not
 * throw if the server fails or its address is invalid. Without `server`, uses the environment:
 * `LIVE_PROGRESS_URL`, which `live-progress run` sets, or else `LIVE_PROGRESS_SERVER`. With neither of them, or with
 * `LIVE_PROGRESS_DISABLED=1`, every call does nothing. The operation of `LIVE_PROGRESS_URL` is ended by the program that began it,
 * or with `LIVE_PROGRESS_OWNER=1` by the first operation of this program.
 *
 * ```js
 * const op = await report("https://host", { title: "Export", total: 10 });
 * op.update("Reading", { file: "a.csv" });
 * op.advance();
 * await op.succeed({ rows: 7 });
 * ```
 * @param {string | URL | null} [server] the URL of a server or of an operation
 * @param {ReportOptions} [options]
 */
export async function report(server, options = {}) {
  /** @type {Record<string, string | undefined>} */
  const environment = /** @type {any} */ (globalThis).process?.env ?? {};
  const isOff = environment.LIVE_PROGRESS_DISABLED === "1";
  const place = server || environment.LIVE_PROGRESS_URL || environment.LIVE_PROGRESS_SERVER;
  const isGuest = !server && environment.LIVE_PROGRESS_OWNER !== "1";
  // Later operations and child processes are guests.
  if (!server) delete environment.LIVE_PROGRESS_OWNER;
  return Operation.begin(isOff ? null : place, { ...options, spare: environment.LIVE_PROGRESS_TOKEN }, isGuest);
}
