#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The mutation gate: runs the simulator without each rule of mutants.txt and says who noticed. Fails if nobody did,
# or if a rule of mutations.txt is not in the table, or no longer in the core.

set -u
cd "$(dirname "$0")/../.." || exit 1
OUT=${OUT:-.out}
bad=0

scripts/check.sh mutations || exit 1

printf '# %-6s %-12s %s\n' where rule 'noticed by'
while read -r where rule how much more; do
	case $where in
	core) sim=$OUT/sim/without/$rule/sim ;;
	model) sim=$OUT/sim/sim more="--without $rule $more" ;;
	*) continue ;;
	esac
	if [ ! -x "$sim" ]; then
		seen="(was not built)"
	elif [ "$how" = scene ]; then
		# shellcheck disable=SC2086
		seen=$("$sim" --scene "$much" $more)
	else
		# shellcheck disable=SC2086
		seen=$("$sim" --hunt --mode "$how" --seeds "1-$much" $more)
	fi
	[[ $seen == *:* ]] || {
		echo "FAIL: without $rule nothing breaks ($how $much) $seen"
		bad=1
		continue
	}
	printf '# %-6s %-12s %s\n' "$where" "$rule" "${seen%%$'\n'*}"
done <selftests/sim/mutants.txt
exit $bad
