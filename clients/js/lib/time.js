// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: timers of a worker.

/** Starts a timer that does not keep the program running. */
export const timer = (/** @type {() => void} */ act, /** @type {number} */ time) => {
  const one = /** @type {any} */ (setTimeout(act, Math.min(time, 2 ** 31 - 1)));
  one.unref?.();
  return one;
};

/**
 * Returns whether an event comes within the given milliseconds.
 * @param {number} time
 * @param {(came: () => void) => void} begin
 * @returns {Promise<boolean>}
 */
export const comesWithin = (time, begin) =>
  new Promise((resolve) => {
    const limit = setTimeout(() => resolve(false), time);
    begin(() => (clearTimeout(limit), resolve(true)));
  });
