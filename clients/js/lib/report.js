// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: a worker's operation.

import { randomID, readServer } from "./address.js";
import { ReportQueue } from "./queue.js";
import { Sender } from "./sender.js";

/** @typedef {import("./error.js").ProgressError} ProgressError */
/** @typedef {import("./types.js").Problem} Problem */

/**
 * @typedef {object} ReportOptions
 * @property {string} [id] a name of your own, such as that of a nightly job; it starts anew once the former run has ended
 * @property {string} [title] for people
 * @property {number | null} [total] units in all; `null` where nobody knows
 * @property {string} [unit] what is counted, such as `"rows"`
 * @property {string} [state] what it does first
 * @property {any} [details] what to tell beside the state, as JSON
 * @property {Record<string, string>} [labels]
 * @property {string} [parent] the operation that this one belongs to
 * @property {number} [lease] for how many seconds the worker may be silent
 * @property {boolean} [cancellable] whether watchers may ask it to stop, as `signal` then tells
 * @property {import("./address.js").TokenSource | null} [token] shows who reports; a function is asked before each request
 * @property {number} [patience] for how many milliseconds an end or `flush` waits for the server at most
 * @property {(error: ProgressError) => void} [refused] told once where the server takes no more reports; by default a warning is written
 * @property {string} [api] where the API is mounted on the server
 */

/**
 * What may be set at once.
 * @typedef {object} Counts
 * @property {number} [completed] units done; a number that is lower than what is shown came late, and leaves that as it is
 * @property {number | null} [total]
 * @property {string} [unit]
 * @property {number} [baseline] units that were done before this run: they are done, but they are no speed
 * @property {number} [fraction] the share done, from 0 to 1, where no more is known
 * @property {string} [title]
 * @property {Record<string, string>} [labels]
 * @property {boolean} [cancellable]
 */

/** What JSON makes of a value now, so that what is changed later changes no report; never throws. */
function frozen(/** @type {any} */ value) {
  try {
    return value === undefined ? undefined : JSON.parse(JSON.stringify(value) ?? "null");
  } catch {
    return String(value);
  }
}

/** @returns {any} */
const defined = (/** @type {object} */ members) =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined).map(([name, value]) => [name, frozen(value)]));

/** @param {Counts} counts */
const wireNames = ({ completed, total, baseline, fraction, ...more }) =>
  defined({ completedCount: completed, totalCount: total, baselineCount: baseline, fractionCompleted: fraction, ...more });

/**
 * The worker's end of an operation. No call waits for the server, none throws: what there is to say is noted, and sent in the
 * background, every change of state in its order, counts at most ten times a second. While the server is away it waits, in bounded memory.
 */
export class Operation {
  /** The operation's address, to watch it at; empty where nothing is reported. */
  url = "";
  id = "";
  /**
   * The newest snapshot that the server has answered with.
   * @type {import("./types.js").Snapshot | null}
   */
  snapshot = null;
  /**
   * The tokens that the server hands on with a new operation.
   * @type {{report: string, watch: string} | null}
   */
  tokens = null;
  /**
   * Why the server takes no more reports, where it does not.
   * @type {ProgressError | null}
   */
  error = null;
  #queue = new ReportQueue();
  #stop = new AbortController();
  #patience;
  /** @type {Sender | null} */
  #sender = null;

  /**
   * @param {string | URL | null} server
   * @param {ReportOptions} options
   */
  constructor(server, options) {
    const { id, title, total, unit, state, details, labels, parent, lease, cancellable } = options;
    this.#patience = options.patience ?? 4_000;
    if (!server) return;
    const at = readServer(server, options.api ?? "/api/v1/progress");
    this.id = at.id || (id ?? randomID());
    this.url = `${at.collection}/${this.id}`;
    const says = defined({ title, totalCount: total, unit, state, details, labels, cancellable });
    const heartbeat = Math.min(cancellable ? 5_000 : 20_000, (lease ?? 60) * 300);
    this.#sender = new Sender(this.#queue, {
      ...at,
      url: this.url,
      creation: at.id ? null : { id: this.id, ...defined({ parent, lease }), ...says },
      token: options.token ?? at.token,
      heartbeat,
      answered: (snapshot) => this.#note(snapshot),
      refused: (error) => {
        this.error = error;
        (options.refused ?? ((error) => console.warn(`live-progress: ${this.url}: ${error.message}`)))(error);
      },
    });
    if (at.id) this.#queue.push(says);
    this.#sender.start();
  }

  /** The address for people: its fragment holds the token to watch with, where there is one. Whoever has it may watch. */
  get link() {
    return this.tokens ? `${this.url}#token=${this.tokens.watch}` : this.url;
  }

  /** Aborted once somebody asks the operation to stop: hand it to `fetch`, or look at `signal.aborted`. */
  get signal() {
    return this.#stop.signal;
  }

  /** How many reports were refused as invalid, or folded into later ones for want of room. */
  get dropped() {
    return this.#queue.folded + (this.#sender?.dropped ?? 0);
  }

  /** Counts units done. */
  advance(count = 1) {
    this.#queue.advance(count);
    this.#sender?.start();
  }

  /**
   * Says what the worker is doing; without details, those before are cleared.
   * @param {string} state
   * @param {any} [details]
   */
  update(state, details) {
    this.#push(defined({ state: String(state), details }));
  }

  /**
   * Sets counts, title and the like; what is absent stays as it is.
   * @param {Counts} counts
   */
  set(counts) {
    this.#push(wireNames(counts));
  }

  /**
   * Ends the operation well; waits until the server knows, for the time of `patience` at most, and tells whether it does.
   * @param {any} [result] any JSON value
   */
  succeed(result) {
    return this.#end({ status: "succeeded", ...defined({ result }) });
  }

  /**
   * Ends the operation as failed.
   * @param {unknown} [error] an `Error`, a problem (RFC 9457), or a text
   */
  fail(error) {
    const told = error instanceof Error ? { title: error.name, detail: error.message } : error;
    return this.#end({ status: "failed", ...defined({ error: told }) });
  }

  /** Ends the operation as cancelled: it was asked to stop, and stopped. */
  cancelled() {
    return this.#end({ status: "cancelled" });
  }

  /** Waits until the server has all that was reported, for the time of `patience` at most, and tells whether it has. */
  async flush() {
    return this.#sender ? this.#sender.flush(this.#patience) : false;
  }

  /** @param {Record<string, any>} says */
  #push(says) {
    this.#queue.push(says);
    this.#sender?.start();
  }

  /** @param {Record<string, any>} says */
  #end(says) {
    this.#push(says);
    return this.flush();
  }

  /** @param {any} answer */
  #note({ tokens, ...snapshot }) {
    this.tokens ??= tokens ?? null;
    this.snapshot = snapshot;
    if (snapshot.status === "cancelling") this.#stop.abort();
  }
}

/**
 * Starts an operation on a server, or reports into the one whose address is given.
 *
 * It is there at once, and never throws for what a server does or does not. Without a server, what the environment says counts:
 * `LIVE_PROGRESS_URL` as under `live-progress run`, else `LIVE_PROGRESS_SERVER`; where it says neither, or `LIVE_PROGRESS_DISABLED=1`,
 * every call does nothing.
 *
 * ```js
 * const op = await report("https://host", { title: "Export", total: 10 });
 * op.update("Reading", { file: "a.csv" });
 * op.advance();
 * await op.succeed({ rows: 7 });
 * ```
 * @param {string | URL | null} [server] a server's address, or an operation's
 * @param {ReportOptions} [options]
 */
export async function report(server, options = {}) {
  /** @type {Record<string, string | undefined>} */
  const environment = /** @type {any} */ (globalThis).process?.env ?? {};
  const isOff = environment.LIVE_PROGRESS_DISABLED === "1";
  const place = server || environment.LIVE_PROGRESS_URL || environment.LIVE_PROGRESS_SERVER || null;
  return new Operation(isOff ? null : place, { token: environment.LIVE_PROGRESS_TOKEN, ...options });
}
