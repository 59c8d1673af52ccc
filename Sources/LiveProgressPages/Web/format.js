// Part of Live Progress: words and figures for people. Pure functions, shared by the pages and the element.

const statusWords = {
  pending: "Pending",
  running: "Running",
  stalled: "Stalled",
  cancelling: "Cancelling",
  succeeded: "Succeeded",
  failed: "Failed",
  cancelled: "Cancelled",
};

const isEnded = (status) => status === "succeeded" || status === "failed" || status === "cancelled";

/** A status this page knows; one it does not know yet counts as running. */
const knownStatus = (status) => (Object.hasOwn(statusWords, status) ? status : "running");

const isFigure = (value) => typeof value === "number" && Number.isFinite(value);

const numberFormats = [0, 1, 2].map((digits) => new Intl.NumberFormat("en", { maximumFractionDigits: digits }));

/** Three significant figures where there is a fraction, every digit of a whole number. */
function formatNumber(value) {
  const size = Math.abs(value);
  return numberFormats[Number.isInteger(value) || size >= 100 ? 0 : size >= 10 ? 1 : 2].format(value);
}

const isBytes = (unit) => /^(b|bytes?|octets?)$/i.test(unit ?? "");

const byteUnits = ["bytes", "kB", "MB", "GB", "TB", "PB", "EB"];

function formatBytes(value, like = value) {
  const step = Math.min(byteUnits.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, Math.abs(like))) / 3)));
  return `${formatNumber(step === 0 ? Math.round(value) : value / 1000 ** step)}\u00a0${byteUnits[step]}`;
}

/** "50 of 100 rows", "1.5 MB of 4 MB", "50 rows", or nothing where nothing is counted, or only a fraction known. */
function formatCount(progress) {
  const { completedCount: done, totalCount: total, unit, fractionCompleted: fraction } = progress ?? {};
  if (!isFigure(done) || (done === 0 && !isFigure(total) && isFigure(fraction))) return "";
  if (isBytes(unit)) return isFigure(total) ? `${formatBytes(done)} of ${formatBytes(total)}` : formatBytes(done);
  const name = typeof unit === "string" && unit !== "" ? ` ${unit}` : "";
  return isFigure(total) ? `${formatNumber(done)} of ${formatNumber(total)}${name}` : `${formatNumber(done)}${name}`;
}

/** "12.4 rows/s", "3 rows/min" where a second is too short to see one, or nothing. */
function formatRate(progress) {
  const { throughput: rate, unit } = progress ?? {};
  if (!isFigure(rate) || rate <= 0) return "";
  if (isBytes(unit)) return `${formatBytes(rate)}/s`;
  const name = typeof unit === "string" && unit !== "" ? `\u00a0${unit}` : "";
  const [scale, per] = rate >= 0.5 ? [1, "s"] : rate * 60 >= 0.5 ? [60, "min"] : [3600, "h"];
  return `${formatNumber(rate * scale)}${name}/${per}`;
}

/** "8 s", "3 min 20 s", "1 h 12 min", "2 d 4 h". */
function formatDuration(seconds) {
  const s = Math.max(0, Math.floor(seconds));
  const two = (large, largeName, small, smallName) =>
    small === 0 ? `${large}\u00a0${largeName}` : `${large}\u00a0${largeName} ${small}\u00a0${smallName}`;
  if (s < 60) return `${s}\u00a0s`;
  if (s < 3600) return two(Math.floor(s / 60), "min", s % 60, "s");
  if (s < 86400) return two(Math.floor(s / 3600), "h", Math.floor((s % 3600) / 60), "min");
  return two(Math.floor(s / 86400), "d", Math.floor((s % 86400) / 3600), "h");
}

/** "just now", "12 s ago", "3 min ago", "2 h ago", "4 d ago". */
function formatAge(seconds) {
  if (!isFigure(seconds)) return "";
  if (seconds < 2) return "just now";
  const s = Math.floor(seconds);
  const [value, name] =
    s < 60 ? [s, "s"] : s < 3600 ? [s / 60, "min"] : s < 86400 ? [s / 3600, "h"] : [s / 86400, "d"];
  return `${Math.floor(value)}\u00a0${name} ago`;
}

/** The share done, from 0 to 1, or null where nobody knows. */
function fractionOf(message) {
  const progress = message?.progress;
  let fraction = progress?.fractionCompleted;
  if (!isFigure(fraction) && isFigure(progress?.completedCount) && progress?.totalCount > 0) {
    fraction = progress.completedCount / progress.totalCount;
  }
  return isFigure(fraction) ? Math.min(1, Math.max(0, fraction)) : null;
}

/** Rounded down: 100 % is said only when all is done. The small term undoes the error of 0.29 * 100. */
const percentOf = (fraction) => Math.floor(fraction * 100 + 1e-9);

const titleOf = (message) => (typeof message?.title === "string" && message.title !== "" ? message.title : message?.id);

/** "currentStep" and "current_step" become "Current step"; what is no plain name stays as it is. */
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

/** A point in time as the reader's clock shows it, with the day unless it is today; nothing where it is no date. */
function formatTime(text) {
  const time = Date.parse(text);
  if (Number.isNaN(time)) return "";
  const day = dateFormat.format(time);
  const clock = timeFormat.format(time);
  return day === dateFormat.format(Date.now()) ? clock : `${day}, ${clock}`;
}

/** Sets a text only where it differs, so that nothing is laid out for nothing. */
function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
