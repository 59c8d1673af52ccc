# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
"""`run` on a terminal: the command has a terminal of its own, and the shell's job control works as without `run`."""

from __future__ import annotations

import contextlib
import os
import signal
import sys

import pexpect
import pytest
from harness import expect, expect_equal, plain_environment

pytestmark = pytest.mark.skipif(sys.platform == "darwin", reason="the tests read /proc")

LINK = r"live-progress: http://127\.0\.0\.1:\d+/api/v1/progress/\S+\r\n"


class Shell:
    """An interactive bash on a terminal of its own."""

    PROMPT = "ready> "

    def __init__(self, binary):
        self.run = f"{binary} run --quiet"
        environment = plain_environment(PS1=self.PROMPT, TERM="xterm-256color", LANG="C.UTF-8")
        options = {"dimensions": (24, 80), "env": environment, "timeout": 15, "encoding": "utf-8"}
        # The tests themselves may run under nohup, whose ignored signal every process inherits.
        options["preexec_fn"] = lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL)
        self.bash = pexpect.spawn("bash", ["--norc", "--noprofile", "--noediting"], **options)
        self.bash.expect_exact(self.PROMPT)

    def __enter__(self) -> Shell:
        return self

    def __exit__(self, *_) -> None:
        self.bash.close(force=True)

    def type(self, line: str) -> None:
        """Types a line, and waits for its echo."""
        self.bash.sendline(line)
        self.bash.expect_exact(line.split("\n")[-1] + "\r\n")

    def result(self, line: str) -> str:
        """Types a line, and returns what it writes up to the next prompt."""
        self.type(line)
        self.bash.expect_exact(self.PROMPT)
        return self.bash.before

    def status(self) -> int:
        return int(self.result("echo $?"))


@pytest.fixture
def shell(binary):
    with Shell(binary) as shell:
        yield shell


def test_sees_terminal(shell):
    """The command's three standard descriptors are a terminal of the user's size."""
    program = "test -t 0 && test -t 1 && test -t 2 && stty size"
    expect_equal(shell.result(f"{shell.run} -- sh -c '{program}'"), "24 80\r\n", "the size")


def test_size_changes(shell):
    """The command learns of a change of the window's size."""
    shell.type(f"{shell.run} -- bash -c 'trap \"stty size; exit\" WINCH; echo waiting; while :; do sleep 0.05; done'")
    shell.bash.expect_exact("waiting\r\n")
    shell.bash.setwinsize(33, 99)
    shell.bash.expect_exact("33 99\r\n")
    shell.bash.expect_exact(shell.PROMPT)


def test_output_ends_inside_sequence(shell):
    """The terminal receives the begin of a sequence with which the output ends, and then the shell's prompt."""
    shell.type(rf"""{shell.run} -- printf 'end\033]7501;'""")
    shell.bash.expect_exact("end\x1b]7501;" + shell.PROMPT)


def test_bytes(shell):
    """The bytes of the command reach the terminal as without run."""
    program = r"""printf "a\nb\r\tc\033[1md\033[0m\n\303\251\n" """
    direct = shell.result(f"sh -c '{program}'")
    expect_equal(shell.result(f"{shell.run} -- sh -c '{program}'"), direct, "the output")


def test_settings_return(shell):
    """After the command, also one that was killed, the terminal has its former settings."""
    before = shell.result("stty -g")
    for program, status in [("exit 3", 3), ("kill -9 $$", 137), ("stty raw -echo; exit 4", 4)]:
        shell.result(f"{shell.run} -- sh -c '{program}'")
        expect_equal(shell.status(), status, f"the exit status of {program}")
        expect_equal(shell.result("stty -g"), before, f"the settings after {program}")


def test_interrupt(shell):
    """Ctrl-C interrupts the command, whose exit status is that of run, in three rounds."""
    # Not a shell, which may lose a signal that arrives while it starts a program.
    program = "import signal,time; signal.signal(2, signal.SIG_DFL); print(\"started\"); time.sleep(100)"
    for _ in range(3):
        shell.type(f"{shell.run} -- python3 -uc '{program}'")
        shell.bash.expect_exact("started\r\n")
        shell.bash.sendintr()
        shell.bash.expect_exact(shell.PROMPT)
        expect_equal(shell.status(), 130, "the exit status")


def test_end_of_input(shell):
    """Typed lines reach the command, with one echo, and Ctrl-D ends its input."""
    shell.type(f"{shell.run} -- sh -c 'cat; echo over'")
    shell.bash.sendline("hello")
    shell.bash.expect_exact("hello\r\nhello\r\n")
    shell.bash.sendeof()
    shell.bash.expect_exact("over\r\n")
    shell.bash.expect_exact(shell.PROMPT)


def test_stop_and_continue(shell):
    """Ctrl-Z gives the shell back, bg and fg continue the command, in three rounds."""
    shell.type(f"{shell.run} -- sh -c 'echo started; cat; echo over'")
    shell.bash.expect_exact("started\r\n")
    for round in range(3):
        shell.bash.send("\x1a")
        shell.bash.expect_exact("Stopped")
        shell.bash.expect_exact(shell.PROMPT)
        expect("24 80" in shell.result("stty size"), "the terminal is the shell's")
        shell.type("fg")
        shell.bash.sendline(f"line {round}")
        shell.bash.expect_exact(f"line {round}\r\nline {round}\r\n")
    shell.bash.sendeof()
    shell.bash.expect_exact("over\r\n")
    shell.bash.expect_exact(shell.PROMPT)


@contextlib.contextmanager
def reading(binary):
    """Starts a command that reads a line under run, without a shell, and checks that it goes on to its end after the block."""
    command = ["run", "--quiet", "--", "sh", "-c", "echo started; read line; echo $line; exit 4"]
    run = pexpect.spawn(str(binary), command, env=plain_environment(), timeout=15, encoding="utf-8")
    run.expect_exact("started\r\n")
    yield run
    run.sendline("over")
    run.expect_exact("over\r\nover\r\n")
    run.expect_exact(pexpect.EOF)
    run.close()
    expect_equal(run.exitstatus, 4, "the exit status")


def test_continued_at_once(binary):
    """A command that is stopped and continued at once goes on, three times."""
    with reading(binary) as run:
        for _ in range(3):
            os.kill(run.pid, signal.SIGTSTP)
            os.kill(run.pid, signal.SIGCONT)


def test_stopped_again(binary):
    """A command that is continued and stopped at once is stopped with run, and goes on with it, three times."""
    with reading(binary) as run:
        os.kill(run.pid, signal.SIGTSTP)
        for _ in range(3):
            os.waitpid(run.pid, os.WUNTRACED)
            os.kill(run.pid, signal.SIGCONT)
            os.kill(run.pid, signal.SIGTSTP)
        os.waitpid(run.pid, os.WUNTRACED)
        os.kill(run.pid, signal.SIGCONT)


def test_background_start(shell):
    """A command that is started in the background stops when it reads the terminal, and fg gives it the terminal."""
    # The shell tells at once when a job stops.
    shell.result("set -b")
    shell.type(f"{shell.run} -- sh -c 'read line; echo \"got $line\"' &")
    shell.bash.expect("Stopped")
    shell.result("")
    shell.type("fg")
    shell.bash.sendline("words")
    shell.bash.expect_exact("got words\r\n")
    shell.bash.expect_exact(shell.PROMPT)


def test_background_end(shell):
    """A command that only writes runs to its end in the background."""
    shell.type(f"{shell.run} -- sh -c 'sleep 0.2; echo done-it' & wait")
    shell.bash.expect_exact("done-it\r\n")


def test_left_behind(shell):
    """A process that the command leaves behind on its terminal does not hold up run."""
    shell.type(f"{shell.run} -- sh -c 'echo child; sleep 60 & exit 5'")
    shell.bash.expect_exact(shell.PROMPT, timeout=5)
    expect("child" in shell.bash.before, "the output before the end")
    expect_equal(shell.status(), 5, "the exit status")


def test_pipes(shell):
    """With a pipe at an end, the command has a pipe there too, and a prompt on the terminal still works."""
    expect_equal(shell.result(f"echo hi | {shell.run} -- cat"), "hi\r\n", "input from a pipe")
    count = shell.result(f"{shell.run} -- sh -c 'test -t 1 || echo no' | cat")
    expect_equal(count, "no\r\n", "output to a pipe")
    program = "printf \"name? \" >/dev/tty; read name </dev/tty; read word; echo \"$name $word\""
    shell.type(f"echo word | {shell.run} -- sh -c '{program}'")
    shell.bash.expect_exact("name? ")
    shell.bash.sendline("anna")
    shell.bash.expect_exact("anna word\r\n")
    shell.bash.expect_exact(shell.PROMPT)


def test_hangup(binary):
    """When the terminal is closed, the command ends."""
    with Shell(binary) as shell:
        shell.type(f"{shell.run} -- sh -c 'echo pid $$; exec sleep 100'")
        shell.bash.expect(r"pid (\d+)\r\n")
        process = int(shell.bash.match[1])
        shell.bash.close(force=False)
    deadline = 100
    while alive(process) and deadline:
        deadline -= 1
        signal.sigtimedwait([], 0.1)
    expect(not alive(process), "the command still runs")


def test_status_query(shell):
    """The query of OSC 7501 is answered once, before the answer of the terminal, which does not see it."""
    program = (
        "import os,sys,termios,tty;tty.setraw(0);"
        'os.write(1,b"\\033]7501;?\\033\\\\<");d=b"";'
        'd=os.read(0,64);os.write(1,b">"+repr(d).encode()+b"\\r\\n")'
    )
    shell.type(f"{shell.run} -- python3 -c '{program}'")
    shell.bash.expect_exact(shell.PROMPT)
    expect("\x1b]7501" not in shell.bash.before, "the terminal sees the query")
    expect(r"<>b'\x1b]7501;?\x1b\\'" in shell.bash.before, f"the program sees {shell.bash.before!r}")


def alive(process: int) -> bool:
    with contextlib.suppress(OSError):
        with open(f"/proc/{process}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    return False
