# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""The reports of scripts with live-progress.sh, as the server stores them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from pathlib import Path

import pytest
from conftest import BINARY, FOLDER, PATIENCE
from harness import BASE, request


def test_whole_script(scripts, title):
    """Steps, counts and the end arrive in order."""
    code, output, _ = scripts.run(f"""
progress_start "{title}" 12 files
progress_step Dump table=customers rows=7 "note=a \\"b\\" \\\\ c"
progress_advance
progress_advance 3
progress_step "Über 🚀 & 'so'"
progress_count 9
progress_count 8
progress_total 20
progress_step Last
echo printed
progress_succeed '{{"files":9}}'
""")
    assert (code, output) == (0, "printed\n")
    end = scripts.ended(title)
    assert end["status"] == "succeeded" and end["result"] == {"files": 9}
    counts = end["progress"]
    assert (counts["completedCount"], counts["totalCount"], counts["unit"]) == (9, 20, "files")
    assert scripts.states(end) == ["Pending", "Dump", "Über 🚀 & 'so'", "Last", "Succeeded"]
    assert scripts.leftovers() == []


def test_details(scripts, title):
    """Texts arrive unchanged, numbers as numbers, and line ends as spaces."""
    scripts.run(f"""
progress_start "{title}"
progress_step "a
b" n=12 z=007 'q="x\\y"' "t=1	2" empty= big=123456789012345678
sleep 1
""")
    end = scripts.ended(title)
    answer = request("GET", f"{scripts.server.url}{BASE}/{end['id']}?cursor={end['cursor'].rsplit('-', 1)[0]}-0",
                     {"Accept": "application/x-ndjson"})
    assert '"state":"a b"' in answer.body.decode()
    details = '"details":{"big":"123456789012345678","empty":"","n":12,"q":"\\"x\\\\y\\"","t":"1 2","z":"007"}'
    found = [json.loads(line)["details"] for line in answer.body.splitlines()]
    assert json.loads("{" + details + "}")["details"] in found


def test_long_text(scripts, title):
    """A text that is larger than a request may be is shortened."""
    scripts.run(f"""
progress_start "{title}" 3
progress_step "$(head -c 2000000 /dev/zero | tr '\\0' a)" long="$(head -c 20000 /dev/zero | tr '\\0' '"')"
progress_advance 3
""")
    end = scripts.ended(title)
    assert (end["status"], end["progress"]["completedCount"]) == ("succeeded", 3)
    assert "a" * 16000 + "..." in scripts.states(end) and end["details"] == {"long": '"' * 16000 + "..."}


def test_many_long_reports(scripts, title):
    """Reports that are together larger than a request may be are sent in several requests."""
    scripts.run(f"""
progress_start "{title}" 3
long=$(head -c 20000 /dev/zero | tr '\\0' '"') i=0
while [ $i -lt 62 ]; do progress_step "Step $i" long="$long"; i=$((i + 1)); done
progress_advance 3
""")
    end = scripts.ended(title)
    assert (end["status"], end["progress"]["completedCount"]) == ("succeeded", 3)
    assert [s for s in scripts.states(end) if s != "Pending"] == [*(f"Step {i}" for i in range(62)), "Succeeded"]


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_invalid_utf8(scripts, title, locale):
    """Invalid bytes are replaced, and the line after a text that ends with an invalid byte is read."""
    scripts.run(f"""
text=$(printf 'caf\\351')
progress_start "$text {title}" 3 "$text"
progress_advance 3
progress_step "$text" "$text=$text" valid=Über "several=$(printf '\\303|\\342\\202|\\355\\240\\200|\\300\\200|\\364\\220\\200\\200')"
progress_fail "$text" "$text"
""", LC_ALL=locale)
    end = scripts.ended(f"caf\ufffd {title}")
    assert end["progress"]["completedCount"] == 3 and end["progress"]["unit"] == "caf\ufffd"
    assert (end["error"]["title"], end["error"]["detail"]) == ("caf\ufffd", "caf\ufffd")
    several = "|".join("\ufffd" * count for count in (1, 2, 3, 2, 4))
    assert "caf\ufffd" in scripts.states(end)
    assert end["details"] == {"caf\ufffd": "caf\ufffd", "valid": "Über", "several": several}


def test_invalid_byte_before_the_end(scripts, title):
    """In a UTF-8 locale, the end is read after a text that ends with an invalid byte."""
    scripts.run(f"""progress_start "{title}" 3
progress_advance 3
progress_step "$(printf 'caf\\351')"
""", LC_ALL="C.UTF-8")
    end = scripts.ended(title)
    assert (end["status"], end["progress"]["completedCount"]) == ("succeeded", 3)


@pytest.mark.parametrize("pause", ["", "sleep 1"])
@pytest.mark.parametrize("code", [400, 413, 415, 422])
def test_refused_report(scripts, stub, code, pause):
    """A report that the server refuses as invalid is dropped, but neither its counts nor the end."""
    stub.answer = lambda body: code if b'"Bad"' in body else 200
    scripts.run(f"progress_start T 3\n{pause}\nprogress_advance 3\nprogress_step Bad\n{pause}\n", LIVE_PROGRESS_SERVER=stub.url)
    assert scripts.leftovers() == []
    accepted = [json.loads(line) for body in stub.accepted for line in body.splitlines()]
    assert accepted[-1]["status"] == "succeeded"
    assert {"completedCount": 3, "totalCount": 3}.items() <= {k: v for report in accepted for k, v in report.items()}.items()


def test_refused_report_of_a_guest(scripts, stub):
    """The counts of a refused report of a guest are sent again."""
    stub.answer = lambda body: 422 if b'"Bad"' in body else 200
    scripts.run("progress_start T 3\nprogress_advance 3\nprogress_step Bad\n", LIVE_PROGRESS_URL=f"{stub.url}{BASE}/a")
    assert scripts.leftovers() == []
    assert [json.loads(body) for body in stub.accepted][-1] == {"completedCount": 3, "totalCount": 3}


def test_refused_counts(scripts, stub):
    """Refused counts are not sent again and again."""
    stub.answer = lambda body: 422 if b"Count" in body else 200
    scripts.run("progress_start T 3\nprogress_advance 3\nprogress_step Bad\nsleep 2\n", LIVE_PROGRESS_SERVER=stub.url)
    assert scripts.leftovers() == []
    assert len(stub.requests) < 8


@pytest.mark.parametrize(("last", "code", "status"), [
    ("exit 0", 0, "succeeded"), ("exit 3", 3, "failed"), ("false", 1, "failed"), ("set -e; false; echo no", 1, "failed"),
    ("set -eu; echo $no_such_variable; exit 0", None, "failed"),
])
def test_exit_code(scripts, title, last, code, status):
    """The operation ends according to the exit code of the script, which does not change."""
    process = scripts.start(f'progress_start "{title}"\n{last}\n')
    output, _ = process.communicate(timeout=30 * PATIENCE)
    assert output == ""
    assert process.returncode == code if code is not None else process.returncode != 0
    end = scripts.ended(title)
    assert end["status"] == status
    if code:
        assert end["error"]["title"] == f"The script ended with exit code {code}"


@pytest.mark.parametrize(("own", "code", "printed"), [
    ("trap 'echo own $?' EXIT", 3, "own 3\n"),
    ("""trap 'echo "it'"'"'s" "$?"
echo second' EXIT""", 3, "it's 3\nsecond\n"),
    ("trap 'exit 7' EXIT", 7, ""),
    ("trap 'echo hup' HUP; trap 'echo \"own $?\"' EXIT; trap 'echo usr' USR1", 3, "own 3\n"),
    ("trap '' PIPE", 3, ""),
])
def test_own_trap(scripts, title, own, code, printed):
    """The script's own EXIT trap still runs, gets the exit code and can change it; `set -e` does not skip the trap."""
    script = f'set -e\n{own}\nprogress_start "{title}"\n(exit 3)\n'
    assert scripts.run(script)[:2] == (code, printed)
    assert scripts.ended(title)["error"]["title"] == "The script ended with exit code 3"


def test_other_traps_stay(scripts, title):
    """The script's signal traps do not change."""
    code, output, _ = scripts.run(f"""
trap 'echo usr' USR1
progress_start "{title}"
kill -USR1 $$
progress_succeed
""")
    assert (code, output) == (0, "usr\n")


@pytest.mark.parametrize(("name", "how"), [
    ("TERM", "kill -TERM $$; sleep 1; sleep 1"), ("HUP", "kill -HUP $$; sleep 1; sleep 1"), ("KILL", "kill -KILL $$; sleep 1"),
    # As from a terminal, where the foreground command also receives the signal.
    ("INT", "sh -c 'kill -INT $PPID; kill -INT $$; sleep 1'; sleep 1"),
])
def test_signal(scripts, title, name, how):
    """A script that a signal ends still ends by that signal, and its operation has failed."""
    process = scripts.start(f'progress_start "{title}" 4\nprogress_advance 2\n{how}\n')
    process.communicate(timeout=30 * PATIENCE)
    assert process.returncode == -getattr(signal, f"SIG{name}")
    end = scripts.ended(title)
    assert end["status"] == "failed" and end["progress"]["completedCount"] == 2
    assert scripts.leftovers() == []


@pytest.mark.parametrize("how", [
    "(sleep 0.5; kill -INT $$) & while :; do :; done",
    # The shell waits for its child when the signal comes.
    "sh -c 'trap \"exit 0\" INT; sleep 0.5; kill -INT $PPID; kill -INT $$; sleep 1'; echo on",
    "sh -c 'trap \"exit 4\" INT; sleep 0.5; kill -INT $PPID; kill -INT $$; sleep 1'; echo on $?",
    "(sleep 0.5; kill -TERM $$) & while :; do :; done",
    "trap '' TERM; kill -TERM $$; echo on",
    "trap 'echo caught; exit 9' INT; kill -INT $$; echo on",
])
def test_signals_as_without(scripts, title, how):
    """A signal has the same effect on the script as without the library."""
    def outcome(**settings: str) -> tuple:
        process = scripts.start(f'progress_start "{title}"\n{how}\n', **settings)
        output, _ = process.communicate(timeout=30 * PATIENCE)
        return process.returncode, output

    code, output = outcome()
    assert (code, output) == outcome(LIVE_PROGRESS_DISABLED="1")
    assert scripts.ended(title)["status"] == ("failed" if code else "succeeded")


def test_own_signal_trap(scripts, title):
    """A signal that the script handles does not end the operation."""
    code, output, _ = scripts.run(f"""
trap 'echo term' TERM
progress_start "{title}"
kill -TERM $$
progress_step On
""")
    assert (code, output) == (0, "term\n")
    assert scripts.ended(title)["status"] == "succeeded"


def test_subshells(scripts, title):
    """Reports of pipelines and subshells count."""
    scripts.run(f"""
progress_start "{title}" 40
seq 10 | while read -r line; do progress_advance; done
(progress_advance 10; (progress_advance 5))
for i in 1 2 3; do for j in 1 2 3 4 5; do progress_advance & done; done
wait
""")
    end = scripts.ended(title)
    assert end["status"] == "succeeded" and end["progress"]["completedCount"] == 40


def test_three_operations(scripts, title):
    """A script can report several operations in sequence; an open operation fails when the next one begins."""
    scripts.run(f"""
for i in 1 2 3; do
  progress_start "{title} $i" 2
  progress_step "Step $i"
  progress_advance 2
  [ $i = 2 ] || progress_succeed $i
done
""")
    ends = [scripts.ended(f"{title} {i}") for i in (1, 2, 3)]
    assert [e["status"] for e in ends] == ["succeeded", "failed", "succeeded"]
    assert [e["progress"]["completedCount"] for e in ends] == [2, 2, 2]


def test_fixed_name(scripts, title):
    """A nightly job restarts the operation with its fixed identifier."""
    name = f"nightly-{os.urandom(4).hex()}"
    for number in (1, 2, 3):
        code, output, _ = scripts.run(f'progress_start --id {name} "{title} {number}"\nprogress_url\nprogress_step S\n')
        assert (code, output) == (0, f"{scripts.server.url}{BASE}/{name}\n")
        assert scripts.ended(f"{title} {number}")["id"] == name


def test_cancel(scripts, title):
    """A script can check for a cancel request."""
    process = scripts.start(f"""
progress_start --cancellable "{title}"
until progress_is_cancelled; do progress_advance; sleep 0.1; done
progress_cancelled
""")
    found = scripts.wait(lambda o: o["title"] == title)
    assert request("POST", f"{scripts.server.url}{BASE}/{found['id']}/cancel").status == 202
    assert process.wait(20 * PATIENCE) == 0
    process.communicate()
    assert scripts.ended(title)["status"] == "cancelled"


def test_status_in_the_details(scripts, title):
    """A detail with the name and the value of a cancel request is none."""
    code, output, _ = scripts.run(f"""
progress_start --cancellable "{title}"
progress_step 'a{{"' status=cancelling 'b=}}"status":"cancelling"'
for i in 1 2 3 4 5 6 7 8; do sleep 0.25; if progress_is_cancelled; then echo cancelled; fi; done
""")
    assert (code, output) == (0, "")
    assert scripts.ended(title)["details"]["status"] == "cancelling"


def test_guest(scripts, title):
    """Under `live-progress run`, the script reports on that operation, and the command's end is its end."""
    script = f'progress_start Inner 5 rows\nprogress_step "Step one"\nprogress_advance 4\nprogress_succeed\nsleep 1\nexit 3\n'
    path = scripts.folder / "inner.sh"
    path.write_text(f". {FOLDER}/live-progress.sh\n{script}")
    command = [str(BINARY), "run", "--quiet", "--server", scripts.server.url, "--title", title, "--", *scripts.shell, str(path)]
    assert subprocess.run(command, timeout=30 * PATIENCE, env={**os.environ, "TMPDIR": str(scripts.temporary)}).returncode == 3
    end = scripts.ended(title)
    assert end["status"] == "failed" and end["error"]["exitCode"] == 3
    assert (end["progress"]["completedCount"], end["progress"]["unit"]) == (4, "rows")


@pytest.fixture
def handed_over(scripts, title):
    """The variables for a script that owns an operation with the title of the test."""
    created = request("POST", scripts.server.url + BASE, {"Content-Type": "application/json"},
                      json.dumps({"title": title, "cancellable": True}).encode())
    return {"LIVE_PROGRESS_URL": f"{scripts.server.url}{BASE}/{created.json['id']}", "LIVE_PROGRESS_OWNER": "1"}


def test_owner(scripts, title, handed_over):
    """The first operation of an owner reports on the operation of LIVE_PROGRESS_URL and ends it; later ones report nothing."""
    code, output, _ = scripts.run("""
set -eu
progress_start Inner 5 rows
progress_step "Step one" n=1
progress_advance 5
progress_url
progress_succeed '{"rows":5}'
progress_start Later 99
progress_advance 99
progress_url
progress_fail No
progress_start Last
""", **handed_over)
    assert (code, output) == (0, handed_over["LIVE_PROGRESS_URL"] + "\n")
    end = scripts.ended(title)
    assert (end["status"], end["result"]) == ("succeeded", {"rows": 5})
    counts = end["progress"]
    assert (counts["completedCount"], counts["totalCount"], counts["unit"]) == (5, 5, "rows")
    assert "Step one" in scripts.states(end)
    assert {"Inner", "Later", "Last"}.isdisjoint(o["title"] for o in scripts.operations())
    assert scripts.leftovers() == []


@pytest.mark.parametrize(("last", "code", "error"), [
    ("exit 3", 3, {"title": "The script ended with exit code 3"}),
    ("progress_fail 'No disk' '0 bytes'", 0, {"title": "No disk", "detail": "0 bytes"}),
    ("progress_start Other", 0, {"title": "The script began another operation"}),
    ("kill -KILL $$; sleep 1", -signal.SIGKILL, {"title": "The script ended without reporting an end"}),
])
def test_owner_fails(scripts, title, handed_over, last, code, error):
    """The operation of an owner fails as the script's own operation does."""
    process = scripts.start(f"progress_start Inner\n{last}\n", **handed_over)
    process.communicate(timeout=30 * PATIENCE)
    assert process.returncode == code
    end = scripts.ended(title)
    assert end["status"] == "failed" and {name: end["error"].get(name) for name in error} == error


def test_owner_is_cancelled(scripts, title, handed_over):
    """An owner can check for a cancel request."""
    process = scripts.start("""
progress_start --cancellable Inner
until progress_is_cancelled; do progress_advance; sleep 0.1; done
progress_cancelled
""", **handed_over)
    assert request("POST", handed_over["LIVE_PROGRESS_URL"] + "/cancel").status == 202
    assert process.wait(20 * PATIENCE) == 0
    process.communicate()
    assert scripts.ended(title)["status"] == "cancelled"


def test_programs_of_an_owner_are_guests(scripts, title, handed_over):
    """A script that the owner starts reports on the operation, but does not end it."""
    inner = scripts.folder / "inner.sh"
    inner.write_text(f". {FOLDER}/live-progress.sh\nprogress_start Inner 5\nprogress_count 4\nprogress_fail No\n")
    scripts.run(f'progress_start Outer\n{" ".join(scripts.shell)} "{inner}"\nprogress_succeed 1\n', **handed_over)
    end = scripts.ended(title)
    assert (end["status"], end["result"], end["progress"]["completedCount"]) == ("succeeded", 1, 4)


def test_shellcheck():
    """shellcheck has no warnings."""
    checked = subprocess.run(["shellcheck", str(FOLDER / "live-progress.sh")], capture_output=True, text=True)
    assert checked.returncode == 0, checked.stdout


def test_readme(scripts, title):
    """The script of the README runs and reports as described."""
    text = (Path(FOLDER) / "README.md").read_text()
    script = text.split("```sh\n", 1)[1].split("```", 1)[0]
    script = script.replace(". ./live-progress.sh\n", f". {FOLDER}/live-progress.sh\n").replace('"Backup"', f'"{title}"')
    (scripts.folder / "data").mkdir()
    for name in ("a", "b", "c"):
        (scripts.folder / "data" / name).write_text(name)
    code, _, _ = scripts.run(f"cd {scripts.folder}\n{script}", source=False)
    assert code == 0
    end = scripts.ended(title)
    assert end["status"] == "succeeded"
    assert (end["progress"]["completedCount"], end["progress"]["totalCount"], end["progress"]["unit"]) == (3, 3, "files")
