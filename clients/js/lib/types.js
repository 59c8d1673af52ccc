// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: the types of the wire and of options. No program loads this file; comments in other files refer to its types.

/** @typedef {"pending" | "running" | "waiting" | "stalled" | "cancelling" | "succeeded" | "failed" | "cancelled"} Status */

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
 * A question of the worker to a person; every question of a run has another number.
 * @typedef {object} Question
 * @property {number} number
 * @property {"question" | "permission" | "input"} kind
 * @property {string} message
 * @property {string[]} choices the possible answers; empty if any text is an answer
 * @property {string} [default] the answer at the deadline
 * @property {boolean} [answerable] `false` if the question is answered where the work runs, and not by watchers
 * @property {string} askedAt
 * @property {string} [deadline] absent if the question stays open until it is answered
 */

/**
 * The newest question that was answered, or whose deadline passed.
 * @typedef {object} Answered
 * @property {number} number
 * @property {string} message
 * @property {string | null} answer `null` if the deadline passed without a default
 * @property {string} [answeredBy] who answered; absent if unknown, or at the deadline
 * @property {string} answeredAt
 * @property {boolean} isExpired whether the deadline decided, and not a person
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
 * @property {Question | null} [waitingFor] the open question
 * @property {Answered | null} [lastAnswer]
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

/**
 * @typedef {object} ReportOptions
 * @property {string} [id] a fixed identifier, for example of a nightly job; the operation restarts if its last run has ended
 * @property {string} [title] a title for users
 * @property {number | null} [total] the total of units; `null` if unknown
 * @property {string} [unit] the unit, such as `"rows"`
 * @property {string} [state] the first state
 * @property {any} [details] the details of the state, as JSON
 * @property {Record<string, string>} [labels]
 * @property {string} [parent] the parent operation
 * @property {number} [lease] the seconds for which the worker may be silent
 * @property {boolean} [cancellable] whether watchers can request cancellation, which aborts `signal`
 * @property {import("./address.js").TokenSource | null} [token] the token; a function is called before each request
 * @property {number} [wait] the maximum wait of `report` for the creation, in milliseconds; by default 2,000
 * @property {number} [patience] the maximum wait of an end or of `flush`, in milliseconds; by default 4,000
 * @property {(error: import("./error.js").ProgressError) => void} [refused] called once if the server refuses all reports; by default writes a warning
 * @property {string} [api] the path of the API on the server
 */

/**
 * The values that can be set together.
 * @typedef {object} ReportedCounts
 * @property {number} [completed] the completed units; a lower number than before is ignored
 * @property {number | null} [total]
 * @property {string} [unit]
 * @property {number} [baseline] units that were completed before this run; they do not count for the rate
 * @property {number} [fraction] the completed fraction, from 0 to 1, if there are no units
 * @property {string} [title]
 * @property {Record<string, string>} [labels]
 * @property {boolean} [cancellable]
 */

export {};
