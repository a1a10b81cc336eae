# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Root without all of root's capabilities: as a unit with a CapabilityBoundingSet, or a container.

# What ip-takeover-ctl(8) says is needed, and what it says is good to have.
NEEDED=sys_admin,net_admin,net_raw
WANTED=ipc_lock,sys_nice

# without CAPS COMMAND...: on h1.
without() {
	local caps=-${1//,/,-}
	shift
	on h1 setpriv --bounding-set "$caps" --inh-caps "$caps" "$@"
}

only() {
	local caps=-all,+${1//,/,+}
	shift
	on h1 setpriv --bounding-set "$caps" --inh-caps "$caps" "$@"
}

test_missing_one_is_named() {
	local cap iface
	lan_up
	plug h1 eth1 h1b
	conf_write h1
	# The pins are there, and what was attached is not: libxdp gets the pinned program.
	for iface in eth0 eth1; do
		expect_ok ctl h1 attach $iface
	done
	for iface in eth0 eth1; do
		ip -n h1 link set $iface xdp off
	done
	for cap in sys_admin net_admin; do
		for iface in eth0 eth1; do
			expect_fail 1 "CAP_${cap^^} is missing" without $cap "$CTL" attach $iface
			expect_fail 1 "CAP_${cap^^} is missing" without $cap "$CTL" detach $iface
		done
	done
	for cap in ${NEEDED//,/ }; do
		expect_fail 1 "CAP_${cap^^} is missing" without "$cap" "$CTL" run -c "$TMP/h1.conf"
	done
	expect_ok ctl h1 detach --all
	expect_no_trace h1
	expect_no_trace h1 eth1
}

test_needed_ones_are_enough() {
	local caps
	for caps in $NEEDED,$WANTED $NEEDED; do
		if [ "$caps" = $NEEDED,$WANTED ]; then lan_up; fi
		conf_write h1
		on_exec h1 setpriv --bounding-set "-all,+${caps//,/,+}" --inh-caps "-all,+${caps//,/,+}" \
			"$CTL" run -c "$TMP/h1.conf" >"$TMP/h1.log" 2>&1 &
		echo $! >"$TMP/h1.pid"
		wait_owner h1
		expect_ok only "$caps" "$CTL" reload
		stamp TERM h1 >/dev/null
		busywait 10000 grep -q "released and stopped" "$TMP/h1.log" || fail "with $caps it does not end"
		wait
		expect_ok only "$caps" "$CTL" detach --all
		expect_no_trace h1
	done
}

# locked_kb HOST: of its daemon's memory.
locked_kb() {
	awk '/^VmLck:/ { print $2 }' "/proc/$(pid_of "$1")/status"
}

# Under a limit memory can be locked at first, and what threads need later cannot.
test_little_memory_may_be_locked() {
	lan_up
	conf_write h1
	(
		ulimit -l 8192 || exit
		without ipc_lock "$CTL" run -c "$TMP/h1.conf" >"$TMP/h1.log" 2>&1
	) &
	busywait 10000 owner_is h1 || fail "no owner: $(cat "$TMP/h1.log")"
	grep -q "memory is not locked.*RLIMIT_MEMLOCK is 8192 kB" "$TMP/h1.log" || fail "nothing said: $(cat "$TMP/h1.log")"
	expect_ok ctl h1 detach --all
	daemon_start h1
	wait_owner h1
	grep -q "h1.*memory is not locked" "$TMP/h1.log" && fail "said without need"
	expect_ge "kB locked with the right to" 1000 "$(locked_kb h1)"
}

# A daemon with these capabilities and a command with others, or the other way round.
test_name_of_the_instance() {
	local host own
	lan_up
	own=net-$(readlink /proc/self/ns/net | tr -dc 0-9)
	# Where process 1 is, and where it is not.
	expect_fail 1 "instance '$own'" "$CTL" status
	expect_fail 1 "instance '$own'" setpriv --bounding-set -sys_ptrace,-dac_read_search --inh-caps -sys_ptrace "$CTL" status
	own=$(instance_of h1)
	expect_fail 1 "instance '$own'" ctl h1 status
	expect_fail 1 "instance '$own'" without sys_ptrace,dac_read_search "$CTL" status
}
