# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# One way to start, hurt and mend a pair of h1 and h2, whoever moves the address: a system is "ours-INTERVAL",
# "ours-INTERVAL-MISSES" (5 without), "keepalived-INTERVAL", "keepalived-INTERVAL-MISSES" (3 without) or "ucarp-1s".
# Sourced after lib.sh of the benchmark.

# shellcheck source=selftests/bench/peers.sh
. selftests/bench/peers.sh

# system_setup SYSTEM COUNT: for all functions below; VIP and those that follow are floating.
system_setup() {
	SYSTEM=$1 COUNT=$2
	IFS=- read -r KIND EVERY MISSES <<<"$1"
	[ "$KIND" = ours ] || DOWN_AFTER=${MISSES:-3}
	mapfile -t FLOATING < <(addresses_from "$VIP" "$COUNT")
	# The times that clocks disciplined to 0.1 % and an idle wire allow: the table in ip-takeover.conf(5). Standing
	# addresses, so that a takeover is the lease word whatever the number; announced at the default rate: with 1,000
	# addresses and no pauses, the 2,000 frames to all hosts, on processors that these share, are 3 ms in which no
	# heartbeat gets through: at 0.5 ms roles then changed 50 times within 3 s, now not more than with 1 address.
	INTERVAL=$EVERY MISSES=${MISSES:-5} DRIFT=0.1% SETTLE=200us REALTIME=true ADDRESS=standing
	ADDRESSES=$(printf '"%s/16", ' "${FLOATING[@]}")
	ADDRESSES=${ADDRESSES%, }
}

addresses_from() {
	local a b c d n
	IFS=. read -r a b c d <<<"$1"
	for ((n = c * 256 + d; n < c * 256 + d + $2; n++)); do
		echo "$a.$b.$((n / 256)).$((n % 256))"
	done
}

system_missing() {
	[ "$KIND" != ours ] && peer_missing "$KIND"
}

other() {
	echo "h$((3 - ${1#h}))"
}

interval_ms() {
	case $EVERY in
	*ms) echo "${EVERY%ms}" ;;
	*s) echo $((${EVERY%s} * 1000)) ;;
	esac
}

host_start() {
	case $KIND in
	ours)
		daemon_start "$1"
		disown
		;;
	keepalived) keepalived_start "$1" $((255 - ${1#h})) "$(awk "BEGIN { print $(interval_ms) / 1000 }")" "${FLOATING[@]}" ;;
	ucarp) ucarp_start "$1" "${1#h}" "${FLOATING[@]}" ;;
	esac
}

# What a fault is done to, the process that matters last.
host_pids() {
	case $KIND in
	ours) pid_of "$1" ;;
	*) "${KIND}_pids" "$1" | paste -sd, ;;
	esac
}

# What SIGKILL leaves: a process that takes its time to go, and a peer's addresses.
host_bury() {
	case $KIND in
	ours) ended "$(pid_of "$1")" ;;
	*)
		peer_end "$1" SIGKILL
		peer_sweep "$1"
		;;
	esac 2>/dev/null
}

host_stop() {
	case $KIND in
	ours)
		daemon_kill "$1"
		ended "$(pid_of "$1")"
		ctl "$1" detach --all >/dev/null
		;;
	*)
		"${KIND}_stop" "$1"
		peer_sweep "$1"
		;;
	esac 2>/dev/null
}

has_address() {
	[ -n "$(ip -n "$1" -4 addr show dev eth0 to "$VIP/32")" ]
}

# Sets OWNER and STANDBY if exactly one of the two has it.
peer_owner() {
	local h1='' h2=''
	has_address h1 && h1=1
	has_address h2 && h2=1
	[ "$h1$h2" = 1 ] || return 1
	[ -n "$h1" ] && OWNER=h1 || OWNER=h2
	STANDBY=$(other "$OWNER")
}

# Advertisements must have passed, so that the standby knows what it waits for.
peers_settle() {
	local owner='' since end
	since=$(ms_now) end=$(($(ms_now) + 20000))
	while [ "$(ms_now)" -lt "$end" ]; do
		if ! peer_owner || [ "$OWNER" != "$owner" ]; then
			since=$(ms_now) owner=${OWNER:-}
		fi
		[ "$(ms_now)" -lt $((since + 150 + 2 * $(interval_ms))) ] || return 0
		sleep 0.03
	done
	return 1
}

# The same before and after a few of the longest intervals.
ours_settle() {
	local end first
	end=$(($(ms_now) + 15000))
	while [ "$(ms_now)" -lt "$end" ]; do
		first=$(agreed h1 h2) && sleep 0.05 && [ "$first" = "$(agreed h1 h2)" ] || continue
		OWNER=${first% *} STANDBY=$(other "${first% *}")
		return
	done
	return 1
}

# Exactly one owns, the other stands by: OWNER and STANDBY. False: not to be had.
system_settle() {
	case $KIND in
	ours) ours_settle ;;
	*) peers_settle ;;
	esac
}

system_start() {
	rm -f "$TMP"/h[12].conf
	host_start h1
	host_start h2
	# A host that has only just met its peer allows for a longer lease than the one it is told now.
	[ "$KIND" != ours ] || sleep 2
}

system_stop() {
	host_stop h1
	host_stop h2
}

# one_round CASE NUMBER COMMAND...: a try that finds the roles moved before anything was done to them is no round. Sets
# DISCARDED: how many tries were none.
one_round() {
	local case=$1 number=$2
	shift 2
	for DISCARDED in 0 1 2; do
		"$@" && return
	done
	DISCARDED=3
	unmeasured "$case" "round $number: the roles moved without a fault, $DISCARDED times"
}

host_wake() {
	local pid
	for pid in $(host_pids "$1" | tr , ' '); do
		kill -CONT "$pid"
	done
}

# hurt_of FAULT HOST: as gapprobe wants it.
hurt_of() {
	case $1 in
	killed) echo "kill:$(host_pids "$2")" ;;
	stopped) echo "stop:$(host_pids "$2")" ;;
	unplugged) echo "down:sw:$2" ;;
	esac
}

# mend FAULT HOST: it comes back as what it then is, mostly the standby.
mend() {
	case $1 in
	killed)
		host_bury "$2"
		host_start "$2"
		;;
	stopped) host_wake "$2" ;;
	unplugged)
		plug_back "$2"
		[ "$KIND" != ucarp ] || ucarp_plugged "$2"
		;;
	esac
}

# lans_side_by_side: for each line of standard input `lan SAMPLES WORD...`, which the part has, all at the same time.
# A gap of hundreds of milliseconds does not mind the others. False: one of them did not come to its end.
lans_side_by_side() {
	local line n=0 i pids=() bad=0
	while read -r line; do
		n=$((n + 1))
		# shellcheck disable=SC2086
		lan "$BENCH_SAMPLES.$n" $line </dev/null >"$TMP/lan$n.log" 2>&1 &
		pids+=($!)
	done
	for ((i = 1; i <= n; i++)); do
		wait "${pids[i - 1]}" || bad=1
		cat "$BENCH_SAMPLES.$i" >>"$BENCH_SAMPLES" && rm -f "$BENCH_SAMPLES.$i"
	done
	[ $bad = 0 ] || tail -n 5 "$TMP"/lan*.log >&2
	return $bad
}
