# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The name of the instance where no other was asked for: how it is known depends on the kernel's age.

test_initial_network_namespace() {
	local own
	own=net-$(readlink /proc/self/ns/net | tr -dc 0-9)
	expect_fail 1 "instance 'default'" nsenter --net=/proc/self/fd/7 "$CTL" status
	expect_fail 1 "instance 'default'" nsenter --net=/proc/self/fd/7 \
		setpriv --bounding-set -sys_ptrace --inh-caps -sys_ptrace "$CTL" status
	expect_fail 1 "instance '$own'" "$CTL" status
}
