// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: tests the published package: its size, its types, its manifest and its content.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { startServer } from "./support/server.mjs";
import * as whole from "../live-progress.js";
import { packed, sizeOf } from "../pack.mjs";

const root = fileURLToPath(new URL("../", import.meta.url));
const read = (name) => readFileSync(join(root, name), "utf8");

function folder(t) {
  const path = mkdtempSync(join(tmpdir(), "live-progress-package-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

test("module and element are one file of at most 13 KB gzipped", (t) => {
  const text = packed();
  t.diagnostic(`${text.length} bytes, ${sizeOf(text)} gzipped`);
  assert.ok(sizeOf(text) <= 13_000, `${sizeOf(text)} bytes gzipped`);
});

test("the packed file has the same exports as the module, and imports no other file", async (t) => {
  const path = join(folder(t), "live-progress.mjs");
  writeFileSync(path, packed());
  const module = await import(pathToFileURL(path));
  assert.deepEqual(Object.keys(module).sort(), Object.keys(whole).sort());
  assert.doesNotMatch(packed(), /^import\b|\bimport\(/m);
});

test("the packed file reports and watches", async (t) => {
  const path = join(folder(t), "live-progress.mjs");
  writeFileSync(path, packed());
  const module = await import(pathToFileURL(path));
  const server = await startServer(t);
  const op = await module.report(server.url, { title: "Export", total: 3, unit: "rows", cancellable: true });
  for (const step of [1, 2, 3]) {
    op.update(`Step ${step}`, { step });
    op.advance();
  }
  await module.cancel(op.url);
  // The next response to a report contains the request.
  op.update("After the request");
  await op.flush();
  assert.equal(op.signal.aborted, true);
  await op.fail(new RangeError("Full"));
  const { value } = await module.watch(op.url).next();
  assert.deepEqual([value.type, value.status, value.error.detail, value.progress.completedCount], ["end", "failed", "Full", 3]);
  await assert.rejects(module.watch(`${server.api}/nobody`).next(), { kind: "unknown" });
});

test("there are no dependencies, and every file is short", () => {
  const { dependencies, devDependencies } = JSON.parse(read("package.json"));
  assert.deepEqual([dependencies, devDependencies], [undefined, undefined]);
  for (const name of ["live-progress.js", ...readdirSync(join(root, "lib")).map((one) => `lib/${one}`)]) {
    for (const [, from] of read(name).matchAll(/^(?:import|export) .* from "(.*)";$/gm)) assert.match(from, /^\.\//, name);
    assert.ok(read(name).split("\n").length <= 251, `${name} has ${read(name).split("\n").length - 1} lines`);
  }
});

test("the types in the comments are correct in the module and in a program that uses the package", (t) => {
  const path = folder(t);
  const own = spawnSync("tsc", ["-p", root, "--outDir", join(path, "node_modules/live-progress/types")], { encoding: "utf8" });
  assert.equal(own.error, undefined, "TypeScript's compiler is needed: Debian's package node-typescript.");
  assert.equal(own.stdout, "");
  const place = join(path, "node_modules/live-progress");
  for (const name of ["package.json", "live-progress.js", "lib"]) symlinkSync(join(root, name), join(place, name));
  writeFileSync(join(path, "package.json"), `{"type": "module"}`);
  writeFileSync(join(path, "program.ts"), `
    import { answer, cancel, LiveProgressElement, ProgressError, report, watch, type AskOptions, type Snapshot, type Operation } from "live-progress";
    async function all(url: string, signal: AbortSignal): Promise<unknown> {
      for await (const s of watch(url, { token: async () => "t", signal, phase: ({ phase, retryAt }) => [phase, retryAt] })) {
        const one: Snapshot = s;
        const fraction: number | null | undefined = one.progress?.fractionCompleted;
        if (one.status === "failed") return [fraction, one.error?.title];
        if (one.status === "waiting" && one.waitingFor?.choices.includes("yes")) await answer(url, "yes", { number: one.waitingFor.number });
        const who: string | undefined = one.lastAnswer?.answeredBy;
        if (one.lastAnswer?.isExpired) return who;
        // @ts-expect-error This status does not exist.
        if (one.status === "done") return null;
      }
      const op: Operation = await report("https://host", { title: "Export", total: 10, unit: "rows" });
      op.advance(); op.update("A", { any: [1] }); op.set({ completed: 3, total: null });
      // @ts-expect-error Units are numbers.
      op.advance("one");
      const asks: AskOptions = { choices: ["yes", "no"] as const, default: "no", timeout: 60, kind: "permission", signal };
      const text: string = await op.ask("Apply?", asks);
      // @ts-expect-error This kind does not exist.
      await op.ask(text, { kind: "quiz" });
      const known: boolean = await op.succeed({ rows: 7 });
      const element = new LiveProgressElement();
      element.src = url; element.label = null; element.readOnly = true; element.token = () => null;
      try { await cancel(url); } catch (error) { if (error instanceof ProgressError) return error.problem?.detail; }
      return [known, element.snapshot?.cursor, op.signal.aborted];
    }
    console.log(all);`);
  const compilerOptions = { strict: true, noEmit: true, module: "node16", moduleResolution: "node16", target: "es2022", types: [] };
  writeFileSync(join(path, "tsconfig.json"), JSON.stringify({ compilerOptions, files: ["program.ts"] }));
  const used = spawnSync("tsc", ["-p", path], { encoding: "utf8" });
  assert.equal(used.stdout, "");
});

test("the package contains the listed files, and works with only these files", (t) => {
  const path = folder(t);
  mkdirSync(join(path, "out"));
  for (const name of ["package.json", "live-progress.js", "lib", "custom-elements.json", "pack.mjs", "tsconfig.json", "README.md"]) {
    execFileSync("cp", ["-r", join(root, name), path]);
  }
  execFileSync("npm", ["pack", "--silent", "--offline", "--pack-destination", "out"], { cwd: path, stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, npm_config_cache: join(path, "cache"), npm_config_update_notifier: "false" } });
  const [archive] = readdirSync(join(path, "out"));
  const names = execFileSync("tar", ["-tzf", join(path, "out", archive)], { encoding: "utf8" });
  const { exports } = JSON.parse(read("package.json"));
  for (const target of Object.values(exports).flatMap((one) => (typeof one === "string" ? [one] : Object.values(one)))) {
    assert.ok(names.includes(target.replace("./", "package/")), target);
  }
});
