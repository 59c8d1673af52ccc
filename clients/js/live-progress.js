// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: the client for browsers, Node and workers: watch, report, and the element <live-progress>.

export { answer, cancel, watch } from "./lib/watch.js";
export { report } from "./lib/report.js";
export { ProgressError } from "./lib/error.js";
export { Connection } from "./lib/connection.js";
export { LiveProgressElement } from "./lib/element.js";

/** @typedef {import("./lib/types.js").Snapshot} Snapshot */
/** @typedef {import("./lib/types.js").Status} Status */
/** @typedef {import("./lib/types.js").Question} Question */
/** @typedef {import("./lib/types.js").Answered} Answered */
/** @typedef {import("./lib/types.js").Problem} Problem */
/** @typedef {import("./lib/types.js").ConnectionState} ConnectionState */
/** @typedef {import("./lib/watch.js").WatchOptions} WatchOptions */
/** @typedef {import("./lib/types.js").ReportOptions} ReportOptions */
/** @typedef {import("./lib/report.js").Operation} Operation */
/** @typedef {import("./lib/ask.js").AskOptions} AskOptions */
