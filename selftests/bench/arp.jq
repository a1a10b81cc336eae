# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The section of ARP answering: the limit of each, at saturation, and what is lost before it.
include "stat";

def at($who; $n; $cpus; $rate; $metric):
  [.samples[] | select(.who == $who and .addresses == $n and .cpus == $cpus and .rate == $rate and .metric == $metric) | .value];
def name: if .who == "kernel" then "kernel's ARP" elif .who == "reflector" then "bare XDP_TX reflector"
  elif .who == "leased" then "reflector with our look-up and our check of the lease" else "ours, \(.n | fmt) address\(if .n == 1 then "" else "es" end)" end;

. as $all |
[{who: "reflector", n: 1}, {who: "leased", n: 1}, {who: "ours", n: 1}, {who: "ours", n: 65536}, {who: "kernel", n: 1}] as $systems |
# All of a round are measured one right after the other: what the machine does to one it does to the others. So ratios
# are those of rounds. Nanoseconds a frame, all of it, or without what asking costs.
def ns($who; $n): at($who; $n; 1; 0; "per_cpu") | map(1e9 / .);
def whole($who; $n): $all | ns($who; $n);
# A pair each round, where both were measured.
def pairs($a; $b): if ($a | length) == ($b | length) then [$a, $b] | transpose else [] end;
def alone($who; $n): $all | pairs(ns($who; $n); ns("nobody"; 1)) | map(.[0] - .[1]);
def over($than): pairs(.; $than) | map(.[1] / .[0]);
def reached($least): if length == 0 then null else median >= $least end;
def percent: map(. * 100) | "\(median | fmt) % (\(spread))";
def times: "\(median | fmt) times (\(spread))";
# A paced run in which the generator kept its rate: the path was not saturated.
([.samples[] | select(.who == "ours" and .cpus == 1 and .rate > 0 and .metric == "offered" and .value > 0.98 * .rate)
  | [.round, .rate, .addresses]]) as $below |
([.samples[] | select(.who == "ours" and .cpus == 1 and .metric == "lost")
  | select([.round, .rate, .addresses] as $k | $below | index([$k]))]) as $calm |
"## ARP answering", "",
"Requests by live frames over one veth cable. One processor asks, answers and counts, so a limit is that of the whole path; `per processor second` leaves out what other processes took of it. Asking somebody who drops all questions took \(whole("nobody"; 1) | cell) ns each: without them, a frame is what it costs to answer it and to count the answer. Medians and quartiles; ratios are those of each round, measured one right after the other.",
"",
([["", "n", "answers a second, as fast as it goes", "per processor second", "of the reflector's", "ns, without asking", "of the reflector's rate, without asking", "two processors asking: answered share", "lost in all paced runs"]] +
  [$systems[] | . as $s | [name, ($all | at($s.who; $s.n; 1; 0; "answers") | length),
    ($all | at($s.who; $s.n; 1; 0; "answers") | cell), ($all | at($s.who; $s.n; 1; 0; "per_cpu") | cell),
    (whole($s.who; $s.n) | over(whole("reflector"; 1)) | percent),
    (alone($s.who; $s.n) | cell), (alone($s.who; $s.n) | over(alone("reflector"; 1)) | percent),
    (($all | at($s.who; $s.n; 2; 0; "answers")) as $a | ($all | at($s.who; $s.n; 2; 0; "offered")) as $o |
      if ($a | length) == 0 then "-" else "\([range($a | length) | $a[.] / $o[.] * 100] | median | fmt) %" end),
    ([$all.samples[] | select(.who == $s.who and .addresses == $s.n and .cpus == 1 and .rate > 0 and .metric == "lost")] |
      "\(map(.value) | add // 0 | fmt) of \(map(.asked) | add // 0 | fmt)")]] | table), "",
"- the processor that asks also answers, so beyond what it can answer it asks less; what the kernel answers, and what AF_PACKET sends, the client's cable copies once more for its native XDP program: that is in the kernel's figures", "",
goal("0 lost below saturation";
  "\([$calm[].value] | add // 0 | fmt) of \([$calm[].asked] | add // 0 | fmt) in \($calm | length) runs that kept their rate, up to \([$below[][1]] | max // 0 | fmt) a second";
  if ($calm | length) == 0 then null else ([$calm[].value] | add) == 0 end),
(whole("ours"; 1) | over(whole("reflector"; 1)) | goal("at least 95 % of the bare reflector at saturation"; percent; reached(0.95))),
"- without asking: ours has \(alone("ours"; 1) | over(alone("reflector"; 1)) | percent) of the bare reflector's rate",
"- a reflector with our look-up of the address and our check of its lease, which checks no header, notices no claim, writes no answer and counts nothing, has \(whole("leased"; 1) | over(whole("reflector"; 1)) | percent) of the bare reflector's; ours has \(whole("ours"; 1) | over(whole("leased"; 1)) | percent) of that",
(whole("ours"; 1) | over(whole("kernel"; 1)) | goal("at least 5 times the kernel"; times; reached(5))),
"- without asking: ours \(alone("ours"; 1) | over(alone("kernel"; 1)) | times) the kernel, the bare reflector \(alone("reflector"; 1) | over(alone("kernel"; 1)) | times); the whole paths: the reflector's \(whole("reflector"; 1) | over(whole("kernel"; 1)) | times), with our look-up and check \(whole("leased"; 1) | over(whole("kernel"; 1)) | times)",
(whole("ours"; 65536) | over(whole("ours"; 1)) |
  goal("65,536 addresses asked at random: within 30 % of one, for the whole path"; "\(percent) of the answers"; reached(0.7))),
unmeasured_lines
