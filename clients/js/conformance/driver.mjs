// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: runs the commands of the conformance suite with this client, in Node and in a page.

import { answer, cancel, ProgressError, report, watch } from "../live-progress.js";

/** Returns the function that runs commands; calls `tell` with each event. */
export function driver(tell) {
  const operations = new Map(); // op -> a promise of the worker's operation
  const watches = new Map(); // n -> AbortController
  const calls = { watch: follow, stop, cancel: request, answer: reply, create, ask };

  async function follow({ n, url, tokens, cursor }) {
    const control = new AbortController();
    watches.set(n, control);
    for await (const snapshot of watch(url, { token: inTurn(tokens), cursor, signal: control.signal })) {
      tell({ event: "snapshot", n, snapshot: { details: null, progress: null, result: null, error: null, waitingFor: null, lastAnswer: null, ...snapshot } });
      if (snapshot.type === "end") tell({ event: "end", n, status: snapshot.status });
    }
  }

  function stop(command) {
    watches.get(command.watch)?.abort();
  }

  function request({ url, token }) {
    return cancel(url, { token });
  }

  function reply({ url, text, number, token }) {
    return answer(url, text, { number, token });
  }

  async function ask({ n, op, message, choices, default: spare, timeout, kind }) {
    const operation = await operations.get(op);
    try {
      tell({ event: "answered", n, answer: await operation.ask(message, { choices, default: spare, timeout, kind }) });
    } catch (error) {
      if (error !== operation.signal.reason) throw error;
      tell({ event: "error", n, kind: "cancelled" });
    }
  }

  function create({ op, server, id, title, total, unit, token }) {
    const refused = (error) => tell({ event: "refused", op, kind: error.kind, detail: error.message });
    // The suite gives a call 0.5 s, even with a silent server.
    const options = { id, title, total, unit, cancellable: true, refused, wait: 300, ...(token ? { token } : {}) };
    const created = report(server, options).then((operation) => {
      operation.signal.addEventListener("abort", () => tell({ event: "cancelling", op }));
      return operation;
    });
    operations.set(op, created);
    return created;
  }

  async function work({ do: name, op, state, details, by, times = 1, result, title, detail }) {
    const operation = await operations.get(op);
    if (name === "update") operation.update(state, details);
    else if (name === "advance") for (let time = 0; time < times; time += 1) operation.advance(by);
    else if (name === "succeed") await operation.succeed(result);
    else if (name === "fail") await operation.fail({ title, detail });
    else await operation.cancelled();
  }

  return async (command) => {
    const { n } = command;
    try {
      await (calls[command.do] ?? work)(command);
    } catch (error) {
      const isOwn = error instanceof ProgressError;
      const kind = isOwn ? (error.isTransient ? "unreachable" : error.kind) : "raised";
      if (!watches.get(n)?.signal.aborted) tell({ event: "error", n, kind, detail: String(error) });
    }
    tell({ event: "done", n });
  };
}

/** Returns a function that returns one token after the other, and then always the last one. */
function inTurn(tokens) {
  if (!tokens) return undefined;
  let number = 0;
  return () => tokens[Math.min(number++, tokens.length - 1)];
}
