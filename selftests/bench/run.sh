#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Runs parts of the benchmark, each in namespaces of its own (isolate.sh), and writes the report:
# run.sh [PART...], all of them without a name. ROUNDS= and BENCH_SECONDS= change how long they measure;
# BENCH_OUT= is where the results go. Ends with status 1 if a part could not measure.

set -u
cd "$(dirname "$0")/../.." || exit 1
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin OUT=${OUT:-.out} LC_ALL=C
export BENCH_OUT=${BENCH_OUT:-selftests/bench/out}
PARTS="arp scale announce flip failover voice handover reach steady"
# No part takes that long; one that hangs must not take the others with it.
LIMIT=${BENCH_LIMIT:-7200}
current=
failed=

stop() {
	trap '' INT TERM
	# The job is a process group of its own; the isolated part dies with its first process.
	[ -z "$current" ] || kill -TERM -- "-$current" 2>/dev/null
	[ -z "$current" ] || wait "$current" 2>/dev/null
	echo "bench: interrupted" >&2
	exit 130
}
trap stop INT TERM

part() {
	local status
	echo "bench: $1" >&2
	if [ ! -e "selftests/bench/$1.sh" ]; then
		echo "bench: there is no part \"$1\" (of: $PARTS)" >&2
		failed="$failed $1"
		return
	fi
	set -m
	timeout -k 5 "$LIMIT" selftests/isolate.sh bash "selftests/bench/$1.sh" </dev/null &
	current=$!
	set +m
	wait "$current"
	status=$?
	current=
	[ "$status" = 0 ] && [ -e "$BENCH_OUT/$1.json" ] || failed="$failed $1"
}

if [ "$(id -u)" != 0 ]; then
	echo "bench: network namespaces and BPF need root" >&2
	exit 1
fi
mkdir -p "$BENCH_OUT"
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $PARTS
for name; do
	part "$name"
done
selftests/bench/report.sh || failed="$failed report"
[ -z "$failed" ] || echo "bench: failed:$failed" >&2
[ -z "$failed" ]
