// Part of Live Progress: words, times and names that only the pages show. The other words are in client/words.js.

/** "just now", "12 s ago", "3 min ago", "2 h ago", "4 d ago". */
function formatAge(seconds) {
  if (!isFigure(seconds)) return "";
  if (seconds < 2) return "just now";
  const s = Math.floor(seconds);
  const [value, name] =
    s < 60 ? [s, "s"] : s < 3600 ? [s / 60, "min"] : s < 86400 ? [s / 3600, "h"] : [s / 86400, "d"];
  return `${Math.floor(value)}\u00a0${name} ago`;
}

const titleOf = (message) => message.title || message.id;

/** The reported state, or nothing if it only repeats the status. */
const stateOf = ({ state, status }) => (state === statusWord(status) ? "" : String(state ?? ""));

/** The name and the value of each label, such as "team=data". */
const labelsOf = (message) => Object.entries(message.labels ?? {}).map(([name, value]) => `${name}=${value}`);

/** The text for a connection that waits for its next attempt. */
function waitingText({ retryAt }) {
  const seconds = Math.ceil((retryAt - Date.now()) / 1000);
  return `${navigator.onLine ? "Reconnecting" : "Offline, reconnecting"}${seconds > 1 ? ` in ${formatDuration(seconds)}` : "…"}`;
}

/** The value of a bar for assistive technology: "42%, Running: Copying". */
function valueText(message) {
  const state = isEnded(message.status) || !message.state ? "" : `: ${message.state}`;
  return [shareText(message), statusWord(message.status) + state].filter(Boolean).join(", ");
}

/** "currentStep" and "current_step" become "Current step"; a text that is not a plain name stays unchanged. */
function humanName(key) {
  if (!/^[A-Za-z][A-Za-z0-9_-]*$/.test(key) || key === key.toUpperCase()) return key;
  const words = key
    .replace(/[_-]+/g, " ")
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .replace(/([A-Z]+)([A-Z][a-z])/g, "$1 $2")
    .trim()
    .split(" ")
    .map((word) => (word.length > 1 && word === word.toUpperCase() ? word : word.toLowerCase()));
  words[0] = words[0][0].toUpperCase() + words[0].slice(1);
  return words.join(" ");
}

const dateFormat = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium" });
const timeFormat = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

/** A time by the reader's clock, with the date unless it is today; nothing if the text is not a time. */
function formatTime(text) {
  const time = Date.parse(text);
  if (Number.isNaN(time)) return "";
  const day = dateFormat.format(time);
  const clock = timeFormat.format(time);
  return day === dateFormat.format(Date.now()) ? clock : `${day}, ${clock}`;
}

const at = (id) => document.getElementById(id);

/** Sets a text only if it differs, so that the browser does no needless layout. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
