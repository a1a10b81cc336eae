/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One counter for every verdict: X(name, "what it counts"). The table is the index of the map `stats`. */
#ifndef IPT_COUNTERS_H
#define IPT_COUNTERS_H

#define IPT_COUNTERS(X)                                                                            \
	X(pass, "frames that are none of our business")                                            \
	X(not_ours, "frames for a floating address, but to another host's MAC: passed")            \
	X(arp_answer, "ARP requests and probes answered under a live lease")                       \
	X(arp_fenced, "ARP requests for a floating address dropped: no lease")                     \
	X(arp_tagged, "VLAN-tagged ARP requests for a floating address passed under a live lease") \
	X(arp_malformed, "ARP with wrong types, lengths or truncated: passed, never answered")     \
	X(arp_rival, "ARP frames seen that give another MAC for a floating address")               \
	X(ip_accept, "packets to a floating address passed up under a live lease")                 \
	X(ip_drain, "packets passed up while draining")                                            \
	X(ip_fenced, "packets to a floating address dropped: no lease")                            \
	X(hb_accept, "heartbeats accepted")                                                        \
	X(hb_unproven, "heartbeats with a good tag that do not prove their session (HELLO)")       \
	X(hb_session, "new peer sessions established")                                             \
	X(hb_short, "heartbeats refused: length, version, magic or counts wrong")                  \
	X(hb_ttl, "heartbeats refused: TTL is not 255")                                            \
	X(hb_stranger, "heartbeats refused: source is no peer")                                    \
	X(hb_cookie, "heartbeats refused: echo a session of ours that is not the present one")     \
	X(hb_replay,                                                                               \
	  "heartbeats refused: sequence number not new, or a recording of an old session")         \
	X(hb_badtag, "heartbeats refused: SipHash tag wrong")                                      \
	X(hb_unknown_key, "heartbeats refused: key id unknown")                                    \
	X(hb_future, "heartbeats refused: echo a time stamp that lies ahead")                      \
	X(hb_limited, "unproven heartbeats kept from the daemon by the rate limit")                \
	X(hb_fence, "gates closed in XDP by a higher epoch")                                       \
	X(timer_quiet, "timer verdicts: peer quiet, time to announce a claim")                     \
	X(timer_silent, "timer verdicts: peer silent")                                             \
	X(timer_late, "timer looks that came late and did not judge")                              \
	X(timer_error, "bpf_timer calls that failed")                                              \
	X(event_lost, "events lost: ring buffer full")                                             \
	X(out_arp, "ARP frames with a floating address as sender let out")                         \
	X(out_arp_fenced, "ARP frames with a floating address as sender dropped at egress")        \
	X(out_ip_fenced, "packets from a floating address dropped at egress")                      \
	X(out_hb, "own heartbeats let out")                                                        \
	X(out_hb_stale, "own heartbeats dropped at egress: too old")                               \
	X(announce_sent, "announcements sent as live frames")                                      \
	X(announce_stale, "announcements dropped: lease or epoch no longer the caller's")          \
	X(arp_refused,                                                                             \
	  "ARP requests for a floating address dropped: sender is zero, a group or ourselves")     \
	X(out_ip, "packets from a floating address let out")                                       \
	X(ip_forward, "packets for an address that a peer owns: sent on to it")                    \
	X(ip_forward_member, "the same, from a member's MAC: dropped, or it would go in circles")  \
	X(hb_copy, "heartbeats that came again by another path")                                   \
	X(hb_old_key, "heartbeats under a key that has been retired: life only")                   \
	X(out_arp_owner, "ARP frames let out that announce the owner's MAC, not ours")             \
	X(hb_spent, "unproven heartbeats that count as life no more: no proof for too long")       \
	X(hb_identity, "heartbeats from a peer's address under another's number: life only")       \
	X(hb_bounds, "heartbeats that say what no member can say: life only")                      \
	X(tags_refused, "frames with more than 64 VLAN tags dropped, in either direction")         \
	X(stray_limited, "strays sent on whose client is not told: too many on the interface")     \
	X(nd_answer, "neighbour solicitations answered under a live lease")                        \
	X(nd_fenced, "neighbour solicitations for a floating address dropped: no lease")           \
	X(nd_passed, "neighbour solicitations under a live lease left to the kernel: tagged, or "  \
		     "not by RFC 4861")                                                            \
	X(nd_refused, "neighbour solicitations dropped: sender is zero, a group or ourselves")     \
	X(nd_rival, "neighbour discovery seen that gives another MAC for a floating address")      \
	X(ext_refused,                                                                             \
	  "IPv6 packets with more than 16 extension headers dropped, in either direction")         \
	X(out_nd, "neighbour discovery for a floating address let out")                            \
	X(out_nd_fenced,                                                                           \
	  "neighbour discovery in the name of a floating address dropped at egress")               \
	X(out_nd_owner, "neighbour advertisements let out that name the owner's MAC, not ours")

#define IPT_COUNTER_ENUM(name, text) CNT_##name,
enum ipt_counter { IPT_COUNTERS(IPT_COUNTER_ENUM) CNT_MAX };
#undef IPT_COUNTER_ENUM

#endif
