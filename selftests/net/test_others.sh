# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What a node does about the other hosts of its LAN: clients that have not noticed a move, hosts that claim an
# address without right, an old owner whose kernel still answers, the gateway.

# arps FILE FILTER: the ARP frames in a capture, one a line: "ETH-SRC ETH-DST: what tcpdump says".
arps() {
	tcpdump -e -n -r "$1" "$2" 2>/dev/null | sed -E 's/^[0-9:.]+ ([0-9a-f:]+) > ([0-9a-f:]+|Broadcast),.*length [0-9]+: /\1 \2: /'
}

neighbour() {
	ip -n "$1" -j neigh show "$2" dev eth0 | jq -r '.[0].lladdr // "none"'
}

neighbour_is() {
	[ "$(neighbour "$1" "$2")" = "$3" ]
}

logged() {
	grep -qE "$2" "$TMP/$1.log"
}

log_count() {
	grep -cE "$2" "$TMP/$1.log"
}

# A pair whose first owner has handed over: OLD (with OLDMAC) to NEW (with NEWMAC). handed_over [MODE]
handed_over() {
	lan_up
	[ -z "${1:-}" ] || expect_ok ctl h1 attach eth0 --mode "$1"
	[ -z "${1:-}" ] || expect_ok ctl h2 attach eth0 --mode "$1"
	daemon_start h1
	daemon_start h2
	wait_pair
	OLD=$OWNER NEW=$STANDBY OLDMAC=$(mac_of "$OWNER") NEWMAC=$(mac_of "$STANDBY")
	expect_ok ctl "$OLD" release web
	wait_owner "$NEW"
	wait_standby "$OLD"
}

# What a deaf client sends still arrives, by way of the old owner, and the client is told once a second.
test_strays_are_forwarded_and_healed() {
	local fence
	handed_over
	ip -n c neigh replace $VIP lladdr "$OLDMAC" nud permanent dev eth0
	capture c "$TMP/heal.pcap" "arp and arp[6:2] = 2 and ether dst $MACC"
	busywait 8000 forwards || fail "the old owner forwards nothing once it has drained"
	on c ping -c 20 -i 0.1 -W 1 -q $VIP >"$TMP/ping" || fail "$(cat "$TMP/ping")"
	grep -q ' 0% packet loss' "$TMP/ping" || fail "$(cat "$TMP/ping")"
	expect_ge "frames forwarded" 20 "$(counter "$OLD" ip_forward)"
	expect_eq "frames that went in circles" 0 "$(counter "$NEW" ip_forward)"
	capture_end
	arps "$TMP/heal.pcap" "arp[14:4] = 0x$(ip_hex $VIP)" >"$TMP/heals"
	expect_ge "announcements to the client" 2 "$(wc -l <"$TMP/heals")"
	expect_eq "announcements within a second of the one before" 0 \
		"$(within_a_second "$TMP/heal.pcap" "arp[14:4] = 0x$(ip_hex $VIP)")"
	expect_eq "other than: from the old owner, to the client alone, with the new MAC" "" \
		"$(grep -v "^$OLDMAC $MACC: Reply $VIP is-at $NEWMAC" "$TMP/heals")"
	expect_eq "the egress program let them pass" "$(wc -l <"$TMP/heals")" "$(healed)"
	fence=$(counter "$OLD" out_arp_fenced)
	expect_eq "its own frames that it stopped" 0 "$fence"
}

# The fence's count.
healed() {
	counter "$OLD" out_arp_owner
}

forwards() {
	on c ping -c 1 -W 1 -q $VIP >/dev/null || {
		echo "an echo was lost"
		return 1
	}
	[ "$(counter "$OLD" ip_forward)" -gt 0 ]
}

# The client's kernel leaves checksums to a card that veth does not have: forwarded all the same, they are made.
test_forwarded_checksums() {
	forwarded_checksums native
}

# In generic mode the frame stays the kernel's, which remembers that the sum is missing.
test_forwarded_checksums_generic() {
	forwarded_checksums generic
}

forwarded_checksums() {
	local said
	handed_over "$1"
	expect_eq "mode" "$1" "$(ctl "$OLD" status --json | jq -r '.interfaces[0].mode')"
	ip -n c neigh replace $VIP lladdr "$OLDMAC" nud permanent dev eth0
	busywait 8000 forwards || fail "nothing is forwarded"
	on c ethtool -k eth0 | grep -q '^tx-checksumming: on' || skip "this veth makes its checksums itself"
	said=$(on c timeout 30 bash -c "exec 3<>/dev/tcp/$VIP/9" 2>&1)
	[[ $said == *"Connection refused"* ]] || fail "TCP: the new owner does not answer: $said"
	[ "$1" = native ] || return 0
	capture "$NEW" "$TMP/udp.pcap" "udp port 7777"
	on c bash -c "echo hello >/dev/udp/$VIP/7777"
	busywait 2000 captured "$TMP/udp.pcap" || fail "UDP: nothing came"
	capture_end
	tcpdump -vv -n -r "$TMP/udp.pcap" 2>/dev/null | grep -q 'udp sum ok' ||
		fail "UDP: $(tcpdump -vv -n -r "$TMP/udp.pcap" 2>/dev/null)"
}

captured() {
	[ -n "$(tcpdump -n -r "$1" 2>/dev/null)" ]
}

# MACs cost nothing to make up: all that they send is sent on, and the daemon heals a hundred a second, no more.
test_strays_from_made_up_macs() {
	local n i before begin forwarded frames=() packet
	handed_over
	ip -n c neigh replace $VIP lladdr "$OLDMAC" nud permanent dev eth0
	busywait 8000 forwards || fail "nothing is forwarded"
	sleep 1.2
	packet=08004500001c000000004011eda2c6120009$(ip_hex $VIP)04d21e6100080000000000000000000000000000000000000000
	before=$(counter "$OLD" out_arp_owner) forwarded=$(counter "$OLD" ip_forward) begin=$(ms_now)
	for ((n = 0; n < 20; n++)); do
		frames=()
		for ((i = 0; i < 100; i++)); do
			frames+=("${OLDMAC//:/}02cc0000$(printf '%02x%02x' $n $i)$packet")
		done
		on c "$TOOLS/rawsend" eth0 1 "${frames[@]}" >/dev/null
	done
	sleep 0.3
	n=$(($(counter "$OLD" out_arp_owner) - before))
	i=$(($(ms_now) - begin))
	say "2000 made-up clients: $n told in $i ms"
	expect_ge "frames forwarded" 2000 $(($(counter "$OLD" ip_forward) - forwarded))
	expect_ge "clients told" 100 "$n"
	expect_le "clients told" $((101 + i / 10)) "$n"
	expect_eq "all others" 2000 $((n + $(counter "$OLD" stray_limited)))
}

# A client that listens goes to the new owner by itself after its first stray.
test_stray_client_learns() {
	handed_over
	ip -n c neigh replace $VIP lladdr "$OLDMAC" nud permanent dev eth0
	busywait 8000 forwards || fail "nothing is forwarded"
	sleep 1.2 # over is the second in which the client is told but once
	ip -n c neigh replace $VIP lladdr "$OLDMAC" nud reachable dev eth0
	on c ping -c 1 -W 1 -q $VIP >/dev/null || fail "the stray was lost"
	busywait 2000 neighbour_is c $VIP "$NEWMAC" || fail "the client still has $(neighbour c $VIP)"
}

# A member that is a client too is told, though what it sends is not sent on.
test_stray_member_learns() {
	local third
	key_write
	lan_up
	host_add h3 198.18.0.3/16
	for third in h1 h2; do
		conf_write $third
		sed -i "/^peer/a peer \"n3\" { address = \"198.18.0.3\" }" "$TMP/$third.conf"
		sed -i 's/^alone.*/quorum = true/' "$TMP/$third.conf"
	done
	sed -e 's/^node .*/node = "n3"/' -e 's/"n3" { address = "198.18.0.3" }/"n1" { address = "198.18.0.1" }/' \
		"$TMP/h1.conf" >"$TMP/h3.conf"
	for third in h1 h2 h3; do
		daemon_start $third
	done
	wait_agreed h1 h2 h3
	OLD=$OWNER OLDMAC=$(mac_of "$OWNER")
	expect_ok ctl "$OLD" release web
	wait_standby "$OLD"
	wait_agreed h1 h2 h3
	NEWMAC=$(mac_of "$OWNER")
	for third in h1 h2 h3; do
		[ $third = "$OLD" ] || [ $third = "$OWNER" ] || break
	done
	sleep 4 # drained, and all announcements are over
	ip -n $third neigh replace $VIP lladdr "$OLDMAC" nud reachable dev eth0
	on $third ping -c 3 -i 0.3 -W 1 -q $VIP >/dev/null
	busywait 2000 neighbour_is $third $VIP "$NEWMAC" || fail "$third still has $(neighbour $third $VIP)"
	expect_ge "frames of a member that were not sent on" 1 "$(counter "$OLD" ip_forward_member)"
	expect_eq "frames that were" 0 "$(counter "$OLD" ip_forward)"
}

# With the old owner's daemon dead, its kernel still forwards: XDP knows the owner from the heartbeats.
test_forwarding_outlives_the_daemon() {
	handed_over
	daemon_kill "$OLD"
	ip -n c neigh replace $VIP lladdr "$OLDMAC" nud permanent dev eth0
	busywait 8000 forwards || fail "nothing is forwarded"
	on c ping -c 10 -i 0.1 -W 1 -q $VIP | grep -q ' 0% packet loss' || fail "echoes were lost"
	# The new owner dies as well: now nobody is known to live, and nothing is sent on.
	daemon_kill "$NEW"
	busywait 5000 nothing_forwarded || fail "frames are still sent to a dead owner"
}

nothing_forwarded() {
	local before after
	before=$(counter "$OLD" ip_forward)
	on c ping -c 2 -i 0.1 -W 0.2 -q $VIP >/dev/null
	after=$(counter "$OLD" ip_forward)
	[ "$before" = "$after" ]
}

# With relinquish = "announce" the old owner says where the address went: both forms, at once and after more than a second, to everybody.
test_relinquish() {
	local frames host
	for host in h1 h2; do
		track_conf $host '' 'relinquish = "announce"'
	done
	pair_up
	OLD=$OWNER OLDMAC=$(mac_of "$OWNER") NEWMAC=$(mac_of "$STANDBY")
	capture c "$TMP/told.pcap" "arp and ether src $OLDMAC and arp[14:4] = 0x$(ip_hex $VIP)"
	NEW=$STANDBY
	busywait 8000 announced "$OLD" || fail "announced: $(counter "$OLD" out_arp)"
	expect_ok ctl "$OLD" release web
	wait_owner "$NEW"
	busywait 5000 relinquished || fail "let out: $(counter "$OLD" out_arp_owner)"
	sleep 1.3
	capture_end
	frames=${NEWMAC//:/}
	frames=$(arps "$TMP/told.pcap" "arp[8:4] = 0x${frames:0:8} and arp[12:2] = 0x${frames:8}" | sort | uniq -c | sed 's/^ *//')
	expect_eq "what it said" "2 $OLDMAC Broadcast: Reply $VIP is-at $NEWMAC, length 46
2 $OLDMAC Broadcast: Request who-has $VIP tell $VIP, length 46" "$(sed 's/ff:ff:ff:ff:ff:ff/Broadcast/' <<<"$frames")"
	expect_eq "frames stopped at egress" 0 "$(counter "$OLD" out_arp_fenced)"
}

relinquished() {
	[ "$(counter "$OLD" out_arp_owner)" -ge 4 ]
}

# A stranger's claim: reported once by each node, answered by the owner alone, and not twice in ten seconds.
test_rival() {
	local claim before claims
	REFRESH=0s pair_up
	claim=$(arp_hex ff:ff:ff:ff:ff:ff "$MACC" 2 "$MACC" $VIP "$MACC" $VIP)
	busywait 8000 announced "$OWNER" || fail "announced: $(counter "$OWNER" out_arp)"
	before=$(counter "$OWNER" out_arp) claims=$(counter "$STANDBY" arp_rival)
	on c "$TOOLS/rawsend" eth0 1 "$claim" >/dev/null
	busywait 4000 logged "$OWNER" "ALARM: group web: $MACC says by ARP" || fail "the owner says nothing"
	busywait 4000 logged "$STANDBY" "ALARM: group web: $MACC says by ARP" || fail "the standby says nothing"
	busywait 4000 answered_rival "$before" || fail "the owner does not answer"
	busywait 8000 announces_nothing "$OWNER" || fail "the owner does not end"
	before=$(counter "$OWNER" out_arp)
	on c "$TOOLS/rawsend" eth0 1 "$claim" >/dev/null
	sleep 1.2
	on c "$TOOLS/rawsend" eth0 1 "$claim" >/dev/null
	sleep 1
	expect_eq "announcements within ten seconds of the answer" "$before" "$(counter "$OWNER" out_arp)"
	expect_eq "reports of one rival" 1 "$(log_count "$OWNER" "ALARM.*$MACC says by ARP")"
	expect_eq "status" "$MACC" "$(state "$STANDBY" rival.mac)"
	expect_eq "claims counted" $((claims + 3)) "$(counter "$STANDBY" arp_rival)"
}

# One claimed address is one that is announced, and a member's MAC in the claim opens no door: in a group of a thousand
# the answer to a claim of 60 bytes is twelve frames.
test_rival_of_one_among_many() {
	local before member list
	list=$(for ((i = 0; i < 1000; i++)); do printf '"198.18.%d.%d/16"%s' $((1 + i / 250)) $((1 + i % 250)) "$([ $i = 999 ] || echo ', ')"; done)
	ADDRESSES=$list ADDRESS=none REFRESH=0s pair_up
	busywait 20000 announces_nothing "$OWNER" || fail "the owner does not end"
	before=$(counter "$OWNER" out_arp) member=$(mac_of "$STANDBY")
	claims_of "$member" $VIP
	claims_of "$MACC" $VIP
	sleep 1
	expect_eq "announced for claims of one address within ten seconds" $((before + 12)) "$(counter "$OWNER" out_arp)"
	claims_of "$member" 198.18.2.7
	sleep 2.5
	expect_eq "announced for another's" $((before + 24)) "$(counter "$OWNER" out_arp)"
	claims_of "$member" 198.18.200.1
	expect_eq "for what does not float" $((before + 24)) "$(counter "$OWNER" out_arp)"
}

# claims_of MAC ADDRESS: two claims, more than a second apart, so that the daemon is told of both.
claims_of() {
	local claim
	claim=$(arp_hex ff:ff:ff:ff:ff:ff "$MACC" 2 "$1" "$2" "$1" "$2")
	on c "$TOOLS/rawsend" eth0 1 "$claim" >/dev/null
	sleep 1.2
	on c "$TOOLS/rawsend" eth0 1 "$claim" >/dev/null
	sleep 1.2
}

# A burst more, as when a peer was not heard for a while, is over after 1.1 s without a round.
announces_nothing() {
	local before
	before=$(counter "$1" out_arp)
	sleep 1.3
	expect_eq "announced meanwhile" "$before" "$(counter "$1" out_arp)"
}

# Its first burst, whole: both forms, six times.
announced() {
	[ "$(counter "$1" out_arp)" -ge 12 ]
}

answered_rival() {
	[ "$(counter "$OWNER" out_arp)" -ge $(($1 + 12)) ]
}

# The owner of a pair is cut off, and its fence is gone with its programs: its kernel answers. The new owner finds
# that out by itself.
test_audit_finds_the_old_owner() {
	local old
	REFRESH=0s pair_up
	old=$(mac_of "$OWNER")
	expect_eq "reports before" 0 "$(log_count "$STANDBY" "still answers")"
	# Somebody takes our programs off behind our back; the other host must not take over before that is done.
	stamp STOP "$STANDBY" >/dev/null
	stamp STOP "$OWNER" >/dev/null
	ip -n "$OWNER" link set dev eth0 xdp off
	ip -n "$OWNER" link set dev eth0 xdpgeneric off
	on "$OWNER" tc filter del dev eth0 egress
	stamp CONT "$STANDBY" >/dev/null
	wait_owner "$STANDBY"
	busywait 4000 logged "$STANDBY" "ALARM: group web: $old answers: the old owner's kernel still answers" ||
		fail "the audit found nothing"
	stamp KILL "$OWNER" >/dev/null
}

# A clean takeover: the audit asks, nobody answers, nothing is said.
test_audit_is_quiet() {
	pair_up
	capture c "$TMP/audit.pcap" "arp and arp[6:2] = 1 and arp[14:4] = 0x$(ip_hex "198.18.0.${STANDBY#h}") and arp[24:4] = 0x$(ip_hex $VIP)"
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
	busywait 5000 captured "$TMP/audit.pcap" || fail "it asks nobody"
	sleep 0.6
	capture_end
	expect_eq "questions from its own address" 1 "$(arps "$TMP/audit.pcap" arp | wc -l)"
	expect_eq "alarms" 0 "$(log_count "$STANDBY" ALARM)"
}

# alone = "gateway": the node that the gateway answers takes over; one that it does not answer waits.
gateway_pair() {
	host_add gw 198.18.0.254/16
	ALONE=gateway conf_write h1
	ALONE=gateway conf_write h2
	sed -i '/^alone/a gateway = "198.18.0.254"' "$TMP/h1.conf" "$TMP/h2.conf"
	daemon_start h1
	daemon_start h2
	wait_pair
}

test_gateway_answers() {
	lan_up
	gateway_pair
	daemon_kill "$OWNER"
	wait_owner "$STANDBY" 8000
}

# Three seconds of ARP that answers no question of the standby's: another host's answer, the gateway's to
# somebody else, a question from the gateway's address.
not_the_gateway() {
	local i all=ff:ff:ff:ff:ff:ff mac ip=198.18.0.${STANDBY#h} gw=198.18.0.254
	mac=$(mac_of "$STANDBY")
	for ((i = 0; i < 30; i++)); do
		on c "$TOOLS/rawsend" eth0 1 "$(arp_hex "$mac" "$MACC" 2 "$MACC" 198.18.0.9 "$mac" "$ip")" >/dev/null
		on c "$TOOLS/rawsend" eth0 1 "$(arp_hex $all "$MACC" 2 "$MACC" $gw "$MACC" 198.18.0.9)" >/dev/null
		on c "$TOOLS/rawsend" eth0 1 "$(arp_hex $all "$MACC" 1 "$MACC" $gw "$mac" "$ip")" >/dev/null
		sleep 0.08
	done
}

test_gateway_is_silent() {
	lan_up
	gateway_pair
	ip -n gw link set eth0 down
	daemon_kill "$OWNER"
	not_the_gateway
	expect_eq "without the gateway it claims nothing" standby "$(state "$STANDBY" state)"
	ip -n gw link set eth0 up
	wait_owner "$STANDBY" 8000
}
