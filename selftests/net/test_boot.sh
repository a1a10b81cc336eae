# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A host that boots: interfaces that come late, are down, or have no route yet. A running daemon lives with each.

late_group() {
	cat >>"$TMP/h1.conf" <<-END
		group "late" {
		    interface = "late0"
		    addresses = { "198.19.1.1/24" }
		}
	END
}

late_is() {
	status_is h1 '.groups[] | select(.name == "late").state' "$1"
}

test_interface_that_comes_late() {
	ALONE=always
	lan_up
	conf_write h1
	late_group
	daemon_start h1
	busywait 8000 state_is h1 state owner || fail "the other group is not served: $(status h1 .groups)"
	busywait 3000 late_is fault || fail "the late group is $(status h1 '.groups[1].state')"
	grep -q "ALARM: group late: no interface 'late0'" "$TMP/h1.log" || fail "nothing was told"
	ip -n h1 link add late0 type veth peer name late1
	ip -n h1 link set late1 up
	ip -n h1 addr add 198.19.0.1/16 dev late0
	ip -n h1 link set late0 up
	busywait 15000 late_is owner || fail "it was not taken up: $(status h1 .groups)"
	owner_is h1 || fail "the first group was given up"
}

# Neither an interface that is up nor a route to the peer: no host is alone for that.
test_no_network_yet() {
	lan_up
	ip -n h1 addr flush dev eth0
	ip -n h1 link set eth0 down
	daemon_start h2
	wait_owner h2
	daemon_start h1
	sleep 2
	state_is h1 state owner && fail "it owns without a network"
	ip -n h1 link set eth0 up
	ip -n h1 addr add 198.18.0.1/16 dev eth0
	busywait 15000 status_is h1 '.peers[0].state' up || fail "it does not hear its peer: $(status h1 .)"
	wait_standby h1
	owner_is h2 || fail "the owner has changed"
}

# A file that names what is not there is a mistake where all runs well.
test_reload_is_strict() {
	pair_up
	cp "$TMP/$OWNER.conf" "$TMP/saved"
	cat >>"$TMP/$OWNER.conf" <<-END
		group "late" {
		    interface = "late0"
		    addresses = { "198.19.1.1/24" }
		}
	END
	expect_fail 1 "no interface 'late0'" ctl "$OWNER" reload
	owner_is "$OWNER" || fail "it is not the owner any more"
}
