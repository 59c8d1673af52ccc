// Part of Live Progress: what surrounds the list: connection, filters, and the words for an empty list.

let opened = 0;

function showConnection(state) {
  const { phase, problem } = state;
  at("connection").dataset.phase = phase;
  at("retry").hidden = phase !== "waiting";
  const words = { connecting: opened ? "Reconnecting…" : "Connecting…", live: "Live", closed: "Closed" };
  if (phase === "refused") words.refused = showRefusal(problem);
  if (phase === "waiting") showWaiting();
  else setText(at("connection-text"), words[phase]);
  if (phase !== "live") return;
  opened += 1;
  showEmptySoon();
  if (opened === 1) return;
  // A feed begins with what is there; what went while nobody listened, only the list can tell.
  heardSinceOpen = new Set();
  fetchPage().then(receivePage, () => {});
}

/** The list cannot be followed: the page says why, and what to do; gives the heading. */
function showRefusal(problem) {
  const { code, status, title, detail } = problem;
  const [heading, text] =
    status === 401 || code === closeCodes.unauthenticated
      ? tokenWords(problem)
      : status === 403 || code === closeCodes.forbidden
        ? ["Not allowed", "This link lets you see single operations, and not the list of all. Open the operation's own link."]
        : [title || "The list cannot be followed", detail || `The server closed the connection for good (${code ?? status}).`];
  setText(at("refused-title"), heading);
  setText(at("refused-detail"), text);
  at("refused").hidden = false;
  at("empty").hidden = true;
  document.title = `${heading} · Live Progress`;
  return heading;
}

function showWaiting() {
  const { phase, retryAt } = connection.state;
  if (phase !== "waiting") return;
  const seconds = Math.ceil((retryAt - Date.now()) / 1000);
  setText(at("connection-text"), seconds > 1 ? `Reconnecting in ${formatDuration(seconds)}` : "Reconnecting…");
}

for (const button of document.querySelectorAll("[data-kind]")) {
  button.addEventListener("click", () => {
    kind = button.dataset.kind;
    for (const other of document.querySelectorAll("[data-kind]")) {
      other.setAttribute("aria-pressed", String(other === button));
    }
    arrange();
  });
}
at("search").addEventListener("input", () => {
  wanted = at("search").value.trim().toLowerCase();
  arrange();
});
at("show-more").addEventListener("click", () => {
  most += rowsAtOnce;
  arrange();
});
at("retry").addEventListener("click", () => connection.retryNow());
setInterval(() => {
  showWaiting();
  for (const row of rows.values()) if (row.node?.isConnected) row.showAge();
}, 1_000);
window.addEventListener("pagehide", () => connection.stop());
window.addEventListener("pageshow", (event) => event.persisted && connection.start());

at("run").hidden = api !== "api/v1/progress"; // The tool knows no other place.
setText(at("run-line"), `live-progress run --server ${root.href.replace(/\/$/, "")} -- make -j8`);
setText(at("curl-line"), `curl -d id=my-first -d state=Copying -d completedCount=3 -d totalCount=10 ${root}${api}`);
connection.start();
