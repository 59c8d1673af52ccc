// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: the types of what goes over the wire. No program loads this file; the comments of the others refer to it.

/** @typedef {"pending" | "running" | "stalled" | "cancelling" | "succeeded" | "failed" | "cancelled"} Status */

/**
 * Problem details (RFC 9457).
 * @typedef {{type?: string, title?: string, status?: number, detail?: string, [member: string]: unknown}} Problem
 */

/**
 * What the worker counts.
 * @typedef {object} Counts
 * @property {number} completedCount units done; 0 where the worker knows only a fraction
 * @property {number | null} [totalCount] `null` where nobody knows
 * @property {string | null} [unit]
 * @property {number | null} [fractionCompleted] from 0 to 1
 * @property {number | null} [throughput] units a second
 * @property {number | null} [estimatedTimeRemaining] seconds
 */

/**
 * The whole state of an operation at one revision. Members that this list does not know may be there.
 * @typedef {object} Snapshot
 * @property {"snapshot" | "update" | "end"} type `end` is the last one
 * @property {string} id
 * @property {string} cursor where a watcher goes on
 * @property {number} revision
 * @property {number} attempt
 * @property {Status} status
 * @property {string} state what the worker says it is doing
 * @property {any} details what it tells beside that
 * @property {string | null} [title]
 * @property {Counts | null} [progress] `null` where the worker does not count
 * @property {string | null} [parent]
 * @property {Record<string, string>} [labels]
 * @property {boolean} [cancellable]
 * @property {number} skipped how many revisions were passed over just before this one
 * @property {boolean} [resumed] whether a new connection goes on exactly where the last one was
 * @property {string} createdAt
 * @property {string} updatedAt
 * @property {any} [result] of an operation that succeeded
 * @property {Problem | null} [error] of one that failed
 */

/**
 * How a connection is: `connecting`, `live`, `waiting` (tries again at `retryAt`), `closed` (nothing more will come), or `refused`.
 * `error` says why it is not live.
 * @typedef {object} ConnectionState
 * @property {"connecting" | "live" | "waiting" | "closed" | "refused"} phase
 * @property {number} [retryAt] in milliseconds as `Date.now()` counts
 * @property {import("./error.js").ProgressError} [error]
 */

/**
 * @typedef {object} ConnectionOptions
 * @property {import("./address.js").TokenSource | null} [token] shows who asks; a function is asked before each connection and before the
 *   token ends. By default the one in the address's fragment counts.
 * @property {string | null} [cursor] what has been seen already
 * @property {(message: any) => void} message gets each snapshot; of a feed each message
 * @property {(state: ConnectionState) => void} [phase] told how the connection is
 * @property {boolean} [isFeed] whether the address is that of many operations
 */

export {};
