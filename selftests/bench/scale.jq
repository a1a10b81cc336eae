# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The section of costs per frame, by kind of frame and number of addresses.
include "stat";

def says: {"answer": "ARP request, answered", "answer-far": "the same, asked by no neighbour of the address", "reflector": "the same, sent back by the bare reflector", "leased": "sent back by a reflector with our look-up and our check of the lease", "clock": "one reading of the clock alone", "counter": "of it, the processor's counter, read in order (LFENCE, RDTSC)", "lookup": "one look-up of the address alone", "drop": "ARP request, no lease: dropped", "accept": "packet to a floating address, lease: passed up",
  "stray": "packet to an address that a peer owns: sent on", "pass-arp": "ARP, not for us: passed", "pass-ip": "IPv4, not for us: passed",
  "pass-other": "neither ARP nor IPv4: passed", "answer6": "neighbour solicitation, answered", "drop6": "neighbour solicitation, no lease: dropped", "accept6": "IPv6 packet to a floating address, lease: passed up", "pass6": "IPv6, not for us: passed",
  "heartbeat-1": "heartbeat, 1 group (162 bytes)", "heartbeat-48": "heartbeat, 48 groups, 8 nodes (1,434 bytes)"}[.] // .;

. as $all |
def cost($kind; $n): [$all.samples[] | select(.kind == $kind and .addresses == $n and .metric == "cost") | .value];
(reduce .samples[].kind as $k ([]; if index([$k]) then . else . + [$k] end)) as $kinds |
(.samples | map(.addresses) | unique) as $ns |
"## Cost of a frame", "",
"Nanoseconds in our ingress program, beyond those of a program that only passes; addresses asked at random, by a neighbour in their /24 where there is one address. Those that are not for us are drawn from 16 other /16. Medians and quartiles of \(cost("answer"; 1) | length) rounds.", "",
([["frame"] + ($ns | map("\(fmt) address\(if . == 1 then "" else "es" end)")) + ["\($ns[-1] | fmt) against 1"]] +
  [$kinds[] | . as $k | [says] + [$ns[] as $n | cost($k; $n) | cell] +
    [if cost($k; $ns[-1]) == [] or (cost($k; 1) | median) < 3 then "-" else "\((cost($k; $ns[-1]) | median) / (cost($k; 1) | median) | digits(3)) times" end]] | table), "",
# Within a round one is measured right after the other; between rounds the machine changes.
def within($kind): [.samples[] | select(.kind == $kind and .metric == "cost")] | group_by(.round) |
  map([(.[] | select(.addresses == 65536) | .value), (.[] | select(.addresses == 1) | .value)] | .[0] / .[1]);
(["answer", "drop", "accept", "answer6", "drop6", "accept6"][] as $k | ((cost($k; 65536) | median) / (cost($k; 1) | median)) as $times |
  goal("\($k): flat within 30 % from 1 to 65,536 addresses"; "\(cost($k; 1) | median | fmt) and \(cost($k; 65536) | median | fmt) ns: \($times | digits(3)) times; within a round \($all | within($k) | cell) times"; $times <= 1.3)),
((cost("answer"; 1) | median) as $a | (cost("clock"; 1) | median) as $c | (cost("lookup"; 1) | median) as $l | (cost("reflector"; 1) | median) as $r | (cost("counter"; 1) | median) as $t |
  "- of the \($a | fmt) ns of an answer a reflector has \($r | fmt), the clock takes \($c | fmt)\(if $t then " (\($t | fmt) of these for the processor's counter)" else "" end), the look-up of the address \($l | fmt), all the rest (parsing, lease, binding, counter, writing) \($a - $r - $c - $l | fmt)"),
"- what our program adds to traffic that is not for us: \(cost("pass-ip"; 1) | median | fmt) ns a packet with 1 address, \(cost("pass-ip"; 65536) | median | fmt) ns with 65,536; ARP \(cost("pass-arp"; 1) | median | fmt) and \(cost("pass-arp"; 65536) | median | fmt) ns; all else \(cost("pass-other"; 1) | median | fmt) ns",
unmeasured_lines
