# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# How many of the takeovers were over when, a picture for each fault.
stats data index 0 using (n = column(1), ours = column(2)) nooutput
set terminal svg size 800,400 background "white"
set xlabel "milliseconds from the fault to the new owner's first answer"
set ylabel "share of rounds"
set logscale x
set xrange [0.5:10000]
set yrange [0:1]
set grid
set key outside right top
do for [f = 0:2] {
	fault = word("killed stopped unplugged", f + 1)
	set output dir."/failover-".fault.".svg"
	set title "the owner's ".(f < 2 ? "daemon is " : "cable is ").fault
	plot for [s = 0:n - 1] data index 1 + n * f + s using 1:2 with steps linewidth 2 \
		dashtype 1 + (s >= ours) title columnheader(1)
}
