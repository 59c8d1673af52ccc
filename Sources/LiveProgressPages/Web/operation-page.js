// Part of Live Progress: the connection, the question, the cancel button and the tab of the page of one operation, and its spoken texts.

const marks = { waiting: "? ", succeeded: "✓ ", failed: "✕ ", cancelled: "– ", stalled: "! " };
const tones = {
  running: "#3b82f6", waiting: "#8b6ae0", pending: "#8a909b", cancelled: "#8a909b", stalled: "#d99a1c", cancelling: "#d99a1c",
  succeeded: "#22a565", failed: "#e5534b",
};

/** Shows the progress or the end in the title and the icon of the tab. */
function showTab(message) {
  const { status } = message;
  const share = shareOf(message);
  const percentage = share === null || isEnded(status) ? "" : `${shareText(message)} · `;
  const wish = message.waitingFor ? "Answer wanted · " : "";
  const title = `${marks[status] ?? ""}${wish}${percentage}${titleOf(message)}`;
  if (document.title !== title) document.title = title;
  const length = 81.7; // 2π · 13
  const part = share ?? (isEnded(status) ? 1 : 0.25);
  const sign = {
    succeeded: "<path d='M10 16.5l4.2 4.2 8-9' fill='none' stroke='%T' stroke-width='3.4'/>",
    waiting: "<path d='M12.4 13.2a3.6 3.6 0 1 1 5.4 3.1c-1.1.7-1.8 1.3-1.8 2.6M16 21.6v1.6' fill='none' stroke='%T' stroke-width='2.6'/>",
    failed: "<path d='M11 11l10 10M21 11L11 21' stroke='%T' stroke-width='3.4'/>",
  }[status] ?? "";
  const drawn = (Math.round(part * 50) / 50 * length).toFixed(1);
  const icon = `<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'><g fill='none' stroke-width='5'>` +
    `<circle cx='16' cy='16' r='13' stroke='#8a909b' stroke-opacity='.35'/><circle cx='16' cy='16' r='13' stroke='%T' ` +
    `stroke-dasharray='${drawn} 99' transform='rotate(-90 16 16)'/></g>${sign}</svg>`;
  const address = `data:image/svg+xml,${encodeURIComponent(icon.replaceAll("%T", tones[status] ?? tones.running))}`;
  if (at("icon").href !== address) at("icon").href = address;
}

function showConnection(state) {
  const { phase, error } = state;
  at("connection").dataset.phase = phase;
  // A bar must not move while the page receives nothing.
  at("main").classList.toggle("unheard", phase === "waiting" || phase === "refused");
  at("retry").hidden = phase !== "waiting";
  if (phase === "refused") showGone(error);
  // Without an error, the page only goes to the back/forward cache.
  if (phase === "waiting" && error) say("Connection lost, reconnecting");
  if (phase === "live" && view.spoken.text === "Connection lost, reconnecting") say("Connected again");
  const texts = {
    connecting: view.message ? "Reconnecting…" : "Connecting…",
    live: "Live",
    waiting: waitingText(state),
    closed: view.message?.type === "end" ? "Ended" : "Closed",
    refused: "Not connected",
  };
  setText(at("connection-text"), texts[phase]);
  tick();
}

const refusals = () => ({
  unknown: ["No such operation", view.message
    ? `This server no longer knows “${identity}”; it may have been started anew.`
    : `This server knows no operation “${identity}”. It may not have been started yet, or the address may be mistyped.`],
  gone: ["This operation is gone", `“${identity}” was deleted, or the time for which its end is kept has passed.`],
  forbidden: ["Not allowed", "You may not see this operation. Ask whoever gave you the link for a new one."],
});

/** Shows why the operation cannot be watched, and marks what the page already shows as the last known state. */
function showGone(error) {
  const [heading, text] = refusalWords(error, refusals(), "This operation cannot be followed");
  at("gone").hidden = false;
  setText(at("gone-title"), heading);
  setText(at("gone-detail"), text);
  at("main").removeAttribute("aria-busy");
  if (view.message) showLast();
  else {
    at("live").hidden = true;
    setText(at("title"), identity);
  }
  document.title = `${heading} · ${view.message ? titleOf(view.message) : identity}`;
  say(heading);
}

function showLast() {
  if (view.isAwaitingFrame) show();
  view.isGone = true;
  at("main").dataset.status = at("bar").dataset.status = "cancelled";
  at("gone-detail").append(" What is shown below is the last that was heard of it.");
  setText(at("status"), `Last known: ${statusWord(view.message.status)}`);
  setText(at("aside"), "");
  setText(at("rate"), "");
  at("cancel").hidden = true;
  question.show(null);
}

const question = new QuestionView(at("question"), (text, number) =>
  answer(addressWith(["access_token"]), text, { number, token: pageToken, signal: AbortSignal.timeout(answerTime) }), now);

function showCancel(message, ended) {
  const button = at("cancel");
  const cancelling = message.status === "cancelling";
  if (cancelling || ended) view.asked = false;
  button.hidden = ended || view.isGone || !view.mayCancel || !(message.cancellable === true || cancelling);
  button.disabled = cancelling || view.asked;
  setText(button, button.disabled ? "Cancelling…" : "Cancel");
  if (cancelling || ended) notify("");
}

function notify(text) {
  setText(at("notice"), text);
  at("notice").hidden = text === "";
}

at("cancel").addEventListener("click", async () => {
  view.asked = true;
  notify("");
  showCancel(view.message, false);
  try {
    await cancel(addressWith(["access_token"]), { token: pageToken, signal: AbortSignal.timeout(answerTime) });
  } catch (error) {
    view.asked = false;
    view.mayCancel = error?.kind !== "forbidden";
    const texts = !(error instanceof ProgressError)
      ? ["The server could not be reached", "try again once the page is connected."]
      : view.mayCancel ? [error.problem?.title, error.message] : ["This link lets you watch, but not cancel."];
    notify([...new Set(texts)].filter(Boolean).join(": "));
    showCancel(view.message, isEnded(view.message.status));
  }
});

/** Announces a new text to assistive technology; of several texts within two seconds, only the last one. */
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

at("retry").addEventListener("click", () => connection.retry());
setInterval(() => {
  tick();
  if (connection.state.phase === "waiting") setText(at("connection-text"), waitingText(connection.state));
}, 1_000);

setText(at("title"), identity);
setText(at("identity"), identity);
connection.open();
