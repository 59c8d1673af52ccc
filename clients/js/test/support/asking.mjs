// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: a server with one operation, whose worker asks questions that a test or a page answers.

import { snapshot, startScripted } from "./scripted.mjs";

const allowed = {
  "Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "*, Authorization", "Access-Control-Allow-Methods": "*",
};
const ends = ["succeeded", "failed", "cancelled"];
const problem = (type, detail, more) => ({ type: `urn:live-progress:${type}`, title: type, detail, ...more });

/** Starts the server; `fault(call)` sees each call first, and returns whether it has answered or dropped the call. */
export async function startAsking(test, { fault = () => false } = {}) {
  const operation = new AskingOperation();
  const server = await startScripted(test, (call) => {
    if (call.method === "OPTIONS") return call.json(204, undefined, allowed);
    if (!fault(call)) operation.take(call);
  });
  return Object.assign(operation, { url: server.url, address: server.operation, calls: server.calls });
}

class AskingOperation {
  state = snapshot(0);
  /** Why answers are refused: the arguments of `json`. */
  refusal = null;
  #watchers = new Set();
  #asked = 0;
  #changes = new Set();

  /** Waits until the state fits. */
  async until(fits) {
    while (!fits(this.state)) await new Promise((resolve) => this.#changes.add(resolve));
    return this.state;
  }

  /** Makes a revision, and sends it to all watchers; removes the members without a value. */
  publish(more) {
    const revision = this.state.revision + 1;
    this.state = { ...snapshot(revision), ...this.state, type: ends.includes(more.status) ? "end" : "update", ...more, revision, cursor: `a-${revision}`, updatedAt: new Date().toISOString() };
    for (const [name, value] of Object.entries(this.state)) if (value === undefined) delete this.state[name];
    for (const one of this.#watchers) one.send(this.state);
    this.#wake();
  }

  #wake() {
    for (const wake of this.#changes) wake();
    this.#changes.clear();
  }

  /** Waits until somebody watches. */
  watched() {
    return this.until(() => this.#watchers.size > 0);
  }

  ask({ kind = "question", choices = [], timeout, ...more }) {
    const asked = Date.now();
    const deadline = timeout && new Date(asked + timeout * 1000).toISOString();
    const waitingFor = { number: (this.#asked += 1), kind, choices, ...more, askedAt: new Date(asked).toISOString(), ...(deadline && { deadline }) };
    this.publish({ status: "waiting", waitingFor });
  }

  answer(answer, more = { answeredBy: "anna", isExpired: false }) {
    const { number, message } = this.state.waitingFor;
    this.publish({ status: "running", waitingFor: undefined, lastAnswer: { number, message, answer, answeredAt: new Date().toISOString(), ...more } });
  }

  /** Lets the deadline of the question pass. */
  expire() {
    this.answer(this.state.waitingFor.default ?? null, { isExpired: true });
  }

  take(call) {
    const json = (status, body) => call.json(status, body, allowed);
    if (call.isSocket || (call.method === "GET" && /ndjson/.test(call.headers.accept))) return this.#watch(call);
    if (call.path.endsWith("/answer")) return this.#receive(JSON.parse(call.body), json);
    if (call.path.endsWith("/cancel")) this.publish({ status: "cancelling", waitingFor: undefined });
    else if (call.method !== "GET") for (const line of call.body.split("\n")) this.#report(JSON.parse(line));
    json(call.method === "POST" ? 201 : 200, this.state);
  }

  #report({ waitingFor, ...says }) {
    if (waitingFor) this.ask(waitingFor);
    else if (waitingFor === null && this.state.waitingFor) this.publish({ status: "running", waitingFor: undefined });
    if (ends.includes(says.status)) this.publish({ ...says, waitingFor: undefined });
    else if (says.state) this.publish(says);
  }

  #receive({ answer, number }, json) {
    if (this.refusal) return json(...this.refusal);
    const { waitingFor, lastAnswer } = this.state;
    if (!waitingFor) return json(409, problem("not-waiting", `“${lastAnswer?.answer}” was answered by ${lastAnswer?.answeredBy}.`));
    if (number !== undefined && number !== waitingFor.number) return json(409, problem("already-answered", "Another question is open."));
    const { choices } = waitingFor;
    if (!answer || (choices.length > 0 && !choices.includes(answer))) return json(422, problem("answer-not-accepted", "It is not one of the choices.", { choices }));
    this.answer(answer);
    json(200, this.state);
  }

  #watch(call) {
    const stream = call.isSocket ? call.socket() : call.lines();
    this.#watchers.add(stream);
    this.#wake();
    stream.send({ ...this.state, type: this.state.type === "end" ? "end" : "snapshot", resumed: false });
  }

  /** Breaks the connections of all watchers. */
  drop() {
    for (const one of this.#watchers) one.drop();
    this.#watchers.clear();
  }
}
