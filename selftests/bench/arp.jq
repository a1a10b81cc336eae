# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The section of ARP answering: the limit of each, at saturation, and what is lost before it.
include "stat";

def at($who; $n; $cpus; $rate; $metric):
  [.samples[] | select(.who == $who and .addresses == $n and .cpus == $cpus and .rate == $rate and .metric == $metric) | .value];
def name: if .who == "kernel" then "kernel's ARP" elif .who == "reflector" then "bare XDP_TX reflector" else "ours, \(.n | fmt) address\(if .n == 1 then "" else "es" end)" end;

. as $all |
[{who: "reflector", n: 1}, {who: "ours", n: 1}, {who: "ours", n: 65536}, {who: "kernel", n: 1}] as $systems |
def limit($who; $n): $all | at($who; $n; 1; 0; "per_cpu") | median;
# A paced run in which the generator kept its rate: the path was not saturated.
([.samples[] | select(.who == "ours" and .cpus == 1 and .rate > 0 and .metric == "offered" and .value > 0.98 * .rate)
  | [.round, .rate, .addresses]]) as $below |
([.samples[] | select(.who == "ours" and .cpus == 1 and .metric == "lost")
  | select([.round, .rate, .addresses] as $k | $below | index([$k]))]) as $calm |
"## ARP answering", "",
"Requests by live frames over one veth cable. One processor asks, answers and counts, so a limit below is that of the whole path; `per processor second` leaves out what other processes took of it. Medians and quartiles.",
"",
([["", "n", "answers a second, as fast as it goes", "per processor second", "of the reflector's", "two processors asking: answered share"]] +
  [$systems[] | . as $s | [name, ($all | at($s.who; $s.n; 1; 0; "answers") | length),
    ($all | at($s.who; $s.n; 1; 0; "answers") | cell), ($all | at($s.who; $s.n; 1; 0; "per_cpu") | cell),
    "\(limit($s.who; $s.n) / limit("reflector"; 1) * 100 | fmt) %",
    (($all | at($s.who; $s.n; 2; 0; "answers")) as $a | ($all | at($s.who; $s.n; 2; 0; "offered")) as $o |
      if ($a | length) == 0 then "-" else "\([range($a | length) | $a[.] / $o[.] * 100] | median | fmt) %" end)]] | table), "",
goal("0 lost below saturation";
  "\([$calm[].value] | add // 0 | fmt) of \([$calm[].asked] | add // 0 | fmt) in \($calm | length) runs that kept their rate, up to \([$below[][1]] | max // 0 | fmt) a second";
  if ($calm | length) == 0 then null else ([$calm[].value] | add) == 0 end),
((limit("ours"; 1) / limit("reflector"; 1)) as $share |
  goal("at least 95 % of the bare reflector at saturation"; "\($share * 100 | fmt) %"; $share >= 0.95)),
((limit("ours"; 1) / limit("kernel"; 1)) as $times |
  goal("at least 5 times the kernel"; "\($times | fmt) times"; $times >= 5)),
((limit("ours"; 65536) / limit("ours"; 1)) as $share |
  goal("65,536 addresses asked at random: within 30 % of one, for the whole path"; "\((1 - $share) * 100 | fmt) % fewer answers"; $share >= 0.7)),
unmeasured_lines
