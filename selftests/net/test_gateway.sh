# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A pair with alone = "gateway": who hears nothing from the other owns only while the gateway g answers it.

GATEWAY=198.18.0.254

gateway_pair() {
	local host
	ALONE=gateway
	lan_up
	host_add g $GATEWAY/16
	for host in h1 h2; do
		conf_write $host
		sed -i "s/^alone = .*/&\ngateway = \"$GATEWAY\"/" "$TMP/$host.conf"
		daemon_start $host
	done
	wait_pair
	ask_begin
}

silent() {
	busywait 3000 state_is "$1" lease none || fail "$1 holds on: $(state "$1" state)/$(state "$1" lease)"
}

# It goes on being silent for longer than any silence is judged.
stays_silent() {
	local end=$(($(ms_now) + 1500))
	while [ "$(ms_now)" -lt "$end" ]; do
		state_is "$1" lease none >/dev/null || fail "$1 took it"
		sleep 0.1
	done
}

test_owner_killed() {
	gateway_pair
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
	sleep 1
	owner_is "$STANDBY" || fail "it did not stay the owner: $(state "$STANDBY" state)"
	ask_end_judged
}

# As long as the two hear each other nobody asks the gateway for its opinion.
test_gateway_lost() {
	local term
	gateway_pair
	term=$(state "$OWNER" term)
	unplug g
	sleep 1.5
	owner_is "$OWNER" || fail "the owner is $(state "$OWNER" state)"
	expect_eq "term" "$term" "$(state "$OWNER" term)"
	plug_back g
	ask_end_judged
}

# The standby, cut off from all, is in no position to judge; the owner, which reaches the gateway, goes on.
test_standby_cut_off() {
	local term
	gateway_pair
	term=$(state "$OWNER" term)
	cut_apart "$STANDBY" "$OWNER" "$STANDBY" g
	stays_silent "$STANDBY"
	owner_is "$OWNER" || fail "the owner is $(state "$OWNER" state)"
	heal
	wait_standby "$STANDBY"
	sleep 0.5
	ask_end_judged
	owner_is "$OWNER" || fail "healed, the owner is $(state "$OWNER" state)"
	expect_eq "term" "$term" "$(state "$OWNER" term)"
}

# The owner, cut off from all but clients, falls silent, and the standby, which reaches the gateway, takes over.
test_owner_cut_off() {
	gateway_pair
	cut_apart "$OWNER" g "$OWNER" "$STANDBY"
	silent "$OWNER"
	wait_owner "$STANDBY"
	heal
	wait_standby "$OWNER"
	sleep 0.5
	ask_end_judged
	owner_is "$STANDBY" || fail "healed, the new owner is $(state "$STANDBY" state)"
}

test_neither_reaches_it() {
	gateway_pair
	unplug g
	daemon_kill "$OWNER"
	stays_silent "$STANDBY"
	plug_back g
	wait_owner "$STANDBY"
	ask_end_judged
	unplug g
	silent "$STANDBY"
	expect_eq "who answers" "" "$(answers c $VIP)"
}
