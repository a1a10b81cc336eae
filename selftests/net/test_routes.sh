# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Routes and rules that follow the owner: there before it speaks, looked after while it owns, gone when it does not.

ROUTE='198.51.100.0/24 via 198.18.0.254 dev eth0 src 198.18.1.1'
RULE='from 198.18.1.1 table 100 priority 100'

# routes_conf HOST ROUTES RULES
routes_conf() {
	conf_write "$1"
	sed -i "s|^    refresh .*|&\n    routes = { $2 }\n    rules = { $3 }|" "$TMP/$1.conf"
}

routed_pair() {
	local h
	lan_up c h1 h2
	for h in h1 h2; do
		routes_conf $h "\"$ROUTE\", \"default via 198.18.0.254 table 100\"" "\"$RULE\""
		daemon_start $h
	done
	wait_pair
}

has_route() {
	ip -n "$1" route show table all proto 73 | grep -q "^198.51.100.0/24 via 198.18.0.254 dev eth0 .*src 198.18.1.1" &&
		ip -n "$1" route show table 100 proto 73 | grep -q "^default via 198.18.0.254 dev eth0"
}

has_rule() {
	ip -n "$1" rule show | grep -q "^100:.*from 198.18.1.1 lookup 100"
}

has_all() {
	has_route "$1" && has_rule "$1"
}

has_none() {
	! ip -n "$1" route show table all proto 73 | grep -q . && ! has_rule "$1"
}

test_follow_the_owner() {
	local first
	routed_pair
	first=$OWNER
	busywait 3000 has_all "$first" || fail "the owner: $(ip -n "$first" route show table all proto 73; ip -n "$first" rule)"
	has_none "$STANDBY" || fail "the standby has some"
	expect_eq "as status has them" "ours ours ours" \
		"$(status "$first" '.groups[0] | [.routes[].state, .rules[].state] | join(" ")')"
	wait_selftest
	expect_ok ctl "$first" release web
	wait_owner "$STANDBY"
	has_all "$STANDBY" || fail "the new owner speaks without them"
	busywait 4000 has_none "$first" || fail "not gone after the drain: $(ip -n "$first" rule)"
}

wait_selftest() {
	busywait 5000 status_is "$STANDBY" '.groups[0].selftest.result' ok || fail "no self-test"
}

back_within() {
	local ms
	ms=$(ms_now)
	busywait 2000 has_all "$OWNER" || fail "$1: not put back: $(ip -n "$OWNER" route show table all proto 73; ip -n "$OWNER" rule)"
	say "$1: back after $(($(ms_now) - ms)) ms"
	expect_le "$1: ms until it was back" 600 $(($(ms_now) - ms))
}

test_put_back() {
	routed_pair
	busywait 3000 has_all "$OWNER" || fail "the owner has none"
	ip -n "$OWNER" route del 198.51.100.0/24
	back_within "a route"
	ip -n "$OWNER" rule del priority 100
	back_within "a rule"
	grep -q "ALARM: group web: 1 of its routes and rules had been taken away" "$TMP/$OWNER.log" || fail "nothing was told"
}

# The kernel takes the routes with it, and says nothing of them.
test_address_taken_off() {
	routed_pair
	busywait 3000 has_all "$OWNER" || fail "the owner has none"
	ip -n "$OWNER" addr del "$VIP/32" dev eth0
	back_within "the source"
}

test_ended_and_killed() {
	routed_pair
	busywait 3000 has_all "$OWNER" || fail "the owner has none"
	daemon_kill "$OWNER"
	has_all "$OWNER" || fail "who removed them?"
	wait_owner "$STANDBY"
	daemon_start "$OWNER"
	busywait 3000 has_none "$OWNER" || fail "left by a killed process: $(ip -n "$OWNER" rule)"
	daemon_kill "$STANDBY"
	expect_ok ctl "$STANDBY" detach --all
	has_none "$STANDBY" || fail "left by detach: $(ip -n "$STANDBY" rule)"
	expect_no_trace "$STANDBY"
}

# What is another's is used, and stays.
somebody_elses_up() {
	local h
	lan_up c h1 h2
	for h in h1 h2; do
		ip -n $h route add 198.51.100.0/24 via 198.18.0.254 dev eth0 proto static
		ip -n $h rule add from 198.18.1.1 table 100 priority 100
		routes_conf $h '"198.51.100.0/24 via 198.18.0.254"' "\"$RULE\""
		daemon_start $h
	done
	wait_pair
	busywait 3000 status_is "$OWNER" '.groups[0] | [.routes[].state, .rules[].state] | join(" ")' "theirs theirs" ||
		fail "$(status "$OWNER" '.groups[0].routes, .groups[0].rules')"
}

test_somebody_elses() {
	somebody_elses_up
	expect_eq "rules like it" 1 "$(ip -n "$OWNER" rule show | grep -c "^100:")"
	daemon_kill "$OWNER"
	expect_ok ctl "$OWNER" detach --all
	ip -n "$OWNER" route show proto static | grep -q 198.51.100.0/24 || fail "their route is gone"
	has_rule "$OWNER" || fail "their rule is gone"
}

# Whose it was takes it away: from then on it is ours.
test_somebody_elses_that_goes() {
	somebody_elses_up
	ip -n "$OWNER" route del 198.51.100.0/24 proto static
	ip -n "$OWNER" rule del from 198.18.1.1 table 100 priority 100
	busywait 5000 has_rule "$OWNER" || fail "the rule is not put back: $(ip -n "$OWNER" rule)"
	busywait 5000 status_is "$OWNER" '.groups[0] | [.routes[].state, .rules[].state] | join(" ")' "ours ours" ||
		fail "$(status "$OWNER" '.groups[0].routes, .groups[0].rules')"
	ip -n "$OWNER" route show | grep -q 198.51.100.0/24 || fail "the route is not put back"
}

# One that cannot be added: no black hole, the other host serves.
test_cannot_be_added() {
	lan_up c h1 h2
	ip -n h1 route add 198.51.100.0/24 via 198.18.0.253 dev eth0
	PRIORITY=200 routes_conf h1 "\"$ROUTE\"" "\"$RULE\""
	PRIORITY=100 routes_conf h2 "\"$ROUTE\"" "\"$RULE\""
	daemon_start h1
	busywait 5000 fault_is h1 || fail "no fault: $(ctl h1 status)"
	busywait 3000 alarm_is h1 "another route with that destination" || fail "$(status h1 .alarms)"
	has_none h1 || fail "some are left: $(ip -n h1 rule)"
	! ip -n h1 addr show dev eth0 | grep -q "$VIP/" || fail "the address is left"
	daemon_start h2
	wait_owner h2
	ip -n h1 route show | grep -q "198.51.100.0/24 via 198.18.0.253" || fail "their route is gone"
}

# One that uses less of the table is not like ours.
test_somebody_elses_half() {
	lan_up c h1 h2
	ip -n h1 rule add from 198.18.1.1 table 100 priority 100 suppress_prefixlength 0
	PRIORITY=200 routes_conf h1 "\"$ROUTE\"" "\"$RULE\""
	daemon_start h1
	wait_owner h1
	busywait 3000 status_is h1 '.groups[0].rules[0].state' ours || fail "$(status h1 '.groups[0].rules')"
	expect_eq "rules of priority 100" 2 "$(ip -n h1 rule show | grep -c "^100:")"
}

# Left by pins that were removed by hand, of another configuration: the kernel takes none that says less beside it.
test_rule_in_the_way() {
	lan_up c h1 h2
	ip -n h1 rule add from 198.18.1.1 to 10.0.0.0/8 table 100 priority 100 proto 73
	PRIORITY=200 routes_conf h1 "\"$ROUTE\"" "\"$RULE\""
	daemon_start h1
	busywait 5000 fault_is h1 || fail "no fault: $(ctl h1 status)"
	busywait 3000 alarm_is h1 "another rule with that table and priority" || fail "$(status h1 .alarms)"
	ip -n h1 rule show | grep -q "^100:.*to 10.0.0.0/8" || fail "what was in the way is gone"
	expect_eq "routes left" "" "$(ip -n h1 route show table all proto 73)"
}

# Added, changed and removed in the file, under the owner.
test_reloaded() {
	local h
	routed_pair
	busywait 3000 has_all "$OWNER" || fail "the owner has none"
	for h in h1 h2; do
		routes_conf $h '"198.51.100.0/24 via 198.18.0.253", "2001:db8:1::/48 via fe80::1"' '"from 198.18.1.1 table 100 priority 101"'
	done
	expect_fail 1 "eth0 has no IPv6" ctl "$OWNER" reload
	has_all "$OWNER" || fail "a reload that was refused took something away"
	on "$OWNER" sysctl -qw net.ipv6.conf.eth0.disable_ipv6=0
	expect_ok ctl "$OWNER" reload
	busywait 3000 rerouted "$OWNER" || fail "$(ip -n "$OWNER" route show table all proto 73; ip -n "$OWNER" rule)"
	owner_is "$OWNER" || fail "it is not the owner any more"
	conf_write "$OWNER"
	expect_ok ctl "$OWNER" reload
	busywait 3000 has_nothing "$OWNER" || fail "left: $(ip -n "$OWNER" route show table all proto 73; ip -n "$OWNER" rule)"
}

rerouted() {
	local all
	all=$(ip -n "$1" route show table all proto 73; ip -n "$1" -6 route show table all proto 73; ip -n "$1" rule)
	grep -q "198.51.100.0/24 via 198.18.0.253" <<<"$all" && ! grep -q "198.18.0.254" <<<"$all" &&
		grep -q "2001:db8:1::/48 via fe80::1" <<<"$all" && grep -q "^101:" <<<"$all" && ! grep -q "^100:" <<<"$all"
}

has_nothing() {
	! rerouted "$1" && has_none "$1" && ! ip -n "$1" -6 route show table all proto 73 | grep -q . && ! ip -n "$1" rule show | grep -q "^101:"
}

# Over exec they stay where they are.
test_upgraded() {
	routed_pair
	busywait 3000 has_all "$OWNER" || fail "the owner has none"
	ip -n "$OWNER" monitor route rule >"$TMP/monitor" &
	defer kill $!
	sleep 0.2
	expect_ok ctl "$OWNER" upgrade
	busywait 5000 grep -q 'adopted from' "$TMP/$OWNER.log" || fail "not replaced"
	sleep 1
	has_all "$OWNER" || fail "gone"
	expect_eq "routes and rules that went" 0 "$(grep -c Deleted "$TMP/monitor")"
}
