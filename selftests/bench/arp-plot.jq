# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Data for arp.gp: a block for each system; offered and answered per second, medians and quartiles.
include "stat";

. as $all |
["reflector-1", "ours-1", "ours-65536", "kernel-1"][] as $case |
([$all.samples[] | select(.case == $case and .way == "apart")]) as $mine |
($mine | map(.rate) | unique | map(select(. > 0)) + [0])[] as $rate |
([$mine[] | select(.rate == $rate and .metric == "offered") | .value]) as $offered |
([$mine[] | select(.rate == $rate and .metric == "answers") | .value]) as $answers |
(if $rate == 0 then ($offered | median) else $rate end) as $x |
"\($x / 1e6) \($answers | median / 1e6) \($answers | quantile(0.25) / 1e6) \($answers | quantile(0.75) / 1e6)",
(if $rate == 0 then "\n" else empty end)
