# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Members that come and go while the daemons run. Two majorities of different members need not meet, so a reload
# changes one voter at a time, and only when the change before is done; a client that asks all the time gets one
# answer, whatever is cut in the middle.

# shellcheck source=selftests/lib_quorum.sh
. "${BASH_SOURCE[0]%/*}/../lib_quorum.sh"

# A busy machine may stall for longer than the usual 300 ms lease.
INTERVAL=150ms

# expect_no_change TERM: the owner is who it was under that term; unless its host, as its log says, slept for too long.
expect_no_change() {
	local term
	term=$(state "$OWNER" term)
	[ "$term" != "$1" ] || return 0
	awk '/ owner -> / { sub(/.* late /, ""); late = late || $1 > 200 } END { exit !late }' "$TMP/$OWNER.log" ||
		fail "the term was $1 and is $term"
	say "the machine stalled: the term was $1 and is $term"
}

# members_are MEMBER...: from now on files are written for these.
members_are() {
	local host
	MEMBERS=$*
	for host in "$@"; do
		quorum_conf "$host"
	done
}

# line_of HOST PEER: where HOST's file has it.
line_of() {
	grep -n "^peer \"$2\"" "$TMP/$1.conf" | sed 's/:.*//'
}

# refused HOST WORD: its file as it is now changes nothing.
refused() {
	local before
	before=$(grep -c 'first heartbeat' "$TMP/$1.log")
	expect_fail 1 "$2" ctl "$1" reload
	expect_eq "processes of $1" "$before" "$(grep -c 'first heartbeat' "$TMP/$1.log")"
}

# reload_says HOST WORD
reload_says() {
	ctl "$1" reload 2>&1 | grep -qF "$2"
}

# Not before the change before is settled, which takes some heartbeats.
reload_when_settled() {
	busywait 10000 ctl "$1" reload >/dev/null || fail "$1 cannot reload: $(ctl "$1" reload 2>&1)"
}

# split "HOST..." "HOST...": nothing passes between the two sides.
split() {
	local a b pairs=()
	for a in $1; do
		for b in $2; do
			pairs+=("$a" "$b")
		done
	done
	cut_apart "${pairs[@]}"
}

# Both sides of a split are given the time to own: more than a boot wait, which is G of X.
wait_for_both_sides() {
	sleep 4
}

# add_member NEW OLD...: NEW is started with the new file, then the others read theirs, one after the other. Until the
# owner has, NEW takes it for a stranger.
add_member() {
	local new=$1 host
	shift
	[ -e "/run/netns/$new" ] || host_add "$new" "198.18.0.${new#h}/16"
	members_are "$new" "$@"
	quorum_start "$new"
	for host in "$@"; do
		reload_when_settled "$host"
		wait_one "$@"
	done
	wait_one "$@" "$new"
}

test_five_by_one_reload() {
	local status
	quorum_up h1 h2 h3
	ask_begin
	host_add h4 198.18.0.4/16
	host_add h5 198.18.0.5/16
	members_are h1 h2 h3 h4 h5
	quorum_start h4 h5
	ctl h3 reload >"$TMP/reload.txt" 2>&1
	status=$?
	split "h1 h2" "h3 h4 h5"
	wait_for_both_sides
	ask_end_judged
	expect_eq "exit status of reload" 1 "$status"
	grep -qF "h3.conf:$(line_of h3 h5): peer 'h5': members change one voter at a time" "$TMP/reload.txt" ||
		fail "reload does not name the peer: $(cat "$TMP/reload.txt")"
}

test_four_then_five() {
	local term
	quorum_up h1 h2 h3
	ask_begin
	term=$(state "$OWNER" term)
	add_member h4 h1 h2 h3
	add_member h5 h1 h2 h3 h4
	all_agree
	expect_no_change "$term"
	# Of five, three are a majority; of three, two were.
	split "h1 h2" "h3 h4 h5"
	wait_for_both_sides
	wait_one h3 h4 h5
	ask_end_judged
	wait_silent h1
	wait_silent h2
}

# Three of four: the new set's owner needs h3 and h4 and one more, the old set's two of h1, h2, h3.
test_split_in_the_middle() {
	quorum_up h1 h2 h3
	ask_begin
	host_add h4 198.18.0.4/16
	members_are h1 h2 h3 h4
	quorum_start h4
	reload_when_settled h3
	split "h1 h2" "h3 h4"
	wait_for_both_sides
	wait_one h1 h2
	wait_silent h3
	wait_silent h4
	heal
	wait_one h1 h2 h3
	reload_when_settled h1
	split "h1 h2" "h3 h4"
	wait_for_both_sides
	heal
	reload_when_settled h2
	wait_one h1 h2 h3 h4
	ask_end_judged
}

# The way back is open to whom has not forgotten the members before.
test_back_again() {
	local term
	quorum_up h1 h2 h3
	term=$(state "$OWNER" term)
	ask_begin
	members_are h1 h2 h3 h4
	reload_when_settled h1
	members_are h1 h2 h3 h4 h5
	refused h1 "have not settled"
	members_are h1 h2 h3
	expect_ok ctl h1 reload
	wait_one h1 h2 h3
	ask_end_judged
	expect_no_change "$term"
}

# An orderly way out: released first, then the others do without it.
test_member_removed() {
	quorum_up h1 h2 h3 h4
	ask_begin
	[ "$OWNER" != h4 ] || expect_ok ctl h4 release web
	wait_one h1 h2 h3
	members_are h1 h2 h3
	for host in h1 h2 h3; do
		reload_when_settled "$host"
		wait_one h1 h2 h3
	done
	daemon_kill h4
	daemon_kill "$(rest 1)"
	wait_one "$OWNER" "$(rest 2)"
	ask_end_judged
}

# A name that sorts before others takes their numbers, where no file says them.
test_numbers_stay() {
	local host
	quorum_up h1 h2 h3
	for host in h1 h3; do
		echo 'peer "h2b" { address = "198.18.0.7" }' >>"$TMP/$host.conf"
	done
	refused h1 "h1.conf:$(line_of h1 h3): peer 'h3': its number would be 4 and is 3"
	refused h3 "write id = 3 for this node"
	expect_eq "notes" 1 "$(ctl h1 check -c "$TMP/h1.conf" | grep -c 'note: id is not written')"
	# As it prints the file the numbers are written.
	ctl h1 check -c "$TMP/h1.conf" >"$TMP/h4.conf"
	expect_eq "notes" 0 "$(ctl h1 check -c "$TMP/h4.conf" | grep -c 'note: id is not written')"
}

# What reload is asked, a start is asked too: the pinned maps know who the members were.
test_start_with_other_members() {
	quorum_up h1 h2 h3
	members_are h1 h2 h3 h4 h5
	daemon_kill "$(rest 1)"
	expect_fail 1 "detach --all" ctl "$(rest 1)" run -c "$TMP/$(rest 1).conf"
	members_are h1 h2 h3 h4
	ask_begin
	daemon_start "$(rest 1)"
	# shellcheck disable=SC2086
	wait_one $OWNER $REST
	ask_end_judged
}

# Others go on beside a host that has not heard of it: it waits until it has.
no_longer_heard() {
	[ "$(status "$1" ".peers[] | select(.name == \"$2\").state")" = down ]
}

test_others_are_asked() {
	quorum_up h1 h2 h3
	members_are h1 h2 h3 h5
	daemon_kill h2
	expect_ok ctl h2 detach --all
	daemon_start h2
	busywait 5000 grep -q "ALARM: h2 has another mode" "$TMP/h1.log" || fail "h1 does not hear the new h2"
	members_are h1 h2 h3 h4
	refused h1 "peer 'h2' runs with other members"
	# As long as h2 is heard it speaks against it, and h3 is silent by then.
	daemon_kill h3
	busywait 5000 no_longer_heard h1 h3 || fail "h1 still hears h3"
	daemon_kill h2
	busywait 5000 reload_says h1 "1 of 3 members are heard" || fail "h1 says: $(ctl h1 reload 2>&1)"
	refused h1 "1 of 3 members are heard"
}

test_pair_to_quorum() {
	local host term
	ALONE=always
	quorum_up h1 h2
	term=$(state "$OWNER" term)
	ask_begin
	host_add h3 198.18.0.3/16
	members_are h1 h2 h3
	refused h1 'set alone = "never" on both first'
	ALONE=never
	members_are h1 h2
	for host in h1 h2; do
		reload_when_settled "$host"
		wait_one h1 h2
	done
	add_member h3 h1 h2
	expect_no_change "$term"
	split h1 "h2 h3"
	wait_for_both_sides
	wait_silent h1
	wait_one h2 h3
	ask_end_judged
}
