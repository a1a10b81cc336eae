# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Planned handovers that do not go as planned: a successor that does not come, that is just being replaced.

# As READY as a host can be that does not know yet what stands in its way: an address that is not ours to add.
spoil_standby() {
	on "$STANDBY" bpftool map freeze pinned "/sys/fs/bpf/ip-takeover/$(instance_of "$STANDBY")/vips" ||
		fail "the map cannot be frozen"
}

test_nobody_took_it() {
	pair_up
	spoil_standby
	expect_fail 1 "group 'web': released, but nobody took it in time" ctl "$OWNER" release web
	grep -q 'web: candidate -> fault' "$TMP/$STANDBY.log" || fail "$STANDBY did not try"
	wait_owner "$OWNER"
}

# The group is out of service here all the same, and stays so.
test_nobody_took_what_was_drained() {
	pair_up
	spoil_standby
	expect_fail 1 "group 'web': drained, but nobody took it in time" ctl "$OWNER" drain web
	owner_is "$OWNER" && fail "$OWNER owns it again"
	expect_ok ctl "$OWNER" undrain web
	wait_owner "$OWNER"
}

test_taken() {
	pair_up
	expect_ok ctl "$OWNER" release web
	wait_owner "$STANDBY"
}

# released HOST: at once, or as soon as the other host can take it. Its refusals are no release.
released() {
	local end out
	end=$(end_after 5000)
	until out=$(ctl "$1" release web 2>&1); do
		[[ $out != *"nobody took it"* ]] || fail "$1 names a host that does not come: $out"
		[ "$(ms_now)" -lt "$end" ] || fail "$1 does not release: $out"
		sleep 0.01
	done
}

# The standby's process is being replaced, and at any moment of that the owner is asked to release.
test_successor_is_being_replaced() {
	local i
	REALTIME=true
	pair_up
	ask_begin
	for ((i = 0; i < 12; i++)); do
		stamp USR2 "$STANDBY" >/dev/null
		sleep "0.$(printf %03d $((i * 25)))"
		released "$OWNER"
		wait_owner "$STANDBY"
		wait_pair
	done
	ask_end_judged
	# One whose successor does not come costs G, 306 ms, and more.
	expect_le "gap, ms" 200 "$(json '.longest_gap | (.length_ns - .own_late_ns) / 1e6 | floor' "$TMP/ask.json")"
	expect_eq "releases that nobody took" 0 "$(cat "$TMP"/h?.log | grep -c 'release -> standby: no grant came')"
}
