# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# So many announcements at such a rate that live frames are worth it: by these, or, where the kernel does not say what the
# interface can send (before Linux 6.3), by AF_PACKET, and `status` says so.

kernel_at_least() {
	[ "$(printf '%s\n' "$1" "$(uname -r)" | sort -V | head -n 1)" = "$1" ]
}

announced_by() {
	[ "$(state "$1" announce.via)" = "$2" ]
}

# timeout: test_bulk 600
test_bulk() {
	local n list='' via=packet garp
	kernel_at_least 6.3 && via=live
	for n in $(seq 0 8191); do
		list="$list${list:+, }\"198.18.$((64 + n / 256)).$((n % 256))/16\""
	done
	ADDRESSES=$list ADDRESS=none BURST=1000000
	lan_up
	# A frame that a slow receiver loses comes again in the next round.
	on_exec c "$TOOLS/garpcount" -i eth0 -n 8192 -d 300000 >"$TMP/garp.json" &
	garp=$!
	daemon_start h1
	wait_owner h1
	busywait 5000 announced_by h1 $via || fail "announced by $(state h1 announce)"
	[ $via = live ] || expect_eq why "kernel does not report xdp-features" "$(state h1 announce.why)"
	wait $garp
	expect_eq "addresses announced in both forms" 8192 "$(json .addresses_in_both_forms "$TMP/garp.json")"
}
