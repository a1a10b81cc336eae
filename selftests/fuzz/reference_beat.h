/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the reference: one heartbeat on its way through the checks. */
#ifndef IPT_FUZZ_REFERENCE_BEAT_H
#define IPT_FUZZ_REFERENCE_BEAT_H

#include "reference.h"

struct ref_beat {
	const uint8_t *b, *eth, *udp;
	size_t len, udp_len;
	struct ipt_addr from, to;
	uint8_t hops;
	bool whole; /* IP's length is that of UDP */
	struct ipt_path *path;
	struct ipt_peer *rec;
	uint64_t now_ns, session, seq, echo_session, echo_ns;
	unsigned int key; /* whose it must be signed with */
	enum ipt_event_type tell; /* besides; 0: nothing */
	bool proven, established, taken, life, fences;
};

/* reference_record.c: it proves its session; it came by this way; it is life, and `why` says of which kind. */
void ref_accept(struct model *m, struct ref_beat *h);
void ref_proved_by(struct ref_beat *h);
enum ipt_counter ref_life(struct model *m, struct ref_beat *h, enum ipt_counter why);

#endif
