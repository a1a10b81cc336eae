# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The deepest chain of functions of a BPF object as Linux 6.1 counts its stack, from `llvm-objdump -tdr OBJECT`: each frame
# is a multiple of 32 bytes, and no chain has more than 512. Prints "BYTES FUNCTION(FRAME) > FUNCTION(FRAME) ...".

function hex(text, i, n) {
	for (i = 1; i <= length(text); i++)
		n = n * 16 + index("0123456789abcdef", substr(text, i, 1)) - 1
	return n + 0
}

# The function that a byte of a section is in.
function home(section, at, f, found) {
	for (f in begin)
		if (in_section[f] == section && begin[f] <= at && (found == "" || begin[f] > begin[found]))
			found = f
	return found
}

function deeper(by) {
	if (by > used[caller])
		used[caller] = by
}

# What the last instruction refers to, if it was a call or the address of a callback.
function settle(callee) {
	callee = kind == "" ? "" : target != "" ? target : home(target_section, offset)
	if (kind == "call")
		calls[caller, callee]
	else if (kind == "callback")
		callback = callee
	kind = target = ""
}

# The bytes from `f` on down; the chain's names in `chain[f]`.
function depth(f, pair, part, most, below, frame) {
	frame = int((used[f] > 1 ? used[f] : 1) / 32 + 31 / 32) * 32
	chain[f] = f "(" frame ")"
	for (pair in calls) {
		split(pair, part, SUBSEP)
		if (part[1] != f)
			continue
		below = depth(part[2])
		if (below > most) {
			most = below
			chain[f] = f "(" frame ") > " chain[part[2]]
		}
	}
	return frame + most
}

# The symbol table: VALUE FLAGS F SECTION SIZE NAME.
$3 == "F" {
	begin[$6] = hex($1)
	in_section[$6] = $4
}

/^Disassembly of section/ {
	settle()
	section = substr($4, 1, length($4) - 1)
}

# INDEX: eight bytes, or sixteen, and what they say, each behind a tab.
/^ *[0-9]+:\t/ {
	settle()
	split($0, field, "\t")
	text = field[3]
	caller = home(section, $1 * 8)
	if (match(text, /r10 - [0-9]+/))
		deeper(substr(text, RSTART + 6, RLENGTH - 6) + 0)
	# The address of what stands on the stack is made in two steps.
	if (copied && match(text, /^r[0-9] \+= -[0-9]+/) && substr(text, 1, 2) == copied)
		deeper(substr(text, 8) + 0)
	copied = text ~ /^r[0-9] = r10$/ ? substr(text, 1, 2) : ""
	if (field[2] ~ /^85 10/) {
		kind = "call"
		imm = substr(text, 6) + 0
		target_section = section
		offset = ($1 + 1 + imm) * 8
	} else if (field[2] ~ /^85 00/ && callback != "") {
		# bpf_timer_set_callback: it has a stack of its own, when its time comes.
		if (substr(text, 6) + 0 != 170)
			calls[caller, callback]
		callback = ""
	} else if (text ~ / ll$/) {
		split(text, word, " ")
		offset = word[3] + 0
	}
}

# The linker's note on the instruction before it.
$2 == "R_BPF_64_32" {
	target_section = $3
	offset = (imm + 1) * 8
	if ($3 in begin)
		target = $3
}

$2 == "R_BPF_64_64" && $3 == ".text" {
	kind = "callback"
	target_section = $3
}

END {
	settle()
	for (f in begin) {
		bytes = depth(f)
		if (bytes > worst) {
			worst = bytes
			name = f
		}
	}
	print worst, chain[name]
}
