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

/** Removes comments, imports and indents; the files must have their comments on separate lines. */
const bare = (text, indent = /^ +/gm) =>
  text.replace(/^ *\/\*\*(?:(?!\*\/)[^])*\*\/ *\n/gm, "").replace(/\/\*\*.*?\*\/ ?/g, "").replace(/^ *\/\/.*\n/gm, "")
    .replace(/^import .*\n/gm, "").replace(/^export \{.*\n/gm, "").replace(/^export /gm, "").replace(indent, "")
    .replace(/\n{2,}/g, "\n");

/** Shortens private names, which are visible only in their class; the most frequent names become the shortest. */
function shortened(text) {
  const names = new Set([...text.matchAll(/^(?:async |static )?#([a-z]\w*)(?= =|;|\()/gim)].map(([, name]) => name));
  const uses = Object.fromEntries([...names].map((name) => [name, text.split(`#${name}`).length]));
  const short = new Map([...names].sort((a, b) => uses[b] - uses[a]).map((name, index) => [name, shortName(index)]));
  return text.replace(/(?<=^|[.\s])#([a-z]\w*)\b/gim, (whole, name) => (short.has(name) ? `#${short.get(name)}` : whole));
}

/** Texts, templates and regular expressions, whose words are not names; the expressions in templates are code. */
const literal = /"(?:[^"\\\n]|\\.)*"|`[^`]*`|(?<=[(=!&?:] ?)\/(?:\\.|\[[^\]]*\]|[^/\\\n])+\/[a-z]*/g;
const inTemplate = /(?<=\$\{)[^}]*(?=\})/g;

/** Returns the code without its texts; of templates, the expressions. */
const codeOf = (text) => text.replace(literal, (whole) => (whole[0] === "`" ? `"${(whole.match(inTemplate) ?? []).join("+")}"` : '""'));

/** Returns the names of variables, functions and classes that are not exported, and nowhere the names of members; frequent ones first. */
function privateNames(code, exported) {
  const isMember = (name) =>
    new RegExp(`(?<!\\.\\.)[.#]${name}\\b|[{,]${name}(?=[:,}]|=[^=>])|[};]${name}\\([^()]*\\)\\{`).test(code);
  const declarations = /\b(?:let|function|class) (\w{3,})|\b(\w{3,})=>|[(,]([a-z]\w{2,})(?=[,)])/g;
  const declared = new Set([...code.matchAll(declarations)].map((one) => one[1] ?? one[2] ?? one[3]));
  for (const name of ["this", "null", "true", "undefined", ...exported]) declared.delete(name);
  const uses = (name) => code.split(name).length;
  return [...declared].filter((name) => !(name in globalThis) && !isMember(name)).sort((a, b) => uses(b) - uses(a));
}

/** Returns the sets of names that must stay different: those of each function or method, and those of the module. */
function scopes(files) {
  const texts = files.map(({ text }) => bare(text, ""));
  const parts = texts.flatMap((text) => text.split(/^\}.*$/m)).flatMap((part) => (/^class /m.test(part) ? part.split(/^ {2}\}$/m) : part));
  const ofModule = [...texts.join("\n").matchAll(/^(?:async )?(?:const|let|class|function)\*? (\w+)/gm)].map(([, name]) => name);
  return [new Set(ofModule), ...parts.map((part) => new Set(codeOf(part).match(/\w+/g)))];
}

/** Shortens private names; names of the same scope stay different. */
function renamed(text, files, exported) {
  const all = scopes(files);
  const short = new Map();
  for (const name of privateNames(codeOf(text), exported)) {
    const taken = new Set(all.filter((scope) => scope.has(name)).flatMap((scope) => [...scope].map((other) => short.get(other))));
    let index = 0;
    while (taken.has(shortName(index).toUpperCase())) index += 1;
    short.set(name, shortName(index).toUpperCase());
  }
  const inCode = (code) => code.replace(/(?<![#\w]|(?<!\.\.)\.)[a-z]\w*/gi, (name) => short.get(name) ?? name);
  const inLiteral = (one) => (one[0] === "`" ? one.replace(inTemplate, inCode) : one);
  return text.split(new RegExp(`(${literal.source})`)).map((part, index) => (index % 2 ? inLiteral(part) : inCode(part))).join("");
}

const shortName = (index) => (index < 26 ? "" : shortName(Math.floor(index / 26) - 1)) + String.fromCharCode(97 + (index % 26));

/** Removes spaces beside punctuation, except in texts; also removes spaces in the style. */
const dense = (text) =>
  text.replace(/([;{},([]|=>)\n/g, "$1").replace(/"(?:[^"\\\n]|\\.)*"|`[^`]*`| ?([=<>?:&|,{}();*!+-]) ?/g, (whole, sign) => sign ?? whole)
    .replace(/(?<=const style=)`[^`]*`/, (style) => style.replace(/ ?([{};,]) ?|(?<=:) /g, "$1"))
    .replace(/[;,](?=})|,(?=[\])])/g, "").replace(/(?<!\w)\((\w+)\)=>/g, "$1=>")
    .replace(/\bconst (?=\w)/g, "let ").replace(/\bconst ?(?=[[{])/g, "let").replace(/(?<=\d)_(?=\d)/g, "").replace(/(?<=[=:(,])true\b/g, "!0").replace(/(?<=[=:(,])false\b/g, "!1");

/** Returns the complete module as one text. */
export function packed() {
  const files = order("live-progress.js");
  const names = files.at(-1).text.match(/^export \{ (.*) \} from/gm).flatMap((line) => /\{ (.*) \}/.exec(line)[1].split(", "));
  const text = dense(files.map((one) => shortened(bare(one.text))).join(""));
  return `${header}${renamed(text, files, names)}export{${names}};\n`;
}

export const sizeOf = (text) => gzipSync(text, { level: 9 }).length;

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const folder = process.argv[2] ?? "dist";
  const text = packed();
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "live-progress.js"), text);
  console.log(`${join(folder, "live-progress.js")}: ${text.length} bytes, ${sizeOf(text)} gzipped`);
}
