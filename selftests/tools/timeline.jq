# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# One act of the demo for timeline.awk, in lines of fields with a tab between: what arpload ($arp) and prober ($ping)
# saw, in milliseconds since $at. $hosts: {MAC: host}; $marks: [{ns, text}], what was done and when.
def ms: (. - $at) / 1000000;

# The stretch of $from to $to without the gaps in it, as ["bar" or "asleep", from, to]: in a gap of the second kind it
# was the asking program that did not run. Of these only those of 10 ms and more are told.
def stretches($from; $to; $gaps):
  def own: .own_late_ns * 2 > .length_ns;
  reduce ($gaps[] | select(.begin_ns >= $from and .end_ns <= $to and ((own | not) or .length_ns >= 10000000))) as $g ({at: $from, out: []};
    .out += [["bar", .at, $g.begin_ns]] |
    (if $g | own then .out += [["asleep", $g.begin_ns, $g.end_ns]] else . end) |
    .at = $g.end_ns) |
  .out + [["bar", .at, $to]] | .[];

def bars($lane; $from; $to; $gaps):
  stretches($from; $to; $gaps) | [.[0], $lane, (.[1] | ms), (.[2] | ms)];

$arp[0] as $arp | $ping[0] as $ping |
(["act", $name, $title],
 ($marks[] | ["mark", (.ns | ms), .text]),
 ($arp.runs[] | bars($hosts[.mac] // .mac; .first_ns; .last_ns; $arp.gaps)),
 (range(1; $arp.runs | length) as $i | $arp.runs[$i - 1:$i + 1] | ["nobody", (.[0].last_ns | ms), (.[1].first_ns | ms)]),
 bars("pings"; $ping.start_ns; $ping.last_answer_ns; $ping.gaps),
 ["note", "\($arp.requests) ARP requests, \($arp.answered_more) of them with two answers; \($ping.sent - $ping.answered) of \($ping.sent) pings without an answer"])
| map(tostring) | join("\t")
