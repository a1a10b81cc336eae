# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# Planned handovers by `release` under load: 10,000 echoes a second, and UDP at 100,000 datagrams a second to sinks
# on both hosts; a plain client, and a deaf one, whose neighbour entry is permanent, so that the old owner has to send
# on all it gets. What is lost is told apart: by cables (a veth's queue), by a full socket, by the handover. And the
# same load with no handover at all, to the owner and to the host that does not own and sends all of it on.

# shellcheck source=selftests/bench/lib.sh
. selftests/bench/lib.sh
# shellcheck source=selftests/net/test_handover.sh
. selftests/net/test_handover.sh

UDP_RATE=${UDP_RATE:-100000}
STANDING=198.18.1.2

# web is added and removed at a handover; std is on lo of both hosts, always.
pair_of_groups() {
	local host
	lan_up
	for host in h1 h2; do
		INTERVAL=20ms SETTLE=2ms REALTIME=true conf_write $host
		cat >>"$TMP/$host.conf" <<-END
			group "std" {
			    interface = "eth0"
			    addresses = { "$STANDING/16" }
			    address   = "standing"
			}
		END
		sed -i 's/^    interface .*/&\n    drain = "300ms"/' "$TMP/$host.conf"
		daemon_start $host
	done
	groups_settled || fail "the pair does not settle"
}

# group HOST NAME: "STATE LEASE"
group() {
	ctl "$1" status --json 2>/dev/null | jq -r ".groups[] | select(.name == \"$2\") | \"\(.state) \(.lease)\""
}

# owns GROUP HOST: and the other one stands by for it.
owns() {
	[ "$(group "$2" "$1")" = "owner live" ] && [[ $(group h$((3 - ${2#h})) "$1") == "standby "* ]]
}

owned() {
	owns "$1" h1 || owns "$1" h2
}

groups_settled() {
	busywait 10000 owned web && busywait 10000 owned std
}

# look GROUP: sets OWNER, STANDBY, and their MACs OLD, NEW.
look() {
	OWNER=h1
	owns "$1" h1 || OWNER=h2
	STANDBY=h$((3 - ${OWNER#h}))
	OLD=$(mac_of $OWNER) NEW=$(mac_of $STANDBY)
}

# client KIND ADDRESS: what its neighbour table knows of the address when the load begins: what it hears, or for good
# the owner's MAC (deaf), or that of the other host (astray).
client() {
	ip -n c neigh del "$2" dev eth0 2>/dev/null
	case $1 in
	deaf) ip -n c neigh replace "$2" lladdr "$OLD" dev eth0 nud permanent ;;
	astray) ip -n c neigh replace "$2" lladdr "$NEW" dev eth0 nud permanent ;;
	esac
	busywait 5000 on c ping -c 1 -W 1 -q "$2" >/dev/null || fail "the client does not reach $2"
}

# load_start echo|udp ADDRESS: ends by SIGTERM.
load_start() {
	if [ "$1" = echo ]; then
		on_exec c "$TOOLS/echoload" -r "$RATE" -d 60000 "$2" >"$TMP/load.json" &
	else
		"$TOOLS/udpload" -r "$UDP_RATE" -d 60000 -n c -s h1 -s h2 "$2" >"$TMP/load.json" &
	fi
	LOAD=$!
}

forwarded() {
	echo $(($(counter h1 ip_forward) + $(counter h2 ip_forward)))
}

# under_load CASE LOAD KIND ADDRESS ROUND [COMMAND...]: the command a third into that load; told in samples.
under_load() {
	local case=$1 load=$2 kind=$3 address=$4 round=$5 dropped before
	shift 5
	client "$kind" "$address"
	dropped=$(link_drops)
	before=$(forwarded)
	load_start "$load" "$address"
	sleep 0.5
	"$@" >/dev/null || fail "$* does not work"
	# The drain of the old owner is over before this ends, so it has served and sent on.
	sleep 1
	kill -TERM $LOAD
	wait $LOAD || fail "the load tool failed"
	samples_of "$case" "$round" $(($(link_drops) - dropped)) $(($(forwarded) - before))
}

# handover LOAD KIND GROUP ADDRESS ROUND
handover() {
	look "$3"
	under_load "$1 $2 $3" "$1" "$2" "$4" "$5" ctl $OWNER release "$3"
	busywait 5000 owns "$3" $STANDBY || fail "$3 did not move"
}

# control KIND ROUND: the same load of datagrams, and nobody hands over.
control() {
	look std
	under_load "none $1 std" udp "$1" $STANDING "$2"
}

# samples_of CASE ROUND CABLE FORWARDED
samples_of() {
	local lost sent duplicates own rate late gap
	# Read in one go: a process for each would cost more than it tells.
	read -r sent lost duplicates own rate late gap < <(jq -r '
		((.end_ns // 0) - (.start_ns // 0)) as $ns |
		"\(.sent) \(.lost) \(.duplicates) \(.own_drops // .socket_drops) \(.offered_a_second // (.sent / $ns * 1e9 | round)) \(.own_worst_late_ns / 1e6) \((.longest_gap_ns // 0) / 1e6)"' "$TMP/load.json")
	sample "$1" sent datagrams "$2" "$sent"
	sample "$1" offered per_second "$2" "$rate"
	sample "$1" lost datagrams "$2" "$lost"
	sample "$1" duplicates datagrams "$2" "$duplicates"
	sample "$1" lost_by_cables frames "$2" "$3"
	sample "$1" lost_by_socket datagrams "$2" "$own"
	sample "$1" forwarded frames "$2" "$4"
	sample "$1" worst_own_stall ms "$2" "$late"
	[ "$lost" = 0 ] || sample "$1" first_lost ms "$2" "$(jq "if .first_lost_ns then .first_lost_ns / 1e6 - (.start_ns // 0) / 1e6 else .first_lost * 1000 / .offered_a_second end" "$TMP/load.json")"
	[ "$gap" = 0 ] || sample "$1" longest_gap ms "$2" "$gap"
	[ "$lost" = 0 ] || bench_say "$1, round $2: $lost of $sent lost ($3 by cables, $own by the socket): $(jq -c '{longest_run_lost, first_lost, last_lost, send_failed, sinks}' "$TMP/load.json")"
}

bench_start handover
pair_of_groups
for ((round = 1; round <= ${ROUNDS:-20}; round++)); do
	for kind in plain deaf; do
		handover echo $kind web $VIP "$round"
		handover udp $kind web $VIP "$round"
		handover udp $kind std $STANDING "$round"
	done
	control plain "$round"
	control astray "$round"
	bench_say "round $round"
done
bench_end
