#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Makes report.md and the plots of all PART.json in $BENCH_OUT: PART.jq writes the section of its part (with its
# heading); PART-plot.jq, where there is one, writes data for PART.gp, which draws PART*.svg (gnuplot variables: data,
# dir).

set -u
cd "$(dirname "$0")/../.." || exit 1
OUTDIR=${BENCH_OUT:-selftests/bench/out}
HERE=selftests/bench
bad=0
# PART.json with its samples one by one, as the sections and plots read them.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

head_line() {
	jq -sr '
		def machine: "\(.cpu), \(.cores) cores, \(.memory), Linux \(.kernel)";
		.[0].machine as $m | (map(.machine | machine) | unique | length > 1) as $many | "# Benchmark", "",
		(if $many then "The parts come from **different machines**, each a virtual one"
		 else "\($m | machine), virtual: \($m.virtual)" end) +
		"; keepalived \($m.versions.keepalived), ucarp \($m.versions.ucarp), libbpf \($m.versions.libbpf), libxdp \($m.versions.libxdp).", "",
		"| part | command | commit | when | rounds | processors busy before |" + (if $many then " machine |" else "" end),
		"| --- | --- | --- | --- | --- | --- |" + (if $many then " --- |" else "" end),
		(.[] | "| \(.part) | `\(.command)` | \(.commit) | \(.when) | \(.rounds) | \(.machine.busy_percent) % |" +
			(if $many then " \(.machine | machine) |" else "" end))' "$@"
}

# A plot needs gnuplot; the figures do not.
plot() {
	local part=$1 data
	[ -e "$HERE/$part.gp" ] || return 0
	command -v gnuplot >/dev/null 2>&1 || {
		echo "report: no gnuplot: no plot of $part" >&2
		return 0
	}
	data=$(mktemp) || return 1
	rm -f "$OUTDIR/$part".svg "$OUTDIR/$part"-*.svg
	jq -r -L "$HERE" -f "$HERE/$part-plot.jq" "$work/$part.json" >"$data" &&
		gnuplot -e "data='$data'; dir='$OUTDIR'" "$HERE/$part.gp"
	local status=$?
	rm -f "$data"
	return $status
}

section() {
	local part=$1 svg steady=/dev/null
	# Which settings are stable, others need to say as well.
	[ ! -e "$work/steady.json" ] || steady=$work/steady.json
	echo
	jq -r -L "$HERE" --slurpfile steady "$steady" -f "$HERE/$part.jq" "$work/$part.json" || return 1
	for svg in "$OUTDIR/$part".svg "$OUTDIR/$part"-*.svg; do
		[ -e "$svg" ] && printf '\n![%s](%s)\n' "$part" "${svg##*/}"
	done
	return 0
}

files=()
for part in arp scale announce flip failover voice handover reach steady; do
	[ -e "$OUTDIR/$part.json" ] && [ -e "$HERE/$part.jq" ] || continue
	files+=("$OUTDIR/$part.json")
	jq -c -L "$HERE" 'include "stat"; unpack' "$OUTDIR/$part.json" >"$work/$part.json" || bad=1
done
if [ ${#files[@]} = 0 ]; then
	echo "report: no results in $OUTDIR" >&2
	exit 1
fi
head_line "${files[@]}" >"$OUTDIR/report.md" || bad=1
for file in "${files[@]}"; do
	part=${file##*/}
	part=${part%.json}
	plot "$part" || bad=1
	section "$part" >>"$OUTDIR/report.md" || bad=1
done
echo "report: $OUTDIR/report.md" >&2
exit $bad
