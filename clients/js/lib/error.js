// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: errors, and whether to try again.

/** @typedef {import("./types.js").Problem} Problem */

/** @type {Record<number, string>} */
const kinds = { 401: "unauthenticated", 403: "forbidden", 404: "unknown", 410: "gone" };

/**
 * The error of a watch or of reports.
 *
 * `kind` is for programs: `unauthenticated`, `forbidden`, `unknown` (no such operation), `gone` (deleted, or retention is over),
 * `ended`, `unavailable` (try again later), or `refused` for anything else; of a worker's question `unanswered`; of an answer
 * `not-waiting` (no question is open), `already-answered` (another question is open) or `answer-not-accepted`. Kinds may be added.
 */
export class ProgressError extends Error {
  name = "ProgressError";

  /**
   * @param {string} kind
   * @param {string} message
   * @param {{status?: number, problem?: Problem | null, retryAfter?: number, cause?: unknown}} more
   */
  constructor(kind, message, { status = 0, problem = null, retryAfter = 0, cause } = {}) {
    super(message, { cause });
    this.kind = kind;
    /** The kind, under the name that errors of Node have. */
    this.code = kind;
    /** The HTTP status code or the close code; 0 without a response. */
    this.status = status;
    /** The problem details of the server (RFC 9457). */
    this.problem = problem;
    /** The Retry-After of the server in milliseconds. */
    this.retryAfter = retryAfter;
  }

  /** Whether the same request may succeed later. */
  get isTransient() {
    return this.kind === "unavailable";
  }
}

/** The timeout of a response in milliseconds. */
export const answerTime = 10_000;

/** Returns the delay in milliseconds after consecutive failures: exponential, with jitter. */
export const pauseAfter = (/** @type {number} */ failures) => Math.min(10_000, 500 * 2 ** failures) * (0.5 + Math.random() / 2);

/**
 * The close codes after which a watcher reconnects. 1005 and 1006 mean a connection without a code; 1012 and 1014 come from
 * proxies.
 */
const reconnectCodes = /^(1001|100[56]|101[1-4]|4[0-4]..)$/;
const transientCodes = /^(408|425|429|5(?!01|05)..)$/;

/**
 * @param {number} code
 * @param {string} [reason]
 */
export function closeError(code, reason) {
  // 4501 is the close code for the status 401, and so on.
  const kind = reconnectCodes.test(String(code)) ? "unavailable" : kinds[code - 4100] ?? "refused";
  return new ProgressError(kind, `The server closed the connection: ${code} ${reason ?? ""}`.trim(), { status: code });
}

let lastWarning = "";

/**
 * Writes a warning for the developer of a worker; the same text only once.
 * @param {string} text
 */
export function warn(text) {
  if (text !== lastWarning) console.warn(`live-progress: ${text}`);
  lastWarning = text;
}

export const removed = () => new ProgressError("gone", "The operation was removed.");

/**
 * Returns the error for a server that is unreachable or too slow.
 * @param {unknown} cause
 */
export const noAnswer = (cause) => new ProgressError("unavailable", "The server cannot be reached.", { cause });

/**
 * Returns the error in a response.
 * @param {Response} response
 */
export async function answerError(response) {
  const { status, headers } = response;
  /** @type {Problem | null} */
  const problem = await response.json().catch(() => null);
  const [, named] = /[:/](ended|stale-attempt|not-waiting|already-answered|answer-not-accepted)$/.exec(problem?.type ?? "") ?? [];
  const ended = named === "stale-attempt" ? "ended" : named;
  const kind = transientCodes.test(String(status)) ? "unavailable" : ended ?? kinds[status] ?? "refused";
  const asked = headers.get("Retry-After");
  const retryAfter = asked ? Number(asked) * 1000 || Date.parse(asked) - Date.now() || 0 : 0;
  const message = problem?.detail ?? problem?.title ?? `The server answered with status ${status}.`;
  return new ProgressError(kind, message, { status, problem, retryAfter });
}
