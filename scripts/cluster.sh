#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Runs three NATS servers and three servers of this project on loopback, and shows a job whose worker reports to the first server
# and whose watcher is at the third. With CHECK=1 the script does not wait for a key, kills the server of the job after the end,
# and its exit code says whether the watcher saw the end and another server still knows it.

source "$(dirname "$0")/common.sh"

need_python
need_nats_servers
[ -x bin/live-progress ] || scripts/build.sh
tool=$ROOT/bin/live-progress
nats=${LIVE_PROGRESS_NATS_SERVERS:-}
nats=${nats##*:}
nats=${nats:-$(command -v nats-server)}
work=$(mktemp -d)
pids=()
stop() {
    [ ${#pids[@]} = 0 ] || kill "${pids[@]}" 2>/dev/null || true
    wait 2>/dev/null || true
    rm -rf "$work"
}
trap stop EXIT

# A NATS server must know the ports of the others before it starts.
read -r -a ports < <(.venv/bin/python -c '
import socket
sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(6)]
print(*(one.getsockname()[1] for one in sockets))')
routes=nats://127.0.0.1:${ports[3]},nats://127.0.0.1:${ports[4]},nats://127.0.0.1:${ports[5]}
say "starting three NATS servers"
servers=
for number in 0 1 2; do
    "$nats" -a 127.0.0.1 -p "${ports[number]}" -n "nats-$number" -js -sd "$work/nats-$number" --cluster_name demo \
        --cluster "nats://127.0.0.1:${ports[number + 3]}" --routes "$routes" -l "$work/nats-$number.log" &
    pids+=($!)
    servers+=${servers:+,}nats://127.0.0.1:${ports[number]}
done
say "starting three servers"
nodes=()
urls=()
for number in 1 2 3; do
    "$tool" serve --port 0 --backplane "$servers" --node-name "node-$number" >"$work/node-$number" 2>"$work/node-$number.log" &
    pids+=($!)
    nodes+=($!)
done
for number in 1 2 3; do urls+=("$(first_match 'http://[^ ]+' "$work/node-$number")"); done
printf '\n'
for number in 1 2 3; do printf '    node %s: %s\n' "$number" "${urls[number - 1]}"; done

say "the job reports to node 1: live-progress run -- scripts/demo-job.sh"
"$tool" run --server "${urls[0]}" --title "Pack forty files" -- scripts/demo-job.sh >"$work/job.out" 2>"$work/job.log" &
job=$!
pids+=("$job")
link=$(first_match 'http://[^ ]+/api/v1/progress/[A-Za-z0-9._~-]+' "$work/job.log")
path=${link#"${urls[0]}"}
printf '\n    %s\n\n' "${urls[2]}$path"

if [ "${CHECK:-}" != 1 ]; then
    echo "Open the link of node 3 in a browser. This is the same job in the terminal, also from node 3:"
    "$tool" watch "${urls[2]}$path" || true
    printf '\nThe pages stay until you press Return. '
    read -r || true
    exit 0
fi

live=0
last=
while IFS= read -r line; do
    last=$line
    [[ $line == *'"status":"running"'* ]] && live=$((live + 1))
done < <("$tool" watch --json "${urls[2]}$path" && echo '"watch exited with 0"')
wait "$job" || die "the job failed: $(cat "$work/job.log")"
[ "$last" = '"watch exited with 0"' ] || die "the watcher did not see the end; its last line was: $last"
[ "$live" -ge 5 ] || die "the watcher saw only $live updates while the job ran"
say "a watcher at node 3 saw $live updates of a job at node 1, and its end"
say "ending node 1; the others take over its operations"
kill -9 "${nodes[0]}"
first_match 'Took over|is gone' "$work/node-2.log" >/dev/null
status=$("$tool" get "${urls[1]}$path" --json | grep -o '"status":"[a-z]*"' | head -1)
[ "$status" = '"status":"succeeded"' ] || die "node 2 does not know the end: $status"
say "node 2 still knows how the job ended"
