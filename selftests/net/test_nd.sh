# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# What is said of an IPv6 floating address unasked: announcements, to everybody or to one client, and who else says
# that he has it. Judged by the client's own stack and by tcpdump. LAN and pair of test_ipv6.sh.

# shellcheck source=selftests/net/test_ipv6.sh
. "${BASH_SOURCE[0]%/*}/test_ipv6.sh"

# adverts FILE: its advertisements, one a line: "ETH-SRC ETH-DST from SOURCE to DESTINATION, of TARGET, FLAGS, MAC".
adverts() {
	tcpdump -e -n -vv -r "$1" 'icmp6' 2>/dev/null | awk '
		/ethertype/ { src = $2; dst = substr($4, 1, 17) }
		/neighbor advertisement/ {
			match($0, /Flags \[[a-z, ]*\]/)
			flags = substr($0, RSTART, RLENGTH)
			match($0, /[0-9a-f:]+ > [0-9a-f:]+: \[/)
			split(substr($0, RSTART, RLENGTH), ip, " ")
			match($0, /tgt is [0-9a-f:]+/)
			target = substr($0, RSTART + 7, RLENGTH - 7)
			line = src " " dst " from " ip[1] " to " substr(ip[3], 1, length(ip[3]) - 1) ", of " target ", " flags
			if ($0 !~ /icmp6 sum ok/)
				line = line ", BAD SUM"
		}
		/destination link-address option/ { print line ", " $NF }'
}

handed_over6() {
	pair6_up
	OLD=$OWNER NEW=$STANDBY OLDMAC=$(mac_of "$OWNER") NEWMAC=$(mac_of "$STANDBY")
	expect_ok ctl "$OLD" release web
	wait_owner "$NEW"
	wait_standby "$OLD"
}

log_says() {
	grep -qE "$2" "$TMP/$1.log"
}

# A client that has the address in its table and asks nobody has the new MAC from the first announcement on. Six rounds,
# one frame each; then the refresh.
test_announced_at_a_takeover() {
	local other mac
	REFRESH=0s pair6_up
	busywait 3000 ping6_ok || fail "nobody answers"
	other=$STANDBY mac=$(mac_of "$STANDBY")
	capture c "$TMP/takeover.pcap" icmp6
	daemon_kill "$OWNER"
	wait_owner "$other"
	busywait 1000 neighbour6_is "$mac" || fail "the client has not moved: $(ip -n c -6 neigh show $VIP6)"
	sleep 2.6
	capture_end
	expect_eq "what $other said" "6 $mac 33:33:00:00:00:01 from $VIP6 to ff02::1, of $VIP6, Flags [override], $mac" \
		"$(adverts "$TMP/takeover.pcap" | sort | uniq -c | sed 's/^ *//')"
}

test_refreshed() {
	local mac
	REFRESH=1s pair6_up
	mac=$(mac_of "$OWNER")
	sleep 4
	capture c "$TMP/refresh.pcap" icmp6
	sleep 4.5
	capture_end
	expect_ge "advertisements in 4.5 s" 3 \
		"$(adverts "$TMP/refresh.pcap" | grep -c "^$mac 33:33:00:00:00:01 from $VIP6 to ff02::1, of $VIP6, Flags \[override\], $mac")"
}

forwards6() {
	ping6_ok || {
		echo "an echo was lost"
		return 1
	}
	[ "$(counter "$OLD" ip_forward)" -gt 0 ]
}

# What a deaf client sends still arrives, by way of the old owner, and the client is told once a second.
test_strays_are_forwarded_and_healed() {
	handed_over6
	ip -n c neigh replace $VIP6 lladdr "$OLDMAC" nud permanent dev eth0
	busywait 8000 forwards6 || fail "the old owner forwards nothing once it has drained"
	capture c "$TMP/heal.pcap" "icmp6 and ether dst $MACC and ether src $OLDMAC"
	# Once a second, and the first may have come before the capture.
	on c ping -6 -c 30 -i 0.1 -W 1 -q $VIP6 >"$TMP/ping" || fail "$(cat "$TMP/ping")"
	grep -q ' 0% packet loss' "$TMP/ping" || fail "$(cat "$TMP/ping")"
	capture_end
	adverts "$TMP/heal.pcap" >"$TMP/heals"
	expect_ge "announcements to the client" 2 "$(wc -l <"$TMP/heals")"
	expect_eq "what they say" "$OLDMAC $MACC from $VIP6 to ff02::1, of $VIP6, Flags [override], $NEWMAC" "$(sort -u "$TMP/heals")"
	expect_eq "its own frames that the old owner stopped" 0 "$(counter "$OLD" out_nd_fenced)"
	# One that listens has the new MAC after a second at most.
	ip -n c neigh replace $VIP6 lladdr "$OLDMAC" nud reachable dev eth0
	expect_ok on c ping -6 -c 20 -i 0.1 -W 1 -q $VIP6
	neighbour6_is "$NEWMAC" || fail "the client is not healed: $(ip -n c -6 neigh show $VIP6)"
}

# With relinquish = "announce" the old owner says where the address went, at once and after more than a second.
test_relinquished() {
	local host
	ADDRESSES="\"$VIP/16\", \"$VIP6/64\""
	for host in h1 h2; do
		track_conf $host '' 'relinquish = "announce"'
	done
	pair6_up
	OLD=$OWNER NEW=$STANDBY OLDMAC=$(mac_of "$OWNER") NEWMAC=$(mac_of "$STANDBY")
	sleep 3
	capture c "$TMP/told.pcap" "icmp6 and ether src $OLDMAC"
	expect_ok ctl "$OLD" release web
	wait_owner "$NEW"
	sleep 2.5
	capture_end
	expect_eq "what it said" "2 $OLDMAC 33:33:00:00:00:01 from $VIP6 to ff02::1, of $VIP6, Flags [override], $NEWMAC" \
		"$(adverts "$TMP/told.pcap" | grep -v ", $OLDMAC\$" | sort | uniq -c | sed 's/^ *//')"
	expect_eq "let out" 2 "$(counter "$OLD" out_nd_owner)"
	expect_eq "stopped" 0 "$(counter "$OLD" out_nd_fenced)"
}

dad_failed() {
	ip -n c -j -6 addr show dev eth0 | jq -e --arg ip $VIP6 'any(.[0].addr_info[]; .local == $ip and .dadfailed)' >/dev/null
}

# A stranger that is about to take the address is told that it is taken, and named; the owner announces it again.
test_rival_by_duplicate_detection() {
	local before
	REFRESH=0s pair6_up
	sleep 3
	before=$(counter "$OWNER" out_nd)
	ip -n c addr add $VIP6/64 dev eth0
	busywait 4000 dad_failed || fail "the stranger has it: $(ip -n c -6 addr show dev eth0)"
	for host in "$OWNER" "$STANDBY"; do
		busywait 4000 log_says "$host" "ALARM: group web: $MACC says by neighbour discovery" || fail "$host says nothing"
	done
	expect_eq "status" "$MACC nd" "$(state "$OWNER" rival.mac) $(state "$OWNER" rival.by)"
	busywait 4000 alarm_is "$OWNER" "said by neighbour discovery" || fail "no alarm: $(status "$OWNER" .alarms)"
	sleep 2.6
	expect_eq "announcements in answer" $((before + 6)) "$(counter "$OWNER" out_nd)"
}

announced_live() {
	[ "$(state h1 announce.via)" = live ] && [ "$(counter h1 announce_sent)" -ge 16128 ]
}

came() {
	tcpdump -n -vv -r "$TMP/bulk.pcap" 2>/dev/null | grep 'neighbor advertisement' >"$TMP/bulk"
	sed -n 's/.*tgt is \([0-9a-f:]*\),.*/\1/p' "$TMP/bulk" | grep '^2001:db8:0:1:' | sort -u
}

# Of frames that come faster than a busy machine takes them in some are lost in every round.
all_came() {
	[ "$(came | wc -l)" = 16384 ] && return
	ctl h1 announce web >/dev/null
	return 1
}

# A round of as many as live frames are worth: each address is said, each frame right.
# timeout: test_bulk 300
test_bulk() {
	local list
	list=$(awk 'BEGIN { for (n = 0; n < 16384; n++) printf "%s\"2001:db8:0:1::%x/64\"", n ? ", " : "", n + 1 }')
	ADDRESSES=$list ADDRESS=none BURST=330000 REFRESH=0s
	lan6_up
	capture c "$TMP/bulk.pcap" -B 65536 -s 128 icmp6 and ether dst 33:33:00:00:00:01
	daemon_start h1
	wait_owner h1
	busywait 5000 announced_live || fail "announced: $(state h1 announce)"
	busywait 20000 all_came || fail "addresses announced: $(came | wc -l) of 16384"
	capture_end
	expect_eq "wrong checksums" 0 "$(grep -vc 'icmp6 sum ok' "$TMP/bulk")"
	say "$(wc -l <"$TMP/bulk") advertisements came"
}

# announces_with HOST FLAGS: what it announces from now on.
announces_with() {
	local flags
	capture c "$TMP/flags.pcap" "icmp6 and ether src $(mac_of "$1") and ether dst 33:33:00:00:00:01"
	sleep 1.2
	capture_end
	flags=$(adverts "$TMP/flags.pcap" | sed -n 's/.*, Flags \[\(.*\)\], .*/\1/p' | sort -u)
	[ "$flags" = "$2" ] || {
		echo "it announces with [$flags]"
		return 1
	}
}

# Who hears an advertisement without R takes its sender out of his list of routers.
test_router_flag_of_announcements() {
	local owner
	REFRESH=500ms pair6_up
	owner=$OWNER
	busywait 5000 announces_with "$owner" override || fail "a host's are not without R"
	on "$owner" sysctl -qw net.ipv6.conf.eth0.forwarding=1
	busywait 8000 announces_with "$owner" 'router, override' || fail "a router's are not with R"
	on "$owner" sysctl -qw net.ipv6.conf.eth0.forwarding=0
	busywait 8000 announces_with "$owner" override || fail "one that is none any more says R"
}

# complaints FILE: what tcpdump finds wrong with frames of ours, or cannot read.
complaints() {
	tcpdump -e -n -vv -r "$1" "ether src $MAC1 or ether src $MAC2" 2>/dev/null |
		grep -iE 'bad|invalid|incorrect|trunc|unknown|\[\|' | head -n 3
}

# The usual tools: ndisc6 is told, rdisc6 meets no router, a second kernel gives up; and tcpdump reads every frame of both hosts,
# from the first probe to the last announcement of a takeover.
test_usual_tools() {
	local first
	lan6_up
	capture c "$TMP/all.pcap" ip6 or arp
	ADDRESSES="\"$VIP/16\", \"$VIP6/64\""
	daemon_start h1
	daemon_start h2
	wait_pair
	first=$OWNER
	expect_eq "what ndisc6 is told" "$(mac_of "$OWNER" | tr a-f A-F)" "$(on c ndisc6 -1 -q -w 2000 $VIP6 eth0)"
	expect_fail 2 "" on c rdisc6 -1 -w 500 eth0
	busywait 3000 ping6_ok || fail "nobody answers"
	ip -n c addr add $VIP6/64 dev eth0
	busywait 4000 dad_failed || fail "the stranger has it: $(ip -n c -6 addr show dev eth0)"
	ip -n c addr del $VIP6/64 dev eth0
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
	busywait 3000 ping6_ok || fail "nobody answers"
	daemon_start "$first"
	wait_pair
	expect_ok ctl "$OWNER" release web
	wait_pair
	sleep 1
	capture_end
	expect_eq "what tcpdump complains of" "" "$(complaints "$TMP/all.pcap")"
	# Questions, answers to one and to all, announcements: the capture had them all.
	expect_ge "questions of ours" 1 "$(tcpdump -n -r "$TMP/all.pcap" "icmp6 and ip6[40] == 135 and not ether src $MACC" 2>/dev/null | wc -l)"
	expect_ge "answers and announcements" 8 "$(tcpdump -n -r "$TMP/all.pcap" "icmp6 and ip6[40] == 136 and src $VIP6" 2>/dev/null | wc -l)"
}
