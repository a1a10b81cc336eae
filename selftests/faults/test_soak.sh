# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# MINUTES (default 1) of all of it at once, drawn from SEED: links clogged one by one and opened in another order,
# daemons killed and stopped, handovers, upgrades, loss. Three members, or two of which none speaks alone: so never
# two owners, and one in every peace.
. selftests/faults/lab.sh

MINUTES=${MINUTES:-1}

# One daemon is never killed: what it holds at the end is what it held at the beginning.
WATCHED=h1

rss_kib() {
	awk '/^VmRSS/ { print $2 }' "/proc/$(pid_of "$1")/status"
}

# By kind; a job that is under way has some for a while, and an owner one that a standby has not: it announces.
open_files() {
	find "/proc/$(pid_of "$1")/fd" -mindepth 1 -printf '%l\n' 2>/dev/null | sed -E 's/(socket|pipe):.*/\1/; s/anon_inode://' | sort | uniq -c | tr -s ' \n' ' '
}

no_more_files() {
	local now
	now=$(open_files $WATCHED)
	[ "$(awk '{ for (i = 1; i < NF; i += 2) n += $i; print n }' <<<"$now")" -le "$1" ] || {
		echo "now: $now"
		return 1
	}
}

# Drawn in this shell: a subshell's $RANDOM is its own, whatever the seed.
shuffle() {
	local draw=$RANDOM
	# shellcheck disable=SC2086
	SHUFFLED=$(shuf -e $NODES --random-source=<(yes "$draw"))
}

pick() {
	shuffle
	HOST=${SHUFFLED%%$'\n'*}
}

# All members' links go one by one, and come back in another order.
swizzle_clog() {
	local host
	shuffle
	for host in $SHUFFLED; do
		lan "cut $host *; cut * $host" >/dev/null
		sleep "0.$((RANDOM % 6))"
	done
	shuffle
	for host in $SHUFFLED; do
		lan "heal $host *; heal * $host" >/dev/null
		sleep "0.$((RANDOM % 6))"
	done
}

one_way() {
	local two
	shuffle
	two=$(head -n 2 <<<"$SHUFFLED" | tr '\n' ' ')
	lan "cut $two" >/dev/null
	sleep "0.$((RANDOM % 8 + 1))"
	lan "heal $two" >/dev/null
}

# Between the members: a request that is doubled and late may well be answered by two, one after the other.
noisy() {
	lan "loss * * $((RANDOM % 40)); dup * * $((RANDOM % 40)); late * * $((RANDOM % 30)) $((RANDOM % 300))" \
		"; heal c *; heal * c" >/dev/null
	sleep "1.$((RANDOM % 9))"
	lan_heal >/dev/null
}

stop_one() {
	pick
	stamp STOP "$HOST" >/dev/null
	sleep "0.$((RANDOM % 9 + 1))"
	stamp CONT "$HOST" >/dev/null
}

kill_one() {
	pick
	[ "$HOST" != $WATCHED ] || HOST=h2
	daemon_kill "$HOST"
	sleep "0.$((RANDOM % 9))"
	daemon_start "$HOST"
}

hand_over() {
	local host
	for host in $(owners_to_be); do
		owner_is "$host" >/dev/null && ctl "$host" release web >/dev/null 2>&1 && return
	done
}

upgrade_one() {
	# Refused or not: a process that has just been replaced may not listen yet.
	pick
	kill -USR2 "$(pid_of "$HOST")" 2>/dev/null
	sleep 0.5
}

fault() {
	case $((RANDOM % 7)) in
	0) swizzle_clog ;;
	1) one_way ;;
	2) noisy ;;
	3) [ -n "${SILENCE_US:-}" ] || stop_one ;;
	4) kill_one ;;
	5) hand_over ;;
	6) upgrade_one ;;
	esac
	# Two that part have to meet first: a daemon that does not run learns of nothing.
	[ -z "${SILENCE_US:-}" ] || sleep 0.3
	faults=$((faults + 1))
}

soak() {
	local end rss files faults=0
	# What a first fault makes it allocate is no leak.
	swizzle_clog
	wait_settled
	rss=$(rss_kib $WATCHED) files=$(open_files $WATCHED)
	end=$(($(ms_now) + MINUTES * 60000))
	while [ "$(ms_now)" -lt "$end" ]; do
		fault
		# Now and then there is peace, and then there must be an owner.
		[ $((RANDOM % 4)) != 0 ] || wait_settled
	done
	lan_heal >/dev/null
	wait_settled
	sleep 0.5
	expect_safe
	busywait 8000 no_more_files "$(awk '{ for (i = 1; i < NF; i += 2) n += $i; print n + 1 }' <<<"$files")" ||
		fail "$WATCHED holds more files open than at the start: $files"
	expect_le "KiB that $WATCHED has grown" 2048 $(($(rss_kib $WATCHED) - rss))
	seen "$NODES, seed $SEED, $MINUTES min: $faults faults, $(saw .owners_count) claims, $(changes) changes, $(saw .answered) answers," \
		"none wrong; memory +$(($(rss_kib $WATCHED) - rss)) KiB, no more files"
}

# timeout: test_three 7200
# slow: test_three
test_three() {
	RANDOM=$SEED ASK_RATE=200
	three_in_lab h1 h2 h3
	soak
}

# timeout: test_pair 7200
# slow: test_pair
test_pair() {
	RANDOM=$SEED ASK_RATE=200 ALONE=never
	pair_in_lab
	soak
}

# Two may own while nothing passes, and not a wake-up longer.
# timeout: test_pair_alone 7200
# slow: test_pair_alone
test_pair_alone() {
	RANDOM=$SEED ASK_RATE=200
	pair_may_part
	pair_in_lab
	soak
	say "$(saw .apart) words of a second owner, all while nothing passed"
}
