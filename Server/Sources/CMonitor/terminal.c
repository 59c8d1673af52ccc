// SPDX-License-Identifier: Apache-2.0
// Part of Live Progress: live progress of long-running operations.

#define _GNU_SOURCE
#include "CMonitor.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

int open_pseudo_terminal(int *leader, int *follower) {
    int opened = posix_openpt(O_RDWR | O_NOCTTY);
    if (opened < 0) return errno;
    const char *name = NULL;
    if (grantpt(opened) == 0 && unlockpt(opened) == 0) name = ptsname(opened);
    int other = name ? open(name, O_RDWR | O_NOCTTY) : -1;
    if (other < 0) {
        int error = errno;
        close(opened);
        return error;
    }
    *leader = opened;
    *follower = other;
    return 0;
}
