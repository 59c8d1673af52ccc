// Part of Live Progress: the page of all operations.

const at = (id) => document.getElementById(id);

/** Where the API is mounted, below where the server's addresses begin: the page stands there, and at the list's own address too. */
const api = document.documentElement.dataset.api;
const path = location.pathname.replace(/\/+$/, "");
const root = new URL(path.endsWith(`/${api}`) ? path.slice(0, -api.length) : `${path}/`, location.href);
const rowsAtOnce = 1_000;
const rows = new Map(); // id -> Row
const changed = new Map(); // id -> the newest message not yet shown; null where the operation was removed
let kind = "all";
let wanted = "";
let most = rowsAtOnce;
let frame = 0;
let mustArrange = false;
let heardSinceOpen = new Set();
let lag = 0; // How far this clock is behind the server's, as a negative number of milliseconds.

/** One operation and, while it is among those shown, its row. */
class Row {
  node = null;
  message;
  created;
  #parts;

  constructor(message) {
    this.message = message;
    this.created = Date.parse(message.createdAt) || 0;
  }

  get isEnded() {
    return isEnded(this.message.status);
  }

  matches() {
    if (kind !== "all" && (kind === "ended") !== this.isEnded) return false;
    if (wanted === "") return true;
    const { id, state, labels } = this.message;
    const labelText = Object.entries(labels ?? {}).map(([key, value]) => `${key}=${value}`);
    return [titleOf(this.message), state, id, ...labelText].join("\n").toLowerCase().includes(wanted);
  }

  show() {
    if (this.node === null) this.#build();
    const { message } = this;
    const { title, state, bar, share, status } = this.#parts;
    const known = knownStatus(message.status);
    const fraction = fractionOf(message);
    const target = known === "succeeded" ? 1 : fraction;
    this.node.dataset.status = known;
    setText(title, String(titleOf(message)));
    setText(status, statusWords[known]);
    setText(state, message.state === statusWords[known] ? "" : String(message.state ?? ""));
    setText(share, fraction === null || known === "succeeded" ? "" : `${percentOf(fraction)}%`);
    bar.dataset.status = known;
    bar.classList.toggle("indeterminate", target === null);
    bar.firstElementChild.style.transform = target === null ? "" : `translateX(${(target - 1) * 100}%)`;
    if (target === null) bar.removeAttribute("aria-valuenow");
    else bar.setAttribute("aria-valuenow", String(percentOf(target)));
    bar.setAttribute("aria-valuetext", valueText(message));
    this.showAge();
  }

  showAge() {
    if (this.node === null) return;
    const time = Date.parse(this.isEnded ? this.message.updatedAt : this.message.createdAt);
    setText(this.#parts.age, formatAge(Math.max(0, (Date.now() - lag - time) / 1000)));
  }

  #build() {
    this.node = at("row").content.firstElementChild.cloneNode(true);
    const part = (name) => this.node.querySelector(`.${name}`);
    this.#parts = Object.fromEntries(["title", "state", "bar", "share", "status", "age"].map((name) => [name, part(name)]));
    const { id } = this.message;
    this.node.dataset.id = id;
    this.#parts.title.href = new URL(`${api}/${encodeURIComponent(id)}`, root).href;
    this.#parts.title.id = `title-${id}`;
    this.#parts.bar.setAttribute("aria-labelledby", `title-${id}`);
    this.#parts.age.title = formatTime(this.message.createdAt);
  }
}

const connection = new Connection({
  token: pageToken,
  url: new URL(api, root),
  fallback: "poll",
  receive,
  changed: showConnection,
});

function receive(message) {
  if (Array.isArray(message.operations)) return receivePage(message);
  if (typeof message.id !== "string") return;
  if (message.type !== "removed" && typeof message.status !== "string") return;
  heardSinceOpen.add(message.id);
  changed.set(message.id, message.type === "removed" ? null : message);
  schedule();
}

/** The list over HTTP: it also tells which operations have gone in the meantime. */
async function receivePage(first) {
  const present = new Set();
  try {
    for (let page = first; ; ) {
      for (const message of page.operations) {
        present.add(message.id);
        changed.set(message.id, message);
      }
      schedule();
      if (!page.nextPageToken || present.size >= 10_000) break;
      page = await fetchPage(page.nextPageToken);
    }
  } catch {
    return; // The connection finds out for itself.
  }
  for (const id of rows.keys()) {
    if (!present.has(id) && !heardSinceOpen.has(id)) changed.set(id, null);
  }
  schedule();
}

async function fetchPage(token) {
  const url = new URL(api, root);
  if (token) url.searchParams.set("pageToken", token);
  const response = await fetch(url, { headers: fieldsWith(pageToken), cache: "no-store" });
  if (!response.ok) throw new Error(`The list answered ${response.status}.`);
  return response.json();
}

/** However many messages come, the page is touched once a frame; a hidden page is left alone until it is seen. */
function schedule() {
  if (frame === 0) frame = requestAnimationFrame(flush);
}

function flush() {
  frame = 0;
  for (const [id, message] of changed) {
    if (message === null) {
      mustArrange = rows.delete(id) || mustArrange;
      continue;
    }
    lag = Math.min(lag, Date.now() - Date.parse(message.updatedAt) || 0);
    const row = rows.get(id);
    if (!row) {
      rows.set(id, new Row(message));
      mustArrange = true;
    } else if (isNews(row.message, message)) {
      const before = row.matches();
      const wasEnded = row.isEnded;
      row.message = message;
      if (row.node?.isConnected) row.show();
      mustArrange ||= before !== row.matches() || wasEnded !== row.isEnded;
    }
  }
  changed.clear();
  if (mustArrange) arrange();
}

function isNews(old, message) {
  if (old.cursor === message.cursor) return false;
  const epochOf = (cursor) => String(cursor).replace(/-\d+$/, "");
  return epochOf(old.cursor) !== epochOf(message.cursor) || !(message.revision <= old.revision);
}

/** Puts the rows that match in their order, the newest first, and touches only those that are out of place. */
function arrange() {
  mustArrange = false;
  const all = [...rows.values()];
  const matching = all.filter((row) => row.matches());
  matching.sort((a, b) => b.created - a.created || (a.message.id < b.message.id ? -1 : 1));
  const shown = matching.slice(0, most);
  const keep = new Set();
  for (const row of shown) {
    row.show();
    keep.add(row.node);
  }
  for (const node of [...at("rows").children]) if (!keep.has(node)) node.remove();
  let place = at("rows").firstElementChild;
  for (const { node } of shown) {
    if (node === place) place = place.nextElementSibling;
    else at("rows").insertBefore(node, place);
  }
  const ended = all.filter((row) => row.isEnded).length;
  setText(at("count-all"), formatNumber(all.length));
  setText(at("count-running"), formatNumber(all.length - ended));
  setText(at("count-ended"), formatNumber(ended));
  const left = matching.length - shown.length;
  at("more").hidden = left === 0;
  setText(at("show-more"), `Show ${formatNumber(Math.min(left, rowsAtOnce))} more of ${formatNumber(matching.length)}`);
  at("nothing").hidden = all.length === 0 || matching.length > 0;
  at("tools").hidden = all.length === 0;
  if (all.length > 0) at("empty").hidden = true;
  else showEmptySoon();
}

let emptyTimer = 0;

/** A feed begins with what is there and does not say where that ends: what has not come by now is not there. */
function showEmptySoon() {
  clearTimeout(emptyTimer);
  emptyTimer = setTimeout(() => {
    at("empty").hidden = rows.size > 0 || connection.state.phase !== "live";
  }, 300);
}
