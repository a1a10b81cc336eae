# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The section of the crash failover: gaps by system, fault and number of addresses; stages; goals.
include "stat";

# Tens of thousands of samples are looked through once.
def indexed: . + {index: (.samples | group_by([.system, .addresses, .fault, .metric]) |
  map({key: (.[0] | "\(.system)/\(.addresses)/\(.fault)/\(.metric)"), value: map(.value)}) | from_entries)};
def of($system; $n; $fault; $metric): .index["\($system)/\($n)/\($fault)/\($metric)"] // [];
def systems: [.index | keys[] | split("/")[0]] | unique | sort_by([place, -patience_ms]);
def faults: ["killed", "stopped", "unplugged"] - (["killed", "stopped", "unplugged"] - [.samples[].fault]);
# Of the peer, as its protocol has it.
def fastest_of($which): systems | map(select(kind == $which and (usual or $which == "ours"))) | min_by(patience_ms);

def gap_rows:
  . as $all |
  [["fault", "system", "n", "fault to the new owner's first answer", "nobody answered", "both answered", "wrong or double answers, %", "rounds with a late prober", "tries discarded"]] +
  [faults[] as $f | $all | systems[] as $s | $all | select(of($s; 1; $f; "takeover") | length > 0) |
    [$f, $s, (of($s; 1; $f; "takeover") | length), (of($s; 1; $f; "takeover") | cell),
     (of($s; 1; $f; "nobody") | cell), (of($s; 1; $f; "both") | cell),
     ([of($s; 1; $f; "wrong"), of($s; 1; $f; "asked")] | map(add) | 100 * .[0] / .[1] | fmt),
     (of($s; 1; $f; "prober_late") | map(select(. > 1)) | length), (of($s; 1; $f; "discarded") | add // 0)]];

def many($n):
  . as $all |
  [["fault", "system", "n", "first of \($n | fmt) answers", "last of them heard of so long after it", "last refused question asked so long after it", "addresses refused at first", "asked within a tenth of the gap after it", "rounds that asked none"]] +
  [faults[] as $f | $all | systems[] as $s | $all | select(of($s; $n; $f; "takeover") | length > 0) |
    [$f, $s, (of($s; $n; $f; "takeover") | length), (of($s; $n; $f; "takeover") | cell),
     ([of($s; $n; $f; "last"), of($s; $n; $f; "takeover")] | transpose | map(.[0] - .[1]) | cell),
     (of($s; $n; $f; "refused_until") | cell), (of($s; $n; $f; "refused") | cell),
     (of($s; $n; $f; "asked_soon") | median | fmt), (of($s; $n; $f; "asked_soon") | map(select(. == 0)) | length)]];

# What follows on the last heartbeat, in its order.
def stages:
  . as $all |
  # What is older than its own announcement is a later claim of the same owner: those rounds say nothing here.
  def clean($s): [.samples[] | select(.system == $s and .addresses == 1)] | group_by([.fault, .round]) |
    map(select(all(.[]; .metric != "announce" or .value >= 0))) | add // [];
  def part($s; $m): [clean($s)[] | select(.metric == $m) | .value] | cell;
  [["system", "last heartbeat heard before the fault", "silence G to wait for", "daemon late for it", "verdict, wake-up, lease word", "then to the first announcement", "to the first answer"]] +
  [systems[] | select(kind == "ours") as $s | $all |
    [$s, ([clean($s)[] | select(.metric == "phase") | - .value] | cell),
     part($s; "detection"), part($s; "wake"), part($s; "flip"), part($s; "announce"), part($s; "answer")]];

def ratios($a; $b):
  . as $all | [faults[] as $f | $all | {f: $f, a: (of($a; 1; $f; "takeover") | median), b: (of($b; 1; $f; "takeover") | median)} |
    select(.a and .b) | {f, r: (.a / .b), text: "\(.f) \(.a | fmt) against \(.b | fmt) ms = 1/\(.b / .a | fmt)"}];
# A daemon that is killed or stopped leaves a kernel that answers; a cable that is pulled leaves none.
def outage($s): . as $all | [faults[] as $f | $all | of($s; 1; $f; "nobody") | select(. != []) | "\($f) \(median | fmt)"] | "\($s): \(join(", ")) ms";
def ratio_text($a; $b): "\($a): \([ratios($a; $b)[].text] | join("; "))";
def ratio_goal($what; $a; $b; $most):
  if $a and $b then ratios($a; $b) as $r |
    goal("\($what): the median gap at most 1/\(1 / $most) of keepalived's at its fastest"; ratio_text($a; $b);
      if $r == [] then null else [$r[].r <= $most] | all end)
  else goal("\($what): at most 1/\(1 / $most) of keepalived's"; "-"; null) end;

# From the part "steady", where the same report has it: at most one role change in ten minutes, idle and loaded.
def steady: $ARGS.named.steady // [] | .[0];
def stable($kind):
  [steady | objects | .samples | map(select(.metric == "takeovers" and .load != "loaded-not-realtime" and
    (.case | startswith($kind)))) | group_by(.case)[] |
    select([.[] | .value <= (if .seconds >= 600 then 1 else 0 end)] | all) | .[0].case];

# A round that asked none of them within the tenth says nothing.
def last_goal($n):
  . as $all | [systems[] | select(kind == "ours") as $s | $all | faults[] as $f | $all |
    {s: $s, rounds: ([of($s; $n; $f; "refused_until"), of($s; $n; $f; "takeover"), of($s; $n; $f; "asked_soon")] | transpose |
      map({share: (100 * .[0] / .[1]), soon: .[2]}))} | select(.rounds != [])] |
  group_by(.s) | map({s: .[0].s, all: (map(.rounds) | add)} | . + {told: (.all | map(select(.soon > 0)))}) |
  goal("with \($n | fmt) standing addresses the last one at most 10 % later than the first, of those that could be asked within that tenth";
    (map("\(.s): \(.told | map(select(.share > 10)) | length) of \(.told | length) rounds later (worst \(.told | map(.share) | max | fmt) %), \((.all | length) - (.told | length)) rounds asked none in it") | join("; "));
    if . == [] then null else [.[].told | map(.share) | median <= 10] | all end);

indexed | . as $all | (fastest_of("ours")) as $first | (fastest_of("keepalived")) as $peer | stable("ours") as $stable |
([.samples[].addresses] | unique | map(select(. > 1))) as $many |
"## Crash failover", "",
"Milliseconds, median and quartiles, seen by a client that asks for the address by ARP 10,000 times a second (1,000 times where an interval is 100 ms or more). From the fault to the new owner's first answer; when a cable is pulled, from the last answer that came through. A daemon that is killed or stopped leaves a kernel that answers: how long nobody answered, and how long both did, until 0.1 s after the new owner's first answer, when the look ends. The name is the heartbeat interval; five missed heartbeats for ours, three for the others, where it does not say so. A try is discarded when the roles have moved before anything was done to them.", "",
(gap_rows | table), "",
($many[] as $n | $all | "With \($n | fmt) addresses; ours are standing ones, announced at the default rate of 10,000 a second: faster, what all hosts have to do with the announcements on processors that they share delays heartbeats, and below 1 ms roles move again. All others are asked, in a mixed order, as soon as the first is answered by the new owner.", "", (many($n) | table), ""),
"Where the time goes, ours, medians and quartiles over all faults: G counts from the last heartbeat.", "",
(stages | table), "",
ratio_goal("our fastest setting"; $first; $peer; 0.1),
(if $stable == [] then systems | map(select(kind == "ours")) | .[] as $s | select($s | every_ms <= 1) |
    $all | ratio_goal("if \($s) is stable (see part steady)"; $s; $peer; 0.2)
  else ([$stable[] | select([.] - ($all | systems) == [])] | min_by(patience_ms)) as $s |
    ($all | [stable("keepalived")[] | select([.] - ($all | systems) == [])] | min_by(patience_ms)) as $peer_stable |
    ($all | ratio_goal("our fastest stable setting of \($stable | join(", "))"; $s; $peer; 0.2)),
    # What its own protocol does not allow, its configuration does.
    ($all | systems[] | select(kind == "keepalived" and (usual | not)) as $p |
      "- against \($p), \(if [steady.samples[] | select(.case == $p)] == [] then "of which it is not known whether it is" elif stable("keepalived") | index($p) then "also" else "not" end) stable by that rule: " +
        ([$first, $s | strings] | unique | map(. as $o | $all | ratio_text($o; $p)) | join("; "))),
    (if $s and $peer_stable then "- against keepalived's fastest by the same rule, \($peer_stable): \($all | ratio_text($s; $peer_stable))"
      else empty end) end),
($many[] as $n | $all | last_goal($n)),
"- nobody answered for, median: \([systems[] as $s | $all | outage($s)] | join("; ")). Where the old host's kernel answers until the new owner does, and after, ARP sees no gap, and clients are sent to a dead service; ours is silent in between",
(ratios("ours-10ms"; "keepalived-10ms") | select(. != []) |
  "- at equal intervals we are not faster, since we wait for one heartbeat more: \([.[].text] | join("; "))"),
unmeasured_lines
