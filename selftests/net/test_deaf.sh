# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A host whose ingress program is taken off hears nothing: whoever needs its word must not wait for it.
# alone: a lease of 40 ms, and what is judged is how soon a daemon learns something.

deaf_pair() {
	INTERVAL=10ms MISSES=5 SETTLE=200us REALTIME=true
	pair_up
}

has_xdp() {
	ip -n "$1" -j link show dev eth0 | jq -e '.[0] | has("xdp")' >/dev/null
}

# deafen WORD: the standby, by `ip link set dev eth0 WORD off`; the owner must not notice, and all heals by itself.
deafen() {
	local term i
	term=$(state "$OWNER" term)
	for ((i = 0; i < 2; i++)); do
		ip -n "$STANDBY" link set dev eth0 "$1" off || fail "$1 cannot be taken off $STANDBY"
		busywait 5000 state_is "$STANDBY" state fault || fail "$STANDBY is not in fault"
		busywait 10000 has_xdp "$STANDBY" || fail "the program does not come back"
		wait_standby "$STANDBY"
	done
	expect_eq "roles that $OWNER left" "" "$(grep 'group web: owner ->' "$TMP/$OWNER.log")"
	expect_eq "term" "$term" "$(state "$OWNER" term)"
	owner_is "$OWNER" || fail "$OWNER does not own it any more"
}

test_standby_native() {
	deaf_pair
	deafen xdp
}

test_standby_generic() {
	lan_up
	expect_ok ctl h1 attach eth0 --mode generic
	expect_ok ctl h2 attach eth0 --mode generic
	lan_up() { :; }
	deaf_pair
	deafen xdpgeneric
}
