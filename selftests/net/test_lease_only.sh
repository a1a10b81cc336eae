# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Groups without addresses: a lease, hooks and routes; and whether this host owns a group now.

# lease_conf HOST LINES: its group has no addresses.
lease_conf() {
	conf_write "$1"
	sed -i "s|^    addresses = .*|    lease-only = true\n    notify = { \"$TMP/hook\", \"$1\" }\n    $2|" "$TMP/$1.conf"
}

lease_pair() {
	local h
	lan_up c h1 h2
	program hook <<-'END'
		#!/bin/sh
		echo "$*" >>"${0%/*}/hooks"
	END
	for h in h1 h2; do
		lease_conf $h 'routes = { "198.51.100.0/24 via 198.18.0.254" }'
		daemon_start $h
	done
	wait_pair
}

hook_was() {
	grep -q "^$1 web $2 " "$TMP/hooks"
}

owns() {
	ctl "$1" owns web >"$TMP/owns.$1" 2>&1
}

owns_not() {
	! owns "$1"
}

routed() {
	ip -n "$1" route show proto 73 | grep -q 198.51.100.0/24
}

test_moves() {
	local first
	lease_pair
	first=$OWNER
	busywait 3000 hook_was "$first" owner || fail "no hook of $first: $(cat "$TMP/hooks")"
	owns "$first" || fail "owns: $(cat "$TMP/owns.$first")"
	grep -q "owned, lease [0-9.]* ms" "$TMP/owns.$first" || fail "owns said $(cat "$TMP/owns.$first")"
	expect_fail 1 "" ctl "$STANDBY" owns web
	expect_eq "json" true "$(ctl "$first" owns web --json | jq -r '.owns and .lease_remaining_ns > 0')"
	expect_fail 1 "there is no group 'mail'" ctl "$first" owns mail
	expect_fail 2 "usage" ctl "$first" owns
	routed "$first" || fail "no route"
	expect_eq "addresses" 0 "$(status "$first" '.groups[0].addresses | length')"
	expect_eq "alarms" "" "$(status "$first" '.alarms[].text')$(status "$STANDBY" '.alarms[].text')"
	expect_ok ctl "$first" release web
	wait_owner "$STANDBY"
	owns "$STANDBY" || fail "it does not own: $(cat "$TMP/owns.$STANDBY")"
	busywait 3000 owns_not "$first" || fail "both own"
	busywait 3000 hook_was "$STANDBY" owner || fail "no hook of $STANDBY"
}

# By the word in the kernel: nobody has to be asked.
test_killed() {
	lease_pair
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
	expect_fail 1 "" ctl "$OWNER" owns web
	expect_ok ctl "$OWNER" detach --all
	! routed "$OWNER" || fail "its route is left"
	expect_no_trace "$OWNER"
}

# One has addresses there, the other has not.
test_members_differ() {
	lan_up c h1 h2
	program hook <<<"#!/bin/sh"
	lease_conf h1 ""
	conf_write h2
	daemon_start h1
	daemon_start h2
	busywait 5000 alarm_is h1 "addresses" || fail "not told: $(status h1 .alarms)"
}

test_reloaded_into_one() {
	lease_pair
	conf_write "$OWNER"
	expect_ok ctl "$OWNER" reload
	busywait 3000 status_is "$OWNER" '.groups[0].addresses | length' 1 || fail "no address"
	owner_is "$OWNER" || fail "it is not the owner any more"
	lease_conf "$OWNER" ""
	expect_ok ctl "$OWNER" reload
	busywait 3000 status_is "$OWNER" '.groups[0].addresses | length' 0 || fail "the address is left"
	owner_is "$OWNER" || fail "it is not the owner any more"
	! ip -n "$OWNER" addr show dev eth0 | grep -q "$VIP/" || fail "the address is left on eth0"
}
