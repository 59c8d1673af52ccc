#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""Records the output of one command as an asciicast v3 file.

Usage: record.py [--pipe] [--cwd DIR] [--title TEXT] [--tag WORD]... [--keys FILE]
                 [--replace OLD=NEW]... [--command TEXT] [--cols N] [--limit SECONDS] OUT.cast -- CMD [ARG...]

CMD runs on a pseudo-terminal of 80x24 (TERM=xterm-256color, LANG=C.UTF-8), or with --pipe with
stdout and stderr on one pipe. A keys file has one "SECONDS TEXT" a line: TEXT (with Python's
backslash escapes) is typed SECONDS after the previous one.
"""
import argparse
import codecs
import fcntl
import json
import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time

MERGE = 0.010  # Reads closer than this become one event,
LONGEST = 0.030  # but an event's reads span no longer than this.


def arguments():
    parser = argparse.ArgumentParser(usage=__doc__.split("\n\n")[1])
    parser.add_argument("out")
    parser.add_argument("cmd", nargs="+")
    parser.add_argument("--pipe", action="store_true")
    parser.add_argument("--cwd", default="/srv/job/work")
    parser.add_argument("--title", default="")
    parser.add_argument("--tag", action="append", default=[])
    parser.add_argument("--keys")
    parser.add_argument("--replace", action="append", default=[])
    parser.add_argument("--command")
    parser.add_argument("--cols", type=int, default=80)
    parser.add_argument("--limit", type=float, default=40)
    return parser.parse_args()


def keys_of(path):
    """The keys to type, as pairs of an offset from the start and bytes."""
    at, keys = 0.0, []
    for line in open(path, encoding="utf-8") if path else []:
        wait, text = line.rstrip("\n").split(" ", 1)
        at += float(wait)
        keys.append((at, codecs.decode(text, "unicode_escape").encode()))
    return keys


def start(options, environment):
    """Starts the command; returns the process and the descriptor to read from."""
    if options.pipe:
        read, write = os.pipe()
        process = subprocess.Popen(options.cmd, cwd=options.cwd, env=environment, stdin=subprocess.DEVNULL,
                                   stdout=write, stderr=write, start_new_session=True)
        os.close(write)
        return process, read
    master, slave = pty.openpty()
    fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 24, options.cols, 0, 0))
    process = subprocess.Popen(options.cmd, cwd=options.cwd, env=environment, stdin=slave, stdout=slave,
                               stderr=slave, start_new_session=True,
                               preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0))
    os.close(slave)
    return process, master


def record(options):
    environment = dict(os.environ, TERM="xterm-256color", LANG="C.UTF-8")
    for name in ("COLUMNS", "LINES", "NO_COLOR", "CLICOLOR_FORCE", "FORCE_COLOR", "CI", "LC_ALL", "PAGER"):
        environment.pop(name, None)
    keys, events = keys_of(options.keys), []
    begin = time.monotonic()
    process, source = start(options, environment)
    while True:
        now = time.monotonic() - begin
        if now > options.limit:
            os.killpg(process.pid, signal.SIGKILL)
        while keys and keys[0][0] <= now:
            os.write(source, keys.pop(0)[1])
        wait = min(1.0, max(0.0, keys[0][0] - now)) if keys else 1.0
        if not select.select([source], [], [], wait)[0]:
            continue
        try:
            data = os.read(source, 65536)
        except OSError:  # The terminal's other side is closed.
            data = b""
        if not data:
            break
        if b"\x1b[6n" in data and not options.pipe:  # A terminal answers with the cursor's position.
            os.write(source, b"\x1b[24;1R")
        now = time.monotonic() - begin
        if events and now - events[-1][1] < MERGE and now - events[-1][0] < LONGEST:
            events[-1][1:] = [now, events[-1][2] + data]
        else:
            events.append([now, now, data])
    status = process.wait()
    return events, time.monotonic() - begin, status if status >= 0 else 128 - status


def main():
    options = arguments()
    events, end, status = record(options)
    command = options.command or " ".join(options.cmd)
    header = {"version": 3, "term": {"cols": options.cols, "rows": 24, "type": "xterm-256color"},
              "command": command, "title": options.title,
              "tags": ["pipe" if options.pipe else "pty"] + options.tag}
    decoder, last, lines = codecs.getincrementaldecoder("utf-8")("replace"), 0.0, [header]
    for first, _, data in events:
        text = decoder.decode(data)  # Keeps the start of a cut character for the next event.
        for pair in options.replace:
            text = text.replace(*pair.split("=", 1))
        if text:
            lines.append([round(first - last, 3), "o", text])
            last = first
    lines.append([round(end - last, 3), "x", str(status)])
    with open(options.out, "w", encoding="utf-8") as file:
        for line in lines:
            file.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n")
    print(f"{os.path.basename(options.out)}: {os.path.getsize(options.out)} bytes, "
          f"{len(lines) - 2} events, {end:.1f} s, exit {status}")


if __name__ == "__main__":
    sys.exit(main())
