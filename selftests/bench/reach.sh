# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# shellcheck shell=bash
# One group of two IPv4 and two IPv6 addresses on two interfaces, each asked 10,000 times a second by its own client: the
# owner's cables pulled, and planned handovers under echoes.

RATE=${RATE:-10000}
INTERVAL=${INTERVAL:-10ms}
# shellcheck source=selftests/bench/lib.sh
. selftests/bench/lib.sh
# shellcheck source=selftests/net/test_reach.sh
. selftests/net/test_reach.sh

# samples CASE METRIC UNIT ROUND FILTER: of each address.
samples() {
	local one
	for one in $REACHED; do
		sample "$1 ${one#*=}" "$2" "$3" "$4" "$(json "$5" "$TMP/load.${one#*=}")" "what=$1" "address=${one#*=}"
	done
}

bench_start reach
reach_up
for ((round = 1; round <= ${ROUNDS:-10}; round++)); do
	gone=$OWNER
	takeover
	samples takeover gap ms "$round" '(.runs[1].first_ns - .runs[0].last_ns) / 1e6'
	samples takeover asked "" "$round" .requests
	samples takeover twice "" "$round" .answered_more
	samples takeover flips "" "$round" '.run_count - 1'
	plugged_again "$gone"
	planned
	samples handover sent "" "$round" .sent
	samples handover lost "" "$round" .lost
	samples handover own_drops "" "$round" .own_drops
	wait_pair
	bench_say "round $round"
done
bench_end
