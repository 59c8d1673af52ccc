// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: another site, whose pages use the module under a strict policy, and a network that can fail.

import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { connect, createServer as createNetwork } from "node:net";

const root = new URL("../../", import.meta.url);

/** A policy without inline scripts, inline styles and other sites, except the progress server. */
const policy = (servers, isLax) => [
  "default-src 'none'", "script-src 'self'", "style-src 'self'", `connect-src 'self' ${servers.join(" ")}`, "base-uri 'none'",
  // A page creates its own worker from a text, which these directives forbid.
  ...(isLax ? [] : ["require-trusted-types-for 'script'", "trusted-types 'none'"]),
].join("; ");

/**
 * Serves the module's files and the given pages: `{"/path": {html, script, isLax}}`, where `script` is a module of the page and
 * `policy` another policy, or `{"/path": {answer()}}` for a text.
 */
export async function startSite(test, pages, servers = () => []) {
  const http = createServer(async (request, response) => {
    const { pathname } = new URL(request.url, "http://site");
    const page = pages[pathname];
    const owner = pages[pathname.replace(/\.page\.js$/, "")];
    const reach = servers().flatMap((url) => [url, url.replace("http", "ws")]);
    try {
      const [type, body] = page?.answer ? ["text/plain", page.answer()] : page
        ? ["text/html", `<!doctype html><html lang=en><meta charset=utf-8><title>Test</title><script type=module src="${pathname}.page.js"></script>${page.html ?? ""}`]
        : ["text/javascript", owner ? owner.script : await readFile(new URL(`.${pathname}`, root))];
      response.writeHead(200, { "Content-Type": `${type}; charset=utf-8`, "Content-Security-Policy": page?.policy ?? policy(reach, page?.isLax) }).end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  http.listen(0, "127.0.0.1");
  await once(http, "listening");
  test.after(() => {
    http.closeAllConnections();
    http.close();
  });
  return `http://127.0.0.1:${http.address().port}`;
}

/** A relay to a server that can lose all data without closing, like the network of a sleeping machine. */
export async function startNetwork(test, port) {
  const pairs = new Set();
  const network = createNetwork((near) => {
    const far = connect(port, "127.0.0.1");
    const pair = { near, far };
    pairs.add(pair);
    const end = () => {
      if (!pair.isSwallowed) [near, far].forEach((one) => one.destroy());
      pairs.delete(pair);
    };
    for (const [from, to] of [[near, far], [far, near]]) from.on("data", (data) => pair.isSwallowed || to.write(data)).on("error", end).on("close", end);
  });
  network.listen(0, "127.0.0.1");
  await once(network, "listening");
  test.after(() => {
    for (const { near, far } of pairs) [near, far].forEach((one) => one.destroy());
    network.close();
  });
  return {
    url: `http://127.0.0.1:${network.address().port}`,
    /** Waits until no connection is open. */
    async closed() {
      while (pairs.size > 0) await Promise.race([...pairs].map(({ near }) => once(near, "close")));
    },
    /** Keeps the current connections open, but stops forwarding their data. */
    swallow() {
      for (const pair of pairs) pair.isSwallowed = true;
    },
  };
}
