// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: the types of the wire. No program loads this file; comments in other files refer to its types.

/** @typedef {"pending" | "running" | "stalled" | "cancelling" | "succeeded" | "failed" | "cancelled"} Status */

/**
 * Problem details (RFC 9457).
 * @typedef {{type?: string, title?: string, status?: number, detail?: string, [member: string]: unknown}} Problem
 */

/**
 * The counts of an operation.
 * @typedef {object} Counts
 * @property {number} completedCount the completed units; 0 if the worker knows only a fraction
 * @property {number | null} [totalCount] `null` if unknown
 * @property {string | null} [unit]
 * @property {number | null} [fractionCompleted] from 0 to 1
 * @property {number | null} [throughput] units per second
 * @property {number | null} [estimatedTimeRemaining] seconds
 */

/**
 * The state of an operation at one revision. A snapshot can have other members, too.
 * @typedef {object} Snapshot
 * @property {"snapshot" | "update" | "end"} type `end` for the last snapshot
 * @property {string} id
 * @property {string} cursor the position at which a watcher can continue
 * @property {number} revision
 * @property {number} attempt
 * @property {Status} status
 * @property {string} state the state that the worker reported
 * @property {any} details the details of the state
 * @property {string | null} [title]
 * @property {Counts | null} [progress] `null` if the worker does not count
 * @property {string | null} [parent]
 * @property {Record<string, string>} [labels]
 * @property {boolean} [cancellable]
 * @property {number} skipped the number of skipped revisions before this one
 * @property {boolean} [resumed] whether a new connection continues exactly at the cursor
 * @property {string} createdAt
 * @property {string} updatedAt
 * @property {any} [result] the result of a success
 * @property {Problem | null} [error] the problem of a failure
 */

/**
 * The state of a connection: `connecting`, `live`, `waiting` (tries again at `retryAt`), `closed` (ended), or `refused`.
 * `error` is the reason why the connection is not live.
 * @typedef {object} ConnectionState
 * @property {"connecting" | "live" | "waiting" | "closed" | "refused"} phase
 * @property {number} [retryAt] in milliseconds, like `Date.now()`
 * @property {import("./error.js").ProgressError} [error]
 */

/**
 * @typedef {object} ConnectionOptions
 * @property {import("./address.js").TokenSource | null} [token] the token; a function is called before each connection and before
 *   the token expires. The default is the token in the fragment of the URL.
 * @property {string | null} [cursor] the last known position
 * @property {(message: any) => void} message called with each snapshot, or with each message of a feed
 * @property {(state: ConnectionState) => void} [phase] called with each state of the connection
 * @property {boolean} [isFeed] whether the URL is that of a feed
 */

export {};
