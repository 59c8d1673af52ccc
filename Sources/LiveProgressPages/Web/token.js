// Part of Live Progress: shows the server who asks, where it wants to know.

/** The token in a URL's fragment, `#token=…`, which a browser sends to no server. */
const tokenIn = (hash) => new URLSearchParams(hash.replace(/^#/, "")).get("token") || null;

/** The server's address where a page stands: of its parameters only those that the server knows, the rest being the page's own. */
function addressAt(url, known) {
  const address = new URL(url, document.baseURI);
  for (const name of new Set(address.searchParams.keys())) if (!known.includes(name)) address.searchParams.delete(name);
  address.hash = "";
  return address;
}

/** The fields of a request that shows a token. */
const fieldsWith = (token) => ({
  Accept: "application/json",
  ...(token ? { Authorization: `Bearer ${token}` } : {}),
});

/** The subprotocols of a WebSocket that shows a token: it can set no other field. */
const protocolsWith = (token) => ["live-progress.v1", ...(token ? [`live-progress.bearer.${token}`] : [])];

/** A one-time ticket for an `EventSource`, which can set no field at all. */
async function ticketFor(token, url) {
  // What a proxy puts before the server's own paths may look like one of them: the last one counts.
  const address = new URL(url.pathname.replace(/^(.*\/api\/v1)\/progress(\/.*)?$/, "$1/tickets"), url);
  const response = await fetch(address, { method: "POST", headers: fieldsWith(token), cache: "no-store" });
  if (!response.ok) throw new Error(`No ticket: ${response.status}.`);
  return (await response.json()).ticket;
}
