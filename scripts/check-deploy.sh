#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Checks what deploy/ has. Nothing stays behind, and no daemon is needed.
#
#   scripts/check-deploy.sh               all of it
#   scripts/check-deploy.sh --manifests   only the files of deploy/cluster, without starting anything
#   scripts/check-deploy.sh --programs    only what runs bin/live-progress: the program in an empty root, the image, and the unit
#                                         under a systemd of its own; needs root and Linux

source "$(dirname "$0")/common.sh"

case ${1-} in
'' | --manifests | --programs) ;;
*) die "usage: scripts/check-deploy.sh [--manifests | --programs]" ;;
esac

# quietly COMMAND...: runs a command, and shows its output only if it fails.
quietly() {
    local output
    output=$("$@" 2>&1) || die "$*: $output"
}

# Checks the files for several nodes as far as that is possible without containers: their format, and what they name.
check_manifests() (
    cd deploy/cluster
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT

    say "the Compose file and the Kubernetes manifests"
    quietly "$bin/yamllint" --strict --config-data "$yaml_rules" .
    quietly "$bin/check-jsonschema" --builtin-schema vendor.compose-spec compose.yaml
    ! docker compose version >/dev/null 2>&1 || quietly docker compose --file compose.yaml config --quiet
    # The oldest version that kubernetes.yaml names, and the newest.
    for version in 1.28.0 1.37.0; do
        quietly "$bin/kubernetes-validate" --strict --quiet --kubernetes-version "$version" kubernetes.yaml
    done
    # Schemas do not see a name of something that is not there.
    quietly "$bin/python" - "$work/nats.conf" <<'PYTHON'
import re, sys
from pathlib import Path
import yaml

problems = []
compose = yaml.safe_load(Path("compose.yaml").read_text())
for file in ("nats.conf", "nginx.conf", "compose.yaml"):
    for name in re.findall(r"\b(?:nats|node)-\d+\b", Path(file).read_text()):
        if name not in compose["services"]:
            problems.append(f"{file}: {name} is no service")

resources = list(yaml.safe_load_all(Path("kubernetes.yaml").read_text()))
named = {(one["kind"], one["metadata"]["name"]): one for one in resources}
if len(named) < len(resources):
    problems.append("two resources have the same name")
templates = [one["spec"]["template"]["metadata"]["labels"] for one in resources if "template" in one.get("spec", {})]


def check(where, value):
    """Checks what a part of a resource refers to."""
    if isinstance(value, list):
        for one in value:
            check(where, one)
    if not isinstance(value, dict):
        return
    labels = value.get("matchLabels")
    if labels and not any(labels.items() <= one.items() for one in templates):
        problems.append(f"{where}: no pod has the labels {labels}")
    references = [("ConfigMap", value.get("configMap", {}).get("name")), ("Service", value.get("serviceName"))]
    if isinstance(service := value.get("service"), dict):
        references.append(("Service", service["name"]))
        ports = named.get(("Service", service["name"]), {}).get("spec", {}).get("ports", [])
        if service["port"].get("name") not in [port["name"] for port in ports]:
            problems.append(f"{where}: the Service has no port {service['port']}")
    for reference in references:
        if reference[1] and reference not in named:
            problems.append(f"{where}: there is no {' '.join(reference)}")
    if "containers" in value:
        volumes = {one["name"] for one in value["volumes"]} | claims
        for container in value["containers"] + value.get("initContainers", []):
            ports = {one["name"] for one in container.get("ports", [])}
            for mount in container["volumeMounts"]:
                if mount["name"] not in volumes:
                    problems.append(f"{where}: there is no volume {mount['name']}")
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                if probe in container and container[probe]["httpGet"]["port"] not in ports:
                    problems.append(f"{where}: there is no port for the {probe}")
    for key, one in value.items():
        # The namespaces are not in the file.
        if key != "namespaceSelector":
            check(where, one)


for (kind, name), resource in named.items():
    claims = {one["metadata"]["name"] for one in resource.get("spec", {}).get("volumeClaimTemplates", [])}
    check(f"{kind} {name}", resource)
    if kind == "Service":
        check(f"{kind} {name}", {"matchLabels": resource["spec"]["selector"]})
Path(sys.argv[1]).write_text(named["ConfigMap", "nats"]["data"]["nats.conf"])
sys.exit("\n".join(problems) or None)
PYTHON

    say "the configurations of NATS and nginx"
    while read -r server; do
        quietly "$server" -t -c nats.conf
        POD_NAME=nats-0 NATS_PASSWORD=n0 quietly "$server" -t -c "$work/nats.conf"
    done < <(tr : '\n' <<<"${LIVE_PROGRESS_NATS_SERVERS:-$(command -v nats-server)}")
    nginx=$(command -v nginx || echo /usr/sbin/nginx)
    edits=(-e "s|/tmp/|$work/|")
    # An nginx before 1.27.3 does not know `resolve`, and looks for the names when it reads the file.
    version=$("$nginx" -v 2>&1 | sed 's|.*/||')
    [ "$(printf '%s\n' 1.27.3 "$version" | sort -V | head -1)" = 1.27.3 ] ||
        edits+=(-e 's|server node-[1-3]:8080 resolve|server 127.0.0.1:8080|')
    sed "${edits[@]}" nginx.conf >"$work/nginx.conf"
    quietly "$nginx" -t -c "$work/nginx.conf"
)

if [ "${1-}" != --programs ]; then
    need_nginx
    need_nats_servers
    need_python
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
        yamllint==1.38.0 check-jsonschema==0.39.0 kubernetes-validate==1.37.0
    bin=$ROOT/.venv/bin
    yaml_rules='{extends: default, rules: {line-length: {max: 130}, document-start: disable}}'
    check_manifests
    [ "${1-}" != --manifests ] || exit 0
fi

[ "$(uname)" = Linux ] || die "deploy/ is for Linux"
[ "$(id -u)" = 0 ] || {
    as_root "$ROOT/scripts/check-deploy.sh" --programs
    exit
}
program=$ROOT/bin/live-progress
[ -x "$program" ] || die "bin/live-progress is missing; scripts/build.sh builds it"
need_curl
need_openssl
has systemd-nspawn || apt_install systemd systemd-container
has buildah || apt_install buildah

work=$(mktemp -d)
pid=
# Ends what runs, and removes what is mounted.
clean() {
    local result=$? mount
    trap - EXIT
    [ -z "$pid" ] || kill "$(leaf "$pid")" 2>/dev/null || true
    wait
    awk -v work="$work/" 'index($2, work) == 1 { print $2 }' /proc/mounts | sort -r | while read -r mount; do
        umount "$mount" 2>/dev/null || umount -l "$mount"
    done
    rm -rf --one-file-system "$work"
    exit "$result"
}
trap clean EXIT
trap 'exit 1' INT TERM

# leaf PID: prints the last process of a chain in which each process has one child.
leaf() {
    local next
    while next=$(cat /proc/"$1"/task/*/children 2>/dev/null) && [ -n "$next" ]; do set -- "${next%% *}"; done
    echo "$1"
}

# serve COMMAND...: starts a server, waits until it listens, and sets `port`.
serve() {
    local _
    : >"$work/out"
    "$@" >"$work/out" 2>"$work/log" &
    pid=$!
    port=
    for _ in $(seq 100); do
        port=$(sed -n 's|^listening on .*:\([0-9]*\)$|\1|p' "$work/out")
        [ -z "$port" ] && kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    [ -n "$port" ] || die "the server does not start: $(cat "$work/out" "$work/log")"
}

# shows TEXT COMMAND...: whether the command's output has the text. (`grep -q` would end the command early.)
shows() {
    local output
    output=$("${@:2}" 2>&1) || true
    [[ $output == *"$1"* ]]
}

# Ends the server, which must end with the exit status 0.
end_server() {
    local status=0
    kill "$(leaf "$pid")"
    wait "$pid" || status=$?
    pid=
    [ "$status" = 0 ] || die "the server ended with $status: $(cat "$work/log")"
}

say "the program in an empty root"
root=$work/root
mkdir "$root" "$root/etc" "$root/lib" "$root/proc" "$root/tmp"
cp "$program" "$root/live-progress"
mount -t proc proc "$root/proc"
echo 127.0.0.1 localhost >"$root/etc/hosts"
# A static program must not load a module for names from the system: it may belong to another version of the C library. A program
# that opens this one waits until the timeout.
echo "hosts: other files dns" >"$root/etc/nsswitch.conf"
mkfifo "$root/lib/libnss_other.so.2"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost \
    -keyout "$root/etc/key.pem" -out "$root/etc/cert.pem" 2>/dev/null
cat >"$root/etc/config.yaml" <<'YAML'
port: 0
store: /tmp/progress.sqlite
secretFile: /tmp/keys
tlsCertificate: /etc/cert.pem
tlsKey: /etc/key.pem
retention: 600
hosts: [localhost]
YAML
tool() { timeout 20 chroot "$root" /live-progress "$@"; }
serve chroot "$root" /live-progress serve --config /etc/config.yaml
url=https://localhost:$port
LIVE_PROGRESS_TOKEN=$(tool token create --secret-file /tmp/keys --can admin --for 1h)
export LIVE_PROGRESS_TOKEN LIVE_PROGRESS_CA=/etc/cert.pem
fetch() { curl -sS -m 10 --cacert "$root/etc/cert.pem" -H "Authorization: Bearer $LIVE_PROGRESS_TOKEN" "$@"; }
[ "$(fetch "$url/healthz")" = ok ] || die "/healthz does not answer ok"
job=$url/api/v1/progress/job
tool report "$job" --create --state Copying --completed 3 --total 10 >/dev/null
shows 30% tool get "$job" || die "get does not show the operation"
shows job tool list --server "$url" || die "list does not show the operation"
shows '<html' fetch -H 'Accept: text/html' "$job" || die "there is no page"
tool report "$job" --succeed >/dev/null
tool watch "$job" >/dev/null || die "watch does not see the end"
tool run --server "$url" -- /live-progress --version >/dev/null 2>"$work/log" || die "run fails: $(cat "$work/log")"
shows 'has no address' tool get http://unknown.invalid/api/v1/progress/job || die "a name is not looked up"
end_server
serve chroot "$root" /live-progress serve --config /etc/config.yaml
url=https://localhost:$port
shows succeeded tool get "$url/api/v1/progress/job" || die "the operation is lost after a restart"
end_server
unset LIVE_PROGRESS_TOKEN LIVE_PROGRESS_CA

say "the image"
in_storage() { buildah --root "$work/storage" --runroot "$work/run" --storage-driver vfs "$@"; }
in_storage build --isolation chroot --format docker -f deploy/Containerfile -t live-progress . >"$work/log" 2>&1 ||
    die "the image cannot be built: $(cat "$work/log")"
container=$(in_storage from live-progress)
# `buildah run` needs the image's command in words.
words='{{with .OCIv1.Config}}{{range .Entrypoint}}{{.}} {{end}}{{range .Cmd}}{{.}} {{end}}{{end}}'
read -ra start <<<"$(in_storage inspect --format "$words" "$container")"
# buildah has the container use the network of this machine, so the port must be a free one.
serve in_storage run --isolation chroot --env LIVE_PROGRESS_PORT=0 "$container" -- "${start[@]}"
[ "$(curl -sS -m 10 "http://127.0.0.1:$port/healthz")" = ok ] || die "/healthz does not answer ok"
[ "$(curl -sS -o /dev/null -w '%{http_code}' -d id=job "http://127.0.0.1:$port/api/v1/progress")" = 401 ] ||
    die "the container serves clients without a token"
[ "$(stat -c %u "/proc/$(leaf "$pid")")" = 65532 ] || die "the server in the container is not the user 65532"
end_server

say "the unit"
# A system of its own: this one, with a layer in memory that takes every change.
mkdir "$work/layer"
mount -t tmpfs tmpfs "$work/layer"
mkdir "$work/layer/changes" "$work/layer/work" "$work/layer/system"
system=$work/layer/system
mount -t overlay overlay -o "lowerdir=/,upperdir=$work/layer/changes,workdir=$work/layer/work" "$system"
units=$system/etc/systemd/system
rm -rf "$units" "$system/var/lib/private" "$system/var/lib/live-progress"
mkdir -p "$units"
cp "$program" "$system/usr/bin/live-progress"
cp deploy/live-progress.service "$units/"
problems=$(chroot "$system" systemd-analyze verify live-progress.service 2>&1) || true
[ -z "$problems" ] || die "systemd-analyze verify: $problems"
chroot "$system" systemd-analyze security --offline=true --no-pager --threshold=15 live-progress.service >"$work/log" ||
    die "the unit is not hardened: $(cat "$work/log")"
tail -n 1 "$work/log"
cp scripts/check-unit.sh "$system/check-unit.sh"
cat >"$units/check.service" <<'UNIT'
[Unit]
SuccessAction=exit
FailureAction=exit
FailureActionExitStatus=1

[Service]
Type=oneshot
ExecStart=/bin/bash /check-unit.sh
StandardOutput=file:/check.log
StandardError=inherit
TimeoutStartSec=120
UNIT
cat >"$units/default.target" <<'UNIT'
[Unit]
Requires=basic.target
Wants=check.service
AllowIsolate=yes
UNIT
# systemd-nspawn registers a machine with the system's systemd, if that runs.
options=(--quiet --boot --private-network --link-journal=no --directory "$system")
[ -d /run/systemd/system ] || options+=(--register=no --keep-unit)
status=0
timeout 180 systemd-nspawn "${options[@]}" </dev/null >"$work/log" 2>&1 || status=$?
cat "$system/check.log" 2>/dev/null || cat "$work/log"
[ "$status" = 0 ] || die "the unit does not work ($status)"
say "all of deploy/ works"
