// Part of Live Progress: the page of one operation.

const at = (id) => document.getElementById(id);

const view = {
  message: null, // The newest full message.
  epoch: null,
  revision: -1,
  first: null, // The revision that the page began with.
  endedAt: null,
  skipped: 0,
  gap: "",
  lag: null, // How far this clock runs ahead of the server's, in milliseconds, as far as can be told.
  asked: false,
  isGone: false,
  isAwaitingFrame: false,
  spoken: { text: "", at: 0, timer: 0 },
};

// The links of the page are relative to an address that does not end in a slash.
if (location.pathname.endsWith("/")) {
  history.replaceState(history.state, "", location.pathname.replace(/\/+$/, "") + location.search + location.hash);
}
// Identifiers need no escaping, so whatever is escaped is no identifier and may be shown as it is.
const identity = location.pathname.split("/").pop();
const details = new ValueView(at("details-values"));
const bar = new Bar(at("bar"), showFigure);

const connection = new Connection({
  url: location.href,
  token: pageToken,
  fallback: "events",
  receive,
  changed: showConnection,
});

function receive(message) {
  if (message.type === "error") return refuseWish(message.error);
  if (message.type === "removed") return connection.refuse({ status: 410 });
  if (typeof message.status !== "string" || !isFigure(message.revision)) return;
  if (!isNewer(message)) return;
  learnLag(message);
  view.message = message;
  if (typeof message.cursor === "string") connection.cursor = message.cursor;
  if (isFigure(message.skipped)) view.skipped += message.skipped;
  const ended = message.type === "end" || isEnded(message.status);
  if (ended || view.revision === view.first) show();
  else showSoon();
  if (ended) connection.finish();
}

/** However many messages come, the page is touched once a frame; a hidden page has no frames, but a tab's title. */
function showSoon() {
  if (view.isAwaitingFrame) return;
  view.isAwaitingFrame = true;
  const once = () => view.isAwaitingFrame && show();
  requestAnimationFrame(once);
  setTimeout(once, 500);
}

/** Whether a message is news; what a reconnection repeats is not. A new epoch is a new journal, with its own count. */
function isNewer(message) {
  const cursor = typeof message.cursor === "string" ? message.cursor : "";
  const epoch = cursor.slice(0, Math.max(0, cursor.lastIndexOf("-")));
  const known = view.epoch !== null;
  if (known && epoch === view.epoch && message.revision <= view.revision) return false;
  if (known && message.resumed === false) {
    const missed = epoch === view.epoch ? message.revision - view.revision - 1 : 0;
    if (missed > 0 && !message.skipped) view.skipped += missed;
    if (epoch !== view.epoch) view.gap = "What happened while the connection was away may be missing here.";
  }
  view.epoch = epoch;
  view.revision = message.revision;
  view.first ??= message.revision;
  return true;
}

/** A live update has just been made; a time that lies in the future proves a clock that is behind. */
function learnLag(message) {
  const age = Date.now() - Date.parse(message.updatedAt);
  if (Number.isNaN(age)) return;
  if (message.type === "update" || age < 0) view.lag = view.lag === null ? age : Math.min(view.lag, age);
}

const now = () => Date.now() - (view.lag ?? 0);

function show() {
  view.isAwaitingFrame = false;
  const { message } = view;
  const status = knownStatus(message.status);
  const ended = isEnded(status);
  at("main").dataset.status = status;
  at("main").removeAttribute("aria-busy");
  setText(at("title"), titleOf(message) ?? identity);
  setText(at("status"), statusWords[status]);
  const state = typeof message.state === "string" ? message.state : "";
  setText(at("state"), state === statusWords[status] ? "" : state);
  setText(at("count"), formatCount(message.progress));
  setText(at("rate"), ended ? "" : formatRate(message.progress));
  bar.show(message, valueText(message));
  showMore(message);
  showEnd(message, ended);
  showCancel(message, ended);
  tick();
  say(`${statusWords[status]}${state && !ended ? `: ${state}` : ""}`);
}

function showMore(message) {
  const hasDetails = message.details !== null && message.details !== undefined && !isEmpty(message.details);
  at("details").hidden = !hasDetails;
  if (hasDetails) details.show(message.details);
  fact("attempt", isFigure(message.attempt) && message.attempt > 1 ? String(message.attempt) : "");
  setText(at("identity"), String(message.id ?? identity));
  const labels = Object.entries(message.labels ?? {}).map(([key, value]) => make("span", `${key}=${value}`, "label"));
  at("labels").replaceChildren(...labels);
  at("labels").parentElement.hidden = labels.length === 0;
  const parent = typeof message.parent === "string" ? message.parent : "";
  at("parent").hidden = parent === "";
  setText(at("parent-link"), parent);
  at("parent-link").href = encodeURIComponent(parent);
  const skipped = view.skipped === 0 ? "" : view.skipped === 1
    ? "1 update was passed over to keep up; what is shown is the newest."
    : `${formatNumber(view.skipped)} updates were passed over to keep up; what is shown is the newest.`;
  setText(at("missed"), [skipped, view.gap].filter(Boolean).join(" "));
  at("missed").hidden = at("missed").textContent === "";
}

function fact(id, text) {
  setText(at(id), text);
  at(id).parentElement.hidden = text === "";
}

function showEnd(message, ended) {
  if (!ended) return;
  view.endedAt = Date.parse(message.updatedAt);
  setText(at("updated-name"), "Ended");
  const { error, result } = message;
  at("problem").hidden = !isNested(error);
  if (isNested(error)) {
    const { title, detail, type, status, ...members } = error;
    if (typeof type === "string" && type !== "about:blank") members.type = type;
    if (isFigure(status)) members.status = status;
    setText(at("problem-title"), scalarText(title ?? "Failed"));
    setText(at("problem-detail"), detail === undefined ? "" : scalarText(detail));
    new ValueView(at("problem-members")).show(isEmpty(members) ? undefined : members);
  }
  const hasResult = result !== null && result !== undefined;
  at("result").hidden = !hasResult;
  if (hasResult) new ValueView(at("result-values")).show(result);
}

/** The large figure: the share done, else the time it has taken, else the word for the end. */
function showFigure(shown) {
  const { message } = view;
  if (!message) return;
  const status = knownStatus(message.status);
  const share = fractionOf(message);
  let number = "", word = "";
  if (status === "succeeded") word = "Done";
  else if (share !== null) number = String(percentOf(Math.min(shown ?? share, share)));
  else if (isEnded(status)) word = statusWords[status];
  else word = status === "pending" ? "Waiting" : formatDuration(elapsedSeconds());
  const figure = at("figure");
  figure.classList.toggle("words", word !== "");
  if (word !== "") setText(figure, word);
  else if (figure.dataset.number !== number || !figure.firstElementChild) {
    figure.replaceChildren(number, make("small", "%"));
  }
  figure.dataset.number = number;
}

function elapsedSeconds() {
  const start = Date.parse(view.message.createdAt);
  return Number.isNaN(start) ? NaN : Math.max(0, ((view.endedAt ?? now()) - start) / 1000);
}

/** The words beside the large figure. */
function asideText(status, reportAge) {
  const elapsed = elapsedSeconds();
  const took = Number.isNaN(elapsed) ? "" : ` after ${formatDuration(elapsed)}`;
  if (status === "succeeded") return took.replace(" after", "in");
  if (status === "failed") return `stopped${took}`;
  if (status === "cancelled") return `stopped${took}`;
  if (connection.state.phase === "waiting") return `last heard ${formatAge(reportAge)}`;
  if (status === "cancelling") return "waiting for the worker to stop";
  if (status === "stalled") return "the worker has fallen silent";
  if (status === "pending") return "for the worker’s first report";
  const remaining = view.message.progress?.estimatedTimeRemaining;
  if (!isFigure(remaining)) return fractionOf(view.message) === null ? "so far" : "";
  // Between two reports the time left runs down by itself, as time does.
  const left = remaining - (reportAge || 0);
  return left < 1 ? "nearly there" : `about ${formatDuration(Math.ceil(left))} left`;
}

/** What changes by time alone: once a second, and with each message. */
function tick() {
  const { message } = view;
  if (!message || view.isGone) return;
  const status = knownStatus(message.status);
  const elapsed = elapsedSeconds();
  const age = Math.max(0, (now() - Date.parse(message.updatedAt)) / 1000);
  setText(at("elapsed"), Number.isNaN(elapsed) ? "–" : formatDuration(elapsed));
  setText(at("started"), formatTime(message.createdAt) || "–");
  at("started").title = String(message.createdAt ?? "");
  at("updated").title = String(message.updatedAt ?? "");
  setText(at("updated"), isEnded(status) ? formatTime(message.updatedAt) : formatAge(age) || "–");
  setText(at("aside"), asideText(status, age));
  // The bar tells the rest, step by step; a success is no number, and is said together with the status.
  if (fractionOf(message) === null || message.status === "succeeded") showFigure(null);
  showTab(message, status);
}
