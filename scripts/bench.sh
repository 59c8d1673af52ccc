#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Part of Live Progress: live progress of long-running operations.
#
# Measures the worker's own time in `update` while a thousand watchers on real sockets follow, one of which never reads
# and one of which vanishes; then the fan-out of the real server against a send loop in C. Arguments go to the latter.

source "$(dirname "$0")/common.sh"

need_swift
has python3 || install_missing python3 python3
say "building the benchmark (release)"
(cd Benchmarks && swift build -c release)
python3 Benchmarks/watchers.py "$(cd Benchmarks && swift build -c release --show-bin-path)/update-time"
if [ "$(uname)" != Linux ]; then
    say "the fan-out is measured on Linux only: its load client and its reference need epoll"
    exit
fi
has cc || install_missing gcc gcc
scripts/build.sh
python3 Benchmarks/fanout.py --binary bin/live-progress "$@"
