# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A change of keys that is half done, as it is after its first step: n1 has the new key and the old one, n2 the old one
# alone. Then what n2 says no longer reaches n1, which does not know any more what n2 can verify. n2 hears n1 all the
# time, so it must never take it for dead, and there are never two owners.

# A lease of 200 ms: what a busy machine does to a daemon ends none, and none of this would make two owners if it did.
INTERVAL=50ms MISSES=5

key_new() {
	echo "$1 $(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')"
}

# conf_keys HOST ROLLOUT KEY...: its files from now on.
conf_keys() {
	local host=$1 rollout=$2
	shift 2
	conf_write "$host"
	sed -i "s,key-file = .*,key-file = \"$TMP/key.$host\"\n    rollout = \"$rollout\"," "$TMP/$host.conf"
	printf '%s\n' "$@" >"$TMP/key.$host"
	chmod 600 "$TMP/key.$host"
}

# half_done ROLLOUT: a pair in the middle of a change of keys, and somebody who asks all the time.
half_done() {
	local old
	old=$(key_new 1)
	conf_keys h1 permissive "$old"
	conf_keys h2 permissive "$old"
	pair_up
	ask_begin
	say_begin
	conf_keys h1 "$1" "$old" "$(key_new 2)"
	expect_ok ctl h1 reload
}

# Whenever h1 says before and after h2 that it owns, in one term, and h2 does so in between, both do.
say_all_the_time() {
	local before='' between='' now
	while :; do
		now=$(said h1)
		[[ $now == *" owner live "* && $now == "$before" && $between == *" owner live "* ]] && echo "$between"
		before=$now between=$(said h2)
		sleep 0.02
	done
}

say_begin() {
	say_all_the_time >"$TMP/both" 2>/dev/null &
	SAYING=$!
	defer "kill $SAYING 2>/dev/null"
}

never_two() {
	kill "$SAYING"
	ask_end_judged
	expect_eq "times both said that they own" 0 "$(wc -l <"$TMP/both")"
}

# n1 alone hears nobody and goes on; n2 hears it and stands by.
expect_n1_alone() {
	wait_owner h1 10000
	sleep 0.3
	busywait 1000 state_is h2 lease none && return
	never_two
	fail "h2 owns, too, $1: $(states "h1 h2")"
}

# again COMMAND...: h1's daemon ends as if by a crash and comes back, COMMAND in between. It may have been away for longer
# than its lease: then h2 owns meanwhile, until it hears h1 again.
again() {
	daemon_kill h1
	"$@" >/dev/null || fail "\"$*\" failed"
	daemon_start h1
	busywait 10000 status_is h1 .daemon true || fail "h1 does not come back"
}

# lost ROLLOUT: n1 goes on, is restarted, and is restarted without its memory, while it hears nothing.
lost() {
	half_done "$1"
	cut h2 h1
	expect_n1_alone "when n1 hears nothing"
	again true
	expect_n1_alone "when n1 was restarted"
	again ctl h1 detach --all
	expect_n1_alone "when n1 was started anew"
	never_two
}

test_permissive() {
	lost permissive
}

test_receive_only() {
	lost receive-only
}

# What n2 signs is life to n1, and no more, already before the cut.
test_enforce() {
	lost enforce
}

# n2 owns when the cut begins: it hears that n1 does not hear it.
test_n2_owns() {
	half_done permissive
	[ "$(state h2 state)" = owner ] || expect_ok ctl h1 release web
	wait_owner h2
	cut h2 h1
	expect_n1_alone "when n1 hears nothing"
	never_two
	heal
	wait_pair
}

# n1 speaks under the old key and the new one in turns, and a frame under the wrong one tells n2 nothing. n1's daemon hangs
# at whatever moment: its gate must not stay open for longer than n2 waits since it heard the last one.
test_n1_hangs() {
	local i
	half_done receive-only
	cut h2 h1
	expect_n1_alone "when n1 hears nothing"
	for ((i = 0; i < ${HANGS:-5}; i++)); do
		sleep "0.0$((RANDOM % 10))"
		stamp STOP h1 >/dev/null
		wait_owner h2
		stamp CONT h1 >/dev/null
		expect_n1_alone "after the hang"
	done
	never_two
}
