# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The section of the one voice: double and wrong answers by system, while the daemon is stopped and when it wakes.
include "stat";

def of($system; $phase; $metric):
  [.samples[] | select(.system == $system and .phase == $phase and .metric == $metric) | .value];
def total($system; $phase; $metric): of($system; $phase; $metric) | add // 0;
def systems:
  [.samples[].system] | unique | sort_by([({ours: 0, keepalived: 1, ucarp: 2}[split("-")[0]]), .]);
# Per round, so that there is a spread.
def share($system; $phase; $metric):
  [of($system; $phase; $metric), of($system; $phase; "asked")] | transpose | map(100 * .[0] / .[1]);

def stopped_rows:
  . as $all |
  [["system", "n", "stop to the new owner's first answer, ms", "requests", "two answers", "two answers, %", "wrong answers", "wrong, %", "the old one still answers after it, ms", "announcements by it"]] +
  [systems[] as $s | $all |
    [$s, (of($s; "stopped"; "takeover") | length), (of($s; "stopped"; "takeover") | cell),
     (total($s; "stopped"; "asked") | fmt),
     (total($s; "stopped"; "by_both") | fmt), (share($s; "stopped"; "by_both") | cell),
     (total($s; "stopped"; "wrong") | fmt), (share($s; "stopped"; "wrong") | cell),
     (of($s; "stopped"; "old_for") | cell), (total($s; "stopped"; "old_announced") | fmt)]];

def woken_rows:
  . as $all |
  [["system", "n", "requests", "two answers", "two answers, %", "answered by the woken one", "until its last one, ms", "announcements by it", "rounds in which the address went back"]] +
  [systems[] as $s | $all | select(of($s; "woken"; "asked") | length > 0) |
    [$s, (of($s; "woken"; "asked") | length), (total($s; "woken"; "asked") | fmt),
     (total($s; "woken"; "by_both") | fmt), (share($s; "woken"; "by_both") | cell),
     (total($s; "woken"; "wrong") | fmt), (of($s; "woken"; "old_for") | cell),
     (total($s; "woken"; "old_announced") | fmt), (total($s; "woken"; "back") | fmt)]];

def bad($s): [("stopped", "woken") as $phase | total($s; $phase; "by_both", "wrong", "old_announced")] | add;

. as $all | (systems | map(select(startswith("ours")))) as $ours |
"## One voice", "",
"The owner's daemon is stopped (SIGSTOP); its kernel goes on. A client asks for the address by ARP 10,000 times a second (1,000 times where an interval is 100 ms or more), from the stop until 2.5 s after the new owner's first answer. A wrong answer is one by the stopped host after the new owner's first. Totals of all rounds; shares and times are medians and quartiles of the rounds.", "",
(stopped_rows | table), "",
"Then the daemon is woken (SIGCONT), and the client asks for 1 s and an interval more. Whoever takes the address back then moves it a second time for one fault, although both were told not to preempt.", "",
(woken_rows | table), "",
([.samples[] | select(.metric == "discarded")] | if . == [] then empty else
  "- tries discarded, since the roles had moved before anything was done to them: \(group_by(.system) | map("\(.[0].system) \(map(.value) | add)") | join(", "))" end),
"- the owner is always the host of the better priority: that one takes the address back when woken. With the other as owner the woken one would yield (RFC 9568, 6.4.3).",
goal("ours: no request gets two answers or the wrong one, stopped or woken, and the old owner announces nothing";
  ($ours | map(. as $s | $all |
    "\($s): \(bad($s) | fmt) of \(total($s; "stopped"; "asked") + total($s; "woken"; "asked") | fmt) requests") | join("; "));
  if $ours == [] then null else [$ours[] as $s | $all | bad($s) == 0] | all end),
unmeasured_lines
