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
	CPU=$(processors "$(pid_of "$OWNER")")
	[[ $CPU =~ ^[0-9]+$ ]] || fail "the loop may use the processors $CPU"
}

# processors THREAD: those that it may use.
processors() {
	taskset -c -p "$1" | sed 's/.*: *//'
}

# apart FROM LIST: is the processor FROM none of LIST, written as taskset does?
apart() {
	local part
	for part in ${2//,/ }; do
		[ "$1" -lt "${part%-*}" ] || [ "$1" -gt "${part#*-}" ] || return 1
	done
}

# Where the two may run, who owns: the loop on one processor only, the stand-in not there.
expect_apart() {
	local loop standin
	loop=$(processors "$(pid_of "$OWNER")")
	standin=$(processors "$(standin_of "$OWNER")")
	[[ $loop =~ ^[0-9]+$ ]] || fail "the loop may use the processors $loop"
	apart "$loop" "$standin" || fail "the loop may use the processor $loop, its stand-in $standin"
}

standin_of() {
	grep -l '^stand-in$' /proc/"$(pid_of "$1")"/task/*/comm | awk -F/ '{ print $5 }'
}

another_standin() {
	[[ $(standin_of "$OWNER") =~ ^[0-9]+$ ]] && [ "$(standin_of "$OWNER")" != "$1" ]
}

runs_elsewhere() {
	[ "$(processors "$(pid_of "$OWNER")")" != "$CPU" ]
}

keeps_to_one() {
	[[ $(processors "$(pid_of "$OWNER")") =~ ^[0-9]+$ ]]
}

# stop_processor MILLISECONDS: nothing that may be scheduled runs on it, nor before the file "go" is there.
stop_processor() {
	# shellcheck disable=SC2016
	chrt -f 99 taskset -c "$CPU" bash -c 'end=$((${EPOCHREALTIME/./} + $1 * 1000)) && : >"$0/stopped"
		while ((${EPOCHREALTIME/./} < end)) && [ ! -e "$0/go" ]; do :; done' "$TMP" "$1"
}

# The same in the background, until processor_goes_on.
processor_stops() {
	stop_processor 30000 &
	STOPPER=$!
	busywait 5000 test -e "$TMP/stopped" || fail "processor $CPU does not stop"
}

processor_goes_on() {
	kill -0 $STOPPER || fail "processor $CPU came back too early"
	touch "$TMP/go"
	wait $STOPPER
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

# The standby has it by a release, not because there was silence.
was_named() {
	grep -q "named by the peer's release" "$TMP/$STANDBY.log" || fail "$STANDBY was not named: $(tail -n 1 "$TMP/$STANDBY.log")"
}

# What is asked of the daemon meanwhile is done as well.
test_released_meanwhile() {
	pinned_owner
	processor_stops
	ctl "$OWNER" release web || fail "not released"
	wait_owner "$STANDBY"
	was_named
	processor_goes_on
	wait_standby "$OWNER"
}

# A real-time thread that is free to move is woken where nobody runs, as on a processor that is stopped.
test_kept_apart() {
	pinned_owner
	expect_apart
}

# Whoever comes after the loop's thread has all processors again, and so a stand-in.
test_kept_apart_after_upgrade() {
	local before
	pinned_owner
	before=$(standin_of "$OWNER")
	expect_ok ctl "$OWNER" upgrade
	busywait 5000 another_standin "$before" || fail "no stand-in after an upgrade"
	expect_apart
}

# The end is the loop's own thread's: it comes when that is scheduled again.
test_ended_meanwhile() {
	pinned_owner
	processor_stops
	stamp TERM "$OWNER" >/dev/null
	wait_owner "$STANDBY"
	was_named
	processor_goes_on
	wait "$(pid_of "$OWNER")"
	expect_eq "status of the daemon" 0 $?
	grep -q "released and stopped" "$TMP/$OWNER.log" || fail "not released"
}

# A processor that does not come back is left.
test_leaves_it() {
	pinned_owner
	processor_stops
	busywait 5000 runs_elsewhere || fail "the loop stays on processor $CPU"
	busywait 2000 keeps_to_one || fail "the loop may use the processors $(processors "$(pid_of "$OWNER")")"
	owner_is "$OWNER" || fail "it owns no more"
	processor_goes_on
}
