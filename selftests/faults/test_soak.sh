# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# MINUTES (default 1) of all of it at once, drawn from SEED: links clogged one by one and opened in another order,
# daemons killed and stopped, handovers, loss. Three members, so never two owners, and one within bounds at the end.
. selftests/faults/lab.sh

MINUTES=${MINUTES:-1}

# One daemon is never killed: what it holds at the end is what it held at the beginning.
WATCHED=h1

rss_kib() {
	awk '/^VmRSS/ { print $2 }' "/proc/$(pid_of "$1")/status"
}

# By kind; a job that is under way has some for a while.
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

shuffled() {
	printf '%s\n' "$@" | shuf --random-source=<(yes "$RANDOM$RANDOM") | tr '\n' ' '
}

# All members' links go one by one, and come back in another order.
swizzle_clog() {
	local host
	for host in $(shuffled h1 h2 h3); do
		lan "cut $host *; cut * $host" >/dev/null
		sleep "0.$((RANDOM % 6))"
	done
	for host in $(shuffled h1 h2 h3); do
		lan "heal $host *; heal * $host" >/dev/null
		sleep "0.$((RANDOM % 6))"
	done
}

one_way() {
	local a b rest
	read -r a b rest <<<"$(shuffled h1 h2 h3)"
	lan "cut $a $b" >/dev/null
	sleep "0.$((RANDOM % 8 + 1))"
	lan "heal $a $b" >/dev/null
}

# Between the members: a request that is doubled and late may well be answered by two, one after the other.
noisy() {
	lan "loss * * $((RANDOM % 40)); dup * * $((RANDOM % 40)); late * * $((RANDOM % 30)) $((RANDOM % 300))" \
		"; heal c *; heal * c" >/dev/null
	sleep "1.$((RANDOM % 9))"
	lan_heal >/dev/null
}

stop_one() {
	local host=h$((RANDOM % 3 + 1))
	stamp STOP $host >/dev/null
	sleep "0.$((RANDOM % 9 + 1))"
	stamp CONT $host >/dev/null
}

kill_one() {
	local host=h$((RANDOM % 2 + 2))
	daemon_kill $host
	sleep "0.$((RANDOM % 9))"
	daemon_start $host
}

hand_over() {
	find_owner
	[ -z "$OWNER" ] || ctl "$OWNER" release web >/dev/null 2>&1
}

upgrade_one() {
	# Refused or not: a process that has just been replaced may not listen yet.
	kill -USR2 "$(pid_of "h$((RANDOM % 3 + 1))")" 2>/dev/null
	sleep 0.5
}

fault() {
	case $((RANDOM % 7)) in
	0) swizzle_clog ;;
	1) one_way ;;
	2) noisy ;;
	3) stop_one ;;
	4) kill_one ;;
	5) hand_over ;;
	6) upgrade_one ;;
	esac
	faults=$((faults + 1))
}

# timeout: test_soak 7200
# slow: test_soak
test_soak() {
	local end rss files faults=0
	RANDOM=$SEED LAB_RATE=200
	say "seed $SEED, $MINUTES minutes"
	three_in_lab h1 h2 h3
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
	busywait 8000 no_more_files "$(awk '{ for (i = 1; i < NF; i += 2) n += $i; print n }' <<<"$files")" ||
		fail "$WATCHED holds more files open than at the start: $files"
	expect_le "KiB that $WATCHED has grown" 2048 $(($(rss_kib $WATCHED) - rss))
	seen "seed $SEED: $faults faults, $(saw .owners_count) claims, $(changes) changes, $(saw .answered) answers, none wrong;" \
		"memory +$(($(rss_kib $WATCHED) - rss)) KiB, no more files"
}
