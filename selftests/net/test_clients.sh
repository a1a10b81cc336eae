# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Real clients: what the usual tools and Linux's own neighbour table make of it.

by_hand() {
	lan_up
	for h in h1 h2; do
		expect_ok ctl $h attach eth0
		expect_ok ctl $h add web $VIP/16 dev eth0
	done
	expect_ok ctl h1 take web
}

test_arping_habets() {
	local out
	by_hand
	out=$(on c arping -c 3 -W 0.1 -I eth0 $VIP 2>&1) || fail "$out"
	grep -q "3 packets received" <<<"$out" || fail "$out"
	grep -qi "$MAC1" <<<"$out" || fail "$out"
}

iputils_needed() {
	[ -x "$OUT/tools/iputils/usr/bin/arping" ] || skip "iputils-arping could not be fetched"
}

iputils() {
	on c "$OUT/tools/iputils/usr/bin/arping" "$@" 2>&1
}

test_arping_iputils() {
	local out
	iputils_needed
	by_hand
	out=$(iputils -c 3 -w 3 -I eth0 $VIP) || fail "$out"
	grep -q "Received 3 response" <<<"$out" || fail "$out"
	grep -qi "$MAC1" <<<"$out" || fail "$out"
}

# Duplicate address detection: sender 0.0.0.0; status 1 says "in use".
test_arping_duplicate_detection() {
	local out
	iputils_needed
	by_hand
	out=$(iputils -D -c 2 -w 3 -I eth0 $VIP) && fail "-D finds the address free: $out"
	grep -qi "$MAC1" <<<"$out" || fail "$out"
	expect_ok ctl h1 release web --force
	out=$(iputils -D -c 2 -w 2 -I eth0 $VIP) || fail "-D finds a released address in use: $out"
}

test_arp_scan() {
	local out
	by_hand
	out=$(on c arp-scan -I eth0 -q -x -r 1 $VIP 198.18.0.2 2>/dev/null)
	expect_eq "hosts found" "$(printf '%s\n' "198.18.0.2 $MAC2" "$VIP $MAC1" | sort)" \
		"$(echo "$out" | awk 'NF { print $1, $2 }' | sort)"
}

neighbour_is() {
	ip -n c -j neigh show $VIP dev eth0 | jq -e ".[0].lladdr == \"$1\"" >/dev/null
}

# One announcement moves the cache: nothing is asked, nothing expires.
test_neighbour_table_moves_at_once() {
	by_hand
	expect_ok on c ping -c 1 -W 1 -q $VIP
	neighbour_is "$MAC1" || fail "the client did not learn h1"
	on c "$TOOLS/garpcount" -i eth0 -d 60000 >"$TMP/garp.json" &
	expect_ok ctl h1 release web --force
	ctl h2 take web >"$TMP/take.log" 2>&1 &
	busywait 3000 neighbour_is "$MAC2" || fail "the client's neighbour table did not move"
	expect_ok on c ping -c 1 -W 1 -q $VIP
	wait $!
}

test_announcements_in_both_forms() {
	local garp
	lan_up
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add web $VIP/16 dev eth0
	expect_ok ctl h1 add web 198.18.1.2/16 dev eth0
	on_exec c "$TOOLS/garpcount" -i eth0 >"$TMP/garp.json" &
	garp=$!
	wait_hears $garp
	expect_ok ctl h1 take web
	kill -TERM $garp
	wait $garp
	# Six rounds (0, 20, 100, 500, 1100, 2200 ms) of both forms for two addresses.
	expect_eq "addresses in both forms" 2 "$(json .addresses_in_both_forms "$TMP/garp.json")"
	expect_eq "request form" 12 "$(json .requests "$TMP/garp.json")"
	expect_eq "reply form" 12 "$(json .replies "$TMP/garp.json")"
	expect_eq "by whom" "$MAC1" "$(json '[.frames[].mac] | unique | join(" ")' "$TMP/garp.json")"
	expect_eq "reply form with target = sender" true \
		"$(json '[.frames[] | select(.form == "reply") | .tha_is_sha] | all' "$TMP/garp.json")"
}
