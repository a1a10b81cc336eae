#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs a command in its own network, mount and process namespaces, with a private bpffs and /run: it sees
# nothing from outside, leaves nothing, and when it ends the kernel ends everything that it started.
if [ "${ISOLATED:-}" != 1 ]; then
	export ISOLATED=1
	exec unshare --net --mount --pid --fork --kill-child --mount-proc "$0" "$@"
fi
unset ISOLATED
set -e
mount -t tmpfs tmpfs /run
mkdir -p /run/netns /run/ip-takeover /run/lock
mount -t bpf bpf /sys/fs/bpf
ip link set lo up
exec "$@"
