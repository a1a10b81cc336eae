# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Floating addresses that others take off, or put where ours belong: `ip addr`, a network manager.

# shellcheck source=selftests/lib_quorum.sh
. "${BASH_SOURCE[0]%/*}/../lib_quorum.sh"

has_address() {
	ip -n "$1" -o addr show dev "${3:-eth0}" to "$2/32" | grep -q .
}

lacks_address() {
	! has_address "$@"
}

flushed_and_back() {
	ip -n "$1" addr del "$VIP/32" dev "$2" || fail "cannot take $VIP off $2"
	busywait 3000 has_address "$1" $VIP "$2" || fail "it was not put back: $(ip -n "$1" addr show dev "$2")"
}

# ARP would be answered on, and the traffic would be dead.
test_taken_off_the_owner() {
	pair_up
	busywait 3000 has_address "$OWNER" $VIP || fail "the owner has no address"
	flushed_and_back "$OWNER" eth0
	expect_ok on c ping -c 1 -W 1 -q $VIP
	owner_is "$OWNER" || fail "it is not the owner any more"
	grep -q "ALARM: group web: 1 of its addresses had been taken off" "$TMP/$OWNER.log" || fail "nothing was told"
}

# All at once, as a network manager does that starts again.
test_flushed() {
	pair_up
	busywait 3000 has_address "$OWNER" $VIP || fail "the owner has no address"
	ip -n "$OWNER" addr flush dev eth0 scope global
	ip -n "$OWNER" addr add "198.18.0.${OWNER#h}/16" dev eth0
	busywait 3000 has_address "$OWNER" $VIP || fail "it was not put back"
}

test_standing_taken_off() {
	ADDRESS=standing
	pair_up
	flushed_and_back "$STANDBY" lo
	flushed_and_back "$OWNER" lo
	expect_ok on c ping -c 1 -W 1 -q $VIP
}

# Who takes it off again and again means it: another host serves, and people are told.
test_taken_off_again_and_again() {
	local i first
	pair_up
	first=$OWNER
	busywait 3000 has_address "$first" $VIP || fail "the owner has no address"
	for ((i = 0; i < 3; i++)); do
		flushed_and_back "$first" eth0
	done
	ip -n "$first" addr del $VIP/32 dev eth0
	wait_owner "$STANDBY"
	busywait 3000 alarm_is "$first" "again and again" || fail "no alarm: $(status "$first" .alarms)"
	expect_eq "state" fault "$(state "$first" state)"
	busywait 3000 lacks_address "$first" $VIP || fail "the address is there still"
	expect_ok on c ping -c 1 -W 1 -q $VIP
}

# Told before it matters, used when it does, and gone with the group.
test_there_before_on_the_standby() {
	pair_up
	ip -n "$STANDBY" addr add $VIP/24 dev eth0
	busywait 5000 alarm_is "$STANDBY" "lies on its interface already" || fail "no alarm: $(status "$STANDBY" .alarms)"
	expect_eq "state" standby "$(state "$STANDBY" state)"
	expect_fail 1 "no peer" ctl "$OWNER" release web
	daemon_kill "$OWNER"
	wait_owner "$STANDBY"
	expect_ok on c ping -c 1 -W 1 -q $VIP
}

lies_so() {
	ip -n "$1" -o addr show dev eth0 to $VIP/32 | grep -q "$2"
}

# As it is written: put there, put back, changed by a reload, gone.
test_label_and_scope() {
	ADDRESSES="\"$VIP/16 label eth0:vip scope link\""
	pair_up
	busywait 3000 lies_so "$OWNER" "$VIP/32 .*scope link .*eth0:vip" || fail "$(ip -n "$OWNER" addr show dev eth0)"
	ip -n "$OWNER" addr del $VIP/32 dev eth0
	busywait 3000 lies_so "$OWNER" "$VIP/32 .*scope link .*eth0:vip" || fail "not put back so"
	ADDRESSES="\"$VIP/16 label eth0:other\""
	conf_write "$OWNER"
	expect_ok ctl "$OWNER" reload
	busywait 3000 lies_so "$OWNER" "$VIP/32 .*scope host .*eth0:other" || fail "$(ip -n "$OWNER" addr show dev eth0)"
	! lies_so "$OWNER" eth0:vip || fail "the one before is left"
	owner_is "$OWNER" || fail "it is not the owner any more"
	daemon_kill "$OWNER"
	expect_ok ctl "$OWNER" detach --all
	lacks_address "$OWNER" $VIP || fail "left by detach"
}

no_address_amiss() {
	! alarm_is h1 "lies on another interface"
}

# On an interface that is not the group's, of whatever state the group is.
test_on_another_interface() {
	lan_up
	plug h1 eth1 h1b
	daemon_start h1
	daemon_start h2
	wait_pair
	expect_ok no_address_amiss
	ip -n h1 addr add $VIP/32 dev eth1
	busywait 5000 alarm_is h1 "lies on another interface" || fail "no alarm: $(status h1 .alarms)"
	expect_eq "told once" 1 "$(grep -c "ALARM: group web: $VIP lies on eth1" "$TMP/h1.log")"
	expect_eq "roles" "owner standby" "$(state "$OWNER" state) $(state "$STANDBY" state)"
	ip -n h1 addr del $VIP/32 dev eth1
	busywait 5000 no_address_amiss || fail "the alarm stays"
}

# sources HOST: where its heartbeats come from, as the other host sees them in a second.
sources() {
	on c timeout 1.5 tcpdump -n -l -i eth0 "udp port 5694 and ether src $(mac_of "$1")" 2>/dev/null |
		sed -n 's/.* IP \([0-9.]*\)\.[0-9]* > .*/\1/p' | sort -u
}

# A longer prefix makes a route of its own: the kernel would send from the floating address, and the peer would hear a stranger.
test_source_after_reload() {
	local before
	VIP=198.18.0.100
	ADDRESSES="\"$VIP/24\""
	PREFIX=written
	pair_up
	busywait 3000 has_address "$OWNER" $VIP || fail "the owner has no address"
	ip -n "$OWNER" route get "198.18.0.${STANDBY#h}" | grep -q "src $VIP" || fail "the kernel does not choose it here"
	before=$(state "$OWNER" term)
	expect_ok ctl "$OWNER" reload
	wait_born "$OWNER" 2
	sleep 1
	owner_is "$OWNER" || fail "the owner is another: $(states "h1 h2")"
	expect_eq "term" "$before" "$(state "$OWNER" term)"
	status_is "$STANDBY" '.peers[0].state' up || fail "the standby does not hear it"
	grep -q ALARM "$TMP/$OWNER.log" && fail "alarms: $(grep ALARM "$TMP/$OWNER.log")"
	return 0
}

# Several that would do: the file says which.
test_source_by_the_file() {
	lan_up
	ip -n h1 addr add 198.18.0.21/16 dev eth0
	VIP=198.18.0.100
	ADDRESSES="\"$VIP/24\""
	conf_write h1
	ip -n h1 addr add $VIP/24 dev eth0
	sed -i 's/address   = "owner"/address = "none"/' "$TMP/h1.conf"
	expect_fail 1 "source = " ctl h1 run -c "$TMP/h1.conf"
	sed -i 's/peer "n2" { /&source = "198.18.0.77" /' "$TMP/h1.conf"
	expect_fail 1 "198.18.0.77' is not on" ctl h1 run -c "$TMP/h1.conf"
	sed -i 's/198.18.0.77/198.18.0.21/' "$TMP/h1.conf"
	daemon_start h1
	wait_owner h1
	expect_ok ctl h1 status
}

# own_source HOST: where the host's own traffic comes from, to the LAN and to a gateway that is in no network of its own.
own_source() {
	local to
	for to in 198.18.0.9 192.0.2.1; do
		ip -n "$1" route get $to | grep -q "src 198.18.0.${1#h} " || fail "to $to: $(ip -n "$1" route get $to)"
	done
}

# Neither with the network's route that comes with an address, nor as the first address of the interface.
test_no_source_of_the_host() {
	local own
	VIP=198.18.0.100
	ADDRESSES="\"$VIP/24\""
	pair_up
	own=198.18.0.${OWNER#h}/16
	busywait 3000 has_address "$OWNER" $VIP || fail "the owner has no address"
	ip -n "$OWNER" route add default via 203.0.113.1 dev eth0 onlink
	own_source "$OWNER"
	ip -n "$OWNER" addr del "$own" dev eth0
	ip -n "$OWNER" addr add "$own" dev eth0
	ip -n "$OWNER" route replace default via 203.0.113.1 dev eth0 onlink
	own_source "$OWNER"
	expect_ok on c ping -c 1 -W 1 -q $VIP
	stamp TERM "$OWNER" >/dev/null
	busywait 3000 lacks_address "$OWNER" $VIP || fail "it is there still: $(ip -n "$OWNER" addr show dev eth0)"
}

# Without an own address in that network the route to it comes with the floating one: it is put there as it is written.
test_network_of_its_own() {
	VIP=203.0.113.10
	ADDRESSES="\"$VIP/24\", \"203.0.113.11/24\""
	lan_up
	ip -n c addr add 203.0.113.9/24 dev eth0
	conf_write h1
	daemon_start h1
	wait_owner h1
	busywait 3000 on c ping -c 1 -W 1 -q $VIP || fail "no answer: $(ip -n h1 addr show dev eth0)"
	# What a process that was killed has left there is no address of the host's own.
	daemon_kill h1
	daemon_start h1
	wait_owner h1
	expect_ok ctl h1 release web --force
	busywait 5000 lacks_address h1 203.0.113.11 || fail "it is there still: $(ip -n h1 addr show dev eth0)"
	expect_ok ctl h1 take web
	busywait 3000 on c ping -c 1 -W 1 -q 203.0.113.11 || fail "no answer: $(ip -n h1 addr show dev eth0)"
}

test_as_the_file_says() {
	PREFIX=written
	pair_up
	busywait 3000 has_address "$OWNER" $VIP || fail "the owner has no address"
	ip -n "$OWNER" -o addr show dev eth0 to $VIP | grep -q "$VIP/16 .*scope global" ||
		fail "not as written: $(ip -n "$OWNER" -o addr show dev eth0)"
}

# The own address takes the way back to the LAN along: ARP is answered on, traffic is dead, and somebody must say so.
test_own_address_gone() {
	pair_up
	busywait 3000 has_address "$OWNER" $VIP || fail "the owner has no address"
	ip -n "$OWNER" addr del "198.18.0.${OWNER#h}/16" dev eth0
	sleep 4
	on c ping -c 1 -W 1 -q $VIP >/dev/null && return
	ctl "$OWNER" status --json | jq -e '.alarms != []' >/dev/null ||
		fail "no answer from $VIP, no alarm, and $(states "h1 h2")"
}

# What was added by hand moves as well: heartbeats do not come from it, whoever has put it there.
test_source_added_by_hand() {
	lan_up
	expect_ok ctl h1 attach eth0
	expect_ok ctl h1 add hand 198.18.0.100/24 dev eth0
	ip -n h1 addr add 198.18.0.100/24 dev eth0
	ip -n h1 route get 198.18.0.2 | grep -q "src 198.18.0.100" || fail "the kernel does not choose it here"
	daemon_start h1
	busywait 10000 grep -q "web: candidate -> owner" "$TMP/h1.log" || fail "h1 did not become owner"
	expect_eq "source" 198.18.0.1 "$(sources h1)"
}

# A candidate puts its addresses there and takes them off again, over and over while the others cannot vote yet.
test_candidates_of_a_start() {
	local host
	quorum_lan h1 h2 h3
	daemon_start h1
	sleep 0.6
	quorum_start h2 h3
	wait_one h1 h2 h3
	sleep 1.5
	for host in h1 h2 h3; do
		grep -q "taken off" "$TMP/$host.log" && fail "an alarm for its own doing: $(grep 'taken off' "$TMP/$host.log")"
	done
	return 0
}

form() {
	ip -n "$OWNER" -o -4 addr show dev eth0 to $VIP | sed -nE 's/.* inet ([^ ]*) .*scope ([a-z]*).*/\1 \2/p'
}

# reformed PREFIX FORM [CHANGES]: after a reload the owner's address has that form, and was there all the time.
reformed() {
	local pid watcher echoes
	PREFIX=$1 conf_write "$OWNER"
	ip -n "$OWNER" monitor address dev eth0 >"$TMP/changes" &
	watcher=$!
	on_exec c ping -i 0.01 -W 1 -c 300 -q $VIP >"$TMP/pings" &
	pid=$!
	sleep 0.5
	expect_ok ctl "$OWNER" reload
	busywait 3000 form_is "$2" || fail "after prefix = $1: $(form)"
	wait "$pid"
	kill "$watcher"
	grep -q " 0% packet loss" "$TMP/pings" || fail "echoes lost: $(cat "$TMP/pings")"
	expect_eq "changes" "${3-add Deleted}" \
		"$(grep -F " $VIP/" "$TMP/changes" | sed -e 's/^Deleted.*/Deleted/' -e '/^Deleted/!s/.*/add/' | xargs)"
	owner_is "$OWNER" || fail "$OWNER is no owner any more"
	expect_eq "local routes" 1 "$(ip -n "$OWNER" route show table local $VIP | wc -l)"
}

form_is() {
	[ "$(form)" = "$1" ]
}

# Of an address that lies there now: at once, in both forms for a moment, and never in none.
test_prefix_changes_at_a_reload() {
	pair_up
	plug "$OWNER" eth1 "${OWNER}b"
	busywait 3000 form_is "$VIP/32 host" || fail "at first: $(form)"
	reformed written "$VIP/16 global"
	expect_eq "arp_ignore of eth1" 1 "$(on "$OWNER" sysctl -n net.ipv4.conf.eth1.arp_ignore)"
	reformed auto "$VIP/32 host"
	busywait 3000 silent_as_a_host || fail "eth1 stays as strict"
	expect_eq "what is told" "" "$(grep -E 'ALARM|had been taken off' "$TMP/$OWNER.log")"
	expect_ok ctl "$OWNER" release web
	wait_owner "$STANDBY"
	busywait 3000 lacks_address "$OWNER" $VIP || fail "it is left behind: $(form)"
	expect_eq "local routes" "" "$(ip -n "$OWNER" route show table local $VIP)"
}

# The length that is written is none that the kernel has been told.
test_length_changes_at_a_reload() {
	pair_up
	busywait 3000 form_is "$VIP/32 host" || fail "at first: $(form)"
	ADDRESSES="\"$VIP/24\""
	reformed auto "$VIP/32 host" ""
	expect_eq "what is told" "" "$(grep -E 'had been taken off' "$TMP/$OWNER.log")"
}

# A process that died in the middle left both forms, and the map names both: one stays, and none in the end.
test_killed_while_a_prefix_changes() {
	OWNER=h1
	lan_up
	daemon_start h1
	wait_owner h1
	busywait 3000 form_is "$VIP/32 host" || fail "at first: $(form)"
	ip -n h1 addr add $VIP/16 dev eth0
	daemon_kill h1
	PREFIX=written
	conf_write h1
	daemon_start h1
	wait_owner h1
	busywait 3000 form_is "$VIP/16 global" || fail "after the start: $(form)"
	ip -n h1 addr add $VIP/32 dev eth0 scope host
	daemon_kill h1
	PREFIX=auto
	conf_write h1
	daemon_start h1
	wait_owner h1
	expect_ok ctl h1 release web --force
	busywait 3000 lacks_address h1 $VIP || fail "left behind: $(form)"
}

silent_as_a_host() {
	[ "$(on "$OWNER" sysctl -n net.ipv4.conf.eth1.arp_ignore)" = 3 ]
}
