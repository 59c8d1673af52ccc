// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#define _GNU_SOURCE
#include "CMonitor.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

// The signals of a terminal and of a lost parent, which are for the command and not for its monitor.
static const int relayed[] = {SIGHUP, SIGINT, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU, SIGPIPE};
enum { relayed_count = sizeof relayed / sizeof *relayed };

static struct sigaction inherited[relayed_count];
static int wake[2];

static void note_child(int number) {
    (void)number;
    int saved = errno;
    char byte = 0;
    (void)!write(wake[1], &byte, 1);
    errno = saved;
}

static void tell(int control, int32_t type, int32_t value) {
    struct monitor_message message = {type, value};
    while (write(control, &message, sizeof message) < 0 && errno == EINTR) {}
}

static void keep_from_command(int descriptor) { fcntl(descriptor, F_SETFD, FD_CLOEXEC); }

// In the child: becomes the command, or writes the error number and exits.
static void become(const char *file, char **words, int terminal, int foreground, int failure) {
    setpgid(0, 0);
    if (foreground) tcsetpgrp(terminal, getpid());
    for (int index = 0; index < relayed_count; index++) sigaction(relayed[index], &inherited[index], NULL);
    signal(SIGCHLD, SIG_DFL);
    execve(file, words, environ);
    int error = errno;
    if (error == ENOEXEC) {
        // A script without an interpreter line, which execvp(3) and shells run too.
        int count = 0;
        while (words[count]) count++;
        char **script = calloc((size_t)count + 2, sizeof *script);
        if (script) {
            script[0] = "sh";
            script[1] = (char *)file;
            for (int index = 1; index < count; index++) script[index + 1] = words[index];
            execve("/bin/sh", script, environ);
        }
        error = errno;
    }
    (void)!write(failure, &error, sizeof error);
    _exit(127);
}

// Kills the command of a parent that has gone.
static void end_orphan(pid_t child) {
    static const int signals[] = {SIGHUP, SIGCONT, SIGTERM};
    for (int index = 0; index < 3; index++) kill(-child, signals[index]);
    for (int tries = 0; tries < 200 && waitpid(child, NULL, WNOHANG) == 0; tries++) {
        nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
    }
    kill(-child, SIGKILL);
}

struct command {
    pid_t pid;
    // The group that was in the terminal's foreground when the command stopped.
    pid_t foreground;
    // The number of messages that have continued it, so that the parent can tell whether a stop is older than its message.
    uint16_t continued;
    int is_ended;
};

static void report_changes(int control, int terminal, struct command *command) {
    int status;
    while (!command->is_ended && waitpid(command->pid, &status, WNOHANG | WUNTRACED) == command->pid) {
        if (WIFSTOPPED(status)) {
            pid_t group = tcgetpgrp(terminal);
            if (group > 0 && group != getpgrp()) command->foreground = group;
            tell(control, MONITOR_STOPPED, WSTOPSIG(status) | command->continued << 8);
        } else {
            command->is_ended = 1;
            // A process that the command has left behind must not get SIGHUP when this process exits.
            tcsetpgrp(terminal, getpgrp());
            // From now on, the terminal has ended when no such process has it open.
            close(terminal);
            tell(control, MONITOR_ENDED, status);
        }
    }
}

static void obey(struct monitor_message message, int terminal, struct command *command) {
    command->continued += message.type == MONITOR_CONTINUE || message.value == SIGCONT;
    if (message.type == MONITOR_SIGNAL) kill(-command->pid, message.value);
    if (message.type != MONITOR_CONTINUE || command->is_ended) return;
    tcsetpgrp(terminal, message.value ? command->foreground : getpgrp());
    kill(-command->pid, SIGCONT);
    if (command->foreground != command->pid) kill(-command->foreground, SIGCONT);
}

// Relays until the parent closes the control socket.
static void relay(int control, int terminal, struct command *command) {
    struct pollfd watched[] = {{.fd = control, .events = POLLIN}, {.fd = wake[0], .events = POLLIN}};
    for (;;) {
        if (poll(watched, 2, -1) < 0) {
            if (errno == EINTR) continue;
            return;
        }
        if (watched[1].revents) {
            char bytes[64];
            (void)!read(wake[0], bytes, sizeof bytes);
            report_changes(control, terminal, command);
        }
        if (watched[0].revents) {
            struct monitor_message message;
            ssize_t count = read(control, &message, sizeof message);
            if (count < 0 && errno == EINTR) continue;
            if (count != sizeof message) return;
            obey(message, terminal, command);
        }
    }
}

int monitor_main(char **arguments) {
    int control = atoi(arguments[0]), terminal = atoi(arguments[1]), foreground = arguments[2][0] == '1';
    int failure[2];
    setsid();
    ioctl(terminal, TIOCSCTTY, 0);
    if (pipe(wake) || pipe(failure)) {
        tell(control, MONITOR_FAILED, errno);
        return 1;
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    int own[] = {control, terminal, wake[0], wake[1], failure[0], failure[1]};
    for (int index = 0; index < 6; index++) keep_from_command(own[index]);
    fcntl(wake[1], F_SETFL, O_NONBLOCK);
    for (int index = 0; index < relayed_count; index++) {
        struct sigaction ignore = {.sa_handler = SIG_IGN};
        sigaction(relayed[index], &ignore, &inherited[index]);
    }
    struct sigaction changed = {.sa_handler = note_child};
    sigaction(SIGCHLD, &changed, NULL);

    struct command command = {.pid = fork()};
    if (command.pid == 0) become(arguments[3], arguments + 4, terminal, foreground, failure[1]);
    int error = errno;
    if (command.pid > 0) {
        // Both processes do this, so that it is done whichever runs first.
        setpgid(command.pid, command.pid);
        if (foreground) tcsetpgrp(terminal, command.pid);
        command.foreground = command.pid;
        close(failure[1]);
        ssize_t count;
        do count = read(failure[0], &error, sizeof error);
        while (count < 0 && errno == EINTR);
        if (count != sizeof error) error = 0;
        close(failure[0]);
    }
    // The standard descriptors are the command's; this process must not hold its pipes open.
    int nothing = open("/dev/null", O_RDWR);
    for (int descriptor = 0; descriptor < 3; descriptor++) dup2(nothing, descriptor);
    if (error) {
        tell(control, MONITOR_FAILED, error);
        return 0;
    }
    tell(control, MONITOR_STARTED, command.pid);
    relay(control, terminal, &command);
    if (!command.is_ended) end_orphan(command.pid);
    return 0;
}
