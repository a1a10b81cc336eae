# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The section of the steady state: cost by interval, groups and nodes; takeovers without a failure, by interval.
include "stat";

def of($metric): [.[] | select(.metric == $metric) | .value];
def unique_in_order: reduce .[] as $x ([]; if index([$x]) then . else . + [$x] end);

# A cell of the grid: its samples grouped by what the table has as rows.
def cost_rows:
  [.samples[] | select(.groups)] as $grid |
  [["interval", "groups", "nodes", "heartbeat, bytes", "frames a second", "daemon, % of a core", "of that or beside it: our programs, %", "RSS, MiB", "PSS, MiB", "kernel maps, MiB"]] +
  [($grid | map(.case) | unique_in_order)[] as $case | $grid | map(select(.case == $case)) |
    [.[0].interval, .[0].groups, .[0].nodes, (of("heartbeat") | median | fmt), (of("frames") | median | fmt),
     (of("cpu") | cell), (of("programs") | cell), (of("rss") | median | fmt), (of("pss") | median | fmt), (of("maps") | median | fmt)]];

def pair_samples: [.samples[] | select(.load)];
# Of each window.
def each($metric; $load): [.[] | select(.metric == $metric and .load == $load)] | sort_by(.round) | map(.value | fmt) | join(" + ");
def count($load):
  each("takeovers"; $load) as $n | each("lapses"; $load) as $l |
  if $n == "" then "-" elif $l == "" then $n else "\($n), stalled \(each("stalled"; $load)) (\($l); \(each("unowned"; $load)) ms)" end;

def pair_rows:
  pair_samples as $all |
  [["pair", "idle", "loaded", "loaded, not real-time", "processor time idle, % of a core a host"]] +
  [($all | map(select(.metric == "takeovers") | .case) | unique_in_order)[] as $case |
    $all | map(select(.case == $case)) |
    [$case, count("idle"), count("loaded"), count("loaded-not-realtime"), ([.[] | select(.metric == "cpu" and .load == "idle") | .value] | median | fmt)]];

# At most one role change in ten minutes, under both loads; none, where the run was shorter.
def stable($kind):
  pair_samples as $all |
  [($all | map(select(.metric == "takeovers" and (.case | startswith($kind))) | .case) | unique_in_order)[] as $case |
    select([$all[] | select(.case == $case and .metric == "takeovers" and .load != "loaded-not-realtime") |
      .value <= (if .seconds >= 600 then 1 else 0 end)] | all) | $case];
def fastest: if length == 0 then "none" else min_by(patience_ms) end;

([.samples[] | select(.load) | .seconds // empty] | first) as $seconds |
"## Steady state", "",
"Processor time of each member's daemon by the scheduler's own count; median and quartiles over all members. It contains what its sending causes at the receivers, since a frame crosses a virtual cable on the sender's account. Our programs: XDP and egress filter, by the kernel's count of their run time. The heartbeat is the UDP payload. All members run on this one machine, without real-time priority here.", "",
(cost_rows | table), "",
"### Takeovers though nothing failed, in \($seconds) s", "",
"Each pair on a cable of its own; those named together below at the same time. The name is the interval and, if not five, the number of missed heartbeats. Where there was more than one such window, all are told, joined by +. Ours: takeovers, how many of them when a processor had just stood still for at least half of a lease in the last one and a half (lapses; time without an owner, from when its daemon could tell that it is none). A lapse: the owner was not scheduled for longer than it may be, and took its lease back; roles do not change.", "",
(pair_rows | table), "",
(values("ours-10ms-locked"; "rss")[0] as $rss | select($rss) |
  "- memory with real-time priority, all of it locked: RSS \($rss | fmt) MiB, PSS \(values("ours-10ms-locked"; "pss")[0] | fmt) MiB"),
(pair_samples | map(select(.case | startswith("machine-"))) | group_by([.load, .pairs, .round])[] | (map({(.metric): .value}) | add) as $m |
  "- machine, \(.[0].load), while ours of \(.[0].pairs // "all intervals") ran: a real-time thread above all of them was woken up to \($m.worst_stall | fmt) ms late, over 1 ms \($m.stalls_over_1ms) times" +
  (if $m.stolen then "; the hypervisor gave \($m.stolen / 1000 | fmt) s of the processors that had work to others" else "" end)),
(stable("ours") as $ours | stable("keepalived") as $peer |
  "- stable (at most one role change in 10 minutes, idle and loaded): \($ours + $peer | join(", "))",
  "- fastest stable: \($ours | fastest), \($peer | fastest)"),
unmeasured_lines
