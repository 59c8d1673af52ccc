// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: a real server on a free loopback port, for one test.

import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const binary =
  process.env.LIVE_PROGRESS_BINARY ?? fileURLToPath(new URL("../../../../bin/live-progress", import.meta.url));

const plainEnvironment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("LIVE_PROGRESS")));

/** Starts `live-progress serve`; it ends with the test. */
export async function startServer(test, { options = [], environment = {}, port = 0, hasKeys = false } = {}) {
  const folder = mkdtempSync(join(tmpdir(), "live-progress-"));
  const keys = join(folder, "keys");
  const child = spawn(
    binary,
    ["serve", "--host", "127.0.0.1", "--port", String(port), "--store", "memory", ...(hasKeys ? ["--secret-file", keys] : []), ...options],
    { env: { ...plainEnvironment, ...environment }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let log = "";
  child.stderr.on("data", (data) => (log += data));
  const ended = new Promise((resolve) => child.once("exit", resolve));
  const stop = async (signal = "SIGTERM") => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
    await ended;
  };
  test.after(async () => {
    await stop("SIGKILL");
    rmSync(folder, { recursive: true });
  });
  let url;
  for await (const line of createInterface(child.stdout)) {
    url = /^listening on (\S+)$/.exec(line)?.[1];
    if (url) break;
  }
  if (!url) throw new Error(`The server does not listen:\n${log}`);
  child.stdout.resume();
  /** Returns a token such as `token("watch", { of: ["--id", id] })`, valid for the given seconds. */
  const token = (can, { seconds = 600, of = [] } = {}) =>
    execFileSync(binary, ["token", "create", "--secret-file", keys, "--can", can, "--for", `${seconds}s`, ...of], { encoding: "utf8" }).trim();
  const server = { url, port: Number(new URL(url).port), api: `${url}/api/v1/progress`, stop, token, log: () => log };
  return Object.assign(server, { worker: (report, admin) => makeWorker(server, report, admin) });
}

/** A worker of another program, over plain HTTP. */
async function makeWorker({ api }, report = {}, token) {
  const send = async (method, url, body) => {
    const headers = { "Content-Type": "application/json", ...(token ? { Authorization: `Bearer ${token}` } : {}) };
    const response = await fetch(url, { method, headers, body: JSON.stringify(body) });
    if (!response.ok) throw new Error(`${method} ${url} ${JSON.stringify(body)}: ${response.status} ${await response.text()}`);
    return response.status === 204 ? null : response.json();
  };
  const { id } = await send("POST", api, report);
  const url = `${api}/${id}`;
  return {
    id,
    url,
    report: (body) => send("PATCH", url, body),
    succeed: (result) => send("PATCH", url, { status: "succeeded", result }),
    remove: () => fetch(url, { method: "DELETE", headers: token ? { Authorization: `Bearer ${token}` } : {} }),
    get: async () => (await fetch(url, { headers: token ? { Authorization: `Bearer ${token}` } : {} })).json(),
  };
}
