// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: shows the open question of an operation and sends its answer, and shows who answered the last one.

import { ProgressError } from "./error.js";
import { formatDuration } from "./words.js";

/** @typedef {import("./types.js").Snapshot} Snapshot */

/** The clock of the server, estimated from its messages, because the two clocks can differ by minutes. */
export class ServerClock {
  /**
   * The milliseconds by which this clock is ahead.
   * @type {number | null}
   */
  #lag = null;

  /** @param {Snapshot} message */
  learn({ type, updatedAt }) {
    const age = Date.now() - Date.parse(updatedAt);
    // An update is new, and a time in the future means that this clock is behind.
    if (type === "update" || age < 0) this.#lag = Math.min(this.#lag ?? age, age);
  }

  now = () => Date.now() - (this.#lag || 0);
}

/**
 * Returns why an answer did not arrive, for the person who gave it.
 * @param {any} error
 */
function refusedAnswer(error) {
  if (!(error instanceof ProgressError)) return "No connection. Try again.";
  return error.kind === "forbidden" ? "You may watch, but not answer." : error.message;
}

/**
 * Makes an element; a text of a worker is only ever its text, and never markup.
 * @param {string} name
 * @param {string} part
 * @param {(Node | string)[]} content
 * @returns {any}
 */
function partOf(name, part, ...content) {
  const node = document.createElement(name);
  if (part) node.setAttribute("part", part);
  node.dir = "auto";
  node.append(...content);
  return node;
}

/** The delay in milliseconds after which a live region that just appeared is filled again; assistive technology misses the first text. */
const speechTime = 100;

/** The question of an operation inside an element. */
export class QuestionView {
  #root;
  #send;
  #now;
  #message = partOf("p", "message");
  #answers = partOf("form", "answers");
  #deadline = partOf("p", "deadline");
  #notice = partOf("p", "notice");
  #answered = partOf("p", "answered");
  /** What is shown, as text: the controls stay the same, with the focus and a half-written answer, until it changes. */
  #key = "";
  /** @type {import("./types.js").Question | null} */
  #question = null;
  #isSending = false;
  /** @type {any} */
  #timer;

  /**
   * @param {HTMLElement} root
   * @param {(text: string, number: number) => Promise<unknown>} send sends an answer
   * @param {() => number} now returns the time of the server
   */
  constructor(root, send, now) {
    this.#root = root;
    this.#send = send;
    this.#now = now;
    this.#message.id = "question-message";
    root.setAttribute("role", "group");
    root.setAttribute("aria-labelledby", this.#message.id);
    this.#notice.setAttribute("role", "status");
    // Not reachable by the Tab key, but it can take the focus from a button that goes away.
    for (const node of [this.#message, this.#notice, this.#answered]) node.tabIndex = -1;
    this.#answers.onsubmit = (/** @type {Event} */ event) => {
      event.preventDefault();
      this.#answer(this.#answers.elements.answer.value);
    };
    root.hidden = true;
    root.append(this.#message, this.#answers, this.#deadline, this.#notice, this.#answered);
  }

  /** Lets assistive technology read a new question aloud. */
  speak() {
    this.#message.setAttribute("aria-live", "polite");
  }

  /**
   * Shows the open question of a snapshot, or else its last answer; returns whether there is one.
   * @param {Pick<Snapshot, "waitingFor" | "lastAnswer"> | null} snapshot
   * @param {boolean} [isReadOnly] whether to hide the controls
   */
  show(snapshot, isReadOnly = false) {
    const question = snapshot?.waitingFor ?? null;
    const last = question ? null : snapshot?.lastAnswer;
    const key = JSON.stringify([question, last, isReadOnly]);
    if (key === this.#key) return !this.#root.hidden;
    const hadFocus = this.#hasFocus();
    this.#key = key;
    this.#question = question;
    this.#isSending = false;
    this.#root.hidden = !question && !last;
    this.#root.toggleAttribute("data-open", !!question);
    this.#ask(question);
    this.#answers.hidden = !question || isReadOnly;
    this.#notice.textContent = "";
    this.#answered.replaceChildren(...(last ? answeredNodes(last) : []));
    if (hadFocus) (question ? this.#message : this.#answered).focus({ preventScroll: true });
    clearInterval(this.#timer);
    if (question?.deadline) this.#timer = setInterval(() => this.#tick(), 1_000);
    this.#tick();
    return !this.#root.hidden;
  }

  /** @param {import("./types.js").Question | null} question */
  #ask(question) {
    const { message = "", default: spare, choices = /** @type {string[]} */ ([]), answerable } = question ?? {};
    this.#message.textContent = message;
    setTimeout(() => this.#question === question && (this.#message.textContent = message), speechTime);
    const field = () => {
      const input = partOf("input", "field");
      Object.assign(input, { name: "answer", required: true, autocomplete: "off" });
      return [partOf("label", "label", "Your answer", input), partOf("button", "send", "Answer")];
    };
    const button = (/** @type {string} */ text) => {
      const isDefault = text === spare;
      const node = partOf("button", isDefault ? "choice default" : "choice", text, isDefault ? partOf("small", "", " (default)") : "");
      node.type = "button";
      node.onclick = () => this.#answer(text);
      return node;
    };
    this.#answers.replaceChildren(...(!question ? [] : answerable === false ? ["Answered where it runs."] : choices.length ? choices.map(button) : field()));
  }

  #tick() {
    const { deadline, default: spare } = this.#question ?? {};
    const left = Math.ceil((Date.parse(deadline ?? "") - this.#now()) / 1_000);
    const then = spare === undefined ? "" : `, then “${spare}” is the answer`;
    const text = left > 0 ? `${formatDuration(left)} left${then}` : deadline ? "The time is over." : "";
    if (this.#deadline.textContent !== text) this.#deadline.textContent = text;
  }

  #hasFocus() {
    return this.#root.contains(/** @type {Document} */ (this.#root.getRootNode()).activeElement);
  }

  /** @param {string} text */
  async #answer(text) {
    const question = this.#question;
    if (this.#isSending || !question) return;
    this.#sending(true, "Sending…");
    try {
      await this.#send(text, question.number);
      if (question === this.#question) this.#notice.textContent = "Sent.";
    } catch (/** @type {any} */ error) {
      if (question !== this.#question) return;
      this.#sending(false, refusedAnswer(error));
      if (error?.status !== 409) return;
      // The question has its answer, or is gone; the newest snapshot may still be on its way.
      const hadFocus = this.#hasFocus();
      this.#answers.hidden = true;
      if (hadFocus) this.#notice.focus({ preventScroll: true });
    }
  }

  /**
   * @param {boolean} isSending
   * @param {string} notice
   */
  #sending(isSending, notice) {
    this.#isSending = isSending;
    this.#notice.textContent = notice;
    // A disabled button would lose the focus.
    for (const one of this.#answers.elements) one.setAttribute("aria-disabled", String(isSending));
  }
}

/**
 * Returns a text such as "Apply 3 changes? yes · answered by anna".
 * @param {import("./types.js").Answered} last
 */
function answeredNodes({ message, answer, answeredBy, isExpired }) {
  const who = isExpired ? "nobody answered in time" : answeredBy ? `answered by ${answeredBy}` : "answered";
  return [partOf("span", "", message), answer === null ? "" : partOf("strong", "", " ", answer), ` · ${who}`];
}
