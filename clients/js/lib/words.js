// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: words and numbers for users.

/** @typedef {import("./types.js").Counts} Counts */

/** @returns {value is number} */
export const isFigure = (/** @type {unknown} */ value) => typeof value === "number" && Number.isFinite(value);

/** Formats a number: three significant digits for a fraction, all digits for a whole number. */
export const figure = (/** @type {number} */ value) =>
  new Intl.NumberFormat("en", Number.isInteger(value) ? {} : { maximumSignificantDigits: 3 }).format(value);

const isBytes = (/** @type {string | null | undefined} */ unit) => /^(b|bytes?|octets?)$/i.test(unit ?? "");

/**
 * @param {number} value
 * @param {string | null | undefined} unit
 */
function amount(value, unit) {
  if (!isBytes(unit)) return figure(value);
  const step = Math.min(6, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${figure(Number((value / 1000 ** step).toPrecision(3)))}\u00a0${["bytes", "kB", "MB", "GB", "TB", "PB", "EB"][step]}`;
}

export const statusWord = (/** @type {string} */ status) => status[0].toUpperCase() + status.slice(1);

/**
 * Returns the completed fraction, from 0 to 1, or `null` if unknown; a success is always 1.
 * @param {{status: string, progress?: Counts | null}} snapshot
 */
export function shareOf({ status, progress }) {
  const share = status === "succeeded" ? 1 : progress?.fractionCompleted;
  return isFigure(share) ? Math.min(1, Math.max(0, share)) : null;
}

/** Returns the percentage, rounded down, so that only 1 gives 100 %. The small term corrects the error of 0.29 * 100. */
export const percentOf = (/** @type {number} */ share) => Math.floor(share * 100 + 1e-9);

/** Returns the percentage as a text, or nothing if it is unknown or the operation has succeeded. */
export function shareText(/** @type {{status: string, progress?: Counts | null}} */ snapshot) {
  const share = shareOf(snapshot);
  return share === null || snapshot.status === "succeeded" ? "" : percentOf(share) + "%";
}

const unitText = (/** @type {string | null | undefined} */ unit) => (unit && !isBytes(unit) ? " " + unit : "");

/**
 * Returns a text such as "50 of 100 rows"; leaves out unknown parts.
 * @param {Counts | null | undefined} progress
 */
export function countText(progress) {
  const { completedCount: done, totalCount: total, unit, fractionCompleted } = /** @type {Partial<Counts>} */ (progress ?? {});
  const isFractionOnly = done === 0 && !isFigure(total) && isFigure(fractionCompleted);
  if (!isFigure(done) || isFractionOnly) return "";
  return amount(done, unit) + (isFigure(total) ? " of " + amount(total, unit) : "") + unitText(unit);
}

/**
 * Returns a text such as "12.4 rows/s", or nothing if the rate is unknown.
 * @param {Counts | null | undefined} progress
 */
export function rateText(progress) {
  const { throughput, unit } = /** @type {Partial<Counts>} */ (progress ?? {});
  const rate = throughput ?? 0;
  const [scale, per] = rate >= 0.5 ? [1, "s"] : rate >= 0.5 / 60 ? [60, "min"] : [3600, "h"];
  return rate > 0 ? amount(rate * scale, unit) + unitText(unit) + "/" + per : "";
}

/**
 * Returns "8 s", "3 min 20 s", "1 h 12 min" or "2 d 4 h".
 * @param {number} seconds
 */
export function formatDuration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ large, /** @type {string} */ largeName, /** @type {number} */ small, /** @type {string} */ smallName) =>
    small === 0 ? `${large}\u00a0${largeName}` : `${large}\u00a0${largeName} ${small}\u00a0${smallName}`;
  if (s < 60) return `${s}\u00a0s`;
  if (s < 3600) return two(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86400) return two(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return two(Math.floor(s / 86400), "d", Math.floor((s % 86400) / 3600), "h");
}
