// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#ifndef CMONITOR_H
#define CMONITOR_H

#include <stdint.h>

/// A message between `run` and the monitor of its command.
struct monitor_message {
    int32_t type;
    int32_t value;
};

/// From the monitor: the command runs (its pid), could not be started (its errno), has stopped (the signal, and from bit 8 on the
/// number of messages before that have continued it, modulo 2^16), has ended (the status of `waitpid`).
static const int32_t MONITOR_STARTED = 1, MONITOR_FAILED = 2, MONITOR_STOPPED = 3, MONITOR_ENDED = 4;

/// To the monitor: send a signal to the command's group, or continue the group (1 in the foreground of its terminal, else 0).
static const int32_t MONITOR_SIGNAL = 1, MONITOR_CONTINUE = 2;

/// Leads a session of a terminal, starts a command in a process group of its own, and reports its changes.
///
/// A shell does the same for its jobs. Without it the command's group would be orphaned, and the system would not stop it by Ctrl-Z.
/// Call it as the first function of a process: it forks, which a process with threads must not do.
///
/// @param arguments The descriptors of the control socket and of the terminal, "1" for the foreground else "0", the file to run,
///   and then the command's words; ended by NULL.
/// @return The exit status of the process.
int monitor_main(char **arguments);

/// Opens a pseudo-terminal.
///
/// @return 0, or an error number.
int open_pseudo_terminal(int *leader, int *follower);

#endif
