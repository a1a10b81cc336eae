# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Distribution of the gaps: a block for each fault and system, of time and share of rounds that were over by then.
def block($fault; $system):
  [.samples[] | select(.fault == $fault and .system == $system and .addresses == 1 and .metric == "takeover") | .value] |
  sort | "# \($fault)/\($system)", (if . == [] then "1 NaN" else length as $n | to_entries[] | "\(.value) \((.key + 1) / $n)" end), "", "";

. as $all | ("killed", "stopped", "unplugged") as $fault |
("ours-0.25ms", "ours-0.5ms", "ours-1ms", "ours-0.5ms-10", "ours-2ms", "ours-5ms", "ours-10ms", "ours-100ms", "keepalived-10ms", "keepalived-10ms-2", "keepalived-10ms-1", "keepalived-100ms", "keepalived-1s", "ucarp-1s") as $system |
$all | block($fault; $system)
