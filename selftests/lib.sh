#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# What the network tests share: the LAN, waiting, expectations, daemons. Runs one function of one file:
# lib.sh FILE FUNCTION (below isolate.sh, from run.sh).
#
#      h1                 h2                 c
#   198.18.0.1/16      198.18.0.2/16      198.18.0.9/16        floating: 198.18.1.1, 198.18.1.2, ...
#      eth0               eth0               eth0
#       |                  |                  |
#   ----h1-----------------h2-----------------c----   bridge br0 in network namespace sw
#
# The ends in sw carry an XDP_PASS program: without it veth never delivers a frame that leaves h1 or h2
# by XDP_TX.

set -u
OUT=$(realpath "${OUT:-.out}")
CTL=$OUT/ip-takeover-ctl
TOOLS=$OUT/tools
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C
# isolate.sh's own /run: gone with the test, however that ends.
TMP=$(mktemp -d /run/test.XXXXXX)
# FAMILY=6 (`make faults`): hosts h1, h2, ... have 2001:db8::1, ::2, ... too, and the floating address is one of IPv6.
FAMILY=${FAMILY:-4}
VIP=198.18.1.1 VIP_LEN=16 CLIENT=198.18.0.9
[ "$FAMILY" = 4 ] || VIP=2001:db8::1:1 VIP_LEN=64 CLIENT=2001:db8::9
defers=()

# --- ends -------------------------------------------------------------------

defer() {
	defers=("$*" "${defers[@]}")
}

run_defers() {
	local status=$? cmd
	# A background job that is ended before it has become its command runs the traps that it was born with.
	[ "$BASHPID" = $$ ] || return
	for cmd in "${defers[@]}"; do
		eval "$cmd"
	done
	[ "$status" = 0 ] || logs_show
	rm -rf "$TMP"
	exit "$status"
}
trap run_defers EXIT
trap 'exit 143' TERM INT

logs_show() {
	local log
	for log in "$TMP"/*.log; do
		[ -s "$log" ] || continue
		echo "--- ${log##*/}:"
		tail -n 40 "$log"
	done
}

fail() {
	echo "FAIL: $*"
	exit 1
}

skip() {
	echo "SKIP: $*"
	exit 4
}

# Installed, or unpacked beside our own outputs.
prometheus_there() {
	PATH=$PATH:$OUT/tools/prometheus/usr/bin
	command -v promtool >/dev/null && command -v prometheus >/dev/null || skip "no prometheus here: Debian's package of that name"
}

say() {
	echo "# $*"
}

# --- the LAN ----------------------------------------------------------------

# on HOST COMMAND...: there, keeping our mounts (`ip netns exec` would hide the bpffs).
on() {
	local host=$1
	shift
	nsenter --net="/run/netns/$host" "$@"
}

# The same for a background job, so that $! is the command itself and not a shell around it.
on_exec() {
	exec nsenter --net="/run/netns/$1" "${@:2}"
}

ctl() {
	local host=$1
	shift
	on "$host" "$CTL" "$@"
}

mac_of() {
	ip -n "$1" -j link show dev "${2:-eth0}" | jq -r '.[0].address'
}

netns_add() {
	ip netns add "$1" || fail "no network namespace $1"
	# Whatever the machine's own are: namespaces inherit them.
	on "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1 \
		net.ipv4.conf.default.{arp_announce,arp_ignore,promote_secondaries}=0
	ip -n "$1" link set lo up
}

# plug HOST DEV PORT [BRIDGE]: a cable between HOST's DEV and the switch's PORT.
plug() {
	ip -n "$1" link add "$2" type veth peer name "$3" netns sw || fail "no veth for $1"
	ip -n sw link set "$3" master "${4:-br0}" up
	ip -n sw link set dev "$3" xdpdrv obj "$OUT/xdp_pass.bpf.o" sec xdp || fail "no XDP_PASS on $3"
	ip -n "$1" link set "$2" up
}

host_add() {
	netns_add "$1"
	plug "$1" eth0 "$1"
	ip -n "$1" addr add "$2" brd + dev eth0
	family_up "$1" "${2%/*}"
}

# host6 HOST ADDRESS [DEV]: IPv6 there.
host6() {
	local dev=${3:-eth0}
	on "$1" sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 \
		"net.ipv6.conf.$dev.disable_ipv6=0" net.ipv6.conf.lo.disable_ipv6=0 \
		"net.ipv6.conf.$dev."{accept_ra,router_solicitations}=0
	ip -n "$1" addr add "$2/64" dev "$dev" nodad
}

link_local_there() {
	ip -n "$1" -j -6 addr show dev "${2:-eth0}" scope link |
		jq -e '[.[].addr_info[]? | select(.local)] | length > 0 and all(has("tentative") | not)' >/dev/null
}

# family_up HOST IPV4: where the floating address is one of IPv6, an address in its network, of the same last byte.
family_up() {
	[ "$FAMILY" = 6 ] || return 0
	host6 "$1" "2001:db8::${2##*.}"
	busywait 5000 link_local_there "$1" || fail "$1 has no link-local address"
}

lan_up() {
	netns_add sw
	ip -n sw link add br0 type bridge stp_state 0 mcast_snooping 0 forward_delay 0
	ip -n sw link set br0 up
	host_add h1 198.18.0.1/16
	host_add h2 198.18.0.2/16
	host_add c 198.18.0.9/16
	MAC1=$(mac_of h1) MAC2=$(mac_of h2) MACC=$(mac_of c)
	busywait 5000 on c ping -c 1 -W 1 -q 198.18.0.1 >/dev/null || fail "the LAN does not work"
}

# nft_add RULE...: what the switch drops from now on. All rules come in one transaction: where nft takes long to start,
# a whole takeover has room between two.
nft_add() {
	local rules='add table bridge cuts; add chain bridge cuts forward { type filter hook forward priority 0; }'
	rules+=$(printf '; add rule bridge cuts forward %s' "$@")
	on sw nft "$rules" || fail "nft refuses: $rules"
}

# cut FROM TO [FROM TO...]: frames from port FROM no longer reach port TO (one direction), from one moment on.
cut() {
	local rules=()
	while [ $# -ge 2 ]; do
		rules+=("iifname $1 oifname $2 counter drop")
		shift 2
	done
	nft_add "${rules[@]}"
}

# cut_apart A B [A B...]: nothing passes either way.
cut_apart() {
	local ways=()
	while [ $# -ge 2 ]; do
		ways+=("$1" "$2" "$2" "$1")
		shift 2
	done
	cut "${ways[@]}"
}

heal() {
	on sw nft delete table bridge cuts
}

unplug() {
	ip -n sw link set "$1" down
}

plug_back() {
	ip -n sw link set "$1" up
}

# --- waiting and expecting --------------------------------------------------

ms_now() {
	date +%s%3N
}

# Limits are for a machine that does nothing else. One that does takes longer, and only a failure waits for them.
end_after() {
	echo $(($(ms_now) + $1 * 4 * ${SLOW:-1}))
}

# busywait MS COMMAND...: until it succeeds, at most MS (times SLOW, on an emulated machine); its output is
# that of the last try.
busywait() {
	local end out
	end=$(end_after "$1")
	shift
	while :; do
		if out=$("$@" 2>&1); then
			[ -z "$out" ] || echo "$out"
			return 0
		fi
		if [ "$(ms_now)" -gt "$end" ]; then
			echo "busywait: gave up on: $* ${out:+($out)}" >&2
			return 1
		fi
		sleep "${LOOK_EVERY:-0.02}"
	done
}

# Has process $1 a packet socket that takes frames?
hears() {
	local inode
	for inode in $(find "/proc/$1/fd" -lname 'socket:*' -printf '%l\n' 2>/dev/null | tr -dc '0-9\n'); do
		awk -v inode="$inode" '$6 == 1 && $NF == inode { found = 1 } END { exit !found }' "/proc/$1/net/packet" && return
	done
	return 1
}

# wait_hears PID: a tool that was started in the background is at work.
wait_hears() {
	busywait 5000 hears "$1" || fail "it does not come to hear anything: $(tr '\0' ' ' <"/proc/$1/cmdline")"
}

expect_eq() {
	[ "$2" = "$3" ] || fail "$1: expected \"$2\", got \"$3\""
}

expect_le() {
	[ "$3" -le "$2" ] || fail "$1: expected at most $2, got $3"
}

expect_ge() {
	[ "$3" -ge "$2" ] || fail "$1: expected at least $2, got $3"
}

expect_ok() {
	local out
	out=$("$@" 2>&1) || fail "\"$*\" failed with status $?: $out"
}

# expect_fail STATUS WORD COMMAND...: ends with STATUS and names WORD on standard error, in one line.
expect_fail() {
	local want=$1 word=$2 err status
	shift 2
	err=$("$@" 2>&1 >/dev/null)
	status=$?
	expect_eq "exit status of \"$*\" ($err)" "$want" "$status"
	[[ $err == *"$word"* ]] || fail "\"$*\" does not name \"$word\" but says: $err"
}

# json FILTER FILE
json() {
	jq -r "$1" "$2" || fail "no JSON in $2"
}

# answers HOST ADDRESS: the MACs that answer one ARP request from HOST.
answers() {
	on "$1" "$TOOLS/arpload" -i eth0 -r 50 -d 60 "$2" | jq -r '.answers_by_mac[].mac' | sort
}

# shellcheck source=selftests/lib_daemons.sh
. "${BASH_SOURCE[0]%/*}/lib_daemons.sh"
# shellcheck source=selftests/lib_frames.sh
. "${BASH_SOURCE[0]%/*}/lib_frames.sh"

# --- events and traces ------------------------------------------------------

# follow HOST FILE [OPTION...]: `events` into FILE in the background, its pid in FOLLOWER.
follow() {
	local host=$1 file=$2
	shift 2
	on_exec "$host" "$CTL" events "$@" >"$file" 2>"$file.err" &
	FOLLOWER=$!
}

# expect_no_trace HOST [DEV...]: nothing of ours on the interface, in the bpffs, in the sysctls.
expect_no_trace() {
	local host=$1 dev
	shift
	for dev in "${@:-eth0}"; do
		ip -n "$host" -j link show dev "$dev" | jq -e '.[0] | has("xdp") | not' >/dev/null ||
			fail "$host $dev: an XDP program is left"
		expect_eq "$host $dev: qdisc clsact" "" "$(on "$host" tc qdisc show dev "$dev" clsact)"
		expect_eq "$host $dev: arp_announce, arp_ignore, promote_secondaries" "0 0 0" \
			"$(on "$host" sysctl -n "net/ipv4/conf/$dev/arp_announce" "net/ipv4/conf/$dev/arp_ignore" \
				"net/ipv4/conf/$dev/promote_secondaries" | xargs)"
		ip -n "$host" -j addr show dev "$dev" | jq -e '[.[].addr_info[].local | select(startswith("198.18.1."))] == []' \
			>/dev/null || fail "$host $dev: a floating address is left"
	done
	expect_eq "pins of $host" "" "$(find "/sys/fs/bpf/ip-takeover/$(instance_of "$host")" 2>/dev/null)"
}

instance_of() {
	echo "net-$(on "$1" readlink /proc/self/ns/net | tr -dc 0-9)"
}

# --- captures ---------------------------------------------------------------

# capture HOST FILE FILTER...: tcpdump in the background, ready when this returns; stop with capture_end.
capture() {
	local host=$1 file=$2
	shift 2
	on_exec "$host" tcpdump -i "${CAPTURE_DEV:-eth0}" -U --immediate-mode -w "$file" "$@" 2>"$TMP/tcpdump.log" &
	CAPTURE=$!
	busywait 5000 grep -q 'listening on' "$TMP/tcpdump.log" || fail "tcpdump does not start"
}

capture_end() {
	kill -TERM "$CAPTURE" 2>/dev/null
	wait "$CAPTURE" 2>/dev/null
}

# within_a_second FILE FILTER: how many of the frames in a capture came within a second of the one before.
within_a_second() {
	tcpdump -tt -n -r "$1" "$2" 2>/dev/null | awk 'NR > 1 && $1 - last < 0.99 { n++ } { last = $1 } END { print n + 0 }'
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
	[ $# = 2 ] || fail "usage: lib.sh FILE FUNCTION"
	# shellcheck disable=SC1090
	. "$1"
	"$2"
	exit
fi
