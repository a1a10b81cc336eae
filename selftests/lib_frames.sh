# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Frames in hex, for rawsend: ARP and neighbour discovery. Sourced by lib.sh.

# How the counters name what tells where an address is.
ND=arp
[ "$FAMILY" = 4 ] || ND=nd

ip_hex() {
	local a b c d
	IFS=. read -r a b c d <<<"$1"
	printf '%02x%02x%02x%02x' "$a" "$b" "$c" "$d"
}

# arp_hex DST SRC OPER SHA SPA THA TPA [VLAN]: one ARP frame, padded to 60 bytes.
arp_hex() {
	local tag='' hex
	[ -z "${8:-}" ] || tag=8100$(printf '%04x' "$8")
	hex=${1//:/}${2//:/}${tag}0806000108000604000$3${4//:/}$(ip_hex "$5")${6//:/}$(ip_hex "$7")
	while [ ${#hex} -lt 120 ]; do
		hex=${hex}00
	done
	echo "$hex"
}

# ip6_hex ADDRESS: one that is written with "::".
ip6_hex() {
	local IFS=: word head='' tail=''
	for word in ${1%%::*}; do head+=$(printf '%04x' "0x$word"); done
	for word in ${1##*::}; do tail+=$(printf '%04x' "0x$word"); done
	printf '%s%0*d%s' "$head" $((32 - ${#head} - ${#tail})) 0 "$tail"
}

# nd_hex DST SRC TYPE FLAGS FROM TO TARGET [OPTION]: neighbour discovery; TYPE 87 asks, 88 tells.
nd_hex() {
	local all sum i len option=${8:-}
	all=$(ip6_hex "$5")$(ip6_hex "$6")${4}000000$(ip6_hex "$7")${option//:/}
	len=$((${#all} / 2 - 28))
	sum=$((0x${3}00 + len + 58))
	for ((i = 0; i < ${#all}; i += 4)); do
		sum=$((sum + 0x${all:i:4}))
	done
	sum=$(((sum & 0xffff) + (sum >> 16)))
	sum=$((~((sum & 0xffff) + (sum >> 16)) & 0xffff))
	printf '%s%s86dd60000000%04x3aff%s%s00%04x%s\n' "${1//:/}" "${2//:/}" $len "${all:0:64}" "$3" $sum "${all:64}"
}

# question_hex: a neighbour's, about the address, as its owner answers it.
question_hex() {
	if [ "$FAMILY" = 4 ]; then
		arp_hex ff:ff:ff:ff:ff:ff "$MACC" 1 "$MACC" 198.18.7.7 00:00:00:00:00:00 $VIP
	else
		nd_hex 33:33:ff:01:00:01 "$MACC" 87 00 2001:db8::7:7 ff02::1:ff01:1 $VIP "0101$MACC"
	fi
}

# claim_hex: a stranger has the address.
claim_hex() {
	if [ "$FAMILY" = 4 ]; then
		arp_hex ff:ff:ff:ff:ff:ff "$MACC" 1 "$MACC" $VIP 00:00:00:00:00:00 $VIP
	else
		nd_hex 33:33:00:00:00:01 "$MACC" 88 20 $VIP ff02::1 $VIP "0201$MACC"
	fi
}
