# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What an old owner says of the new one at a planned handover, and whether a client gains from it that misses what
# the new owner says itself: for the first 900 ms all of that is lost, or half of it. Measured: told by the old owner it
# has the new MAC after a quarter of a second instead of one and a quarter, and in neither case is an echo lost.

neighbour() {
	ip -n c -j neigh show $VIP dev eth0 | jq -r '.[0].lladdr // "none"'
}

relinquish_pair() {
	local host
	for host in h1 h2; do
		track_conf $host '' "relinquish = \"$1\""
	done
	pair_up
	OLD=$OWNER NEW=$STANDBY OLDMAC=$(mac_of "$OWNER") NEWMAC=$(mac_of "$STANDBY")
}

# handed_over_with_loss MODE RULE: the client asks 100 times a second; of the new owner's announcements those that RULE
# names, or all, are lost for the first 900 ms. Prints when the client has the new MAC, and how many echoes were lost.
handed_over_with_loss() {
	local begin end
	relinquish_pair "$1"
	on c ping -c 1 -W 1 -q $VIP >/dev/null || fail "the address does not answer"
	sleep 2.5
	nft_add "iifname $NEW oifname c arp saddr ip $VIP $2 counter drop"
	on c ping -i 0.01 -c 300 -W 1 -q $VIP >"$TMP/ping" &
	PING=$!
	sleep 0.3
	begin=$(ms_now)
	expect_ok ctl "$OLD" release web
	{
		sleep 0.9
		on sw nft flush ruleset
	} &
	until [ "$(neighbour)" = "$NEWMAC" ]; do
		[ "$(ms_now)" -lt $((begin + 4000)) ] || fail "the client never learns"
		sleep 0.005
	done
	end=$(ms_now)
	wait $PING
	LEARNT=$((end - begin)) LOST=$(sed -n 's/^\([0-9]*\) packets transmitted, \([0-9]*\) received.*/\1 \2/p' "$TMP/ping" | awk '{ print $1 - $2 }')
	say "$1${2:+, $2}: the client has the new MAC after $LEARNT ms; $LOST of 300 echoes were lost"
}

# Whom the new owner's frames do not reach is served by the old one meanwhile, by drain and then by forwarding: told by
# the old owner or not, it loses nothing.
test_quiet_costs_no_client_anything() {
	handed_over_with_loss quiet ''
	expect_eq "echoes lost" 0 "$LOST"
	expect_le "learnt after, ms" 2600 "$LEARNT"
}

test_announcing_gains_no_client_anything() {
	handed_over_with_loss announce ''
	expect_eq "echoes lost" 0 "$LOST"
}

test_quiet_and_half_of_all_is_lost() {
	handed_over_with_loss quiet 'numgen random mod 2 0'
	expect_eq "echoes lost" 0 "$LOST"
}

# The default: nobody on the LAN sees a frame in which Ethernet and ARP name different senders.
test_default_is_quiet() {
	local frames
	pair_up
	OLD=$OWNER OLDMAC=$(mac_of "$OWNER")
	capture c "$TMP/told.pcap" "arp and ether src $OLDMAC and arp[14:4] = 0x$(ip_hex $VIP)"
	expect_ok ctl "$OLD" release web
	wait_owner "$STANDBY"
	sleep 2
	capture_end
	frames=$(tcpdump -e -n -r "$TMP/told.pcap" 2>/dev/null | grep -c "$(mac_of "$STANDBY")")
	expect_eq "frames of the old owner that name the new one" 0 "$frames"
	expect_eq "let out" 0 "$(counter "$OLD" out_arp_owner)"
}
