# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# The section of planned handovers: what was offered, what was lost and where.
include "stat";

def title: {"web": "address moves", "std": "address stands"} as $group |
  split(" ") | if .[0] == "none" then
    "no handover: UDP, \({"plain": "to the owner", "astray": "to the other host, which sends all of it on"}[.[1]])"
  else "\({"echo": "echoes", "udp": "UDP"}[.[0]]), \(.[1]) client, \($group[.[2]])" end;

. as $all |
([cases[] | . as $c | $all | {
  case: $c, n: (values($c; "lost") | length), sent: (values($c; "sent") | add),
  lost: (values($c; "lost") | add), worst: (values($c; "lost") | max),
  cables: (values($c; "lost_by_cables") | add), socket: (values($c; "lost_by_socket") | add),
  duplicates: (values($c; "duplicates") | add), offered: values($c; "offered"),
  forwarded: (values($c; "forwarded") | median), gap: values($c; "longest_gap")}]) as $rows |
"## Planned handover under load", "",
"By `release`, back and forth; plain client: it listens to gratuitous ARP; deaf client: its neighbour entry is permanent, so the old owner sends on what it gets. Offered: median and quartiles.",
"",
([["load", "n", "offered a second", "sent", "lost", "most in one round", "by cables", "by a full socket", "duplicates", "sent on (median)", "longest gap, ms"]] +
  [$rows[] | [(.case | title), .n, (.offered | cell), (.sent | fmt), .lost, .worst, .cables, .socket, .duplicates,
    (.forwarded | fmt), (.gap | cell)]] | table), "",
(["echo", "udp"][] as $load | [$rows[] | select(.case | startswith($load))] | select(length > 0) |
  (map(.lost) | add) as $lost | (map(.sent) | add) as $sent |
  goal("0 lost, \({"echo": "10,000 echoes a second", "udp": "UDP at 100,000 datagrams a second"}[$load])";
    "\($lost) of \($sent | fmt) in \(map(.n) | add) handovers, \(map(.offered[]) | median | fmt) a second offered" +
    ([$rows[] | select(.case | startswith("none"))] | if $load == "echo" or length == 0 then "" else
      ([$all.samples[] | select(.metric == "first_lost") | .value] | if . == [] then "" else "; the first lost came \(map(fmt) | join(", ")) ms after the load began, \(map(. - 500 | fmt) | join(", ")) after the command" end) +
      "; with no handover at all \(map(.lost) | add) of \(map(.sent) | add | fmt)" end); $lost == 0)),
unmeasured_lines
