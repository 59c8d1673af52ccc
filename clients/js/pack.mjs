// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: writes the published module as one file, without comments and with short private names.
//
//     node pack.mjs dist      # dist/live-progress.js, and its size

import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

const root = new URL("./", import.meta.url);
const header = "// SPDX-License-Identifier: Apache-2.0\n";

/** Returns the files that a file imports, each after its own imports; ignores imports in comments. */
function order(file, known = []) {
  const text = readFileSync(new URL(file, root), "utf8");
  for (const [, name] of text.matchAll(/^(?:import|export) .* from "\.\/(?:lib\/)?(.*)";$/gm)) {
    if (!known.some((one) => one.file === `lib/${name}`)) order(`lib/${name}`, known);
  }
  known.push({ file, text });
  return known;
}

/** Removes comments and imports; the files must have their comments on separate lines. */
const bare = (text) =>
  text.replace(/^ *\/\*\*(?:(?!\*\/)[^])*\*\/ *\n/gm, "").replace(/\/\*\*.*?\*\/ ?/g, "").replace(/^ *\/\/.*\n/gm, "")
    .replace(/^import .*\n/gm, "").replace(/^export \{.*\n/gm, "").replace(/^export /gm, "").replace(/^ +/gm, "")
    .replace(/\n{2,}/g, "\n");

/** Shortens private names, which are visible only in their class; the most frequent names become the shortest. */
function shortened(text) {
  const names = new Set([...text.matchAll(/^(?:async |static )?#([a-z]\w*)(?= =|;|\()/gim)].map(([, name]) => name));
  const uses = Object.fromEntries([...names].map((name) => [name, text.split(`#${name}`).length]));
  const short = new Map([...names].sort((a, b) => uses[b] - uses[a]).map((name, index) => [name, shortName(index)]));
  return text.replace(/(?<=^|[.\s])#([a-z]\w*)\b/gim, (whole, name) => (short.has(name) ? `#${short.get(name)}` : whole));
}

const shortName = (index) => (index < 26 ? "" : shortName(Math.floor(index / 26) - 1)) + String.fromCharCode(97 + (index % 26));

/** Removes spaces beside punctuation, except in texts; also removes spaces in the style. */
const dense = (text) =>
  text.replace(/([;{},([]|=>)\n/g, "$1").replace(/"(?:[^"\\\n]|\\.)*"|`[^`]*`| ?([=<>?:&|,{}();*!+-]) ?/g, (whole, sign) => sign ?? whole)
    .replace(/(?<=const style=)`[^`]*`/, (style) => style.replace(/ ?([{};,]) ?|(?<=:) /g, "$1"))
    .replace(/[;,](?=})|,(?=[\])])/g, "").replace(/(?<!\w)\((\w+)\)=>/g, "$1=>")
    .replace(/\bconst (?=\w)/g, "let ").replace(/\bconst(?=[[{])/g, "let").replace(/(?<=\d)_(?=\d)/g, "").replace(/(?<=[=:(,])true\b/g, "!0").replace(/(?<=[=:(,])false\b/g, "!1");

/** Returns the complete module as one text. */
export function packed() {
  const files = order("live-progress.js");
  const names = files.at(-1).text.match(/^export \{ (.*) \} from/gm).map((line) => /\{ (.*) \}/.exec(line)[1]);
  return `${header}${dense(files.map(({ text }) => shortened(bare(text))).join(""))}export{${names.join().replaceAll(", ", ",")}};\n`;
}

export const sizeOf = (text) => gzipSync(text, { level: 9 }).length;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? "dist";
  const text = packed();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "live-progress.js"), text);
  console.log(`${join(folder, "live-progress.js")}: ${text.length} bytes, ${sizeOf(text)} gzipped`);
}
