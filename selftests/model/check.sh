#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Model checking of the ownership protocol with spin: check.sh quick|all [PATTERN]. Prints a table; fails if a model
# with all its rules has an error, or one without a rule has none.
#
# quick: what `make check` has time for. all: more delay, cuts of both directions, and every mutant.

set -u
cd "$(dirname "$0")" || exit 1
here=$PWD
wanted=${1:-all}
only=${2:-}
jobs=${JOBS:-$(nproc)}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# Searches every state of model $3 of set $1 with the definitions that follow, in a directory of its own, $2. A model with
# a claim about what happens in the end is searched for runs that go on for ever without it.
search() {
	local name=$2 file=$3 how=-DSAFETY endless='' space=-DCOLLAPSE depth=20000000
	# States packed less tightly cost memory and save a third of the time.
	[ "$1" = quick ] && space=''
	shift 3
	# What breaks after few steps is found sooner where no run is longer.
	[[ " $* " =~ \ -DDEPTH=([0-9]+)\  ]] && depth=${BASH_REMATCH[1]}
	grep -q '^ltl' "$file" && how='' endless=-a
	mkdir "$work/$name" && cd "$work/$name" || exit 1
	# shellcheck disable=SC2086
	spin -a "$@" "$here/$file" && gcc -O2 -w $how $space -DMEMLIM=6000 pan.c -o pan &&
		./pan $endless -E -m$depth
}

# $1 its set, $2 expected errors (0 or 1), $3 name, $4 file, rest: definitions
model() {
	local set=$1 expected=$2 name=$3 file=$4 log states seconds errors verdict=ok
	log=$work/$name.log
	shift 4
	(search "$set" "$name" "$file" "$@") >"$log" 2>&1
	rm -rf "${work:?}/$name"
	states=$(awk '/states, stored/ { print $1; exit }' "$log")
	seconds=$(awk '/elapsed time/ { print $4; exit }' "$log")
	errors=$(grep -cE 'assertion violated|acceptance cycle \(at' "$log")
	# A search that was cut short has proven nothing.
	if [ "$errors" = 0 ] && grep -qE 'depth too small|MEMLIM|out of memory' "$log"; then
		errors="cut short"
	fi
	[ "$errors" = "$expected" ] && [ -n "$states" ] || verdict=FAIL
	printf '# %-28s %9s %8s %7s %9s  %s\n' "$name" "${states:--}" "${seconds:--}" "$errors" "$expected" "$verdict"
	[ $verdict = ok ] && return
	echo "FAIL: $name"
	tail -n 20 "$log"
	touch "$work/failed"
}

# As many at a time as there are processors.
check() {
	[ "$wanted" = all ] || [ "$wanted" = "$1" ] || return
	[ -z "$only" ] || [[ $3 =~ $only ]] || return
	while [ "$(jobs -rp | wc -l)" -ge "$jobs" ]; do
		wait -n
	done
	model "$@" &
}

# A pair's two lengths of a lease, one fault a tick, and nobody stops but for good: else there are too many states.
lengths='-DSPARSE -DNO_STOP -DLX=6 -DLS=4'

printf '# %-28s %9s %8s %7s %9s\n' model states seconds errors expected
check quick 0 quorum quorum.pml -DWINDOW=2
check quick 0 pair-one-fault-a-turn pair.pml -DSPARSE
check quick 0 pair-two-lengths pair.pml $lengths -DCHANGES=1
check quick 0 election election.pml
check quick 0 members-of-1-2-3 members.pml -DSMALL
check all 0 election-more-faults election.pml -DFAULTS=4
check all 0 quorum-more-delay quorum.pml
check all 1 quorum-I1 quorum.pml -DGN=1 -DWINDOW=2
check all 1 quorum-P9-no-boot-wait quorum.pml -DBOOT=0 -DWINDOW=2
check all 1 quorum-P11-no-sequence quorum.pml -DREL_NOSEQ -DWINDOW=2
check all 1 quorum-P11-before-stopping quorum.pml -DREL_EARLY -DWINDOW=2
check all 1 quorum-P1-out-of-order quorum.pml -DVOTE_REORD
check all 1 quorum-P2-anchor quorum.pml -DACK_ANCHOR -DWINDOW=2
check all 1 quorum-P1-echo-alone quorum.pml -DECHO_ALONE -DWINDOW=2
check all 1 quorum-P2-any-epoch quorum.pml -DANY_EPOCH -DWINDOW=2
check all 1 election-P7-no-withdrawal election.pml -DNO_WITHDRAW
check all 0 pair pair.pml
check all 0 pair-two-way pair.pml -DTWOWAY
check all 1 pair-I1 pair.pml -DGN=3
check all 1 pair-I4 pair.pml -DD=2
check all 1 pair-run-start pair.pml -DNO_RUN_START
check all 1 pair-P4-echo pair.pml -DNO_ECHO
check all 1 pair-P6-D-for-G pair.pml -DD_CLAIM
check all 1 pair-unproven pair.pml -DNO_UNPROVEN
check all 1 pair-P5-lapsed pair.pml -DRENEW_LAPSED
check all 0 pair-lengths-both-changed pair.pml $lengths
check all 0 pair-lengths-new-records pair.pml $lengths -DCHANGES=1 -DNEW=2
# What I2 excludes: a host that has lost its maps is started with another length while the peer does not hear it.
check all 1 pair-lengths-maps-lost pair.pml $lengths -DCHANGES=1 -DNEW=1
check all 1 pair-lengths-new-is-short pair.pml $lengths -DCHANGES=1 -DNEW=2 -DNEW_IS_SHORT
check all 1 pair-lengths-own-alone pair.pml $lengths -DOWN_ALONE
check all 1 pair-lengths-peer-alone pair.pml $lengths -DPEER_ALONE
check all 1 pair-lengths-shorter-at-once pair.pml $lengths -DSHORTER_AT_ONCE
check all 1 pair-lengths-own-before pair.pml $lengths -DCHANGES=3 -DOWN_FORGOTTEN
check all 1 pair-P2-not-acknowledged pair.pml $lengths -DCHANGES=1 -DNOT_ACKED
check all 1 pair-P2-left-over pair.pml $lengths -DCHANGES=1 -DNOTHING_LEFT_OVER
check all 1 pair-P8-adopts-shorter pair.pml $lengths -DCHANGES=1 -DADOPTS_SHORTER
check all 1 pair-lengths-if-proven pair.pml $lengths -DLONGER_IF_PROVEN
check all 0 members members.pml -DNO_DELAY
check all 0 members-growing-own-majority members.pml -DNO_JOINT -DGROW -DNO_DELAY
check all 1 members-own-majority members.pml -DNO_JOINT -DSMALL
check all 1 members-any-vote-of-the-set members.pml -DANY_SAME -DLATE -DDEPTH=150
check all 1 members-left-by-new-majority members.pml -DLEAVE_BY_NEW -DSMALL
check all 1 members-left-at-once members.pml -DLEAVE_AT_ONCE -DSMALL
check all 1 members-left-before-G members.pml -DNO_WAIT -DSMALL
check all 1 members-two-at-once members.pml -DTWO_AT_ONCE -DDEPTH=300
check all 1 members-not-settled members.pml -DNO_SETTLED -DSMALL
wait
[ ! -e "$work/failed" ]
