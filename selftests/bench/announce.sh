#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Announcing 1, 1,000 and 65,536 addresses in one form, unpaced: by live frames, as the daemon does where its pace
# allows 16,384 frames at once, by live frames whose program is attached natively elsewhere as well ("parked": the call
# then waits for no RCU grace period), and by AF_PACKET. From the store of the lease to the last frame at the receiver.
#
# Then until 1,000 neighbour entries have moved, as the clients' kernel tells of it: of 1,000 clients for one
# address (macvlan devices with MACs and entries of their own, in one namespace: 1,000 namespaces would measure the
# bridge), and of one client for 1,000 addresses.

. selftests/bench/lib.sh
. selftests/bench/cable.sh
CLIENTS=1000

clients_up() {
	local i
	for ((i = 1; i <= CLIENTS; i++)); do
		echo "link add link eth0 name m$i type macvlan mode private"
		echo "link set m$i up"
	done >"$TMP/clients"
	ip -n c -batch "$TMP/clients" || fail "no macvlan devices"
}

# Lines of address and device, as entries that no garbage collection takes: the table is the whole machine's, and small.
entries() {
	sed 's/\(.*\) \(.*\)/neigh replace \1 lladdr 02:00:00:00:00:01 dev \2 nud reachable extern_learn/' >"$TMP/entries"
	ip -n c -batch "$TMP/entries" || fail "no neighbour entries"
}

entries_of_clients() {
	local i
	for ((i = 1; i <= CLIENTS; i++)); do
		echo "198.19.0.1 m$i"
	done | entries
}

entries_of_one() {
	local i
	for ((i = 1; i <= CLIENTS; i++)); do
		echo "198.19.$((i / 256)).$((i % 256)) eth0"
	done | entries
}

# times CASE METRIC ROUND KEY=VALUE... -- ARGUMENTS...: one announcement to warm up, three that count.
times() {
	local case=$1 metric=$2 round=$3 ns how keys=() first=1
	shift 3
	while [ "$1" != -- ]; do
		keys+=("$1")
		shift
	done
	shift
	"$OUT/bench/announces" -r 4 "$@" >"$TMP/announces" || fail "$case"
	while read -r ns how; do
		[ -n "$first" ] && first= && continue
		sample "$case" lost announcements "$round" "$([ "$how" = all ] && echo 0 || echo 1)" "${keys[@]}"
		[ "$how" = all ] || continue
		sample "$case" "$metric" ms "$round" "$(awk "BEGIN { printf \"%.4f\", $ns / 1e6 }")" "${keys[@]}"
	done <"$TMP/announces"
}

bench_start announce
cable_up
entries_of_one
for ((round = 1; round <= ${ROUNDS:-10}; round++)); do
	for n in 1 1000 65536; do
		times "live-$n" time "$round" way=live "addresses=$n" -- -w live -n $n
		times "parked-$n" time "$round" way=parked "addresses=$n" -- -w live -p -n $n
		times "packet-$n" time "$round" way=packet "addresses=$n" -- -w packet -n $n
	done
	times "live-one-client" moved "$round" way=live clients=1 -- -w live -n $CLIENTS -e $CLIENTS
	times "packet-one-client" moved "$round" way=packet clients=1 -- -w packet -n $CLIENTS -e $CLIENTS
	bench_say "round $round"
done
clients_up
entries_of_clients
for ((round = 1; round <= ${ROUNDS:-10}; round++)); do
	times "live-clients" moved "$round" way=live clients=$CLIENTS -- -w live -n 1 -e $CLIENTS
	times "packet-clients" moved "$round" way=packet clients=$CLIENTS -- -w packet -n 1 -e $CLIENTS
	bench_say "1,000 clients, round $round"
done
bench_end
