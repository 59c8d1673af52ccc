// Part of Live Progress: what surrounds the operation: connection, cancelling, tab, and words for assistive technology.

const marks = { succeeded: "✓ ", failed: "✕ ", cancelled: "– ", stalled: "! " };
const tones = {
  running: "#3b82f6", pending: "#8a909b", cancelled: "#8a909b", stalled: "#d99a1c", cancelling: "#d99a1c",
  succeeded: "#22a565", failed: "#e5534b",
};

/** The tab's title and icon: how far, or how it ended, at a glance. */
function showTab(message, status) {
  const share = fractionOf(message);
  const figure = share === null || isEnded(status) ? "" : `${percentOf(share)}% · `;
  const title = `${marks[status] ?? ""}${figure}${titleOf(message) ?? identity}`;
  if (document.title !== title) document.title = title;
  const length = 81.7; // 2π · 13
  const part = status === "succeeded" ? 1 : share ?? (isEnded(status) ? 1 : 0.25);
  const sign = {
    succeeded: "<path d='M10 16.5l4.2 4.2 8-9' fill='none' stroke='%T' stroke-width='3.4'/>",
    failed: "<path d='M11 11l10 10M21 11L11 21' stroke='%T' stroke-width='3.4'/>",
  }[status] ?? "";
  const drawn = (Math.round(part * 50) / 50 * length).toFixed(1);
  const icon = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><g fill='none' stroke-width='5'>` +
    `<circle cx='16' cy='16' r='13' stroke='#8a909b' stroke-opacity='.35'/><circle cx='16' cy='16' r='13' stroke='%T' ` +
    `stroke-dasharray='${drawn} 99' transform='rotate(-90 16 16)'/></g>${sign}</svg>`;
  const address = `data:image/svg+xml,${encodeURIComponent(icon.replaceAll("%T", tones[status]))}`;
  if (at("icon").href !== address) at("icon").href = address;
}

function showConnection(state) {
  const { phase } = state;
  const ended = view.message && isEnded(view.message.status);
  at("connection").dataset.phase = phase;
  // A bar that moves while nothing is heard would lie.
  at("main").classList.toggle("unheard", phase === "waiting" || phase === "refused");
  at("retry").hidden = phase !== "waiting";
  if (phase === "refused") showGone(state.problem);
  if (phase === "waiting") say("Connection lost, reconnecting");
  if (phase === "live" && view.spoken.text === "Connection lost, reconnecting") say("Connected again");
  const words = {
    connecting: view.message ? "Reconnecting…" : "Connecting…",
    live: "Live",
    closed: ended ? "Ended" : "Closed",
    refused: "Not connected",
  };
  if (phase === "waiting") showWaiting();
  else setText(at("connection-text"), words[phase]);
  tick();
}

function showWaiting() {
  const { phase, retryAt } = connection.state;
  if (phase !== "waiting") return;
  const seconds = Math.ceil((retryAt - Date.now()) / 1000);
  const when = seconds > 1 ? ` in ${formatDuration(seconds)}` : "…";
  setText(at("connection-text"), `${navigator.onLine ? "Reconnecting" : "Offline, reconnecting"}${when}`);
}

/** The operation cannot be followed: the page says why, and keeps what it knew as what it is: the past. */
function showGone({ code, status, title, detail }) {
  const id = identity;
  const [heading, text] =
    code === closeCodes.unknown || status === 404
      ? ["No such operation", view.message
          ? `This server no longer knows “${id}”; it may have been started anew.`
          : `This server knows no operation “${id}”. It may not have been started yet, or the address may be mistyped.`]
      : code === closeCodes.removed || status === 410
        ? ["This operation is gone", `“${id}” was deleted, or the time for which its end is kept has passed.`]
        : status === 401 || code === closeCodes.unauthenticated
          ? tokenWords({ code, title, detail })
        : status === 403 || code === closeCodes.forbidden
          ? ["Not allowed", "You may not see this operation. Ask whoever gave you the link for a new one."]
          : [title || "This operation cannot be followed", detail || `The server closed the connection for good (${code ?? status}).`];
  at("gone").hidden = false;
  setText(at("gone-title"), heading);
  setText(at("gone-detail"), text);
  at("main").removeAttribute("aria-busy");
  if (!view.message) {
    at("live").hidden = true;
    setText(at("title"), id);
    document.title = `${heading} · ${id}`;
  } else {
    view.isGone = true;
    const status = statusWords[knownStatus(view.message.status)];
    at("main").dataset.status = at("bar").dataset.status = "cancelled";
    at("gone-detail").append(" What is shown below is the last that was heard of it.");
    setText(at("status"), `Last known: ${status}`);
    setText(at("aside"), "");
    setText(at("rate"), "");
    at("cancel").hidden = true;
    document.title = `${heading} · ${titleOf(view.message) ?? id}`;
  }
  say(heading);
}

function showCancel(message, ended) {
  const button = at("cancel");
  const cancelling = message.status === "cancelling";
  if (cancelling || ended) view.asked = false;
  button.hidden = ended || !(message.cancellable === true || cancelling);
  button.disabled = cancelling || view.asked;
  setText(button, button.disabled ? "Cancelling…" : "Cancel");
  if (cancelling || ended) notify("");
}

function notify(text) {
  setText(at("notice"), text);
  at("notice").hidden = text === "";
}

/** The server would not do what was asked. */
function refuseWish(problem) {
  view.asked = false;
  notify([problem?.title, problem?.detail].filter((part) => typeof part === "string").join(": ") || "The server refused.");
  if (view.message) showCancel(view.message, isEnded(view.message.status));
}

at("cancel").addEventListener("click", async () => {
  view.asked = true;
  notify("");
  showCancel(view.message, false);
  if (connection.send({ type: "cancel" })) return;
  try {
    const url = addressAt(location.href, ["access_token"]);
    url.pathname = `${url.pathname.replace(/\/+$/, "")}/cancel`;
    const response = await fetch(url, { method: "POST", headers: fieldsWith(pageToken) });
    if (!response.ok) refuseWish(await response.json().catch(() => null));
  } catch {
    refuseWish({ title: "The server could not be reached", detail: "try again once the page is connected." });
  }
});

/** Speaks through the polite live region: changes only, the last one of a burst, at most one in two seconds. */
function say(text) {
  const { spoken } = view;
  if (text === spoken.text) return;
  spoken.text = text;
  clearTimeout(spoken.timer);
  const speak = () => {
    spoken.at = Date.now();
    setText(at("spoken"), spoken.text);
  };
  spoken.timer = setTimeout(speak, Math.max(0, spoken.at + 2_000 - Date.now()));
}

at("retry").addEventListener("click", () => connection.retryNow());
setInterval(() => {
  tick();
  showWaiting();
}, 1_000);
// A page that is put aside holds no connection, and takes up where it was when it is shown again.
window.addEventListener("pagehide", () => connection.stop());
window.addEventListener("pageshow", (event) => event.persisted && connection.start());

setText(at("title"), identity);
setText(at("identity"), identity);
connection.start();
