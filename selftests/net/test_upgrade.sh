# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# A host is replaced whose vote carries another one's lease of 40 ms: that one must never notice.
# alone: a lease of 40 ms ends when the machine stalls.

# shellcheck source=selftests/lib_quorum.sh
. "${BASH_SOURCE[0]%/*}/../lib_quorum.sh"

INTERVAL=10ms MISSES=5 SETTLE=200us
UPGRADES=8

# slow_heirs: daemons that are started from now on are replaced by a program that takes longer than a lease to start.
slow_heirs() {
	CTL=$TMP/ctl
	printf '#!/bin/bash\n[ -z "${IP_TAKEOVER_HANDOVER:-}" ] || sleep 0.1\nexec -a "$0" %s "$@"\n' \
		"$(realpath "$OUT/ip-takeover-ctl")" >"$CTL"
	chmod 755 "$CTL"
}

# lapses HOST: how often its lease ran out while its daemon was awake: a machine that stalls ends any lease of 40 ms.
lapses() {
	awk '/ owner -> standby: lease ran out/ { sub(/.* late /, ""); n += $1 < 4 } END { print n + 0 }' "$TMP/$1.log"
}

processes() {
	grep -c 'first heartbeat' "$TMP/$1.log"
}

# upgrades_of HOST OWNER: as many as there shall be, and in how many of them OWNER's lease ran out.
upgrades_of() {
	local i before lapsed=0 refused=0 host=$1 owner=$2
	for i in $(seq $UPGRADES); do
		wait_agreed "$host" "$owner"
		[ "$OWNER" = "$owner" ] || fail "$owner does not own any more"
		before=$(lapses "$owner")
		ctl "$host" upgrade >"$TMP/upgrade.txt" 2>&1 || refused=$((refused + 1))
		[ "$(lapses "$owner")" = "$before" ] || lapsed=$((lapsed + 1))
	done
	say "$UPGRADES upgrades, $refused refused: the owner's lease ran out in $lapsed"
	expect_le "upgrades that were refused" 2 "$refused"
	expect_eq "upgrades in which the owner's lease ran out" 0 "$lapsed"
}

test_pair_that_never_goes_on_alone() {
	ALONE=never REALTIME=true
	slow_heirs
	pair_up
	ask_begin
	upgrades_of "$STANDBY" "$OWNER"
	ask_end_judged
}

test_quorum_without_its_witness() {
	slow_heirs
	quorum_lan h1 h2 w
	quorum_start h1 h2 w
	wait_one h1 h2
	voters_ready
	daemon_kill w
	wait_one h1 h2
	ask_begin
	upgrades_of "$(rest 1)" "$OWNER"
	ask_end_judged
}

# The owner's word that its lease is longer does not arrive: who leaves all the same would end that lease.
test_not_begun_where_it_would_cost_the_lease() {
	local term upgrade
	ALONE=never INTERVAL=50ms MISSES=20
	pair_up
	term=$(state "$OWNER" term)
	ask_begin
	upgrade=$(processes "$STANDBY")
	on sw nft -f - <<-END
		table bridge cuts {
			chain forward {
				type filter hook forward priority 0;
				iifname "$OWNER" oifname "$STANDBY" udp dport 5694 @th,152,8 & 0x04 == 0x04 counter drop
			}
		}
	END
	expect_fail 1 "vote" ctl "$STANDBY" upgrade
	heal
	grep -q 'ALARM: upgrade: .*vote' "$TMP/$STANDBY.log" || fail "the log does not say so"
	expect_eq "processes" "$upgrade" "$(processes "$STANDBY")"
	expect_ok ctl "$STANDBY" upgrade
	expect_eq "processes" $((upgrade + 1)) "$(processes "$STANDBY")"
	ask_end_judged
	expect_eq "term" "$term" "$(state "$OWNER" term)"
}
