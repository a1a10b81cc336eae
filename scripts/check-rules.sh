#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Breaks each rule of check.sh's layers, rooms, purity and stack, one at a time, by a file more in a copy of the tree: the
# check must fail, and name that file.

set -u
cd "$(dirname "$0")/.." || exit 1
OUT=${OUT:-.out}
copy=$(mktemp -d) || exit 1
trap 'rm -rf "$copy"' EXIT
bad=0 cases=0 said=
# What is broken now, and what must be said of it.
broken=() wanted=()

fail() {
	echo "FAIL: $*"
	bad=1
}

check() {
	OUT=.out "$copy/scripts/check.sh" "$1" 2>&1
}

# said TEXT...: the output `said` has each.
expect() {
	local text
	for text; do
		cases=$((cases + 1))
		[[ $said == *"$text"* ]] || fail "\"$text\" expected, not: $said"
	done
}

# seen_by CHECK: it fails, and says all that is in `wanted`; then the files go again.
seen_by() {
	said=$(check "$1") && fail "check $1 passes"
	expect "${wanted[@]}"
	rm -f "${broken[@]}"
	libs_back
	wanted=() broken=()
}

libs_back() {
	cp -a "$OUT"/lib*.a "$copy/.out/"
}

# file_more FILE TEXT: a name of its own for FILE, in `file`, which holds TEXT.
file_more() {
	file=${1/broken/broken_${#broken[@]}_}
	broken+=("$copy/$file")
	echo "$2" >"$copy/$file"
}

# includes FILE HEADER TEXT: FILE includes HEADER, and that is said of it.
includes() {
	local file
	file_more "$1" "#include $2"
	wanted+=("FAIL: $file $3")
}

# built FILE CODE: FILE is in its room's archive, as make would put it there.
built() {
	local object room=${1#user/}
	file_more "$1" "$2"
	object=$copy/.out/${file%.c}.o
	broken+=("$object")
	gcc -w -c "$copy/$file" -o "$object" && ar q "$copy/.out/lib${room%%/*}.a" "$object" || fail "$file does not compile"
}

# calls FILE FUNCTION TEXT
calls() {
	local file
	built "$1" "void $2(void); void broken_${#broken[@]}(void); void broken_${#broken[@]}(void) { $2(); }"
	wanted+=("FAIL: $file calls $2 of $3")
}

layers() {
	includes user/daemon/broken.c '<bpf/bpf.h>' 'includes bpf/'
	includes user/cli/broken.c '"takeover.skel.h"' 'includes bpf/'
	includes user/addr/broken.c '<xdp/libxdp.h>' 'includes bpf/'
	includes user/addr/broken.c '<linux/rtnetlink.h>' 'includes libmnl/'
	includes user/net/broken.c '<libmnl/libmnl.h>' 'includes libmnl/'
	includes user/net/broken.c '<linux/if_packet.h>' 'includes linux/if_packet'
	includes user/cli/broken.c '<confuse.h>' 'includes confuse'
	includes user/core/broken.c '<time.h>' 'is pure and includes time.h'
	includes user/core/broken.h '<stdlib.h>' 'is pure and includes stdlib.h'
	includes user/core/broken.c '"../base/clock.h"' 'is pure and includes ../base/clock.h'
	includes user/daemon/broken_rule.c '"base/clock.h"' 'is pure and includes base/clock.h'
	includes user/daemon/broken_rule.c '"daemon.h"' 'is pure and includes daemon.h'
	includes include/broken.h '"core/core.h"' 'includes core/core.h from above'
	includes bpf/broken.h '<core/core.h>' 'includes core/core.h from above'
	includes bpf/broken.bpf.c '"../user/core/core.h"' 'includes ../user/core/core.h from above'
	seen_by layers
}

rooms() {
	includes user/core/broken.c '"daemon/daemon.h"' 'includes daemon/daemon.h: user/core/ may not use it'
	includes user/status/broken.c '"config/config.h"' 'includes config/config.h: user/status/ may not use it'
	includes user/cli/broken.c '<programs/hook.h>' 'includes programs/hook.h: user/cli/ may not use it'
	includes user/daemon/broken.c '"kern.h"' 'includes kern.h, which names no room'
	includes user/daemon/broken.c '"kern/kern_int.h"' 'includes kern/kern_int.h, which is private to user/kern/'
	includes user/daemon/broken.c '<kern/kern_int.h>' 'includes kern/kern_int.h, which is private to user/kern/'
	includes user/daemon/broken.c '"../kern/kern_int.h"' 'includes ../kern/kern_int.h, past the names of the rooms'
	calls user/core/broken.c loop_run 'user/daemon/loop.c: user/core/ may not use user/daemon/'
	calls user/status/broken.c config_load 'user/config/config.c: user/status/ may not use user/config/'
	mkdir "$copy/user/attic"
	wanted+=('user/attic is no room')
	seen_by rooms
	rmdir "$copy/user/attic"
}

circle() {
	local file
	built user/net/broken.c 'void b(void); void a(void) { b(); }'
	wanted+=("$file" 'files that call each other in a circle')
	built user/net/broken.c 'void a(void); void b(void) { a(); }'
	wanted+=("$file")
	seen_by rooms
}

nothing_built() {
	rm "$copy"/.out/lib*.a
	wanted=('no calls found')
	seen_by rooms
}

# The linker's proof, with the flags that all else was built with.
linked() {
	local cc cpp c ld clang warn file
	IFS='|' read -r cc cpp c ld clang warn <"$OUT/flags"
	[[ $warn == *-Werror* ]] && warn=1 || warn=0
	file_more user/core/broken.c "void loop_run(void); void broken(void); void broken(void) { loop_run(); }"
	said=$(env -u MAKEFLAGS -u MFLAGS "${MAKE:-make}" -C "$copy" OUT=.out CC="$cc" CPPFLAGS="$cpp" CFLAGS="$c" \
		LDFLAGS="$ld" CLANG="$clang" WERROR="$warn" .out/rooms/core 2>&1) && fail "the linker lets core/ call daemon/"
	expect "$file" 'user/core/ calls a room above it'
	rm "${broken[@]}" "$copy/.out/${file%.c}.o"
	broken=()
	libs_back
}

purity() {
	local file
	calls user/core/broken.c clock_gettime ''
	calls user/daemon/broken_rule.c malloc ''
	built user/core/broken.c 'int *state(void); int *state(void) { static int n; return &n; }'
	wanted=('the pure objects need clock_gettime' 'the pure objects need malloc' 'the pure objects hold global state')
	seen_by purity
	file_more user/core/broken.c ''
	wanted=('the pure objects do not link')
	seen_by purity
}

# Each of three functions fits; one is global, one the callback of a loop.
stack() {
	local file clang
	IFS='|' read -r _ _ _ _ clang _ <"$OUT/flags"
	file_more bpf/broken.bpf.c '
		static long (*loop)(int n, void *step, void *ctx, int flags) = (void *)181;
		static void (*print)(char *text, int n) = (void *)6;
		static long step(int i, void *ctx) { char b[136]; print(b, sizeof(b)); return 0; }
		__attribute__((noinline)) int shared(int i) { char b[136]; print(b, sizeof(b)); return loop(i, step, 0, 0); }
		__attribute__((section("xdp"))) int entry(void *ctx) { char b[200]; print(b, sizeof(b)); return shared(b[0]); }'
	file=${file#bpf/}
	broken+=("$copy/.out/${file%.c}.o")
	"$clang" -O2 -target bpf -mcpu=v3 -w -c "$copy/bpf/$file" -o "$copy/.out/${file%.c}.o" || fail "$file does not compile"
	wanted=("${file%.c}.o needs 544 bytes of stack, more than 512: entry(224) > shared(160) > step(160)")
	seen_by stack
	rm "$copy"/.out/*.bpf.o
	wanted=('no function found in .out/')
	seen_by stack
}

mkdir "$copy/.out"
cp -a --parents include bpf user scripts Makefile selftests/sim "$copy/" &&
	cp -a "$OUT"/user "$OUT"/flags "$OUT"/look-* "$OUT"/*.skel.h "$OUT"/*.bpf.o "$copy/.out/" || exit 1
libs_back
for name in layers rooms purity stack; do
	said=$(check $name) || fail "check $name of the tree as it is: $said"
done
layers
rooms
circle
nothing_built
linked
purity
stack
echo "$cases rules broken"
exit $bad
