# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What `metrics` tells, of a pair, of several instances, of daemons that are dead or stopped; and whether others can read it.

# sample HOST 'NAME{LABELS}': its value, instance left out; empty if there is none.
sample() {
	ctl "$1" metrics | sed 's/instance="[^"]*",\{0,1\}//; s/{}//' | awk -v name="$2" '$1 == name { print $2 }'
}

sample_is() {
	[ "$(sample "$1" "$2")" = "$3" ]
}

wait_sample() {
	busywait "${4:-5000}" sample_is "$1" "$2" "$3" || fail "$1: $2 is $(sample "$1" "$2"), not $3"
}

test_owner_and_standby() {
	pair_up
	wait_sample "$OWNER" 'ip_takeover_group_state{group="web"}' 2
	wait_sample "$STANDBY" 'ip_takeover_group_state{group="web"}' 1
	wait_sample "$OWNER" 'ip_takeover_group_addresses_present{group="web"}' 1
	expect_eq "standby has it not" 0 "$(sample "$STANDBY" 'ip_takeover_group_addresses_present{group="web"}')"
	expect_eq "addresses" 1 "$(sample "$STANDBY" 'ip_takeover_group_addresses{group="web"}')"
	expect_eq "takeovers" 1 "$(sample "$OWNER" 'ip_takeover_group_takeovers_total{group="web"}')"
	expect_eq "lapses" 0 "$(sample "$OWNER" 'ip_takeover_group_lapses_total{group="web"}')"
	expect_eq "owner by name" 1 "$(sample "$STANDBY" "ip_takeover_group_owner_info{group=\"web\",owner=\"n${OWNER#h}\"}")"
	expect_eq "peer" 1 "$(sample h1 'ip_takeover_peer_up{peer="n2"}')"
	expect_eq "path" 1 "$(sample h1 'ip_takeover_path_up{peer="n2",interface="eth0",address="198.18.0.2"}')"
	expect_eq "term" "$(status h1 '.groups[0].term')" "$(sample h1 'ip_takeover_group_term{group="web"}')"
	sample h1 'ip_takeover_peer_round_trip_seconds{peer="n2"}' | grep -Eq '^0\.0[0-9]*[1-9]' || fail "no round trip"
	sample "$OWNER" 'ip_takeover_group_lease_remaining_seconds{group="web"}' | grep -Eq '^0\.[0-9]*[1-9]' || fail "no lease"
	sample h1 'ip_takeover_frames_total{verdict="hb_accept"}' | grep -Eq '^[1-9]' || fail "no frames"
	sample h1 'ip_takeover_daemon_lateness_seconds_bucket{le="+Inf"}' | grep -Eq '^[1-9]' || fail "no lateness"
}

test_takeover_counts() {
	pair_up
	local old=$OWNER new=$STANDBY
	kill -STOP "$(pid_of "$old")"
	wait_sample "$new" 'ip_takeover_group_state{group="web"}' 2
	expect_eq "takeovers" 1 "$(sample "$new" 'ip_takeover_group_takeovers_total{group="web"}')"
	# The stopped one's last word was "owner".
	wait_sample "$old" 'ip_takeover_group_state{group="web"}' 0
	kill -CONT "$(pid_of "$old")"
	wait_sample "$old" 'ip_takeover_group_state{group="web"}' 1
	expect_eq "fenced" 1 "$(sample "$old" 'ip_takeover_group_transitions_total{group="web",reason="fenced"}')"
	daemon_kill "$new"
	wait_sample "$new" 'ip_takeover_group_state{group="web"}' 0
	expect_eq "daemon" 0 "$(sample "$new" ip_takeover_daemon_up)"
	expect_eq "alarm" 1 "$(sample "$new" 'ip_takeover_alarms{kind="daemon_dead"}')"
	expect_eq "of the group" 1 "$(sample "$new" 'ip_takeover_group_alarms{group="web"}')"
	expect_eq "counted still" 1 "$(sample "$new" 'ip_takeover_group_takeovers_total{group="web"}')"
	# The next daemon goes on with the count.
	daemon_start "$new"
	wait_sample "$old" 'ip_takeover_group_takeovers_total{group="web"}' 2
	kill -STOP "$(pid_of "$old")"
	wait_sample "$new" 'ip_takeover_group_takeovers_total{group="web"}' 2 10000
}

test_instances() {
	lan_up
	expect_eq "none yet" 0 "$(sample h1 ip_takeover_instances)"
	expect_fail 1 "nothing is attached" ctl h1 metrics --instance one
	on h1 ip link add v0 type veth peer name v1
	ctl h1 attach eth0 --instance one >/dev/null || fail "attach"
	ctl h1 attach v0 --instance two >/dev/null || fail "attach"
	ctl h1 add a 198.18.1.1/16 dev eth0 --instance one >/dev/null || fail "add"
	ctl h2 attach eth0 --instance three >/dev/null || fail "attach"
	expect_eq "of this namespace" 2 "$(sample h1 ip_takeover_instances)"
	ctl h1 metrics >"$TMP/all"
	grep -q '^ip_takeover_group_state{instance="one",group="a"} 0$' "$TMP/all" || fail "a group by hand: $(cat "$TMP/all")"
	grep -q '^ip_takeover_instance_readable{instance="two"} 1$' "$TMP/all" || fail "no second instance"
	ctl h1 take a --instance one >/dev/null || fail "take"
	expect_eq "taken by hand" 2 "$(sample h1 'ip_takeover_group_state{group="a"}')"
	expect_eq "by hand" 1 "$(sample h1 'ip_takeover_group_held_by_hand{group="a"}')"
	expect_eq "named" 1 "$(ctl h1 metrics --instance two | awk '$1 == "ip_takeover_instances" { print $2 }')"
	# Pins of another program's: said, and nothing else is told of them.
	local meta=/sys/fs/bpf/ip-takeover/two/meta bytes
	bytes=$(bpftool -j map dump pinned "$meta" | jq -r '.[0].value[1:] | join(" ")')
	# The dump's words are hexadecimal, and are meant to be split.
	# shellcheck disable=SC2086
	bpftool map update pinned "$meta" key hex 0 0 0 0 value hex 7f ${bytes//0x/} || fail "bpftool"
	ctl h1 metrics >"$TMP/all" 2>"$TMP/err" || fail "exit status $?"
	grep -q '^ip_takeover_instance_readable{instance="two"} 0$' "$TMP/all" || fail "the other build's is readable"
	grep -q "instance 'two': .*ABI 127" "$TMP/err" || fail "it says: $(cat "$TMP/err")"
}

test_promtool() {
	prometheus_there
	pair_up
	ctl h1 metrics --text | promtool check metrics || fail "promtool"
	daemon_kill h1
	ctl h1 metrics --text | promtool check metrics || fail "promtool, with the daemon dead"
}

# What promtool does not know: the form of OpenMetrics.
test_openmetrics() {
	pair_up
	ctl h1 metrics >"$TMP/all" || fail "metrics"
	expect_eq "the last line" "# EOF" "$(tail -n 1 "$TMP/all")"
	awk '
		/^# EOF$/ { next }
		/^# (HELP|TYPE|UNIT) / { if ($3 != family && ($3 in seen)) bad = bad " " $3; family = $3; seen[$3] = 1
			if ($2 == "TYPE") type = $4
			next }
		{ name = $1; sub(/[{].*/, "", name)
		  want = family (type == "counter" ? "_total" : type == "info" ? "_info" : "")
		  if (type == "histogram") sub(/_(bucket|sum|count)$/, "", name)
		  if (name != want) bad = bad " " name
		  if ($0 in lines) bad = bad " twice:" $0
		  lines[$0] = 1 }
		END { if (bad != "") { print bad; exit 1 } }' "$TMP/all" || fail "not in its family (above)"
}
