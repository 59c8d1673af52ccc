// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: a page of another site, a real server, and a tab of a real browser.

import assert from "node:assert/strict";
import { startServer } from "./server.mjs";
import { startNetwork, startSite } from "./site.mjs";

export const load = `import "/live-progress.js";`;
export const first = "document.querySelector('live-progress')";
export const part = (name, element = first) => `${element}.shadowRoot.querySelector("[part=${name}]").textContent.replaceAll("\\u00a0", " ")`;

/** Starts a page of another site, a real server, and an empty tab. */
export async function stage(t, browser, pages, { isFar = false, ...options } = {}) {
  const reach = [];
  const site = await startSite(t, pages, () => reach);
  const server = await startServer(t, { ...options, environment: { LIVE_PROGRESS_ORIGINS: site } });
  const network = isFar ? await startNetwork(t, server.port) : null;
  reach.push(network?.url ?? server.url);
  const near = (url) => url.replace(server.url, reach[0]);
  const tab = await browser.tab();
  return { site, server, network, near, tab };
}

export async function checkClean(tab) {
  assert.deepEqual(await tab.run("window.violations"), []);
  assert.deepEqual(tab.complaints, []);
}
