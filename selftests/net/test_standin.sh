# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# One of several processors stops, as a hypervisor stops one, and with it the thread of the owner's loop that sleeps
# there: for six leases long. The host is well, and its stand-in on another processor keeps the lease.
# alone: a processor is taken away.

pinned_owner() {
	[ "$(nproc)" -ge 2 ] || skip "one processor: there is no other to stand in"
	INTERVAL=20ms MISSES=5 SETTLE=2ms REALTIME=true
	lan_up
	conf_write h1
	conf_write h2
	daemon_start h1
	daemon_start h2
	wait_pair
	chrt -p "$(pid_of "$OWNER")" | grep -q FIFO || skip "no real-time class here"
	CPU=$(taskset -c -p "$(pid_of "$OWNER")" | sed 's/.*: *\([0-9]*\).*/\1/')
	# The loop's thread alone: a busy processor it would leave, a stopped one it cannot.
	taskset -c -p "$CPU" "$(pid_of "$OWNER")" >/dev/null || fail "the loop cannot be pinned"
	# Which processor the stand-in has to leave, it sees when it next looks.
	sleep 0.1
}

# stop_processor MILLISECONDS: nothing that may be scheduled runs on it.
stop_processor() {
	# shellcheck disable=SC2016
	chrt -f 99 taskset -c "$CPU" bash -c 'end=$((${EPOCHREALTIME/./} + $0 * 1000))
		while ((${EPOCHREALTIME/./} < end)); do :; done' "$1"
}

term() {
	state "$1" term
}

test_lease_is_kept() {
	local before
	pinned_owner
	before=$(term "$OWNER")
	stop_processor 500
	expect_eq "term of the owner" "$before" "$(term "$OWNER")"
	owner_is "$OWNER" || fail "it owns no more"
	! grep -q "lease ran out" "$TMP/$OWNER.log" || fail "there was a lapse"
}

# What is asked of the daemon meanwhile is done as well.
test_released_meanwhile() {
	pinned_owner
	stop_processor 700 &
	sleep 0.1
	ctl "$OWNER" release web || fail "not released"
	kill -0 $! || fail "the processor came back too early"
	wait_owner "$STANDBY"
	wait $!
	wait_standby "$OWNER"
}

# The end is the loop's own thread's: it comes when that is scheduled again.
test_ended_meanwhile() {
	pinned_owner
	stop_processor 700 &
	sleep 0.1
	stamp TERM "$OWNER" >/dev/null
	wait_owner "$STANDBY"
	kill -0 $! || fail "the processor came back too early"
	wait "$(pid_of "$OWNER")"
	expect_eq "status of the daemon" 0 $?
	grep -q "released and stopped" "$TMP/$OWNER.log" || fail "not released"
}
