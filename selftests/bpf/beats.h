/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Two nodes that know each other, and heartbeats of the other one, good or spoiled. */
#ifndef IPT_BEATS_H
#define IPT_BEATS_H

#include "bed.h"
#include "core/frame.h"

#define BEATS_OUR_SESSION 0xaaaa000011112222ull
#define BEATS_SESSION 0xbbbb000033334444ull
#define BEATS_SEQ 1000
#define BEATS_KID 3
#define BEATS_KEY 1 /* its slot */
#define BEATS_PEER 2 /* index of the peer's record */
#define BEATS_PATH 5 /* index of the way to it */
#define BEATS_GROUP 4 /* index of the group */
#define BEATS_WIRE_ID 0x7788
#define BEATS_PAYLOAD FRAME_HB_OVERHEAD
#define BEATS_LONG_NS (1000 * BED_SECOND_NS)

struct beats_frame {
	size_t len;
	uint8_t bytes[BED_FRAME_MAX];
};

/* The peer known, its session established, last sequence BEATS_SEQ; our group closed. Long intervals. */
void beats_given(struct bed *b);
/* Makes frames over IPv6, too, whose payload stands at BEATS_PAYLOAD6: a heartbeat from there to there. */
#define BEATS_PAYLOAD6 FRAME_HB_OVERHEAD6
void beats_wrap6(const struct beat *beat, const char *from, const char *to,
		 struct beats_frame *ret);
/* The UDP checksum over IPv6 made right again. */
void beats_sum6(struct beats_frame *f);
/* A way to the peer, on which the frame with this number was the newest. */
void beats_path(struct bed *b, uint32_t index, const char *local, const char *addr, uint64_t seq);
struct ipt_path beats_path_record(struct bed *b, uint32_t index);
void beats_self(struct bed *b, uint64_t interval_ns, uint64_t lease_ns, uint64_t ahead_ns);
/* A good heartbeat that continues the established session, about one group in `state`. */
void beats_good(struct beat *ret, enum hb_state state, uint64_t epoch);
void beats_wrap(const struct beat *beat, struct beats_frame *ret);
/* Other counts, the length to match, and the tag: only the counts themselves can be wrong. */
void beats_recount(struct beats_frame *f, uint8_t npeers, uint8_t ngroups);
/* The tag made right again after a change of the payload. */
void beats_sign(struct beats_frame *f);
struct ipt_peer beats_record(struct bed *b);
struct ipt_group beats_group(struct bed *b);
void beats_expect(struct bed *b, const char *what, const struct beats_frame *f, uint64_t counters);

#endif
