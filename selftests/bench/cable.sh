# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The cable of the packet benchmarks: h1 answers, c asks, nothing else is on the way.
#
#      c  eth0 ------------------ eth0  h1

cable_up() {
	netns_add c
	netns_add h1
	# One queue in each direction: all that is asked goes by the same way.
	ip -n c link add eth0 numrxqueues 1 numtxqueues 1 type veth peer name eth0 netns h1 \
		numrxqueues 1 numtxqueues 1 || fail "no veth"
	ip -n c link add park type veth peer name parked || fail "no veth"
	ip -n c link set eth0 up
	ip -n h1 link set eth0 up
	ip -n c addr add 198.18.0.9/15 dev eth0
	ip -n h1 addr add 198.18.0.1/15 dev eth0
	# The kernel is asked for one address only, by a neighbour, which must not be its own as well.
	ip -n h1 route add local 198.19.0.1/32 dev lo
}

# The same for IPv6: the first address is the kernel's own as well, which asks nobody whether it is free.
cable_up6() {
	host6 c 2001:db8::9
	host6 h1 2001:db8::1
	ip -n h1 addr add 2001:db8::c613:1/64 dev eth0 nodad
}

# From now on a thread of the kernel's receives at h1, on whichever processor has nothing else to do; without it the
# sender's processor does. A cable has something to receive with, NAPI, once GRO is on.
cable_apart() {
	on h1 ethtool -K eth0 gro on &&
		ip netns exec h1 sh -c 'echo 1 >/sys/class/net/eth0/threaded' &&
		[ "$(ip netns exec h1 cat /sys/class/net/eth0/threaded)" = 1 ]
}
