#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Operator mutants of the code: draws N places in include/, bpf/ and user/ (draw.awk), changes each in a copy of the
# tree of its own, and lets the quick tests that concern the file try to notice.
#
# make mutants-code [N=300] [SEED=1] [FILES=REGEX] [LIST=FILE]
#   FILES  only sources whose path matches; "!REGEX": only those that do not
#   LIST   those of this file instead of drawing (what a run left in $OUT/mutants/survivors, say): once more
#
# Quick are, in this order, the unit programs and the program tests (bpf/), the corpora of the fuzz targets, and for
# what the simulator holds some seeds and all scenes. Which of them concern a file is read from what they are linked
# of. A file that none of them holds has only network tests: its places are counted, and not among the N.
#
# One line a mutant: file:line, what was changed, and killed by WHICH test, or survived, or does not build (the
# project's own warnings are errors). kept.txt lists those that are meant to live and says why; a survivor that is not
# in it, or an entry whose line is no longer there, makes the run fail.

set -u
cd "$(dirname "$0")/../.." || exit 1
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C
here=selftests/mutants
out=$(realpath -m "${OUT:-.out}")
# In the copies it is .out, whatever their user has.
unset OUT
dir=$out/mutants
base=$dir/base
make=${MAKE:-make}
jobs=${JOBS:-$(nproc)}
tab=$'\t'
# Debugging symbols would only be copied.
cflags=-O2
# Per mode: so many seeds as take half a second.
seeds="pair:200 quorum3:100 quorum5:20 witness:100"
declare -A running=() uncovered=()

die() {
	echo "FAIL: $*"
	exit 1
}

interrupted() {
	local pid
	trap '' INT TERM
	for pid in "${!running[@]}"; do
		kill -TERM -- "-$pid" 2>/dev/null
	done
	sleep 0.2
	# A namespace's first process takes no TERM.
	for pid in "${!running[@]}"; do
		kill -KILL -- "-$pid" 2>/dev/null
		wait "$pid" 2>/dev/null
	done
	echo "interrupted"
	exit 130
}
trap interrupted INT TERM
trap 'rm -rf "$dir"/lane.* "$dir"/verdict.*' EXIT

# --- the tree that the copies are made of ----------------------------------------

programs() {
	local file name
	for file in selftests/unit/test_*.c selftests/bpf/test_*.c; do
		[[ $file == *.bpf.c ]] || echo ".out/${file%.c}"
	done
	for file in selftests/fuzz/fuzz_*.c; do
		name=${file##*/fuzz_}
		echo ".out/fuzz/${name%.c}"
	done
	echo .out/sim/sim
}

# Sources are copied with their times and objects stay, so that a second run compiles what was changed meanwhile.
base_make() {
	mkdir -p "$base/.out"
	(cd "$base" && rm -rf -- *)
	cp -a Makefile include bpf user selftests scripts .clang-format "$base"
	# What has been looked at or brought already is not asked for again; in a fresh clone there is less of it.
	find "$out" -maxdepth 1 \( -name 'deps-*' -o -name 'look-*' \) -exec cp -p {} "$base/.out" \;
	# shellcheck disable=SC2046
	(cd "$base" && "$make" -j "$jobs" OUT=.out CFLAGS="$cflags" $(programs)) >"$dir/base.log" 2>&1 ||
		die "the tree itself does not build: $dir/base.log"
}

# The project's sources in dependency files; a skeleton stands for what its program is made of.
sources_of() {
	local name
	cat "$@" | tr -s ' \\' '\n\n' | sed 's/:$//' | sort -u | while read -r name; do
		case $name in
		include/* | bpf/* | user/*) echo "$name" ;;
		.out/*.skel.h) [[ ${name#.out/} == */* ]] || sources_of ".out/$(basename "$name" .skel.h).bpf.o.d" ;;
		esac
	done | sort -u
}

# Dependency files of the objects that program $1 certainly holds. Of the helpers beside a unit or program test, which
# are linked to all, those that it includes; the simulator has all of its own.
objects_of() {
	local helper
	case $1 in
	*/fuzz/*) ls .out/fuzz/selftests/fuzz/fuzz_"${1##*/}".d ;;
	*/sim/*) ls .out/selftests/sim/*.d ;;
	*)
		echo "$1.d"
		for helper in $(grep -o 'selftests/[a-z]*/[a-z_]*\.h' "$1.d" | sort -u); do
			ls ".out/${helper%.h}.d"
		done
		;;
	esac 2>/dev/null
}

# concerns: "SOURCE PROGRAM" a line. A program holds an object of user/, or a helper of the fuzz targets, if it defines the object's symbols.
base_concerns() {
	cd "$base" || exit
	local program object
	for object in .out/user/*/*.o .out/fuzz/selftests/fuzz/[!f]*.o; do
		nm --defined-only "$object" | awk -v o="$object" '$2 ~ /[TDRB]/ { print $3, o }'
	done >.out/symbols
	for program in $(programs); do
		# shellcheck disable=SC2046
		sources_of $(objects_of "$program") $(nm --defined-only "$program" |
			awk 'NR == FNR { o[$1] = $2; next } $3 in o { print o[$3] }' .out/symbols - |
			sort -u | sed 's/o$/d/') | sed "s|\$| $program|"
	done >.out/concerns
}

# --- one mutant -----------------------------------------------------------------

# The programs of kind $2 (a pattern) that concern file $1.
concerned() {
	awk -v file="$1" -v kind="$2" '$1 == file && $2 ~ kind { print $2 }' "$base/.out/concerns"
}

# Line $2 of file $1, "$3" without its indentation, becomes "$4"; the nearest one of that text, if lines have moved.
change() {
	was=$3 now=$4 awk -v want="$2" '
		{ all[NR] = $0; text = $0; sub(/^[\t ]+/, "", text) }
		text == ENVIRON["was"] && (!at || (NR - want) ^ 2 < (at - want) ^ 2) { at = NR }
		END {
			for (i = 1; i <= NR; i++) {
				match(all[i], /^[\t ]*/)
				print i == at ? substr(all[i], 1, RLENGTH) ENVIRON["now"] : all[i]
			}
			exit !at
		}' "$1" >"$1.new" && mv "$1.new" "$1"
}

# Runs program $1 as a test of kind $2; says which of its functions noticed.
noticed() {
	local log=.out/noticed.log name=${1##*/} status seconds=60
	! grep -qxF -- "$*" "$base/.out/red" || return 1
	[[ $1 != */selftests/* ]] || seconds=10
	# Of processor time, for what never ends: a busy machine must not kill a mutant.
	(
		ulimit -t $seconds
		case $1 in
		*/unit/*) CMOCKA_MESSAGE_OUTPUT=TAP exec timeout --foreground -k 1 600 "$1" ;;
		*/bpf/*) CMOCKA_MESSAGE_OUTPUT=TAP exec timeout --foreground -k 1 600 selftests/isolate.sh "$1" ;;
		*/fuzz/*) exec timeout --foreground -k 1 600 selftests/isolate.sh selftests/fuzz/run.sh replay "$name" ;;
		*) exec timeout --foreground -k 1 600 "$@" ;;
		esac
	) </dev/null >"$log" 2>&1
	status=$?
	[ $status != 0 ] || return 1
	name=$(sed -nE 's/^not ok [0-9]+ - (.*)$/\1/p' "$log" | head -n 1)
	[ -n "$name" ] || name="exit status $status"
	set -- "${1#.out/}" "${@:2}"
	echo "killed by ${*/#selftests\//}: $name"
}

# In this lane: builds programs "$@" and runs them until one notices.
stage() {
	local program verdict
	[ $# -gt 0 ] || return 1
	"$make" OUT=.out CFLAGS="$cflags" "$@" >.out/make.log 2>&1 || {
		echo "does not build"
		return 0
	}
	for program; do
		verdict=$(noticed "$program") || continue
		# Tests of the real kernel may fail for another reason: twice is no chance.
		[[ $program != */bpf/* ]] || verdict=$(noticed "$program") || continue
		echo "$verdict"
		return 0
	done
	return 1
}

simulated() {
	local mode
	"$make" OUT=.out CFLAGS="$cflags" .out/sim/sim >.out/make.log 2>&1 || {
		echo "does not build"
		return 0
	}
	for mode in $seeds; do
		noticed .out/sim/sim --mode "${mode%:*}" --seeds "1-${mode#*:}" && return
	done
	noticed .out/sim/sim --scene all
}

# The fuzz targets are many and large, and most mutants die without.
fuzzed() {
	local programs
	programs=$(concerned "$1" /fuzz/)
	[ -n "$programs" ] || return 1
	cp -a "$base/.out/fuzz" .out
	# shellcheck disable=SC2086
	stage $programs
}

# What the quick tests say of file $1, changed; fails if none noticed.
# shellcheck disable=SC2046
verdict_of() {
	stage $(concerned "$1" /unit/) || stage $(concerned "$1" /bpf/) || fuzzed "$1" ||
		{ [ -n "$(concerned "$1" /sim/)" ] && simulated; }
}

# One line: what became of the mutant. $1 lane, then the fields of draw.awk.
judge() {
	local lane=$1 file=$2 verdict=
	rm -rf "$lane"
	mkdir -p "$lane/.out"
	cp -a "$base"/* "$base"/.clang-format "$lane"
	find "$base/.out" -mindepth 1 -maxdepth 1 ! -name fuzz -exec cp -a -t "$lane/.out" {} +
	cd "$lane" || exit
	change "$file" "$3" "$5" "$6" || verdict="is gone"
	[ -n "$verdict" ] || verdict=$(verdict_of "$file") || verdict=survived
	echo "$verdict"
	rm -rf "$lane"
}

# --- the kept list ----------------------------------------------------------------

# kept.txt as lines of "file TAB function TAB line as it is TAB as it becomes TAB why".
kept() {
	awk -v OFS="$tab" '
		function flush() {
			if (file != "")
				print file, place, was, now, why
			file = place = was = now = why = ""
		}
		/^#/ { next }
		/^file: / { flush(); file = $2; next }
		/^in: / { place = $2; next }
		/^was: / { sub(/^was: +/, ""); was = $0; next }
		/^now: / { sub(/^now: +/, ""); now = $0; next }
		/^why: / { sub(/^why: +/, ""); why = $0; next }
		/^ / { sub(/^ +/, ""); why = why " " $0 }
		END { flush() }' $here/kept.txt
}

# The function that line $2 of file $1 is in; "-" for none.
function_at() {
	awk -v line="$2" '
		/^[A-Za-z_].*\(/ { match($0, /[A-Za-z_0-9]+\(/); name = substr($0, RSTART, RLENGTH - 1) }
		/^#/ { name = "-" }
		NR == line { print name == "" ? "-" : name; exit }' "$1"
}

# Why the survivor (file, line, was, now) is meant to live.
kept_why() {
	file=$1 place=$(function_at "$1" "$2") was=$3 now=$4 awk -F "$tab" '
		$1 == ENVIRON["file"] && $2 == ENVIRON["place"] && $3 == ENVIRON["was"] && $4 == ENVIRON["now"] {
			print $5
			seen = 1
			exit
		}
		END { exit !seen }' "$dir/kept"
}

kept_check() {
	local file place was now why
	while IFS=$tab read -r file place was now why; do
		if [ -z "$place" ] || [ -z "$was" ] || [ -z "$now" ] || [ -z "$why" ]; then
			die "kept.txt: an entry of $file lacks in, was, now or why"
		fi
		[ -e "$file" ] || die "kept.txt: there is no $file"
		sed 's/^[[:space:]]*//' "$file" | grep -qxF -- "$was" || die "kept.txt: $file has no line \"$was\""
	done <"$dir/kept"
}

# --- the run --------------------------------------------------------------------

files() {
	local pattern=${FILES:-}
	find include bpf user -name '*.[ch]' | sort | case $pattern in
	'!'*) grep -vE -- "${pattern#!}" ;;
	*) grep -E -- "$pattern" ;;
	esac
}

# The first N whose file a quick test holds, into `todo`; the others on the way are counted by file.
drawn() {
	local file rest covered
	todo=()
	covered=" $(cut -d ' ' -f 1 "$base/.out/concerns" | sort -u | tr '\n' ' ')"
	while IFS=$tab read -r file rest; do
		[ "${#todo[@]}" -lt "$1" ] || break
		if [[ $covered == *" $file "* ]]; then
			todo+=("$file$tab$rest")
		else
			uncovered[$file]=$((${uncovered[$file]:-0} + 1))
		fi
	done
}

start() {
	local file line what was now
	IFS=$tab read -r file line what was now <<<"${todo[$1]}"
	set -m
	judge "$dir/lane.$1" "$file" "$line" "$what" "$was" "$now" >"$dir/verdict.$1" 2>/dev/null </dev/null &
	running[$!]=$1
	set +m
}

said=0 killed=0 unbuilt=0 unjudged=0 explained=0 survived=0

# What is known, in the order of the draw.
say() {
	local file line what was now verdict why
	while [ "$said" -lt "${#todo[@]}" ] && [ -n "${done_[$said]:-}" ]; do
		IFS=$tab read -r file line what was now <<<"${todo[$said]}"
		verdict=$(tail -n 1 "$dir/verdict.$said")
		rm -f "$dir/verdict.$said"
		case $verdict in
		killed*) killed=$((killed + 1)) ;;
		survived)
			if why=$(kept_why "$file" "$line" "$was" "$now"); then
				explained=$((explained + 1)) verdict="survived, as kept.txt explains"
			else
				survived=$((survived + 1))
				echo "${todo[$said]}" >>"$dir/survivors"
			fi
			;;
		"does not build"*) unbuilt=$((unbuilt + 1)) ;;
		*) unjudged=$((unjudged + 1)) ;;
		esac
		echo "$file:$line: $what: ${verdict:-was ended}"
		said=$((said + 1))
	done
}

run() {
	local next=0 pid
	declare -gA done_=()
	: >"$dir/survivors"
	while [ "$next" -lt "${#todo[@]}" ] || [ "${#running[@]}" -gt 0 ]; do
		if [ "$next" -lt "${#todo[@]}" ] && [ "${#running[@]}" -lt "$jobs" ]; then
			start "$next"
			next=$((next + 1))
			continue
		fi
		wait -n -p pid "${!running[@]}"
		done_[${running[$pid]}]=1
		unset "running[$pid]"
		say
	done
}

# Tests that fail on the tree as it is cannot judge, and are not asked.
base_green() (
	local program mode
	cd "$base" || exit
	: >.out/red
	: >.out/red.new
	for program in $(programs); do
		[ "$program" = .out/sim/sim ] || base_red "$program"
	done
	for mode in $seeds; do
		base_red .out/sim/sim --mode "${mode%:*}" --seeds "1-${mode#*:}"
	done
	base_red .out/sim/sim --scene all
	mv .out/red.new .out/red
)

base_red() {
	! noticed "$@" >/dev/null || {
		echo "not asked, since it fails without a mutant: $*"
		echo "$*" >>.out/red.new
	}
}

summary() {
	local file n=0 list=
	for file in $(printf '%s\n' "${!uncovered[@]}" | sort); do
		n=$((n + ${uncovered[$file]})) list+=" ${file#user/}:${uncovered[$file]}"
	done
	[ $n = 0 ] || echo "not covered by quick tests, $n places of user/:$list"
	[ "$survived" = 0 ] || echo "New survivors, as they are and as they become:"
	awk -F "$tab" '{ print $1 ":" $2 "\n\t" $4 "\n\t" $5 }' "$dir/survivors"
	echo "${#todo[@]} drawn, $killed killed, $unbuilt do not build, $explained survived as explained," \
		"$survived survived, $unjudged not judged"
	[ "$survived" = 0 ] && [ "$unjudged" = 0 ]
}

main() {
	[ "$(id -u)" = 0 ] || die "the program tests need root"
	[[ ${N:=300} =~ ^[0-9]+$ && ${SEED:=1} =~ ^[0-9]+$ ]] || die "N and SEED are numbers"
	mkdir -p "$dir"
	kept >"$dir/kept"
	kept_check
	base_make
	(base_concerns) || exit
	base_green || exit
	if [ -n "${LIST:-}" ]; then
		cp "$LIST" "$dir/drawn" || exit
	else
		# shellcheck disable=SC2046
		awk -v n=1000000 -v seed="$SEED" -f $here/draw.awk $(files) >"$dir/drawn"
	fi
	drawn "$N" <"$dir/drawn"
	run
	summary
}

main
exit
