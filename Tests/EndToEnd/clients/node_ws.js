// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

// Watches an operation with the `ws` package, and prints each message and the close code as a line of JSON.
const WebSocket = require("ws");

const [url, subprotocol] = process.argv.slice(2);
const socket = new WebSocket(url, subprotocol ? [subprotocol] : []);
const tell = (value) => console.log(JSON.stringify(value));

socket.on("message", (data) => tell({ message: data.toString() }));
socket.on("error", (error) => tell({ error: error.message }));
socket.on("close", (code) => tell({ code, subprotocol: socket.protocol }));
