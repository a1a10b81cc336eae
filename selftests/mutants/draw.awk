# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Draws mutants: awk -v n=N -v seed=S -f draw.awk FILE...   Prints one a line, separated by tabs:
# file, line number, what is changed, the line as it is and as it becomes (both without what they are indented by).
#
# A mutant changes one place of one line within a function: never a comment, a string, a declaration, an assertion or
# what is said of an error. At most one is drawn of a line. Relies on clang-format's spaces: " < " is a comparison,
# "->", "<<" and "*p" are not. The same files and seed give the same mutants with every awk.

BEGIN {
	FS = "\n"
	swap("boundary", "<", "<=")
	swap("boundary", ">", ">=")
	swap("equality", "==", "!=")
	swap("logic", "&&", "||")
	swap("arithmetic", "+", "-")
	swap("arithmetic", "+=", "-=")
	swap("arithmetic", "<<", ">>")
	swap("arithmetic", "&", "|")
	other["*"] = "/"
	kind_of["*"] = "arithmetic"
	field = "[a-z_]+(->|[.])[a-z_0-9]+_(ns|us|be32|ppm|mac|key|ip)"
	types = "^\t+(const|static|volatile|struct|enum|unsigned|u?int[0-9]*_t|__u[0-9]+|__s[0-9]+|__be[0-9]+|char|bool|int|long|size_t|ssize_t|double|void|socklen_t|time_t|pthread_t|va_list|pid_t|sigset_t) |^\t+(LIBBPF_OPTS|DECLARE_LIBXDP_OPTS)\("
	silent = "(log_line|err_set|printf|fprintf|vsnprintf|log_[a-z]+|_Static_assert|static_assert|assert|asm volatile|sizeof)\\("
}

function swap(kind, a, b) {
	other[a] = b
	other[b] = a
	kind_of[a] = kind_of[b] = kind
}

# Up to 2^31 - 2: products stay exact in a double.
function random(below) {
	state = state * 16807 % 2147483647
	return state % below
}

# The line with what stands in comments and strings blanked, at the same places.
function blank(s,    out, i, c, two) {
	out = ""
	for (i = 1; i <= length(s); i++) {
		c = substr(s, i, 1)
		two = substr(s, i, 2)
		if (in_comment) {
			if (two == "*/") {
				in_comment = 0
				out = out " "
				i++
			}
			out = out " "
		} else if (quote != "") {
			if (c == "\\") {
				out = out "_"
				i++
			} else if (c == quote)
				quote = ""
			out = out "_"
		} else if (two == "/*") {
			in_comment = 1
			out = out "  "
			i++
		} else if (two == "//") {
			while (i++ <= length(s))
				out = out " "
		} else {
			if (c == "\"" || c == "'")
				quote = c
			out = out (quote == "" ? c : "_")
		}
	}
	quote = ""
	return out
}

# One candidate: `len` characters at `at` of the line become `new`.
function may(kind, at, len, new, what,    to) {
	to = substr($0, 1, at - 1) new substr($0, at + len)
	if (what == "")
		what = substr($0, at, len) " -> " new
	if (to == $0 || text_of($0) ~ /\t/)
		return
	if (!(here in count)) {
		line_at[lines++] = here
		count[here] = 0
	}
	cand_kind[here, count[here]] = kind
	cand[here, count[here]++] = FILENAME "\t" FNR "\t" kind ": " what "\t" text_of($0) "\t" text_of(to)
}

# Where the operand that begins at `at` ends: before "&&", "||", "?", ":" or what closes it. 0 if not on this line.
function operand_end(m, at,    i, c, depth) {
	depth = 0
	for (i = at; i <= length(m); i++) {
		c = substr(m, i, 1)
		if (c == "(" || c == "[")
			depth++
		else if ((c == ")" || c == "]") && depth-- == 0)
			return i - 1
		else if (depth == 0 && (c == ";" || c == ","))
			return i - 1
		else if (depth == 0 && match(substr(m, i), /^ (&&|\|\||\?|:|=|=>)( |$)/))
			return i - 1
	}
	return 0
}

function operators(m, from,    i, word, end, operand) {
	for (i = from; i <= length(m); i++) {
		if (substr(m, i, 1) != " " || !match(substr(m, i + 1), /^[-<>=!&|+*]+( |$)/))
			continue
		word = substr(m, i + 1, RLENGTH)
		sub(/ $/, "", word)
		if (word in other)
			may(kind_of[word], i + 1, length(word), other[word])
		if (word == "&&" || word == "||") {
			end = operand_end(m, i + length(word) + 2)
			operand = substr($0, i + length(word) + 2, end - i - length(word) - 1)
			if (end && operand != "")
				may("dropped condition", i + length(word) + 2, length(operand), \
				    "(" (word == "&&" ? "1 || " : "0 && ") operand ")", operand)
		}
		i += length(word)
	}
}

function steps(m, from,    at, rest) {
	at = from
	while (match(rest = substr(m, at), /\+\+|--/)) {
		at += RSTART - 1
		may("arithmetic", at, 2, substr(m, at, 2) == "++" ? "--" : "++")
		at += 2
	}
	at = from
	while (match(substr(m, at), /![a-z(_]/)) {
		at += RSTART - 1
		may("negation", at, 1, "", "dropped !")
		at++
	}
	at = from
	while (match(substr(m, at), /[^a-z0-9_](true|false)[^a-z0-9_]/)) {
		at += RSTART
		may("constant", at, RLENGTH - 2, substr(m, at, 4) == "true" ? "false" : "true")
	}
}

# Off by one: up, or down every other time.
function constants(m, from,    at, text, digits) {
	at = from
	while (match(substr(m, at), /[^A-Za-z0-9_.][0-9]+(ull|ll|u)?([^A-Za-z0-9_.]|$)/)) {
		at += RSTART
		text = substr(m, at)
		match(text, /^[0-9]+/)
		digits = substr(text, 1, RLENGTH)
		if (length(digits) < 12)
			may("constant", at, RLENGTH, digits == "0" || FNR % 2 ? digits + 1 : digits - 1)
		at += RLENGTH
	}
}

# Another field of the same thing, and of the same unit, that the file uses as well.
function fields(m, from,    at, whole, i, n) {
	at = from
	while (match(substr(m, at), field)) {
		at += RSTART - 1
		whole = substr(m, at, RLENGTH)
		split_field(whole)
		n = seen[FILENAME, base_, unit_]
		for (i = 0; i < n && seen[FILENAME, base_, unit_, i] != name_; i++)
			;
		if (n > 1 && i < n && substr(m, at + length(whole), 1) !~ /[A-Za-z0-9_(]/)
			may("field", at, length(whole), base_ seen[FILENAME, base_, unit_, (i + 1) % n])
		at += length(whole)
	}
}

# "a->b_ns" is field b_ns of a, of unit ns.
function split_field(whole) {
	match(whole, /(->|\.)/)
	base_ = substr(whole, 1, RSTART + RLENGTH - 1)
	name_ = unit_ = substr(whole, RSTART + RLENGTH)
	sub(/.*_/, "", unit_)
}

function note_fields(file,    s, i, n) {
	while ((getline s < file) > 0)
		while (match(s, field)) {
			split_field(substr(s, RSTART, RLENGTH))
			match(s, field)
			s = substr(s, RSTART + RLENGTH)
			n = seen[file, base_, unit_] + 0
			for (i = 0; i < n && seen[file, base_, unit_, i] != name_; i++)
				;
			if (i == n && s !~ /^[A-Za-z0-9_(]/) {
				seen[file, base_, unit_, n] = name_
				seen[file, base_, unit_] = n + 1
			}
		}
	close(file)
}

function conditions(m,    open, cond) {
	if (m !~ /^\t+(} )?(else )?if \(.*\)( {)?$/)
		return
	open = index(m, "if (") + 3
	cond = substr($0, open)
	sub(/ {$/, "", cond)
	if (balance(m) != 0)
		return
	may("negated if", open, length(cond), "(!" cond ")", cond)
	may("always", open, length(cond), "(1 || " cond ")", cond)
	may("never", open, length(cond), "(0 && " cond ")", cond)
}

# A statement that stands on one line: an assignment, a step, a call.
function statements(m,    text) {
	if (m !~ /;$/ || !begins || balance(m) != 0)
		return
	text = m
	sub(/^\t+/, "", text)
	if (text ~ /^(return|goto|break|continue|case|default|else|do|while|for|if|switch|\})/)
		return
	match($0, /[^\t]/)
	may("dropped", RSTART, length($0) - RSTART + 1, "(void)0;", text_of($0))
}

function text_of(s) {
	gsub(/^[\t ]+|[\t ]+$/, "", s)
	return s
}

function balance(m,    s, open, close_) {
	s = m
	open = gsub(/\(/, "", s)
	close_ = gsub(/\)/, "", s)
	return open - close_
}

function mutate(m,    from) {
	from = 1
	if (declares) {
		from = index(m, " = ") + 3
		if (from == 3)
			return
	} else
		statements(m)
	if (m ~ /^\t*case /)
		return
	conditions(m)
	operators(m, from)
	steps(m, from)
	constants(m, from)
	fields(m, from)
}

FNR == 1 {
	note_fields(FILENAME)
	in_comment = body = 0
	quote = whole = ""
}

{
	masked = blank($0)
	sub(/[ \t]+$/, "", masked)
	here = FILENAME SUBSEP FNR
}

# A number that a source file gives a name.
masked ~ /^#define [A-Z_0-9]+ / && FILENAME ~ /\.c$/ {
	match(masked, /^#define [A-Z_0-9]+ /)
	constants(masked, RLENGTH)
}

/^#/ {
	continued = masked ~ /\\$/
	next
}

continued {
	continued = masked ~ /\\$/
	next
}

masked == "{" {
	body = 1
	whole = ""
	next
}

/^}/ {
	body = 0
}

body && masked != "" {
	begins = whole == ""
	whole = whole masked
	if (begins)
		declares = masked ~ types && masked !~ /^\t+(void|const) *\)/
	if (whole !~ silent || whole ~ /sizeof\(/ && whole !~ /(log_line|err_set|printf|assert|asm volatile)/)
		mutate(masked)
	# A head ends where its parentheses close; all else at ";", a brace or a label.
	if (masked ~ /[;{}:]$/ && balance(whole) == 0 || masked ~ /^\t*(else|do)$/ || \
	    whole ~ /^\t*(} )?(else )?(if|for|while|switch) \(/ && balance(whole) == 0)
		whole = ""
}

END {
	state = (seed + 0) % 2147483645 + 1
	for (i = 0; i < 10; i++)
		random(2)
	# Fisher-Yates; of a line first the kind, so that constants do not outnumber all else.
	for (i = 0; i < lines && i < n; i++) {
		j = i + random(lines - i)
		here = line_at[j]
		line_at[j] = line_at[i]
		k = kinds = 0
		for (k = 0; k < count[here]; k++) {
			for (l = 0; l < kinds && kind[l] != cand_kind[here, k]; l++)
				;
			if (l == kinds)
				kind[kinds++] = cand_kind[here, k]
		}
		want = kind[random(kinds)]
		many = 0
		for (k = 0; k < count[here]; k++)
			if (cand_kind[here, k] == want)
				chosen[many++] = k
		print cand[here, chosen[random(many)]]
	}
}
