# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A port of an Open vSwitch is a bridge's port, whose switch is no bridge by its kind, and not where the addresses are.

# shellcheck source=selftests/lib_quorum.sh
. "${BASH_SOURCE[0]%/*}/../lib_quorum.sh"

into_switch() {
	modprobe openvswitch || skip "this kernel has no Open vSwitch"
	expect_ok on "$1" "$TOOLS/ovsport" ovs0 eth0
}

# timeout: test_becomes_a_port 600
test_becomes_a_port() {
	pair_up
	into_switch "$OWNER"
	busywait 5000 alarm_is "$OWNER" "eth0 is a port of ovs0, which has its frames: name its switch's own interface" ||
		fail "no alarm: $(ip -n "$OWNER" -d link show eth0)"
	busywait 5000 fault_is "$OWNER" || fail "the port is not in fault"
	wait_owner "$STANDBY" 8000
	expect_ok on "$OWNER" "$TOOLS/ovsport" ovs0
	wait_standby "$OWNER" 8000
}

# timeout: test_attached_as_a_port 300
test_attached_as_a_port() {
	lan_up
	into_switch h1
	ctl h1 attach eth0 2>&1 | grep -q "warning: eth0 is a port of ovs0, .*name its switch's own interface" ||
		fail "no warning"
}
