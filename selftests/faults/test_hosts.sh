# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What happens to hosts and daemons: killed, stopped, frozen, starved, crashed, unplugged, started all at once.
. selftests/faults/lab.sh

# The other host owns, the client is answered by it, and it took one change.
taken_over_once() {
	wait_owner "$STANDBY"
	sleep 0.5
	expect_safe
	expect_eq "who answered last" "$STANDBY" "$(saw '.runs[-1].node')"
	expect_eq "changes of owner" 1 "$(changes)"
	seen "1 change, nobody answered for $(ms_of "$(longest_handover)"), $(saw .answered) answers, none twice"
}

# Awake again, the old owner says nothing in the address's name, and does not get it back.
stays_reversed() {
	wait_standby "$OWNER"
	sleep 1
	taken_over_once
}

test_killed() {
	known_pair_in_lab
	daemon_kill "$OWNER"
	taken_over_once
}

# stop_for MS HOST: its daemon; prints when it was stopped and when it was continued, in ns.
stop_for() {
	"$TOOLS/sig" "$(kill -l STOP)" "$(pid_of "$2")" "$(kill -l CONT)" "$1"
}

# Three intervals shorter than the lease: nobody notices. A stop ends with the first heartbeat after it, as captured; on a
# machine that makes a longer one of it nothing is learnt, and there is another.
test_stopped_briefly() {
	local stopped silent_ms tries=
	INTERVAL=30ms MISSES=7
	pair_in_lab
	until [ "${silent_ms:-90}" -lt 90 ]; do
		[ "$(wc -w <<<"$tries")" -lt 10 ] || fail "stopped for 50 ms $OWNER is silent for longer each time, ms:$tries"
		wait_settled
		stopped=$(stop_for 50 "$OWNER")
		sleep 0.5
		judged
		silent_ms=$((($(beat_after "${stopped#* }" "$OWNER") - ${stopped% *}) / 1000000))
		tries+=" $silent_ms"
	done
	owner_is "$OWNER" || fail "$OWNER lost the address when it was silent for $silent_ms ms"
	expect_safe
	expect_eq "claims since the stop" 0 "$(saw "[.owners[] | select(.first_ns > ${stopped% *})] | length")"
	seen "silent for$tries ms, the last time unnoticed; $(saw .answered) of $(saw .requests) requests answered"
}

test_stopped_and_woken() {
	known_pair_in_lab
	stop_for 1000 "$OWNER" >/dev/null
	stays_reversed
}

# slow: test_stopped_for_long
test_stopped_for_long() {
	pair_in_lab
	stop_for 30000 "$OWNER" >/dev/null
	stays_reversed
}

# --- cgroups, of either version ---------------------------------------------

# cgroup_join V1_CONTROLLER PID: into a group of its own, whose path becomes $GROUP_DIR.
cgroup_join() {
	local top=/sys/fs/cgroup/$1
	[ -d "$top" ] || top=/sys/fs/cgroup
	GROUP_DIR=$top/ip-takeover-test.$(readlink /proc/self/ns/pid | tr -dc 0-9)
	mkdir "$GROUP_DIR" 2>/dev/null || skip "no cgroup $1 here"
	defer "cgroup_leave $GROUP_DIR"
	# Real-time threads have no share of the processor in cgroup v1 unless they are given one.
	echo "$2" >"$GROUP_DIR/cgroup.procs" || skip "cgroup $1 does not take the daemon"
}

cgroup_leave() {
	local pid
	echo THAWED >"$1/freezer.state" 2>/dev/null
	echo 0 >"$1/cgroup.freeze" 2>/dev/null
	while read -r pid; do
		kill -KILL "$pid"
	done <"$1/cgroup.procs"
	busywait 2000 rmdir "$1"
}

freeze() {
	if [ -e "$GROUP_DIR/freezer.state" ]; then
		if [ "$1" = 1 ]; then echo FROZEN; else echo THAWED; fi >"$GROUP_DIR/freezer.state"
	else
		echo "$1" >"$GROUP_DIR/cgroup.freeze"
	fi
}

# slow: test_frozen
test_frozen() {
	known_pair_in_lab
	cgroup_join freezer "$(pid_of "$OWNER")"
	freeze 1 || skip "no freezer"
	sleep 1
	freeze 0
	stays_reversed
}

# 1 % of a processor: heartbeats leave in clusters, when the scheduler has a mind to it.
# slow: test_starved
test_starved() {
	REALTIME=false
	pair_in_lab
	cgroup_join cpu "$(pid_of "$OWNER")"
	if [ -e "$GROUP_DIR/cpu.cfs_quota_us" ]; then
		echo 1000000 >"$GROUP_DIR/cpu.cfs_period_us"
		echo 10000 >"$GROUP_DIR/cpu.cfs_quota_us"
	else
		echo "10000 1000000" >"$GROUP_DIR/cpu.max"
	fi || skip "no CPU bandwidth control"
	# So that it has something to starve of.
	on "$OWNER" sh -c "while :; do $CTL status --json >/dev/null; done" &
	BUSY=$!
	sleep 5
	kill $BUSY
	expect_safe
	seen "$(changes) changes, never two; longest without an answer $(ms_of "$(longest_handover)")"
}

# Every processor busy for longer than the lease, daemons under real-time priority.
# slow: test_busy_processors
test_busy_processors() {
	local i hogs=()
	pair_in_lab
	for ((i = 0; i < $(nproc); i++)); do
		timeout 2 sh -c 'while :; do :; done' &
		hogs+=($!)
	done
	wait "${hogs[@]}"
	expect_safe
	expect_eq "changes of owner" 0 "$(changes)"
	seen "no change, $(saw .owners_count) claim, $(saw .answered) of $(saw .requests) requests answered"
}

# --- the host and its cable --------------------------------------------------

# All of its links at once, and then the daemon: what is left of a host without power.
test_crashed() {
	known_pair_in_lab
	ip -n "$OWNER" link set eth0 down
	ip -n "$OWNER" link set lo down
	daemon_kill "$OWNER"
	taken_over_once
}

test_link_down() {
	known_pair_in_lab
	unplug "$OWNER"
	sleep 1
	plug_back "$OWNER"
	stays_reversed
}

# 10 times a second for 3 seconds, and whatever came of it, one owner at the end.
# slow: test_link_flaps
test_link_flaps() {
	local i
	pair_in_lab
	for ((i = 0; i < 30; i++)); do
		unplug "$OWNER"
		sleep 0.05
		plug_back "$OWNER"
		sleep 0.05
	done
	wait_settled
	sleep 1
	expect_safe
	expect_le "changes of owner" 1 "$(changes)"
	seen "$(changes) changes in 30 flaps, one owner at the end"
}

# --- starting ----------------------------------------------------------------

# All at once, with equal priorities and random ones: one owner, and it stays.
# slow: test_cold_starts
test_cold_starts() {
	local i host
	lab_up h1 h2
	for ((i = 0; i < ${STARTS:-5}; i++)); do
		for host in h1 h2; do
			PRIORITY=$((RANDOM % 2 ? 150 : RANDOM % 254 + 1)) conf_lab "$host"
		done
		lab_start h1 h2
		wait_settled
		ask_begin
		sleep 0.5
		ask_end
		settled || fail "start $i: it did not stay so: $(states "$NODES")"
		expect_eq "start $i: hosts that answered" 1 "$(json '.answers_by_mac | length' "$TMP/ask.json")"
		expect_eq "start $i: unanswered" 0 "$(json .unanswered "$TMP/ask.json")"
		for host in h1 h2; do
			daemon_kill "$host"
			expect_ok ctl "$host" detach --all
		done
	done
	seen "$i starts, one owner each time, every request answered by it"
}

# --- what the daemon leans on ------------------------------------------------

# No file holds the state, so there is none to fill, truncate or damage; what is left is the log.
test_log_full() {
	lab_up h1 h2
	conf_lab h1
	conf_lab h2
	for host in h1 h2; do
		on_exec "$host" "$CTL" run -c "$TMP/$host.conf" >/dev/full 2>&1 &
		echo $! >"$TMP/$host.pid"
	done
	wait_settled
	ask_begin
	daemon_kill "$OWNER"
	taken_over_once
}

# A daemon whose clock is shifted against the kernel's would judge every lease wrongly.
test_time_namespace() {
	lab_up h1 h2
	conf_lab h1
	expect_fail 1 "time namespace" timeout 30 nsenter --net=/run/netns/h1 unshare -T --boottime 1000 "$CTL" run -c "$TMP/h1.conf"
	seen "refused: $(timeout 30 nsenter --net=/run/netns/h1 unshare -T --boottime 1000 "$CTL" run -c "$TMP/h1.conf" 2>&1 | tail -n 1)"
}
