# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Takeovers in ten minutes by interval: a block for each system and load, named in its first line.
def milliseconds: split("-")[1] | if endswith("ms") then .[:-2] | tonumber else .[:-1] | tonumber * 1000 end;

[.samples[] | select(.metric == "takeovers")] |
(("ours", "keepalived") as $kind | ("idle", "loaded", "loaded-not-realtime") as $load |
  "\"\($kind), \($load | gsub("-"; " "; "") | sub("not realtime"; "not real-time"))\"",
  ([.[] | select(.load == $load and (.case | startswith($kind)))] | sort_by(.case | milliseconds)[] |
    "\(.case | milliseconds) \(.value * 600 / .seconds)"), "", "")
