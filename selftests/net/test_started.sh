# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# From when on a daemon has started, and which signals end it.

edges() {
	on h1 timeout 2 "$CTL" events --json --last 64
}

test_started_is_said_once_when_all_is_there() {
	local reached=198.18.0.1
	lan_up
	conf_write h1
	# It fails late: after the sockets, at the programs.
	on h1 tc qdisc add dev eth0 clsact
	on h1 tc filter add dev eth0 egress pref 1 handle 1 bpf bytecode '1,6 0 0 4294967295,' || skip "no classic BPF filters here"
	expect_fail 1 "priority 1" ctl h1 run -c "$TMP/h1.conf"
	on h1 tc qdisc del dev eth0 clsact
	capture h2 "$TMP/beats" udp port 5694 and src $reached
	daemon_start h1
	busywait 5000 grep -q '] started: ' "$TMP/h1.log" || fail "not said"
	expect_eq "daemon" true "$(status h1 .daemon)"
	expect_eq "healthy interfaces" true "$(status h1 '.interfaces[0].healthy')"
	expect_eq "pins and sockets" 1 "$(find /run/ip-takeover -name "$(instance_of h1).sock" | wc -l)"
	wait_owner h1
	capture_end
	expect_ge "heartbeats" 1 "$(tcpdump -n -r "$TMP/beats" 2>/dev/null | wc -l)"
	edges >"$TMP/edges"
	expect_eq "first edge" started "$(head -n 1 "$TMP/edges" | jq -r .event)"
	expect_ok ctl h1 reload
	expect_ok ctl h1 upgrade
	edges >"$TMP/edges"
	expect_eq "told by the last that took its place" "upgrade" "$(jq -r 'select(.event | IN("started", "reload", "upgrade")) | .event' "$TMP/edges" | xargs)"
	expect_eq "lines in the log" 1 "$(grep -c '] started: ' "$TMP/h1.log")"
}

# A stranger's `kill` or `timeout -s` must not take the address away without a word.
test_signals_that_mean_nothing() {
	local signal
	pair_up
	for signal in USR1 ALRM VTALRM PROF IO PWR STKFLT XCPU XFSZ PIPE RTMIN RTMAX; do
		stamp $signal "$OWNER" >/dev/null
	done
	stamp USR1 "$OWNER" >/dev/null
	sleep 0.5
	owner_is "$OWNER" || fail "$OWNER owns no more"
	expect_eq "lines about USR1" 1 "$(grep -c 'User defined signal 1.*ignored' "$TMP/$OWNER.log")"
	ask_begin
	stamp QUIT "$OWNER" >/dev/null
	wait_owner "$STANDBY"
	busywait 8000 grep -q "released and stopped" "$TMP/$OWNER.log" || fail "no release by SIGQUIT"
	ask_end_judged
}
