# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How many of the takeovers were over when, a picture for each fault.
set terminal svg size 800,400 background "white"
set xlabel "milliseconds from the fault to the new owner's first answer"
set ylabel "share of rounds"
set logscale x
set xrange [0.5:10000]
set yrange [0:1]
set grid
set key outside right top
systems = "ours-0.25ms ours-0.5ms ours-1ms ours-0.5ms-10 ours-2ms ours-5ms ours-10ms ours-100ms keepalived-10ms keepalived-10ms-2 keepalived-10ms-1 keepalived-100ms keepalived-1s ucarp-1s"
do for [f = 0:2] {
	fault = word("killed stopped unplugged", f + 1)
	set output dir."/failover-".fault.".svg"
	set title "the owner's ".(f < 2 ? "daemon is " : "cable is ").fault
	plot for [s = 0:13] data index 14 * f + s using 1:2 with steps linewidth 2 \
		dashtype 1+(s>7) title word(systems, s + 1)
}
