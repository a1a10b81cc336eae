# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The section of one group with addresses of both families on two interfaces: each address beside the others.
include "stat";

def of($what; $address; $metric): [.samples[] | select(.what == $what and .address == $address and .metric == $metric) | .value];
def all($what; $metric): [.samples[] | select(.what == $what and .metric == $metric) | .value];

. as $all |
([.samples[].address] | reduce .[] as $a ([]; if index([$a]) then . else . + [$a] end)) as $addresses |
"## One group, both families, two interfaces", "",
"One lease for two addresses of IPv4 and two of IPv6; each has a client of its own that asks all the time. Takeover: both of the owner's cables are pulled, so its lease ends by itself; from its last answer to the new owner's first. Medians and quartiles.", "",
([["", "n", "nobody answered, ms", "asked", "answered twice", "handovers: echoes", "lost"]] +
  [$addresses[] as $a | [$a, ($all | of("takeover"; $a; "gap") | length), ($all | of("takeover"; $a; "gap") | cell),
    ($all | of("takeover"; $a; "asked") | add | fmt), ($all | of("takeover"; $a; "twice") | add),
    ($all | of("handover"; $a; "sent") | add | fmt), ($all | of("handover"; $a; "lost") | add)]] | table), "",
(all("takeover"; "twice") | add as $twice |
  goal("one voice: no request answered twice, one flip a takeover"; "\($twice) answered twice, \($all | all("takeover"; "flips") | add) flips in \($all | all("takeover"; "flips") | length)";
    $twice == 0 and ($all | all("takeover"; "flips") | all(. == 1)))),
(all("handover"; "lost") | add as $lost |
  goal("0 lost at planned handovers"; "\($lost) of \($all | all("handover"; "sent") | add | fmt), \($all | all("handover"; "own_drops") | add) of them by a full socket"; $lost == 0)),
unmeasured_lines
