// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: URLs of servers and operations, and tokens.

import { ProgressError } from "./error.js";

/** @typedef {string | (() => string | null | undefined | Promise<string | null | undefined>)} TokenSource */

/**
 * Returns a URL without its fragment, and the token in the fragment. A fragment is never sent to a server.
 * @param {string | URL} text
 * @throws {ProgressError} if it is not a URL of HTTP
 */
export function readAddress(text) {
  const url = readURL(text);
  if (!/^(http|ws)s?:$/.test(url?.protocol ?? "")) {
    const [shown] = String(text).split("#");
    throw new ProgressError("refused", `'${shown}' is not a URL of a server: it should begin with http:// or https://.`);
  }
  url.protocol = url.protocol.replace("ws", "http");
  const token = new URLSearchParams(url.hash.slice(1)).get("token");
  url.hash = "";
  return { url, token };
}

/**
 * @param {string | URL} text
 * @returns {any} a URL, or nothing if the text is none
 */
function readURL(text) {
  try {
    return new URL(text, globalThis.document?.baseURI ?? globalThis.location?.href);
  } catch {
    return null;
  }
}

/**
 * Returns the URL of a server's operations, and the identifier if the URL is that of an operation.
 * @param {string | URL} text
 * @param {string} api the path of the API
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
 * Returns the current token; calls a function each time.
 * @param {TokenSource | null | undefined} source
 */
export const askToken = async (source) => (typeof source === "function" ? await source() : source) || null;

/**
 * Returns when a token expires, in milliseconds like `Date.now()`, or `NaN` if unknown.
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
 * Returns the header fields of a request.
 * @param {string | null} token
 * @param {Record<string, string>} [more]
 * @returns {Record<string, string>}
 */
export const fieldsWith = (token, more) => ({
  Accept: "application/json",
  ...(token ? { Authorization: `Bearer ${token}` } : {}),
  ...more,
});

/** Returns a random identifier. `crypto.randomUUID` does not exist in pages of plain HTTP. */
export const randomID = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
