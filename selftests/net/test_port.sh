# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The heartbeats' port is nobody's privilege: who takes it costs an alarm, no address and no start.

grab() {
	on_exec h1 setpriv --reuid 65534 --regid 65534 --clear-groups "$TOOLS/portgrab" 5694 >"$TMP/grab" &
	GRAB=$!
}

has_it() {
	grep -q "has it" "$TMP/grab"
}

no_alarm_of_the_port() {
	! alarm_is h1 "another program has the heartbeat port"
}

test_taken_before_the_start() {
	lan_up
	grab
	busywait 5000 has_it || fail "the port is not to be had"
	daemon_start h1
	daemon_start h2
	wait_pair
	follow h1 "$TMP/edges" --json --last 64
	busywait 3000 grep -q '"event":"alarm","text":"heartbeat port 5694/udp: Address already in use' "$TMP/edges" ||
		fail "no alarm: $(cat "$TMP/edges")"
	busywait 3000 alarm_is h1 "another program has the heartbeat port 5694/udp" || fail "status does not say so"
	kill "$GRAB"
	busywait 5000 no_alarm_of_the_port || fail "status still says so"
	busywait 5000 grep -q '"text":"the heartbeat port is ours","ok":true' "$TMP/edges" ||
		fail "not tried again: $(cat "$TMP/edges")"
	expect_eq "times that it was told" 1 "$(grep -c "heartbeat port 5694" "$TMP/edges")"
	expect_eq "roles" "owner standby" "$(state "$OWNER" state) $(state "$STANDBY" state)"
}

# Whoever waits for the moment in which it is free waits in vain.
test_not_free_while_a_process_is_replaced() {
	local i
	pair_up
	if [ "$OWNER" = h2 ]; then
		expect_ok ctl h2 release web
		wait_pair
	fi
	grab
	for ((i = 0; i < ${ROUNDS:-3}; i++)); do
		expect_ok ctl h1 reload
		expect_ok ctl h1 upgrade
	done
	has_it && fail "a stranger got the port"
	owner_is h1 || fail "h1 owns no more"
	kill "$GRAB"
}
