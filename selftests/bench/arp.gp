# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Answers against offered load.
set terminal svg size 800,480 background "white"
set output dir."/arp.svg"
set title "ARP answering: one processor asks, another one answers"
set xlabel "requests offered, million a second"
set ylabel "answers, million a second"
set key left top
set grid
set xrange [0:*]
set yrange [0:*]
plot data index 0 using 1:2:3:4 with yerrorlines title "bare XDP\\_TX reflector", \
	data index 1 using 1:2:3:4 with yerrorlines title "ours, 1 address", \
	data index 2 using 1:2:3:4 with yerrorlines title "ours, 65,536 addresses", \
	data index 3 using 1:2:3:4 with yerrorlines title "kernel's own ARP", \
	x with lines dashtype 3 linecolor "gray" title "all of them answered"
