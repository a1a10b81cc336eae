# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The section of the flip: store of the lease word to first and last answer.
include "stat";

. as $all |
def us($metric; $n): [$all.samples[] | select(.metric == $metric and .addresses == $n) | .value / 1000];
([.samples[].addresses] | unique) as $ns |
"## Flip on the packet path", "",
"Microseconds from the store of the lease word, under requests as fast as one processor sends them, stamped where the answers are received. A last answer before the store is negative: none was under way.", "",
([["addresses", "n", "requests every", "first answer after opening: median (quartiles)", "99 %", "worst", "last answer after closing: median (quartiles)", "99 %", "worst"]] +
  [$ns[] | [fmt, (us("first"; .) | length), "\(us("interval"; .) | median | fmt) us",
    (us("first"; .) | cell), (us("first"; .) | quantile(0.99) | fmt), (us("first"; .) | max | fmt),
    (us("last"; .) | cell), (us("last"; .) | quantile(0.99) | fmt), (us("last"; .) | max | fmt)]] | table), "",
"- one store whatever the number: \([$ns[] | "\(us("first"; .) | median | fmt) us with \(fmt)"] | join(", "))",
unmeasured_lines
