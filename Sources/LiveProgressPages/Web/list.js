// Part of Live Progress: the rows of the page of all operations.

/** The path of the API below the root of the server. The page is at the root, and also at the path of the API. */
const api = document.documentElement.dataset.api;
const path = location.pathname.replace(/\/+$/, "");
const root = new URL(path.endsWith(`/${api}`) ? path.slice(0, -api.length) : `${path}/`, location.href);
const rowsAtOnce = 1_000;
const rows = new Map(); // id -> Row
const changed = new Map(); // id -> the newest message that the page does not show yet; null for a removed operation
let kind = "all";
let wanted = "";
let most = rowsAtOnce;
let frame = 0;
let mustArrange = false;
let heardSinceOpen = new Set();
let lag = 0; // the milliseconds by which this clock is behind the server's clock, as a negative number

/** An operation, and its row once the list shows it. */
class Row {
  node = null;
  message;
  created;
  #place = new Place();
  #parts;

  constructor(message) {
    this.take(message);
    this.created = Date.parse(message.createdAt) || 0;
  }

  /** Keeps the message if it is new; returns whether it is new. */
  take(message) {
    const isNews = this.#place.take(message) !== null;
    if (isNews) this.message = message;
    return isNews;
  }

  get isEnded() {
    return isEnded(this.message.status);
  }

  matches() {
    if (kind !== "all" && (kind === "ended") !== this.isEnded) return false;
    if (wanted === "") return true;
    const { id, state, waitingFor } = this.message;
    return [titleOf(this.message), state, waitingFor?.message, id, ...labelsOf(this.message)].join("\n").toLowerCase().includes(wanted);
  }

  show() {
    if (this.node === null) this.#build();
    const { message } = this;
    const { title, state, bar, share, status } = this.#parts;
    this.node.dataset.status = message.status;
    setText(title, titleOf(message));
    setText(status, statusWord(message.status));
    this.node.classList.toggle("asks", Boolean(message.waitingFor));
    setText(state, message.waitingFor?.message ?? stateOf(message));
    setText(share, shareText(message));
    placeFill(bar, markBar(bar, message));
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

const connection = new Connection(new URL(api, root), { token: pageToken, isFeed: true, message: receive, phase: showConnection });

function receive(message) {
  const isState = message.cursor && message.status;
  if (!message.id || (message.type !== "removed" && !isState)) return;
  heardSinceOpen.add(message.id);
  changed.set(message.id, message.type === "removed" ? null : message);
  schedule();
}

/** Requests the whole list, and removes the operations that were removed while the page was not connected. */
async function removeMissing() {
  const present = new Set();
  let token;
  do {
    const page = await fetchPage(token);
    for (const { id } of page.operations) present.add(id);
    token = page.nextPageToken;
  } while (token && present.size < 10_000);
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

/** Shows all changes in the next frame; a hidden page has no frames. */
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
    } else {
      const before = [row.matches(), row.isEnded];
      if (!row.take(message)) continue;
      if (row.node?.isConnected) row.show();
      mustArrange ||= before[0] !== row.matches() || before[1] !== row.isEnded;
    }
  }
  changed.clear();
  if (mustArrange) arrange();
}

/** Shows the matching rows, the newest first; moves only rows that are at a wrong place. */
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
  setText(at("count-all"), figure(all.length));
  setText(at("count-running"), figure(all.length - ended));
  setText(at("count-ended"), figure(ended));
  const left = matching.length - shown.length;
  at("more").hidden = left === 0;
  setText(at("show-more"), `Show ${figure(Math.min(left, rowsAtOnce))} more of ${figure(matching.length)}`);
  at("nothing").hidden = all.length === 0 || matching.length > 0;
  at("tools").hidden = all.length === 0;
  if (all.length > 0) at("empty").hidden = true;
  else showEmptySoon();
}

let emptyTimer = 0;

/** Says that the list is empty, after the time in which a feed sends its existing operations; the feed does not mark their end. */
function showEmptySoon() {
  clearTimeout(emptyTimer);
  emptyTimer = setTimeout(() => {
    at("empty").hidden = rows.size > 0 || connection.state.phase !== "live";
  }, 300);
}
