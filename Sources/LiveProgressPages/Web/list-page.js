// Part of Live Progress: the connection, the filters and the texts of the page of all operations.

let opened = 0;

function showConnection(state) {
  const { phase, error } = state;
  at("connection").dataset.phase = phase;
  at("retry").hidden = phase !== "waiting";
  const texts = {
    connecting: opened ? "Reconnecting…" : "Connecting…",
    live: "Live",
    waiting: waitingText(state),
    closed: "Closed",
  };
  if (phase === "refused") texts.refused = showRefusal(error);
  setText(at("connection-text"), texts[phase]);
  if (phase !== "live") return;
  opened += 1;
  showEmptySoon();
  if (opened === 1) return;
  // A feed begins with the existing operations, and does not name the operations that were removed before.
  heardSinceOpen = new Set();
  removeMissing().catch(() => {}); // The connection notices a failure, too.
}

const refusals = {
  forbidden: ["Not allowed", "This link lets you see single operations, and not the list of all. Open the operation's own link."],
};

/** Shows why the list cannot be watched, and what the user can do; returns the heading. */
function showRefusal(error) {
  const [heading, text] = refusalWords(error, refusals, "The list cannot be followed");
  setText(at("refused-title"), heading);
  setText(at("refused-detail"), text);
  at("refused").hidden = false;
  at("empty").hidden = true;
  document.title = `${heading} · Live Progress`;
  return heading;
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
at("retry").addEventListener("click", () => connection.retry());
setInterval(() => {
  if (connection.state.phase === "waiting") setText(at("connection-text"), waitingText(connection.state));
  for (const row of rows.values()) if (row.node?.isConnected) row.showAge();
}, 1_000);

at("run").hidden = api !== "api/v1/progress"; // The tool supports no other path.
setText(at("run-line"), `live-progress run --server ${root.href.replace(/\/$/, "")} -- make -j8`);
setText(at("curl-line"), `curl -d id=my-first -d state=Copying -d completedCount=3 -d totalCount=10 ${root}${api}`);
connection.open();
