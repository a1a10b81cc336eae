# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The section of ARP answering: the limit of each, at saturation, and what is lost before it.
include "stat";

def at($who; $n; $way; $rate; $metric):
  [.samples[] | select(.who == $who and .addresses == $n and .way == $way and .rate == $rate and .metric == $metric) | .value];
def name: if .who == "kernel" then "kernel's ARP" elif .who == "kernel6" then "kernel's neighbour discovery"
  elif .who | startswith("reflector") then "bare XDP_TX reflector" elif .who | startswith("leased") then "reflector with our look-up and our check of the lease" else "ours, \(.n | fmt) address\(if .n == 1 then "" else "es" end)" end;

. as $all |
[{who: "reflector", n: 1}, {who: "leased", n: 1}, {who: "ours", n: 1}, {who: "ours", n: 65536}, {who: "kernel", n: 1}] as $systems |
($systems | map(.who += "6")) as $systems6 |
# All of a round are measured one right after the other: what the machine does to one it does to the others. So ratios
# are those of rounds. Nanoseconds a frame, all of it, or without what asking costs.
def nobody($who): if $who | endswith("6") then "nobody6" else "nobody" end;
def ns($who; $n): at($who; $n; "together"; 0; "per_cpu") | map(1e9 / .);
def whole($who; $n): $all | ns($who; $n);
# A pair each round, where both were measured.
def pairs($a; $b): if ($a | length) == ($b | length) then [$a, $b] | transpose else [] end;
def alone($who; $n): $all | pairs(ns($who; $n); ns(nobody($who); 1)) | map(.[0] - .[1]);
def over($than): pairs(.; $than) | map(.[1] / .[0]);
def reached($least): if length == 0 then null else median >= $least end;
def percent: map(. * 100) | "\(median | fmt) % (\(spread))";
def times: "\(median | fmt) times (\(spread))";
# Two processors: shares of what was asked, answers a second, and the offered load, by round.
def apart($s; $rate; $metric): $all | at($s.who; $s.n; "apart"; $rate; $metric);
def answers($s; $rate): apart($s; $rate; "answers");
def shares($s; $rate): [answers($s; $rate), apart($s; $rate; "offered")] | transpose | map(100 * .[0] / .[1]);
([.samples[] | select(.way == "apart") | .rate] | unique | map(select(. > 0)) + [0]) as $rates |
# The rate at which most answers come: beyond it, who asks takes the queue from who answers.
def best($s): $rates | map(. as $rate | {rate: $rate, answers: answers($s; $rate)}) | map(select(.answers != [])) |
  if . == [] then null else max_by(.answers | median) end;
def best_over($a; $b): best($a) as $x | best($b) as $y | if $x and $y then [$x.answers, $y.answers] | transpose | map(.[0] / .[1]) else [] end;
# What is offered at four fifths of that or less leaves who answers time to catch up.
def below($s): (best($s) | .answers | median * 0.8) as $most |
  [$all.samples[] | select(.who == $s.who and .addresses == $s.n and .way == "apart" and .rate > 0 and .rate <= $most and .metric == "lost")];
def lost: "\(map(.value) | add // 0 | fmt) of \(map(.asked) | add // 0 | fmt) (\(map(select(.value > 0)) | length) of \(length) runs)";
def limits($systems): [["", "n", "answers a second, as fast as it goes", "per processor second", "of the reflector's", "ns, without asking", "of the reflector's rate, without asking"]] +
  [$systems[] | . as $s | [name, ($all | at($s.who; $s.n; "together"; 0; "answers") | length),
    ($all | at($s.who; $s.n; "together"; 0; "answers") | cell), ($all | at($s.who; $s.n; "together"; 0; "per_cpu") | cell),
    (whole($s.who; $s.n) | over(whole($systems[0].who; 1)) | percent),
    (alone($s.who; $s.n) | cell), (alone($s.who; $s.n) | over(alone($systems[0].who; 1)) | percent)]] | table;
"## Answering ARP and neighbour solicitations", "",
"Requests by live frames over one veth cable. Here one processor asks, answers and counts, so a limit is that of the whole path, and nothing can be lost; `per processor second` leaves out what other processes took of it. Asking somebody who drops all questions took \(whole("nobody"; 1) | cell) ns each: without them, a frame is what it costs to answer it and to count the answer. Medians and quartiles; ratios are those of each round, measured one right after the other.",
"",
limits($systems), "",
"- what the kernel answers, and what AF_PACKET sends, the client's cable copies once more for its native XDP program: that is in the kernel's figures", "",
(whole("ours"; 1) | over(whole("reflector"; 1)) | goal("at least 95 % of the bare reflector at saturation"; percent; reached(0.95))),
"- without asking: ours has \(alone("ours"; 1) | over(alone("reflector"; 1)) | percent) of the bare reflector's rate",
"- a reflector with our look-up of the address and our check of its lease, which checks no header, notices no claim, writes no answer and counts nothing, has \(whole("leased"; 1) | over(whole("reflector"; 1)) | percent) of the bare reflector's; ours has \(whole("ours"; 1) | over(whole("leased"; 1)) | percent) of that",
(whole("ours"; 1) | over(whole("kernel"; 1)) | goal("at least 5 times the kernel"; times; reached(5))),
"- without asking: ours \(alone("ours"; 1) | over(alone("kernel"; 1)) | times) the kernel, the bare reflector \(alone("reflector"; 1) | over(alone("kernel"; 1)) | times); the whole paths: the reflector's \(whole("reflector"; 1) | over(whole("kernel"; 1)) | times), with our look-up and check \(whole("leased"; 1) | over(whole("kernel"; 1)) | times)",
(whole("ours"; 65536) | over(whole("ours"; 1)) |
  goal("65,536 addresses asked at random: within 30 % of one, for the whole path"; "\(percent) of the answers"; reached(0.7))),
"",
(select(whole("ours6"; 1) != []) |
"### Neighbour solicitations", "",
"The same of IPv6. What is drawn from 65,536 addresses does not fit its checksum, which our program does not look at: the answer's is made from it.", "",
limits($systems6), "",
(whole("ours6"; 1) | over(whole("kernel6"; 1)) | goal("at least 5 times the kernel's neighbour discovery"; times; reached(5))),
"- ours has \(whole("ours6"; 1) | over(whole("reflector6"; 1)) | percent) of the bare reflector's rate, \(whole("ours6"; 1) | over(whole("ours"; 1)) | percent) of ours for ARP",
(whole("ours6"; 65536) | over(whole("ours6"; 1)) |
  goal("65,536 IPv6 addresses asked at random: within 30 % of one, for the whole path"; "\(percent) of the answers"; reached(0.7))),
""),
(select($rates != [0]) |
"### Answered share by offered load", "",
"One processor asks, another one answers and counts: a thread of the kernel's receives at the answering host. Percent of the questions that were answered, median and quartiles; the last line: most answers a second, at which offered load. The cable's queue holds 256 frames, so what comes while the answering processor stands still is lost whoever is to answer it, and each frame moves from one processor's cache to the other's, which is in everybody's figures.", "",
([["offered a second"] + ($systems | map(name))] +
  [$rates[] as $rate | [(if $rate == 0 then "as fast as it goes" else ($rate | fmt) end)] + ($systems | map(shares(.; $rate) | cell))] +
  [["most answers a second"] + ($systems | map(best(.) | "\(.answers | cell), at \(if .rate == 0 then "the fastest" else .rate | fmt end)"))] | table), "",
(below($systems[2]) |
  goal("0 lost below saturation, at four fifths of the most answers or less"; "\(lost); the bare reflector at the same loads \([.[].rate] | unique as $r | [$all.samples[] | select(.who == "reflector" and .way == "apart" and .metric == "lost" and (.rate | IN($r[])))] | lost)";
    if length == 0 then null else (map(.value) | add) == 0 end)),
"- most answers: ours \(best_over($systems[2]; $systems[0]) | percent) of the bare reflector, the reflector with our look-up and check \(best_over($systems[1]; $systems[0]) | percent); ours \(best_over($systems[2]; $systems[4]) | times) the kernel, the bare reflector \(best_over($systems[0]; $systems[4]) | times)"),
unmeasured_lines
