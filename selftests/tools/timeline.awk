# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Draws what timeline.jq writes of each act: who answered, host by host, as SVG. -v title=, subtitle=, subtitle2=.
# Milliseconds around the fault are drawn wide, what follows narrow: the axis is broken in between.
BEGIN {
	FS = "\t"
	LEFT = 118; WIDE = 520; BREAK = 22; NARROW = 262; WIDTH = 960
	LANE = 24; STEP = 32; HEAD = 58; FOOT = 62; TOP = 112
	DASHED = "stroke=\"#444\" stroke-width=\"1.5\" stroke-dasharray=\"4 3\""
	begin = -100; zoom = 200; end = 600
	color["n1"] = "#2563a8"; color["n2"] = "#d97a10"; color["pings"] = "#3a8f4d"
	says["n1"] = "n1 answers ARP"; says["n2"] = "n2 answers ARP"; says["pings"] = "pings answered"
	lanes = 3; lane[1] = "n1"; lane[2] = "n2"; lane[3] = "pings"
}

$1 == "act" { a = ++acts; name[a] = $2; heading[a] = $3; next }
$1 == "mark" { m = ++marks[a]; mark_at[a, m] = $2; mark_text[a, m] = $3; if ($2 > end) end = $2; next }
$1 == "nobody" { m = ++gaps[a]; gap_from[a, m] = $2; gap_to[a, m] = $3; if ($3 + 25 > zoom) zoom = $3 + 25; next }
$1 == "note" { note[a] = $2; next }
$1 == "bar" || $1 == "asleep" {
	m = ++bars[a]
	kind[a, m] = $1; of[a, m] = $2; from[a, m] = $3; to[a, m] = $4
	if ($4 > last[a])
		last[a] = $4
	if ($4 > end)
		end = $4
	if (!($2 in says))
		stranger($2)
}

# Nobody else should answer; if somebody does, it is seen.
function stranger(mac) {
	lane[++lanes] = mac
	says[mac] = mac
	color[mac] = "#b00020"
}

function x(t) {
	if (t < begin)
		t = begin
	if (t <= zoom)
		return LEFT + (t - begin) / (zoom - begin) * WIDE
	return LEFT + WIDE + BREAK + (t - zoom) / (end - zoom) * NARROW
}

function escape(text) {
	gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); gsub(/>/, "\\&gt;", text)
	return text
}

function rect(t0, t1, top, height, fill, opacity) {
	if (t1 <= begin)
		return
	if (t0 < begin)
		t0 = begin
	if (t0 <= zoom && t1 > zoom) {
		rect(t0, zoom, top, height, fill, opacity)
		t0 = zoom + 0.001
	}
	printf "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%d\" fill=\"%s\"%s/>\n", x(t0), top,
		x(t1) - x(t0) < 0.8 ? 0.8 : x(t1) - x(t0), height, fill, opacity < 1 ? " fill-opacity=\"" opacity "\"" : ""
}

function text(px, py, class, anchor, words) {
	printf "<text x=\"%.1f\" y=\"%.1f\" class=\"%s\"%s>%s</text>\n", px, py, class,
		anchor == "" ? "" : " text-anchor=\"" anchor "\"", escape(words)
}

function line(px, y0, y1, style) {
	printf "<line x1=\"%.1f\" x2=\"%.1f\" y1=\"%.1f\" y2=\"%.1f\" %s/>\n", px, px, y0, y1, style
}

function tick(t, bottom, words) {
	line(x(t), bottom, bottom + 5, "stroke=\"#555\"")
	text(x(t), bottom + 17, "small", "middle", words)
}

function axis(bottom, t) {
	printf "<path d=\"M%d %.1fH%d M%d %.1fH%d\" stroke=\"#555\" fill=\"none\"/>\n", LEFT, bottom, LEFT + WIDE,
		LEFT + WIDE + BREAK, bottom, LEFT + WIDE + BREAK + NARROW
	printf "<path d=\"M%d %.1fl6 -10m4 10l6 -10\" stroke=\"#555\" fill=\"none\"/>\n", LEFT + WIDE + 3, bottom + 5
	for (t = begin; t <= zoom; t += 50)
		tick(t, bottom, t " ms")
	for (t = 500 * int(zoom / 500 + 1); t <= end; t += 500)
		tick(t, bottom, t / 1000 " s")
}

function legend_item(px, fill, opacity, words) {
	printf "<rect x=\"%d\" y=\"80\" width=\"22\" height=\"12\" fill=\"%s\" fill-opacity=\"%s\"/>\n", px, fill, opacity
	text(px + 28, 90, "small", "", words)
}

# The old owner may answer for the rest of its lease: the same colour, lighter, from the fault on. One without a cable
# has other reasons: it is not pulled in an instant.
function draw_bar(a, m, top,    lease_end) {
	if (kind[a, m] == "asleep") {
		rect(from[a, m], to[a, m], top, LANE, "#9e9e9e", 0.5)
		return
	}
	lease_end = gaps[a] ? gap_from[a, 1] : 0
	if (of[a, m] == "pings" || name[a] == "unplugged" || from[a, m] > lease_end || to[a, m] <= 0) {
		rect(from[a, m], to[a, m], top, LANE, color[of[a, m]], 1)
		return
	}
	if (from[a, m] < 0)
		rect(from[a, m], 0, top, LANE, color[of[a, m]], 1)
	rect(from[a, m] < 0 ? 0 : from[a, m], to[a, m], top, LANE, color[of[a, m]], 0.55)
}

function draw_mark(px, top, bottom, first, words) {
	line(px, top - 20, bottom, first ? "stroke=\"#c62828\" stroke-width=\"2\"" : DASHED)
	text(px, top - 25, first ? "fault" : "mark", "middle", words)
}

function draw_act(a, top,    l, m, place, bottom, middle) {
	bottom = top + HEAD + lanes * STEP
	text(20, top + 16, "heading", "", heading[a])
	text(WIDTH - 20, top + 16, "small", "end", note[a])
	for (m = 1; m <= gaps[a]; m++) {
		rect(gap_from[a, m], gap_to[a, m], top + HEAD - 6, lanes * STEP + 6, "#e53935", 0.16)
		middle = (x(gap_from[a, m]) + x(gap_to[a, m])) / 2
		text(middle, top + HEAD - 11, "gap", "middle", sprintf("nobody: %.1f ms", gap_to[a, m] - gap_from[a, m]))
	}
	for (l = 1; l <= lanes; l++) {
		place[lane[l]] = top + HEAD + (l - 1) * STEP + 2
		text(LEFT - 10, place[lane[l]] + 16, "lane", "end", says[lane[l]])
		rect(begin, last[a], place[lane[l]], LANE, "#000", 0.05)
	}
	for (m = 1; m <= bars[a]; m++)
		draw_bar(a, m, place[of[a, m]])
	for (m = 1; m <= marks[a]; m++)
		draw_mark(x(mark_at[a, m]), top + HEAD, bottom, m == 1, mark_text[a, m])
	axis(bottom, 0)
	text(x(0), bottom + 32, "small", "middle", "time since the fault")
}

END {
	if (!acts)
		exit 1
	height = HEAD + lanes * STEP + FOOT
	printf "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" viewBox=\"0 0 %d %d\">\n", WIDTH,
		TOP + acts * height, WIDTH, TOP + acts * height
	print "<style>text{font-family:Helvetica,Arial,'DejaVu Sans',sans-serif;fill:#222;font-size:13px}" \
		".title{font-size:20px;font-weight:bold}.heading{font-size:15px;font-weight:bold}" \
		".small{font-size:11px;fill:#555}.lane{font-size:12px}.mark{font-size:11px;fill:#444}" \
		".fault{font-size:12px;font-weight:bold;fill:#c62828}.gap{font-size:12px;font-weight:bold;fill:#b71c1c}</style>"
	printf "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>\n", WIDTH, TOP + acts * height
	text(20, 32, "title", "", title)
	text(20, 51, "small", "", subtitle)
	text(20, 66, "small", "", subtitle2)
	legend_item(20, color["n1"], 1, "n1 answers")
	legend_item(130, color["n2"], 1, "n2 answers")
	legend_item(240, color["n1"], 0.55, "the old owner's kernel, for the rest of its lease")
	legend_item(535, "#e53935", 0.25, "nobody answers ARP")
	legend_item(688, color["pings"], 1, "pings answered")
	legend_item(808, "#9e9e9e", 0.5, "asker did not run")
	for (a = 1; a <= acts; a++)
		draw_act(a, TOP + (a - 1) * height)
	print "</svg>"
}
