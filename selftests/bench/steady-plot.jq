# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Takeovers in ten minutes by interval, with the usual number of misses: a block for each system and load, named in its
# first line.
include "stat";

[.samples[] | select(.metric == "takeovers" and (.case | usual))] |
(("ours", "keepalived") as $kind | ("idle", "loaded", "loaded-not-realtime") as $load |
  "\"\($kind), \($load | gsub("-"; " "; "") | sub("not realtime"; "not real-time"))\"",
  ([.[] | select(.load == $load and (.case | startswith($kind)))] | group_by(.case | every_ms)[] |
    "\(.[0].case | every_ms) \(600 * (map(.value) | add) / (map(.seconds) | add))"), "", "")
