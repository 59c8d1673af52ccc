// Part of Live Progress: the content of the page of one operation.

const view = {
  message: null, // the newest snapshot
  epoch: null,
  endedAt: null,
  skipped: 0,
  gap: "",
  asked: false,
  mayCancel: true,
  isGone: false,
  isAwaitingFrame: false,
  spoken: { text: "", at: 0, timer: 0 },
};

// The links of the page are relative to an address without a slash at its end.
if (location.pathname.endsWith("/")) {
  history.replaceState(history.state, "", location.pathname.replace(/\/+$/, "") + location.search + location.hash);
}
// Identifiers need no escapes, so an escaped text is not an identifier, and the page shows it unchanged.
const identity = location.pathname.split("/").pop();
const details = new ValueView(at("details-values"));
const bar = new Bar(at("bar"), showFigure);
const clock = new ServerClock();
const { now } = clock;

/** Returns the operation's URL with only the given parameters; other parameters of the page's address are not the server's. */
function addressWith(known) {
  const address = new URL(location.href);
  for (const name of new Set(address.searchParams.keys())) if (!known.includes(name)) address.searchParams.delete(name);
  return address;
}

const connection = new Connection(addressWith(["cursor", "ticket", "access_token"]), {
  token: pageToken,
  message: receive,
  phase: showConnection,
});

function receive(message) {
  const isFirst = view.message === null;
  countMissed(message);
  clock.learn(message);
  view.message = message;
  if (isFirst || message.type === "end") show();
  else showSoon();
}

/** Shows the newest message in the next frame. A hidden page has no frames, but its tab has a title. */
function showSoon() {
  if (view.isAwaitingFrame) return;
  view.isAwaitingFrame = true;
  const once = () => view.isAwaitingFrame && show();
  requestAnimationFrame(once);
  setTimeout(once, 500);
}

/** Counts the updates that the page cannot show any more. */
function countMissed(message) {
  const [epoch] = splitCursor(message.cursor);
  // A snapshot without `resumed` is the response to a plain request, which skips updates that the connection would bring.
  if (message.type !== "snapshot" || message.resumed === false) view.skipped += message.skipped;
  if (view.epoch !== null && epoch !== view.epoch && message.resumed === false) {
    view.gap = "What happened while the connection was away may be missing here.";
  }
  view.epoch = epoch;
}

function show() {
  view.isAwaitingFrame = false;
  const { message } = view;
  const { status, state, waitingFor, lastAnswer } = message;
  const ended = isEnded(status);
  at("main").dataset.status = status;
  at("main").removeAttribute("aria-busy");
  setText(at("title"), titleOf(message));
  setText(at("status"), statusWord(status));
  setText(at("state"), stateOf(message));
  setText(at("count"), countText(message.progress));
  setText(at("rate"), ended || status === "waiting" ? "" : rateText(message.progress));
  bar.show(message);
  question.show({ waitingFor, lastAnswer });
  showMore(message);
  showEnd(message, ended);
  showCancel(message, ended);
  tick();
  say(waitingFor ? `Question: ${waitingFor.message}` : `${statusWord(status)}${state && !ended ? `: ${state}` : ""}`);
}

function showMore(message) {
  const hasDetails = message.details !== null && message.details !== undefined && !isEmpty(message.details);
  at("details").hidden = !hasDetails;
  if (hasDetails) details.show(message.details);
  fact("attempt", isFigure(message.attempt) && message.attempt > 1 ? String(message.attempt) : "");
  setText(at("identity"), message.id);
  const labels = labelsOf(message).map((text) => make("span", text, "label"));
  at("labels").replaceChildren(...labels);
  at("labels").parentElement.hidden = labels.length === 0;
  const parent = message.parent ?? "";
  at("parent").hidden = parent === "";
  setText(at("parent-link"), parent);
  at("parent-link").href = encodeURIComponent(parent);
  const skipped = view.skipped === 0 ? "" : view.skipped === 1
    ? "1 update was passed over to keep up; what is shown is the newest."
    : `${figure(view.skipped)} updates were passed over to keep up; what is shown is the newest.`;
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

/** Shows the large number: the percentage, or a word for the end, or the elapsed time; `shown` is the position of the bar. */
function showFigure(shown) {
  const { message } = view;
  const { status } = message;
  const share = shareOf(message);
  let number = "", word = "";
  if (status === "succeeded") word = "Done";
  else if (share !== null) number = String(percentOf(Math.min(shown ?? share, share)));
  else if (isEnded(status)) word = statusWord(status);
  else word = status === "pending" || status === "waiting" ? "Waiting" : formatDuration(elapsedSeconds());
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

/** The words beside the large number. */
function asideText(status, reportAge) {
  const elapsed = elapsedSeconds();
  const took = Number.isNaN(elapsed) ? "" : ` after ${formatDuration(elapsed)}`;
  if (status === "succeeded") return took.replace(" after", "in");
  if (isEnded(status)) return `stopped${took}`;
  if (connection.state.phase === "waiting") return `last heard ${formatAge(reportAge)}`;
  if (status === "cancelling") return "waiting for the worker to stop";
  if (status === "waiting") return shareOf(view.message) === null ? "for an answer" : "waiting for an answer";
  if (status === "stalled") return "the worker has fallen silent";
  if (status === "pending") return "for the worker’s first report";
  const remaining = view.message.progress?.estimatedTimeRemaining;
  if (!isFigure(remaining)) return shareOf(view.message) === null ? "so far" : "";
  // Between two reports, the remaining time decreases with the clock.
  const left = remaining - (reportAge || 0);
  return left < 1 ? "nearly there" : `about ${formatDuration(Math.ceil(left))} left`;
}

/** Shows what changes with the clock; called once a second and with each message. */
function tick() {
  const { message } = view;
  if (!message || view.isGone) return;
  const { status } = message;
  const elapsed = elapsedSeconds();
  const age = Math.max(0, (now() - Date.parse(message.updatedAt)) / 1000);
  setText(at("elapsed"), Number.isNaN(elapsed) ? "–" : formatDuration(elapsed));
  setText(at("started"), formatTime(message.createdAt) || "–");
  at("started").title = String(message.createdAt ?? "");
  at("updated").title = String(message.updatedAt ?? "");
  setText(at("updated"), isEnded(status) ? formatTime(message.updatedAt) : formatAge(age) || "–");
  setText(at("aside"), asideText(status, age));
  // The bar shows a percentage with each of its steps. A success is a word, which appears together with the status.
  if (shareOf(message) === null || status === "succeeded") showFigure(null);
  showTab(message);
}
