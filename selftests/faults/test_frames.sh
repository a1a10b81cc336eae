# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Frames that are not what they should be: reflected, malformed, foreign claims, and requests by the million.
. selftests/faults/lab.sh

picture() {
	ctl "$1" status --json | jq -c '.groups[0] | {state, owner, term, lease}'
}

# A host's own heartbeats, sent back to it: signed for it by nobody but itself.
test_reflected() {
	local before accepted
	pair_in_lab
	on sw "$TOOLS/hbinject" -i "$OWNER" -f "$TMP/own.beats" -n 20 -S "$(ip_of "$OWNER")" record >/dev/null ||
		fail "no heartbeats recorded"
	before=$(picture "$OWNER") accepted=$(counter "$OWNER" hb_session)
	on sw "$TOOLS/hbinject" -i "$OWNER" -f "$TMP/own.beats" -n 500 -r 5000 -m reflect send >/dev/null
	busywait 2000 stranger_ge "$OWNER" 500 || fail "counted as strangers: $(counter "$OWNER" hb_stranger)"
	expect_eq "owner" "$before" "$(picture "$OWNER")"
	expect_eq "sessions established" "$accepted" "$(counter "$OWNER" hb_session)"
	expect_safe
	seen "500 refused, nothing moved"
}

stranger_ge() {
	[ "$(counter "$1" hb_stranger)" -ge "$2" ]
}

# STORM requests into each host's own cable; what comes back is counted at the switch.
test_request_storm() {
	local host asked=0 n=${STORM:-20000}
	ASK_RATE=100
	pair_in_lab
	ask_end
	judged
	local before entries
	before=$(saw ".nodes.$OWNER.answers")
	entries=$(map_entries "$OWNER")
	for host in "$OWNER" "$STANDBY"; do
		on sw "$TOOLS/arpstorm" -i "$host" -m "$(mac_of "$host")" -s "$SEED" -n "$n" -r 20000 $VIP >"$TMP/storm.json"
		expect_eq "requests that left for $host" "$n" "$(json .left "$TMP/storm.json")"
		[ "$host" = "$STANDBY" ] || asked=$(json .asked "$TMP/storm.json")
	done
	sleep 0.5
	judged
	expect_honest_switch
	expect_eq "rules broken" 0 "$(saw .fault_count)"
	expect_eq "answers of the owner" "$asked" $(($(saw ".nodes.$OWNER.answers") - before))
	expect_eq "answers of the standby" 0 "$(saw ".nodes.$STANDBY.answers")"
	expect_eq "changes" 0 "$(changes)"
	expect_eq "addresses in the map" "$entries" "$(map_entries "$OWNER")"
	seen "$((2 * n)) requests, $asked of them for the owner's address: as many answers, none by the standby"
}

map_entries() {
	bpftool -j map dump pinned "/sys/fs/bpf/ip-takeover/$(instance_of "$1")/vips" | jq length
}

# question6 FROM TO TARGET [OPTION]
question6() {
	nd_hex 33:33:ff:01:00:01 "$MACC" 87 00 "$@"
}

# wrong OFFSET BYTES: the owner would answer this question but for those bytes.
wrong() {
	local good at=$(($1 * 2))
	good=$(question_hex)
	echo "${good:0:at}$2${good:at + ${#2}}"
}

# behind NEXT HEADER: the same question behind an extension header, which ends with 8 bytes.
behind() {
	local good
	good=$(question_hex)
	echo "${good:0:36}$(printf '%04x' $((${#good} / 2 - 54 + ${#2} / 2)))$1${good:42:66}$2${good:108}"
}

malformed_arp() {
	wrong 14 0007
	wrong 16 86dd
	wrong 18 08
	wrong 18 00
	wrong 19 06
	wrong 19 ff
	wrong 20 0003
	wrong 20 0000
	wrong 20 ffff
}

# A hop limit, code, checksum, length or type that it may not have; an option of no length, and one that is longer than the
# message; detection of duplicates with a MAC address, and to no group; a group as sender and as target; fragments.
malformed_nd() {
	wrong 21 fe
	wrong 55 01
	wrong 56 0000
	wrong 18 0017
	wrong 18 ffff
	wrong 54 85
	wrong 14 50
	question6 2001:db8::7:7 ff02::1:ff01:1 $VIP "0100$MACC"
	question6 2001:db8::7:7 ff02::1:ff01:1 $VIP "0102$MACC"
	question6 :: ff02::1:ff01:1 $VIP "0101$MACC"
	question6 :: $VIP $VIP
	question6 ff02::7:7 ff02::1:ff01:1 $VIP "0101$MACC"
	question6 2001:db8::7:7 ff02::1:ff01:1 ff02::1 "0101$MACC"
	behind 2c 3a00000100000007
	behind 2c 3a00000000000008
	behind 2c 3a00000900000009
}

# Nothing of this may be answered, and none of it may hurt.
test_malformed() {
	local good n frames tag
	pair_in_lab
	ask_end
	MACC=$(mac_of c)
	good=$(question_hex)
	mapfile -t frames < <("malformed_$ND")
	# The end of it missing, byte by byte (a shorter one is not let out by the kernel).
	for ((n = 14; n < (FAMILY == 4 ? 42 : ${#good} / 2); n++)); do
		frames+=("${good:0:n * 2}")
	done
	# Tagged: once, twice, three times; and for one VLAN inside another kind of tag.
	tag=${good:24}
	frames+=("${good:0:24}81000007$tag" "${good:0:24}88a8000781000008$tag" "${good:0:24}810000018100000281000003$tag"
		"${good:0:24}91000007$tag")
	# Jumbo: the request is fine, what follows it is 1,400 bytes of nothing: whatever becomes of it, no harm.
	judged
	local before
	before=$(saw ".nodes.$OWNER.answers")
	on sw "$TOOLS/rawsend" "$OWNER" 20 "${frames[@]}" >"$TMP/sent.json"
	sleep 0.3
	judged
	expect_eq "answers to malformed requests" "$before" "$(saw ".nodes.$OWNER.answers")"
	on sw "$TOOLS/rawsend" "$OWNER" 1 "$good" >/dev/null
	sleep 0.3
	judged
	expect_eq "answers to a good one" $((before + 1)) "$(saw ".nodes.$OWNER.answers")"
	on sw "$TOOLS/rawsend" "$OWNER" 1 "$good$(printf '00%.0s' {1..1300})" >/dev/null
	ask_begin
	sleep 0.3
	expect_safe
	expect_eq "changes" 0 "$(changes)"
	seen "$(json .sent "$TMP/sent.json") malformed frames of ${#frames[@]} kinds, none answered"
}

# What XDP leaves to Linux, which answers it: hardware type 6, as if it were Ethernet's, and a question behind an extension
# header. Without a lease XDP drops it, and, where the ingress program has been taken off, the egress filter what the
# kernel answers.
test_request_for_the_kernel() {
	local ask before
	pair_in_lab
	ask_end
	MACC=$(mac_of c)
	if [ "$FAMILY" = 4 ]; then ask=$(wrong 14 0006); else ask=$(behind 00 3a00010400000000); fi
	stamp STOP "$OWNER" >/dev/null
	cut_both h1 h2
	busywait 2000 state_is "$OWNER" lease none || fail "the lease of a stopped daemon lives on"
	judged
	before=$(saw ".nodes.$OWNER.answers")
	on sw "$TOOLS/rawsend" "$OWNER" 100 "$ask" >/dev/null
	sleep 0.3
	judged
	expect_eq "answers without a lease" "$before" "$(saw ".nodes.$OWNER.answers")"
	expect_ge "requests dropped" 100 "$(counter "$OWNER" ${ND}_fenced)"
	ip -n "$OWNER" link set dev eth0 xdp off
	on sw "$TOOLS/rawsend" "$OWNER" 100 "$ask" >/dev/null
	sleep 0.3
	judged
	expect_eq "answers without a lease or a program" "$before" "$(saw ".nodes.$OWNER.answers")"
	expect_ge "answers of the kernel stopped at egress" 100 "$(counter "$OWNER" out_${ND}_fenced)"
	seen "100 answers of the stopped owner's kernel, all dropped on their way out"
}

# The judge itself, seen red: an old owner without its programs, whose kernel answers as hosts do without us.
test_judge_sees_a_rogue() {
	local was
	pair_in_lab
	was=$OWNER
	stamp STOP "$was" >/dev/null
	ip -n "$was" link set dev eth0 xdp off
	on "$was" tc qdisc del dev eth0 clsact
	wait_owner "$STANDBY"
	sleep 0.5
	ask_end
	judged
	expect_ge "requests that two hosts answered" 50 "$(saw .answered_by_two)"
	expect_ge "words without a lease" 50 "$(saw '[.faults[] | select(.rule == "S3 no lease") | .count] | add // 0')"
	expect_ge "words after the new owner's" 50 "$(saw '[.faults[] | select(.rule == "S1 after the new owner") | .count] | add // 0')"
	expect_eq "by whom" "$was" "$(saw '[.faults[] | select(.rule | startswith("S1 answered") | not) | .node] | unique | join(" ")')"
	seen "the judge complains of $(saw .broken) words of $was"
	# Nor does a pair's leave to part excuse it: the new owner's heartbeats are delivered.
	SILENCE_US=183000
	judged
	expect_ge "words that parting does not excuse" 10 "$(saw '[.faults[] | select(.rule == "S1 after the new owner") | .count] | add // 0')"
}

# A stranger says 50 times a second, for three seconds, that the address is his.
test_foreign_claims() {
	local claim before term
	pair_in_lab
	MACC=$(mac_of c)
	term=$(state "$OWNER" term)
	claim=$(claim_hex)
	busywait 4000 burst_over || fail "the first burst does not end"
	judged
	before=$(saw ".nodes.$OWNER.claims")
	for _ in {1..60}; do
		on c "$TOOLS/rawsend" eth0 1 "$claim" >/dev/null
		sleep 0.05
	done
	expect_safe
	expect_eq "term" "$term" "$(state "$OWNER" term)"
	expect_eq "changes" 0 "$(changes)"
	expect_ge "claims seen" 60 "$(counter "$OWNER" ${ND}_rival)"
	grep -q ALARM "$TMP/$OWNER.log" || fail "no alarm"
	expect_ge "announcements in answer" 2 $(($(saw ".nodes.$OWNER.claims") - before))
	# A burst is six rounds, of ARP in both forms; more than one a second is a fight.
	expect_le "announcements in answer" 60 $(($(saw ".nodes.$OWNER.claims") - before))
	seen "alarm, $(($(saw ".nodes.$OWNER.claims") - before)) announcements in answer to 60 claims, ownership unchanged"
}

burst_over() {
	[ "$(counter "$OWNER" out_$ND)" -ge $((FAMILY == 4 ? 12 : 6)) ]
}

# A cable whose far end takes no frames from XDP: every answer is lost, and the host must say so.
test_answers_lost_on_the_way() {
	lab_up h1 h2
	ip -n sw link set dev h1 xdp off
	on sw ethtool -K h1 gro off
	PRIORITY=200 conf_lab h1
	lab_start h1 h2
	wait_settled
	[ "$OWNER" = h1 ] || expect_ok ctl h2 release web
	wait_owner h1
	busywait 8000 lost_is_told || fail "nobody says that answers are lost: $(selftests)"
	seen "self-test: $(selftests)"
}

selftests() {
	echo "h1 $(state h1 selftest.result), h2 $(state h2 selftest.result)"
}

lost_is_told() {
	[[ $(selftests) =~ silent|late ]]
}
