// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: a program that uses the module, as a separate process.

import { execFile } from "node:child_process";

export const module = new URL("../../live-progress.js", import.meta.url).href;

/** Runs a program; returns its output, its warnings as lines, its exit code and its time in milliseconds. */
export async function program(text, environment = {}) {
  const kept = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("LIVE_PROGRESS")));
  const begun = performance.now();
  const code = `import { report, watch } from ${JSON.stringify(module)};${text}`;
  return new Promise((resolve) => {
    execFile(process.execPath, ["--input-type=module", "-e", code], { env: { ...kept, ...environment } }, (error, stdout, stderr) => {
      const warnings = stderr.split("\n").filter(Boolean);
      resolve({ stdout: stdout.trim(), warnings, code: error?.code ?? 0, time: performance.now() - begun });
    });
  });
}
