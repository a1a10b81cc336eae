# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Takeovers without a failure against the interval; none is drawn on the lowest line, which a logarithm has not.
set terminal svg size 900,480 font "sans,13" background "white"
set output dir."/steady.svg"
set title "Takeovers though nothing failed, in 10 minutes"
set xlabel "heartbeat or advertisement interval, ms"
set ylabel "takeovers"
set logscale xy
set xrange [0.2:1300]
set yrange [0.2:*]
set xtics (0.25, 0.5, 1, 2, 5, 10, 100, 1000)
set ytics ("none" 0.3, 1, 10, 100, 1000, 10000)
set grid
set key outside right
shown(n) = n > 0 ? n : 0.3
# Ours are filled circles on solid lines, the peer's are open squares on dashed ones; a little apart where they meet.
plot for [i=0:2] data index i using ($1 * (1 + 0.04 * i)):(shown($2)) \
		with linespoints pointtype 7 linecolor i + 1 title columnheader(1), \
	for [i=3:5] data index i using ($1 * (1 + 0.04 * (i - 3))):(shown($2)) \
		with linespoints pointtype 4 pointsize 1.5 dashtype 2 linecolor i - 2 title columnheader(1)
