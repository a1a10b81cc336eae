# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The section of announcing: frames and time by way and number, and how fast neighbour entries follow.
include "stat";

def says: {"live": "live frames", "parked": "live frames, program parked on another interface", "packet": "AF_PACKET, 64 at a time"}[.];

. as $all |
def ms($case; $metric): values($case; $metric);
def rate($n): if length == 0 then null else $n / median * 1000 end;
([.samples[] | select(has("addresses")) | .addresses] | unique) as $ns |
"## Announcing", "",
"One form, one round, unpaced; milliseconds from the store of the lease to the last frame at the receiver. The daemon sends two forms, at its own pace (10,000 frames a second if not told otherwise), and fewer than 16,384 frames at once by AF_PACKET. Medians and quartiles.", "",
([["way"] + [$ns[] | "\(fmt) address\(if . == 1 then "" else "es" end), ms"] + ["frames a second", "n"]] +
  [("live", "parked", "packet") as $way | [($way | says)] +
    [$ns[] as $n | $all | ms("\($way)-\($n)"; "time") | cell] +
    [$all | ms("\($way)-\($ns[-1])"; "time") | rate($ns[-1]) | fmt] + [$all | ms("\($way)-\($ns[-1])"; "time") | length]] | table), "",
"Until 1,000 neighbour entries have moved:", "",
([["", "live frames, ms", "AF_PACKET, ms", "n"],
  ["one client, 1,000 addresses", (ms("live-one-client"; "moved") | cell), (ms("packet-one-client"; "moved") | cell), (ms("live-one-client"; "moved") | length)],
  ["1,000 clients, one address", (ms("live-clients"; "moved") | cell), (ms("packet-clients"; "moved") | cell), (ms("live-clients"; "moved") | length)]] | table), "",
(ms("live-65536"; "time") as $t |
  goal("65,536 addresses, one form, unpaced, in under 100 ms at the receiver"; "\($t | median | fmt) ms, worst \($t | max | fmt) of \($t | length)";
    if ($t | length) == 0 then null else ($t | median) < 100 end)),
"- announcements of which frames were lost, or entries did not move: \([.samples[] | select(.metric == "lost") | .value] | add) of \([.samples[] | select(.metric == "lost")] | length)",
unmeasured_lines
