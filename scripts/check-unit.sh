#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Checks the installed unit from inside of the system that runs it. scripts/check-deploy.sh runs this in a container; it is not
# for a machine in use.

set -euo pipefail
die() {
    printf 'error: %s\n' "$*"
    systemctl status --no-pager --full live-progress || true
    journalctl --no-pager -u live-progress | tail -n 30 || true
    exit 1
}
shows_job() { [[ $(live-progress get $url/api/v1/progress/job) == *Copying* ]]; }
show() { systemctl show --value -p "$1" live-progress; }
url=http://127.0.0.1:8080
state=/var/lib/live-progress
# With Type=notify, this returns when the server listens.
systemctl start live-progress || die "the unit does not start"
[ "$(curl -sS -m 10 $url/healthz)" = ok ] || die "/healthz does not answer ok"
[ "$(curl -sS -o /dev/null -w '%{http_code}' -d id=job $url/api/v1/progress)" = 401 ] || die "a client needs no token"
[ "$(stat -c '%a' $state/)" = 700 ] || die "others can read $state"
[ "$(stat -c '%U' /proc/"$(show MainPID)")" = live-progress ] || die "the server does not run as its own user"
LIVE_PROGRESS_TOKEN=$(live-progress token create --secret-file $state/keys --can admin --for 1h)
export LIVE_PROGRESS_TOKEN
live-progress report $url/api/v1/progress/job --create --state Copying --completed 3 --total 10 >/dev/null

before=$(show MainPID)
systemctl reload live-progress || die "the unit does not reload"
sleep 1
[ "$(show MainPID)" = "$before" ] || die "a reload ends the server"
shows_job || die "the server does not answer after a reload"

# Ended by force, it starts again, with what was reported.
systemctl kill -s KILL live-progress
for _ in $(seq 100); do
    [ "$(show MainPID)" != "$before" ] && curl -s -m 10 $url/healthz >/dev/null && break
    sleep 0.1
done
shows_job || die "the operation is lost after the end of the server"

systemctl stop live-progress || die "the unit does not stop"
[ "$(show Result)" = success ] || die "the server does not end in order: $(show Result)"
[ "$(show ExecMainStatus)" = 0 ] || die "the server ends with the status $(show ExecMainStatus)"
echo "started, reloaded, restarted and stopped by systemd $(systemctl --version | awk 'NR == 1 { print $2 }')"
