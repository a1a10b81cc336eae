# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# The file of one host on the other, with only the peer's address changed: both believe to be n1.

alarm_says() {
	ctl "$1" status --json | jq -e --arg text "$2" '[.alarms[].text | select(contains($text))] != []' >/dev/null
}

copied_file() {
	conf_write h1
	sed 's/address = "198.18.0.2"/address = "198.18.0.1"/' "$TMP/h1.conf" >"$TMP/h2.conf"
}

owners() {
	local host
	for host in h1 h2; do
		owner_is $host >/dev/null && echo $host
	done
}

# Longer than the ten seconds for which what claims nothing counts as life.
test_both_start() {
	lan_up
	copied_file
	ask_begin
	daemon_start h1
	daemon_start h2
	for host in h1 h2; do
		busywait 10000 alarm_says $host "peer n2's address speaks as node 1, which is ours" ||
			fail "$host says nothing: $(ctl $host status --json | jq -c .alarms)"
		busywait 10000 grep -q "ALARM: peer n2's address speaks as node 1" "$TMP/$host.log" ||
			fail "nothing in the log of $host"
	done
	sleep 15
	ask_end_judged
	expect_le "owners ($(owners | xargs))" 1 "$(owners | wc -l)"
	for host in h1 h2; do
		alarm_says $host "is its file a copy" || fail "$host says nothing any more"
		expect_ge "frames of $host's namesake" 50 "$(counter $host hb_identity)"
	done
	say "owner in the end: $(owners | xargs)"
}

# The good one owns before the other one starts: that it goes on is no promise, that there are never two is one. When the
# copy is gone all is as before.
test_copy_starts_later() {
	lan_up
	copied_file
	daemon_start h1
	wait_owner h1
	ask_begin
	daemon_start h2
	busywait 10000 alarm_says h1 "is its file a copy" || fail "h1 says nothing"
	busywait 10000 alarm_says h2 "is its file a copy" || fail "h2 says nothing"
	sleep 15
	ask_end_judged
	expect_le "owners ($(owners | xargs))" 1 "$(owners | wc -l)"
	say "owner while there are two n1: $(owners | xargs)"
	daemon_kill h2
	wait_owner h1
	busywait 15000 quiet_again || fail "h1 still says it: $(ctl h1 status --json | jq -c .alarms)"
	busywait 15000 grep -q "over: peer n2's address speaks as node 1" "$TMP/h1.log" || fail "the log does not say that it is over"
}

quiet_again() {
	! alarm_says h1 "is its file a copy"
}
