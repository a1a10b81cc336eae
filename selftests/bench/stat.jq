# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# Statistics and Markdown for the reports: `include "stat";`. All statistics take an array of numbers.

# Linear between the two nearest ranks; null for an empty array.
def quantile($p):
  sort | if length == 0 then null else
    ((length - 1) * $p) as $at | ($at | floor) as $low |
    .[$low] + ((.[$low + 1] // .[$low]) - .[$low]) * ($at - $low)
  end;
def median: quantile(0.5);
def mean: if length == 0 then null else add / length end;

# Three significant digits, as people write them; "-" for nothing.
def digits($n):
  if . == 0 then 0 else
    ((fabs | log10 | floor) as $exp | pow(10; $n - 1 - $exp) as $scale | (. * $scale | round) / $scale)
  end;
def thousands:
  tostring | if test("e") then . else
    capture("^(?<sign>-?)(?<int>[0-9]+)(?<rest>.*)$") |
    .sign + ([.int | explode | reverse | . as $d | range(0; length; 3) | $d[.:. + 3] | reverse | implode] |
      reverse | join(",")) + .rest
  end;
def fmt:
  if . == null then "-"
  elif type != "number" then tostring
  elif fabs >= 100 then (round | thousands)
  else (digits(3) | tostring) end;

# "q1 to q3", or the one value.
def spread:
  (quantile(0.25) | fmt) as $low | (quantile(0.75) | fmt) as $high |
  if $low == $high then $low else "\($low) to \($high)" end;
def summary: {n: length, min: min, q1: quantile(0.25), median: median, q3: quantile(0.75), max: max};
# "median (q1 to q3)", what most tables' cells hold.
def cell: if length == 0 then "-" elif length == 1 then (.[0] | fmt) else "\(median | fmt) (\(spread))" end;

# Values of one case and metric, from the whole PART.json.
def values($case; $metric): [.samples[] | select(.case == $case and .metric == $metric) | .value];
# The cases, in the order in which they were first measured.
def cases: reduce .samples[].case as $c ([]; if index([$c]) then . else . + [$c] end);

def row: "| " + (map(tostring) | join(" | ")) + " |";
# An array of arrays, of which the first is the head.
def table: (.[0] | row), (.[0] | map("---") | row), (.[1:][] | row);
def goal($what; $seen; $met):
  "- goal: \($what): seen: \($seen): \(if $met == null then "not measured" elif $met then "met" else "NOT met" end)";
# What the part could not measure, a line each.
def unmeasured_lines: (.unmeasured // [])[] | "- not measured: \(.unmeasured): \(.why)";

# Of a system or pair, "KIND-INTERVAL" or "KIND-INTERVAL-MISSES": its kind, its interval, whether its number of misses
# is the usual one, and about how long it waits: ours began to count one interval before the first miss.
def kind: split("-")[0];
def place: {ours: 0, keepalived: 1, ucarp: 2}[kind];
def every_ms: split("-")[1] | if endswith("ms") then .[:-2] | tonumber else .[:-1] | tonumber * 1000 end;
def usual: split("-") | length == 2;
def patience_ms: kind as $k | every_ms * (if $k == "ours" then (split("-")[2] // "5" | tonumber) - 1 else split("-")[2] // "3" | tonumber end);

# What PART.json keeps: samples that differ in round and value alone are one series, in the order in which each was
# first measured. A tenth of the bytes, and nothing is lost.
def pack:
  .series = (reduce .samples[] as $s ({order: [], by: {}};
      ($s | del(.round, .value) | tojson) as $key |
      (if .by[$key] then . else .order += [$key] | .by[$key] = {rounds: [], values: []} end) |
      .by[$key].rounds += [$s.round] | .by[$key].values += [$s.value]) |
    .by as $by | .order | map($by[.] as $them | fromjson + $them)) |
  del(.samples);
def unpack:
  if has("series") then
    .samples = [.series[] | . as $them | del(.rounds, .values) as $head |
      range($them.values | length) | $head + {round: $them.rounds[.], value: $them.values[.]}] |
    del(.series)
  else . end;
