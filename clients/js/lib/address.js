// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: addresses of servers and operations, and the tokens shown to them.

/** @typedef {string | (() => string | null | undefined | Promise<string | null | undefined>)} TokenSource */

/**
 * An address, and the token that a link carries in its fragment, which is sent to nobody as part of the URL.
 * @param {string | URL} text
 */
export function readAddress(text) {
  const url = new URL(text, globalThis.document?.baseURI ?? globalThis.location?.href);
  const token = new URLSearchParams(url.hash.slice(1)).get("token");
  url.hash = "";
  return { url, token };
}

/**
 * Where operations are created on a server, and the operation itself where the address is that of one.
 * @param {string | URL} text
 * @param {string} api where the API is mounted
 */
export function readServer(text, api) {
  const { url, token } = readAddress(text);
  const path = url.pathname.replace(/\/+$/, "");
  const at = `${path}/`.lastIndexOf(`${api}/`);
  const id = at < 0 ? "" : path.slice(at + api.length + 1);
  url.search = "";
  url.pathname = (at < 0 ? path : path.slice(0, at)) + api;
  return { collection: url.href, id, token };
}

/**
 * The token that counts now; a function is asked anew each time.
 * @param {TokenSource | null | undefined} source
 */
export const askToken = async (source) => (typeof source === "function" ? await source() : source) || null;

/**
 * When a token ends, in milliseconds as `Date.now()` counts; `NaN` where it does not say.
 * @param {string | null} token
 */
export function expiryOf(token) {
  try {
    const payload = /** @type {string} */ (token).split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
    return Number(JSON.parse(atob(payload)).exp) * 1000;
  } catch {
    return NaN;
  }
}

/**
 * The fields of a request.
 * @param {string | null} token
 * @param {Record<string, string>} [more]
 * @returns {Record<string, string>}
 */
export const fieldsWith = (token, more) => ({
  Accept: "application/json",
  ...(token ? { Authorization: `Bearer ${token}` } : {}),
  ...more,
});

/** A random identifier; `crypto.randomUUID` is not there in pages that came in clear. */
export const randomID = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
