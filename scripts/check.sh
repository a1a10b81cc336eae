#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Checks of the source itself, by name: check.sh NAME... | --list; without a name, all of them.

set -u
cd "$(dirname "$0")/.." || exit 1
OUT=${OUT:-.out}
export PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin LC_ALL=C
CHECKS="format shellcheck layers rooms purity rules limits manuals options commands citations mutations spdx reports plan version stack"
bad=0

fail() {
	echo "FAIL: $*"
	bad=1
}

sources() {
	find include bpf user selftests -name '*.[ch]' | sort
}

check_format() {
	# shellcheck disable=SC2046
	clang-format --dry-run -Werror $(sources) || fail "run \"make format\""
}

check_shellcheck() {
	local scripts
	scripts=$(find scripts selftests .ci -type f \( -name '*.sh' -o -path '.ci/*' -o -path '*/debian/p*' -o -path '*/debian/tests/p*' \) | sort)
	# shellcheck disable=SC2086
	shellcheck -x -S warning $scripts || fail "shellcheck has complaints"
}

# door HEADER-PATTERN FILE-PATTERN: only files of that name in user/ may include such headers.
door() {
	local file
	for file in $(grep -lE "^#include [<\"]($1)" user/*/*.[ch]); do
		[[ ${file#user/} =~ ^($2)$ ]] || fail "$file includes $1, which is for $2"
	done
}

# Pure is a place: the core, and a rule wherever one stands. As PURE_SRC of the Makefile.
pure_files() {
	ls user/core/*.[ch] user/*/*_rule.[ch]
}

is_pure() {
	[[ $1 =~ ^user/(core/[a-z_]+|[a-z]+/[a-z_]+_rule)\.h$ && -e $1 ]]
}

includes() {
	sed -n 's/^#include [<"]\([^>"]*\)[>"].*/\1/p' "$1"
}

# What a pure file may include: shared headers, the core's, a rule's, the language's own.
check_layers() {
	local file name allowed
	door 'bpf/|xdp/|[a-z_]*\.skel\.h' 'kern/.*'
	door 'libmnl/|linux/rtnetlink|linux/netlink|linux/genetlink|linux/netdev' 'net/netdev[a-z_]*\.[ch]'
	door 'linux/if_packet|netpacket/' 'net/packet\.c'
	door 'microhttpd' 'exporter/.*'
	door 'confuse\.h' 'config/.*'
	allowed='(abi|address|judge|sip|wire|base/err|config/config|errno|std(bool|def|int|io)|string)\.h'
	for file in $(pure_files); do
		for name in $(includes "$file"); do
			[[ $name =~ ^$allowed$ ]] || is_pure "${file%/*}/$name" ||
				fail "$file is pure and includes $name"
		done
	done
	# A program that changes a frame's length, or where it lies, does not go into libxdp's dispatcher on newer kernels.
	grep -nE 'bpf_(xdp_adjust|skb_(store|pull|change|adjust|vlan|ecn))' bpf/*.[ch] &&
		fail "a program in bpf/ changes packet data by a helper that cannot be chained"
	for file in include/*.h bpf/*.[ch]; do
		for name in $(includes "$file"); do
			[[ $name != *..* && ! -e user/$name ]] || fail "$file includes $name from above"
		done
	done
}

# FROM-FILE TO-FILE SYMBOL: each call between two objects of user/, as the linker sees them.
calls() {
	local room
	for room in $(rooms); do
		nm -A "$OUT/lib$room.a" | sed -nE "s#^[^:]*:([^:]*)\.o: *([0-9a-f]* )?([A-Za-z]) (.*)#user/$room/\1.c \3 \4#p"
	done | awk '
		$2 ~ /[TDBRC]/ { home[$3] = $1 }
		$2 == "U" { wants[$1 " " $3] = 1 }
		END {
			for (w in wants) {
				split(w, part, " ")
				if (part[2] in home && home[part[2]] != part[1])
					print part[1], home[part[2]], part[2]
			}
		}' | sort
}

rooms() {
	sed -n 's/^ROOMS := //p' Makefile
}

# may FROM-FILE TO-FILE: by the Makefile's table a file of FROM's room may use one of TO's.
may() {
	local from=${1#user/} to=${2#user/}
	from=${from%%/*} to=${to%%/*}
	[[ $from == "$to" || " ${uses[$from]:-} " == *" $to "* ]]
}

# No room uses one that it may not, headers included; *_int.h stays inside; no files call each other in a circle.
check_rooms() {
	local from to symbol file name line
	local -A uses=()
	while read -r from to; do
		uses[$from]=$to
	done < <(sed -n 's/^calls_\([a-z]*\) :=/\1/p' Makefile)
	calls >"$OUT/calls"
	[ -s "$OUT/calls" ] || fail "no calls found: is $OUT built?"
	while read -r from to symbol; do
		may "$from" "$to" || fail "$from calls $symbol of $to: ${from%/*}/ may not use ${to%/*}/"
	done <"$OUT/calls"
	awk '{ print $1, $2 }' "$OUT/calls" | tsort 2>&1 >/dev/null | sed 's/^tsort: //' | grep . &&
		fail "files that call each other in a circle (above)"
	while IFS= read -r line; do
		[[ $line =~ ^([^:]*):\#include\ ([\<\"])([^\>\"]*) ]] || continue
		file=${BASH_REMATCH[1]} name=${BASH_REMATCH[3]}
		if [[ $name == *..* ]]; then
			fail "$file includes $name, past the names of the rooms"
		elif [[ ${BASH_REMATCH[2]} == '"' && -e ${file%/*}/$name ]]; then
			continue
		elif [ -e "user/$name" ]; then
			may "$file" "$name" || fail "$file includes $name: ${file%/*}/ may not use it"
			[[ $name != *_int.h ]] || fail "$file includes $name, which is private to user/${name%%/*}/"
		elif [[ ${BASH_REMATCH[2]} == '"' && ! -e include/$name && $name != *.skel.h ]]; then
			fail "$file includes $name, which names no room"
		fi
	done < <(grep -H '^#include' user/*/*.[ch])
	for name in user/*; do
		[[ " $(rooms) man systemd monitoring " == *" ${name#user/} "* ]] || fail "$name is no room of the Makefile's table"
	done
}

check_purity() {
	local objects file undefined name
	for file in $(pure_files); do
		[[ $file == *.c ]] && objects="${objects:-} $OUT/${file%.c}.o"
	done
	mkdir -p "$OUT"
	# shellcheck disable=SC2086
	ld -r ${objects:-} -o "$OUT/pure.o" || {
		fail "the pure objects do not link"
		return
	}
	undefined=$(nm -u "$OUT/pure.o" | awk '{ print $2 }')
	for name in $undefined; do
		case $name in
		# snprintf writes a caller's buffer: it is how timing names the inequality that fails.
		memcpy | memset | memcmp | memmove | strlen | strnlen | strcmp | strncmp | memchr | vsnprintf | snprintf | _GLOBAL_OFFSET_TABLE_ | __stack_chk_fail) ;;
		*) fail "the pure objects need $name" ;;
		esac
	done
	# .data.rel.ro holds tables of constant strings; anything writable is state.
	size -A "$OUT/pure.o" | awk '$1 ~ /^\.(data|bss|tdata|tbss)(\.|$)/ && $1 !~ /^\.data\.rel\.ro/ && $2 > 0' |
		grep . && fail "the pure objects hold global state"
}

# Each rule of the three above, broken.
check_rules() {
	scripts/check-rules.sh || fail "a rule that nobody would miss"
}

# Lengths: 400 lines a file, 60 a function, 80 a parser (a function with "parse", "decode" or "load").
check_limits() {
	local file
	for file in $(sources) selftests/*.sh selftests/net/*.sh selftests/bench/*.sh scripts/*.sh; do
		[ -e "$file" ] || continue
		[ "$(wc -l <"$file")" -le 400 ] || fail "$file has more than 400 lines"
	done
	# The line before "{" names the function, possibly after wrapped arguments.
	for file in $(sources); do
		awk -v file="$file" '
			/^[A-Za-z_].*\(/ { name = $0 }
			/^{/ { start = NR }
			/^}/ && start {
				most = name ~ /parse|decode|load/ ? 80 : 60
				if (NR - start - 1 > most) {
					print file ": " NR - start - 1 " lines in: " name
					bad = 1
				}
				start = 0
			}
			END { exit bad }' "$file" || fail "functions over the limit in $file"
	done
}

check_manuals() {
	local page
	for page in user/man/ip-takeover-ctl.8 user/man/ip-takeover.conf.5 user/man/ip-takeover-protocol.7 \
		user/man/ip-takeover-migrate.7 user/man/ip-takeover-exporter.8; do
		[ -e "$page" ] || {
			fail "$page is missing"
			continue
		}
		mandoc -T lint -W warning "$page" || fail "$page"
	done
}

# SECTION OPTION ["list"], by the grammar; a section itself is an option "{" of it.
grammar_options() {
	awk '
		match($0, /[a-z]+_opts\[\]/) { section = substr($0, RSTART, RLENGTH - 7) }
		{
			while (match($0, /(WORDS?|CFG_SEC)\("[a-z-]+"/)) {
				split(substr($0, RSTART, RLENGTH), part, "\"")
				print part[1] == "CFG_SEC(" ? part[2] " {" : section " " part[2] (part[1] == "WORDS(" ? " list" : "")
				$0 = substr($0, RSTART + RLENGTH)
			}
		}' user/config/file.c | sort
}

# The same by the manual page: its section ".Sh TRACK" is of the options in "track".
documented_options() {
	awk '
		/^\.Sh / { section = $2 == "GLOBAL" ? "root" : tolower($2) }
		/^\.It Ic [a-z-]+ Li =/ { print section, $3 ($6 == "{" ? " list" : "") }
		$1 == ".Ic" && $2 == section && ($3 == "{" || $3 == "\\(dq") { print section, "{" }' "$1" | sort
}

# Every option of the grammar is in the configuration's manual page, in its section and in its form, and every option
# there is in the grammar.
check_options() {
	local page=user/man/ip-takeover.conf.5
	[ "$(grammar_options | wc -l)" -gt 40 ] || fail "few options found: is the pattern still right?"
	diff <(grammar_options) <(documented_options "$page") || fail "$page (right) has not the options of the grammar (left)"
}

# The commands in the table (as --help prints it) are those of the manual page, and of the README.
check_commands() {
	local help manual command
	help=$("$OUT/ip-takeover-ctl" --help 2>&1 | sed -n 's/^ *ip-takeover-ctl \([a-z]*\).*/\1/p' | sort -u)
	[ -n "$help" ] || fail "--help names no commands"
	manual=$(mandoc -T ascii user/man/ip-takeover-ctl.8 | col -bx)
	for command in $help; do
		grep -qE "(^|[^a-z-])$command([^a-z]|$)" <<<"$manual" ||
			fail "command \"$command\" is not in ip-takeover-ctl.8"
	done
	for command in $(grep -oE '^[.](Ic|Nm ip-takeover-ctl Ic|It Ic) [a-z]+' user/man/ip-takeover-ctl.8 | sed 's/.* //' | sort -u); do
		grep -qx "$command" <<<"$help" || fail "ip-takeover-ctl.8 documents \"$command\", --help does not"
	done
	[ -e README.md ] || return 0
	for command in $(grep -oE '^ *(sudo )?ip-takeover-ctl [a-z]+' README.md | sed 's/.* //' | sort -u); do
		grep -qx "$command" <<<"$help" || fail "README.md shows \"$command\", --help does not"
	done
}

# Sections, rules, inequalities that comments and messages cite are in the protocol page.
check_citations() {
	local page=user/man/ip-takeover-protocol.7 files cited known dotted name
	files=$(find bpf user include selftests -type f ! -path "*/corpus/*" ! -path "*/bench/out/*" ! -name "${page##*/}")
	known=" $(sed -nE '/ Ta /d; s/^[.](Sh [0-9]+|It [0-9]+[.][0-9]|It [GIP][0-9]+)( .*)?$/\1/p' "$page" | sed 's/.* //' | tr '\n' ' ')"
	dotted=$(tr ' ' '\n' <<<"$known" | grep -F . | sed 's/[.]/[.]/' | paste -sd '|')
	# shellcheck disable=SC2086
	cited=$({
		grep -hoiE '(^|[^-])\bprotocol [0-9]+([.][0-9]+)*[a-z]?' $files | sed -E 's/.* //'
		grep -hoE '\b(P[0-9]+|I[0-9]|G[0-9])\b' $files
	} | sort -u)
	[ -n "$cited" ] || fail "no citation found: is the pattern still right?"
	for name in $cited; do
		[[ $name == [PIG]* ]] || name="protocol $name"
		[[ $known == *" ${name#protocol } "* ]] ||
			fail "\"$name\" is cited and not in $page: $(grep -liwF "$name" $files | tr '\n' ' ')"
	done
	# A bare number cannot be looked up, nor can a document that is not here.
	# shellcheck disable=SC2086
	grep -nE "(\(|/\* |, |and )($dotted)(\)|:|,| and|\.? \*/)|[a-z]\.md\b" $files | grep -vE '(README|report)\.md' &&
		fail "citations that lead nowhere"
}

# Each rule of the mutation gate can be taken out of the core as it is now, and has its line in the table of who notices.
check_mutations() {
	local dir=selftests/sim mutations mutation rule file
	mutations=$(awk -v list=1 -f $dir/mutate.awk $dir/mutations.txt) || {
		fail "$dir/mutations.txt is not written as it says"
		return
	}
	for mutation in $mutations; do
		rule=${mutation%:*} file=${mutation#*:}
		awk -v rule="$rule" -v file="$file" -f $dir/mutate.awk $dir/mutations.txt "user/$file" >/dev/null ||
			fail "rule $rule cannot be taken out of user/$file"
	done
	diff <(sed 's/:.*//' <<<"$mutations" | sort -u) <(awk '$1 == "core" { print $2 }' $dir/mutants.txt | sort -u) ||
		fail "mutants.txt (right) has not the rules of mutations.txt (left)"
}

check_spdx() {
	local file
	for file in $(sources) $(find scripts selftests .ci Makefile -type f \( -name '*.sh' -o -name Makefile -o -path '.ci/*' \)); do
		head -n 2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause' ||
			fail "$file has no SPDX line"
	done
}

# The scenarios of `make faults` name tests that there are.
check_plan() {
	local test file
	for test in $(awk -F '|' '!/^#/ { print $4 }' selftests/faults/plan); do
		test=${test%@4}
		file=${test%%:*}
		[ "${file#*/}" != "$file" ] || continue
		case $test in
		*:*) grep -q "^test_${test#*:}() {" "selftests/${file%/*}/test_${file#*/}.sh" ;;
		*) [ -e "selftests/$file.c" ] ;;
		esac || fail "selftests/faults/plan: there is no $test"
	done
}

# What the benchmark's reports are made with: the statistics are right, each part that measures has a section, and
# each section compiles.
check_reports() {
	local dir=selftests/bench want='2.5|1.75 to 3.25|-|1,234,568|0.000123|12.3|99' seen part
	seen=$(jq -nr -L $dir 'include "stat"; [([4, 1, 3, 2] | median, spread), ([] | median | fmt),
		(1234567.8, 0.00012345, 12.34 | fmt), ([range(1; 100)] | quantile(1))] | map(tostring) | join("|")')
	[ "$seen" = "$want" ] || fail "stat.jq: \"$want\" expected, \"$seen\" seen"
	seen=$(jq -n -L $dir 'include "stat"; {samples: [({case: "a", round: 1, value: 5}, {case: "b", metric: "x", round: 1, value: 6},
		{case: "a", round: "2", value: 7})]} | (.samples | sort) == (pack | unpack | .samples | sort)')
	[ "$seen" = true ] || fail "stat.jq: what is packed does not come out again"
	for part in $(sed -n 's/^bench_start //p' $dir/*.sh); do
		[ -e "$dir/$part.jq" ] || fail "part $part of the benchmark has no section $dir/$part.jq"
	done
	for part in "$dir"/*.jq; do
		jq -n -L $dir -f "$part" 2>&1 >/dev/null | grep -q 'compile error' && fail "$part does not compile"
	done
}

# Linux 6.1, the oldest kernel that loads the programs, refuses a chain of functions with more than 512 bytes of stack, each
# frame rounded up to 32; newer ones round less, and would load what it refuses.
check_stack() {
	local object bytes chain
	for object in "$OUT"/*.bpf.o; do
		read -r bytes chain < <(llvm-objdump -tdr "$object" | awk -f scripts/stack.awk)
		if [ "${bytes:-0}" = 0 ]; then
			fail "no function found in $object: is $OUT built?"
		elif [ "$bytes" -gt 512 ]; then
			fail "${object##*/} needs $bytes bytes of stack, more than 512: $chain"
		elif [ -e "bpf/$(basename "$object" o)c" ]; then
			echo "# ${object##*/} needs $bytes bytes of stack: $chain"
		fi
	done
}

# The program says the changelog's version and this tree's commit; an archive of the tree, without git, says the same.
check_version() {
	local version commit said copy
	version=$(scripts/version.sh) commit=$(scripts/version.sh commit)
	[[ $version =~ ^[0-9][0-9A-Za-z.+~]*$ ]] || fail "scripts/debian/changelog begins with no version: \"$version\""
	said=$("$OUT/ip-takeover-ctl" --version)
	[[ $said == "ip-takeover-ctl $version (commit $commit; "* ]] || fail "\"$said\" is not version $version, commit $commit"
	git rev-parse -q --verify HEAD >/dev/null 2>&1 || return 0
	copy=$(mktemp -d) || exit 1
	git archive HEAD scripts .gitattributes | tar -x -C "$copy"
	said=$("$copy/scripts/version.sh" commit)
	rm -rf "$copy"
	[ "$said" = "${commit%-dirty}" ] || fail "an archive of commit ${commit%-dirty} says \"$said\""
}

if [ "${1:-}" = --list ]; then
	# shellcheck disable=SC2086
	printf '%s\n' $CHECKS
	exit
fi
# shellcheck disable=SC2086
[ $# -gt 0 ] || set -- $CHECKS
for name; do
	[[ " $CHECKS " == *" $name "* ]] || {
		echo "check.sh: no check \"$name\" (see --list)" >&2
		exit 2
	}
	"check_$name"
done
exit $bad
