#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Shows a real job live. With CHECK=1 the script does not wait for a key, and its exit code says whether a separate watcher saw
# the job while it ran, and saw its end.

source "$(dirname "$0")/common.sh"

scripts/build.sh
tool=$ROOT/bin/live-progress
work=$(mktemp -d)
server_pid=
job_pid=
stop() {
    [ -z "$job_pid" ] || kill "$job_pid" 2>/dev/null || true
    [ -z "$server_pid" ] || kill "$server_pid" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT

say "starting the server"
"$tool" serve --host 127.0.0.1 --port 0 --store memory >"$work/server.out" 2>"$work/server.log" &
server_pid=$!
url=$(first_match 'http://[^ ]+' "$work/server.out")

say "starting the job: live-progress run -- scripts/demo-job.sh"
"$tool" run --server "$url" --title "Pack forty files" -- scripts/demo-job.sh >"$work/job.out" 2>"$work/job.log" &
job_pid=$!
link=$(first_match 'http://[^ ]+/api/v1/progress/[A-Za-z0-9._~-]+' "$work/job.log")
printf '\n    %s\n\n' "$link"

if [ "${CHECK:-}" != 1 ]; then
    echo "Open the link in a browser, or in as many as you like. This is the same job in the terminal:"
    "$tool" watch "$link" || true
    printf '\nThe page stays until you press Return. '
    read -r || true
    exit 0
fi

# The watcher is a separate process. An update counts as live if the job still ran when the update arrived; some are printed.
live=0
last=
while IFS= read -r line; do
    last=$line
    if [[ $line == *'"status":"running"'* ]] && kill -0 "$job_pid" 2>/dev/null; then
        live=$((live + 1))
        [ $((live % 10)) = 0 ] || continue
    fi
    printf '%s\n' "$line" | cut -c 1-160
done < <("$tool" watch --json "$link" && echo '"watch exited with 0"')
job_status=0
wait "$job_pid" || job_status=$?
job_pid=
[ "$job_status" = 0 ] || die "the job exited with $job_status: $(cat "$work/job.log")"
[ "$last" = '"watch exited with 0"' ] || die "the watcher did not see the end; its last line was: $last"
[ "$live" -ge 5 ] || die "the watcher saw only $live updates while the job ran"
say "a separate watcher saw $live updates while the job ran, and its end"
