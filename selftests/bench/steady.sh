# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What it costs while nothing happens: processor time and memory of each member, by interval, number of groups and of
# nodes. And what happens although nothing fails: takeovers within 10 minutes, idle and with busy processors, by
# interval, ours and keepalived's, all side by side (steady_pairs.sh).

# shellcheck source=selftests/bench/lib.sh
. selftests/bench/lib.sh
# shellcheck source=selftests/bench/members.sh
. selftests/bench/members.sh
# shellcheck source=selftests/bench/steady_pairs.sh
. selftests/bench/steady_pairs.sh

INTERVALS=${INTERVALS:-"100ms 10ms 1ms"}
GROUPS_OF=${GROUPS_OF:-"1 16 48"}
NODES_OF=${NODES_OF:-"2 3 8"}
LOADS=${LOADS:-"idle loaded loaded-not-realtime"}
BENCH_VARIABLES="INTERVALS GROUPS_OF NODES_OF OURS OURS_APART KEEPALIVED KEEPALIVED_APART SECONDS_LOADED WINDOWS LOADS"

hosts_of() {
	seq -f 'h%g' "$1"
}

switch_up() {
	local i
	netns_add sw
	ip -n sw link add br0 type bridge stp_state 0 mcast_snooping 0 forward_delay 0
	ip -n sw link set br0 up
	for ((i = 1; i <= $1; i++)); do
		host_add h$i 198.18.0.$i/16
	done
}

switch_down() {
	local host
	for host in $(hosts_of "$1") sw; do
		ip netns del "$host"
	done
}

# The kernel's count of what BPF programs run costs a little itself: only while we measure.
programs_counted() {
	"$OUT/bench/progstats" >"$TMP/progstats" &
	PROGSTATS=$!
	busywait 2000 grep -q counting "$TMP/progstats" || fail "the kernel does not count what programs run"
}

programs_uncounted() {
	kill $PROGSTATS
	wait $PROGSTATS
}

# what_was_used FILE HOST...: one line each: host, ns now, processor ns, ns in programs, frames.
what_was_used() {
	local file=$1 host
	shift
	for host; do
		echo "$host $(date +%s%N) $(cpu_ns "$(pid_of "$host")") $(programs_ns "$host") $(sent_by "$host")"
	done >"$file"
}

# cell_samples CASE NODES HOST KEY...: the difference of two looks, as samples.
cell_samples() {
	local case=$1 line metric unit host value number=0
	shift
	while read -r host line; do
		number=$((number + 1))
		while read -r metric unit value; do
			sample "$case" "$metric" "$unit" 1 "$value" "$@" host="$host"
		done < <(echo "$line" | tr ' ' '\n' | paste -d' ' - - -)
	done < <(join "$TMP/used.0" "$TMP/used.1" | awk '{
		ns = $6 - $2; frames = $9 - $5
		print $1, "cpu percent", 100 * ($7 - $3) / ns, "programs percent", 100 * ($8 - $4) / ns,
			"frames per_second", frames * 1e9 / ns }')
}

# memory_samples CASE HOST KEY...
memory_samples() {
	local case=$1 host=$2 pid
	pid=$(pid_of "$host")
	shift 2
	sample "$case" rss MiB 1 "$(memory_mib VmRSS "/proc/$pid/status")" "$@"
	sample "$case" pss MiB 1 "$(memory_mib Pss "/proc/$pid/smaps_rollup")" "$@"
	sample "$case" maps MiB 1 "$(maps_bytes "$host" | awk '{ print $1 / 1048576 }')" "$@"
}

# The length of a heartbeat that HOST sends, as UDP payload; what comes in is consumed before a capture sees it.
heartbeat_bytes() {
	on "$1" timeout 3 tcpdump -i eth0 -nn -c 1 udp port 5694 2>/dev/null | sed -n 's/.* length \([0-9]*\)$/\1/p'
}

# cell INTERVAL GROUPS NODES
cell() {
	local hosts keys
	hosts=$(hosts_of "$3")
	keys="interval=$1 groups=$2 nodes=$3"
	# shellcheck disable=SC2086
	busywait 40000 all_owned "$2" $hosts >/dev/null || {
		unmeasured "$1/$2/$3" "not all groups have an owner"
		return
	}
	# What a start moved is announced for 2.2 s.
	sleep 2.5
	programs_counted
	# shellcheck disable=SC2086
	what_was_used "$TMP/used.0" $hosts
	sleep "$WINDOW"
	# shellcheck disable=SC2086
	what_was_used "$TMP/used.1" $hosts
	programs_uncounted
	# shellcheck disable=SC2086
	cell_samples "$1/$2/$3" $keys
	# shellcheck disable=SC2086
	memory_samples "$1/$2/$3" h1 $keys
	# shellcheck disable=SC2086
	sample "$1/$2/$3" heartbeat bytes 1 "$(heartbeat_bytes h1)" $keys
}

# members_write NODES GROUPS INTERVAL
members_write() {
	local i
	for ((i = 1; i <= $1; i++)); do
		# Without real-time priority: should it be too much after all, the machine stays usable.
		REALTIME=false member_conf h$i $i "$1" "$2" "$3"
	done
}

# All members share this machine's processors: beyond what those can do, each only waits for the others, and what is
# measured is that. 40 us: a heartbeat sent, crossing a virtual switch and waking its receiver, as seen on a slow
# virtual machine.
too_many() {
	awk -v t="${1%ms}" -v n="$2" -v cores="$(nproc)" 'BEGIN { exit !(n * (n - 1) * 1000 / t * 40e-6 > 0.6 * cores) }'
}

# A start of its own for each: a reload that changes the interval of one member after the other is no steady state.
cell_from_start() {
	local host
	if too_many "$1" "$3"; then
		unmeasured "$1/$2/$3" "$3 nodes at $1 are too much for $(nproc) processors"
		return
	fi
	members_write "$3" "$2" "$1"
	for host in $(hosts_of "$3"); do
		daemon_start "$host"
	done
	cell "$@"
	for host in $(hosts_of "$3"); do
		daemon_kill "$host"
		ctl "$host" detach --all >/dev/null
	done
}

grid() {
	local nodes groups interval
	for nodes in $NODES_OF; do
		switch_up "$nodes"
		for groups in $GROUPS_OF; do
			for interval in $INTERVALS; do
				cell_from_start "$interval" "$groups" "$nodes"
			done
			bench_say "$nodes nodes, $groups groups"
		done
		switch_down "$nodes"
	done
}

WINDOW=$(seconds 5 1)
LOADED=${SECONDS_LOADED:-$([ -n "$BENCH_QUICK" ] && echo 10 || echo 600)}
bench_start steady
grid
pairs
bench_end
