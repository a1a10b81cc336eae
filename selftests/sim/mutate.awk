# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Takes rules out of copies of the product's files, as mutations.txt says; that file says how it is written.
#
#   awk -v list=1 -f mutate.awk mutations.txt
#     prints RULE:FILE for each file that a rule stands in
#   awk -v rule=RULE -v file=FILE -f mutate.awk mutations.txt user/FILE
#     prints user/FILE without the rule. Fails, and names rule and file, if lines to be replaced are not there exactly once.

function fail(what) {
	print "FAIL: " what > "/dev/stderr"
	bad = 1
}

function bare(s) {
	gsub(/^[\t ]+|[\t ]+$/, "", s)
	return s
}

# What stands between two heads of mutations.txt: a rule has files, and a file has lines that are replaced.
function complete() {
	if (name != "" && !parts)
		fail(table ":" head ": nothing follows")
	parts = 0
}

FNR == 1 {
	inputs++
}

inputs == 2 {
	line[FNR] = $0
	text[FNR] = bare($0)
	lines = FNR
	next
}

inputs == 1 {
	table = FILENAME
}

/^#/ {
	next
}

/^$/ {
	last = ""
	next
}

/^without [A-Z0-9_]+: [^ ]/ {
	complete()
	name = substr($2, 1, length($2) - 1)
	if (name in rules)
		fail(table ":" FNR ": " name " is there twice")
	rules[name]
	head = FNR
	path = last = ""
	next
}

/^file [^ ]+$/ && name != "" {
	if (path != "")
		complete()
	parts = 0
	path = $2
	head = FNR
	last = ""
	if (list && !((name, path) in listed))
		print name ":" path
	listed[name, path]
	next
}

/^[-+] / && path != "" && ($1 == "-" || last != "") {
	if ($1 == "-" && last != "-") {
		parts++
		if (name == rule && path == file)
			at_line[++hunks] = FNR
	}
	last = $1
	if (name != rule || path != file)
		next
	if ($1 == "-")
		old[hunks, ++olds[hunks]] = bare(substr($0, 2))
	else
		new[hunks, ++news[hunks]] = substr($0, 3)
	next
}

{
	fail(FILENAME ":" FNR ": what is \"" $0 "\"?")
}

function found_at(h, i,    k) {
	for (k = 1; k <= olds[h]; k++)
		if (text[i + k - 1] != old[h, k])
			return 0
	return 1
}

# Replaces part h; what has been replaced is no longer found.
function apply(h,    i, k, n, at) {
	for (i = 1; i <= lines - olds[h] + 1; i++)
		if (found_at(h, i)) {
			at = i
			n++
		}
	if (n != 1) {
		fail(table ":" at_line[h] ": rule " rule ": user/" file " has " n + 0 " times: " old[h, 1])
		return
	}
	match(line[at], /^[\t ]*/)
	for (k = 1; k <= news[h]; k++)
		put[at] = put[at] substr(line[at], 1, RLENGTH) new[h, k] "\n"
	for (k = 0; k < olds[h]; k++) {
		text[at + k] = "\n"
		gone[at + k]
	}
}

END {
	complete()
	for (h = 1; h <= hunks; h++)
		apply(h)
	for (i = 1; i <= lines && !bad; i++)
		printf "%s", i in gone ? put[i] : line[i] "\n"
	exit bad
}
