# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Distribution of the gaps: for each fault a block for each system that was measured, named in its first line, of time
# and share of rounds that were over by then. Ours come first.
include "stat";

def block($fault; $system):
  [.samples[] | select(.fault == $fault and .system == $system and .addresses == 1 and .metric == "takeover") | .value] |
  sort | "\"\($system)\"", (if . == [] then "1 NaN" else length as $n | to_entries[] | "\(.value) \((.key + 1) / $n)" end), "", "";

. as $all |
([.samples[] | select(.addresses == 1 and .metric == "takeover") | .system] | unique |
  sort_by([place, patience_ms])) as $systems |
# How many there are, and how many of them ours.
"\($systems | length) \($systems | map(select(kind == "ours")) | length)", "", "",
(("killed", "stopped", "unplugged") as $fault | $systems[] as $system | $all | block($fault; $system))
