// Part of Live Progress: shows a JSON value as lists. Every text is shown as text, never as markup.

const mostEntries = 100;
const mostNesting = 4;
const mostText = 20_000;

function make(name, text, className) {
  const node = document.createElement(name);
  if (text !== undefined) node.textContent = text;
  if (className) node.className = className;
  return node;
}

const isNested = (value) => typeof value === "object" && value !== null;

const isEmpty = (value) => isNested(value) && Object.keys(value).length === 0;

const isPlainList = (value) =>
  Array.isArray(value) && value.every((item) => !isNested(item)) && JSON.stringify(value).length <= 80;

function shorten(text) {
  return text.length > mostText ? `${text.slice(0, mostText)}… (${text.length - mostText} more characters)` : text;
}

function scalarText(value) {
  if (value === null || value === undefined || value === "") return "–";
  if (value === true) return "yes";
  if (value === false) return "no";
  return shorten(String(value));
}

/** Returns a node for a text, number, boolean or null. A text that is a whole URL becomes a link. */
function scalarNode(value) {
  const text = scalarText(value);
  if (value === null || value === "") return make("span", text, "nothing");
  if (typeof value === "string" && /^https?:\/\/[^\s]+$/i.test(value) && URL.canParse(value)) {
    const link = make("a", text);
    link.href = value;
    link.rel = "noopener noreferrer";
    return link;
  }
  return document.createTextNode(text);
}

function nodeOf(value, depth) {
  if (!isNested(value)) return scalarNode(value);
  if (isEmpty(value)) return make("span", "–", "nothing");
  if (isPlainList(value)) return document.createTextNode(value.map(scalarText).join(", "));
  if (depth >= mostNesting) return make("pre", shorten(JSON.stringify(value, null, 2)));
  if (!Array.isArray(value)) {
    const list = make("dl");
    fill(list, value, depth);
    return list;
  }
  const list = make("ol");
  for (const item of value.slice(0, mostEntries)) {
    const entry = make("li");
    entry.append(nodeOf(item, depth + 1));
    list.append(entry);
  }
  if (value.length > mostEntries) list.append(make("li", `and ${value.length - mostEntries} more`, "nothing"));
  return list;
}

function fill(list, object, depth) {
  const entries = Object.entries(object);
  for (const [key, value] of entries.slice(0, mostEntries)) {
    const name = make("dt", humanName(key));
    if (name.textContent !== key) name.title = key;
    const body = make("dd");
    body.dir = "auto";
    if (isNested(value) && !isEmpty(value) && !isPlainList(value)) body.className = "nested";
    body.append(nodeOf(value, depth + 1));
    list.append(name, body);
  }
  if (entries.length > mostEntries) {
    list.append(make("dt", `and ${entries.length - mostEntries} more`, "nothing"), make("dd"));
  }
}

/** Shows a value in an element. If only the values of the same flat members changed, only their texts change. */
class ValueView {
  #root;
  #shape = null;
  #text = null;

  constructor(root) {
    this.#root = root;
  }

  show(value) {
    const text = JSON.stringify(value);
    if (text === this.#text) return;
    this.#text = text;
    const isFlat = isNested(value) && !Array.isArray(value) && !isEmpty(value) &&
      Object.values(value).every((item) => typeof item === "number" || typeof item === "string" && item !== "" && !item.includes("://"));
    const shape = isFlat ? JSON.stringify(Object.keys(value)) : null;
    if (shape !== null && shape === this.#shape) {
      const bodies = this.#root.querySelectorAll("dd");
      Object.values(value).slice(0, mostEntries).forEach((item, index) => setText(bodies[index], scalarText(item)));
    } else {
      this.#root.replaceChildren(...(value === undefined ? [] : [nodeOf(value, 0)]));
    }
    this.#shape = shape;
  }
}
