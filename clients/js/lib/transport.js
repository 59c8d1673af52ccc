// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: a connection to a server, as a WebSocket or as a stream of lines.

import { fieldsWith } from "./address.js";
import { answerError, answerTime, closeError, noAnswer } from "./error.js";

/**
 * The events of a connection; `closed` is the last event, and has no error after the end of the operation.
 * @typedef {object} Listener
 * @property {() => void} opened
 * @property {() => void} heard
 * @property {(message: any) => void} message
 * @property {(error: import("./error.js").ProgressError | null) => void} closed
 */

/** @typedef {{send(object: object): boolean, close(): void}} Transport */

const connectTime = 15_000;
/** The timeout of a silent stream in milliseconds; the server sends at least an empty line every 25 seconds. */
const silenceTime = 60_000;

/**
 * @param {string} text
 * @param {Listener} listener
 */
function hear(text, listener) {
  let message;
  try {
    message = JSON.parse(text);
  } catch {
    // Not a message of this protocol.
    return;
  }
  if (typeof message === "object" && message !== null) listener.message(message);
}

/**
 * @param {URL} url
 * @param {string | null} token
 * @param {Listener} listener
 * @returns {Transport}
 */
export function openSocket(url, token, listener) {
  const address = new URL(url);
  address.protocol = address.protocol.replace("http", "ws");
  // The subprotocols are the only part of an upgrade request that a browser can set.
  const socket = new WebSocket(address, ["live-progress.v1", ...(token ? [`live-progress.bearer.${token}`] : [])]);
  const close = () => {
    clearTimeout(timer);
    socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
    socket.close();
  };
  const end = (/** @type {{code?: number, reason?: string}} */ { code, reason }) => {
    close();
    // In Deno, the code of a broken connection is 0.
    listener.closed(code === 1000 ? null : closeError(code || 1006, reason));
  };
  // If the network loses packets, a browser would try for minutes.
  const timer = setTimeout(() => end({}), connectTime);
  socket.onclose = end;
  // In Node, a refused upgrade causes only this event.
  socket.onerror = () => end({});
  socket.onopen = () => {
    clearTimeout(timer);
    socket.onerror = null;
    listener.opened();
  };
  socket.onmessage = ({ data }) => {
    listener.heard();
    hear(data, listener);
  };
  return {
    send(object) {
      if (socket.readyState !== socket.OPEN) return false;
      socket.send(JSON.stringify(object));
      return true;
    },
    close,
  };
}

/**
 * Receives the same messages as lines of a response, if there are no WebSockets or they fail.
 * @param {URL} url
 * @param {string | null} token
 * @param {Listener} listener
 * @returns {Transport}
 */
export function openStream(url, token, listener) {
  const control = new AbortController();
  /** @type {ReturnType<typeof setTimeout>} */
  let timer;
  let isClosed = false;
  const waitAtMost = (/** @type {number} */ time) => {
    clearTimeout(timer);
    timer = setTimeout(() => control.abort(), time);
  };
  const run = async () => {
    const headers = fieldsWith(token, { Accept: "application/x-ndjson" });
    const response = await fetch(url, { headers, cache: "no-store", signal: control.signal });
    // 204 means that the cursor is that of the end.
    if (response.status === 204) return null;
    if (!response.ok || !response.body) return answerError(response);
    if (isClosed) return null;
    listener.opened();
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let rest = ""; ; ) {
      waitAtMost(silenceTime);
      const { done, value } = await reader.read();
      if (done || isClosed) return closeError(1006);
      listener.heard();
      const lines = (rest + value).split("\n");
      rest = /** @type {string} */ (lines.pop());
      for (const line of lines) if (!isClosed) hear(line, listener);
      if (isClosed) return null;
    }
  };
  const close = () => {
    isClosed = true;
    clearTimeout(timer);
    control.abort();
  };
  waitAtMost(connectTime);
  run().catch(noAnswer).then((error) => {
    const wasClosed = isClosed;
    close();
    if (!wasClosed) listener.closed(error);
  });
  return { send: () => false, close };
}

/**
 * Requests the state over plain HTTP; returns no body if the state is still that of the cursor.
 * @param {URL} url
 * @param {string | null} token
 * @param {string | null} cursor
 * @returns {Promise<{body?: any, error?: import("./error.js").ProgressError}>}
 */
export async function look(url, token, cursor) {
  try {
    const response = await fetch(url, {
      headers: fieldsWith(token, cursor ? { "If-None-Match": `"${cursor}"` } : {}),
      cache: "no-store",
      signal: /** @type {any} */ (AbortSignal).timeout(answerTime),
    });
    if (response.ok) return { body: await response.json() };
    return response.status === 304 ? {} : { error: await answerError(response) };
  } catch (cause) {
    return { error: noAnswer(cause) };
  }
}
