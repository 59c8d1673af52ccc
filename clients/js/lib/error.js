// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: why something failed, and whether to try again.

/** @typedef {import("./types.js").Problem} Problem */

/** @type {Record<number, string>} */
const kinds = {
  401: "unauthenticated", 403: "forbidden", 404: "unknown", 410: "gone",
  4501: "unauthenticated", 4503: "forbidden", 4504: "unknown", 4510: "gone",
};

/**
 * Why a server cannot be followed or takes no reports.
 *
 * `kind` is for programs: `unauthenticated`, `forbidden`, `unknown` (no such operation), `gone` (deleted, or kept long enough),
 * `ended`, `unavailable` (try again later), or `refused` for anything else. Kinds may be added.
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
    /** The HTTP status or the close code; 0 where there was no answer. */
    this.status = status;
    /** What the server said (RFC 9457). */
    this.problem = problem;
    /** For how many milliseconds the server wants to be left alone. */
    this.retryAfter = retryAfter;
  }

  /** Whether the same may well succeed a little later. */
  get isTransient() {
    return this.kind === "unavailable";
  }
}

/** How long an answer may take. */
export const answerTime = 10_000;

/** Longer each time, by chance, so that a thousand programs do not come back in the same moment. */
export const pauseAfter = (/** @type {number} */ failures) => Math.min(10_000, 500 * 2 ** failures) * (0.5 + Math.random() / 2);

/**
 * The codes after which a watcher comes back; 1005 and 1006 stand for a connection that broke without one, 1012 and 1014 come
 * from proxies.
 * @param {number} code
 */
const comesBack = (code) =>
  [1001, 1005, 1006].includes(code) || (code >= 1011 && code <= 1014) || (code >= 4000 && code <= 4499);

/**
 * @param {number} code
 * @param {string} [reason]
 */
export function closeError(code, reason) {
  const kind = comesBack(code) ? "unavailable" : kinds[code] ?? "refused";
  return new ProgressError(kind, `The server closed the connection: ${code} ${reason ?? ""}`.trim(), { status: code });
}

export const removed = () => new ProgressError("gone", "The operation was removed.");

/**
 * No answer came: nobody is there, or it took too long.
 * @param {unknown} cause
 */
export const noAnswer = (cause) => new ProgressError("unavailable", "The server cannot be reached.", { cause });

/**
 * The error that a refusal tells of.
 * @param {Response} response
 */
export async function answerError(response) {
  const { status, headers } = response;
  /** @type {Problem | null} */
  const problem = await response.json().catch(() => null);
  const mayComeBack = [408, 425, 429].includes(status) || (status >= 500 && status !== 501 && status !== 505);
  const ended = status === 409 && /:(ended|stale-attempt)$/.test(problem?.type ?? "") ? "ended" : undefined;
  const kind = mayComeBack ? "unavailable" : ended ?? kinds[status] ?? "refused";
  const asked = headers.get("Retry-After");
  const retryAfter = asked ? Number(asked) * 1000 || Date.parse(asked) - Date.now() || 0 : 0;
  const message = problem?.detail ?? problem?.title ?? `The server answered with status ${status}.`;
  return new ProgressError(kind, message, { status, problem, retryAfter });
}
