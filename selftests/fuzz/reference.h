/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Inside the reference: bytes by offset, and who has what. */
#ifndef IPT_FUZZ_REFERENCE_H
#define IPT_FUZZ_REFERENCE_H

#include <string.h>
#include "model.h"

#define ETH_ARP 0x0806
#define ETH_IP 0x0800
#define ETH_IP6 0x86dd

#define REF_TCP 6
#define REF_UDP 17

enum ref_seen { REF_WHOLE, REF_CUT_OFF, REF_TOO_MANY_TAGS };

/* A frame with its tags looked through. */
struct ref_frame {
	struct model_run *r;
	uint64_t now_ns;
	size_t at; /* of the network header */
	unsigned int type;
	bool in_vlan;
};

static inline unsigned int ref_be16(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static inline uint64_t ref_be(const uint8_t *p, unsigned int n)
{
	uint64_t value = 0;

	while (n--)
		value = value << 8 | *p++;
	return value;
}

static inline uint32_t ref_ip(const uint8_t *p)
{
	uint32_t ip_be32;

	memcpy(&ip_be32, p, 4);
	return ip_be32;
}

static inline int ref_say(struct model *m, enum ipt_counter which, int verdict)
{
	m->counter[which]++;
	return verdict;
}

static inline void ref_event(struct model *m, struct ipt_event ev)
{
	if (m->nevents < MODEL_EVENTS)
		m->event[m->nevents++] = ev;
}

bool ref_is_zero(const uint8_t *mac);
bool ref_same(const uint8_t *a, const uint8_t *b);
bool ref_live(const struct model *m, uint32_t group, uint64_t now_ns);
/* NULL: it does not float. */
const struct ipt_vip *ref_vip(const struct ipt_addr *addr);
/* A MAC that this host answers with for the address. */
bool ref_ours(const struct model *m, const struct ipt_vip *vip, const uint8_t *mac);
/* The path to the peer that owns the group now; NULL: none that is known to live. */
const struct ipt_path *ref_owner(const struct model *m, const struct ipt_vip *vip, uint64_t now_ns);
/* Who sent the frame says that he has the address, by his MAC `mac`. */
void ref_claim(struct model *m, const struct ref_frame *f, const struct ipt_addr *addr,
	       const uint8_t *mac, enum ipt_counter counter);
/* What becomes of a packet to this address on its way in; whether one from it may leave. */
int ref_traffic(struct model *m, struct ref_frame *f, const struct ipt_addr *to);
/* Behind an IP header, from no floating address: what becomes of UDP on its way out whose header stands at `udp`. */
int ref_udp_out(struct model *m, const struct ref_frame *f, size_t udp);
bool ref_may_leave(const struct model *m, const struct ipt_vip *vip, uint64_t now_ns);

/* reference_sum.c: the Internet checksum, folded; a packet's that was left to a card is made. */
uint32_t ref_sum(const uint8_t *p, size_t len, uint32_t sum);
void ref_complete_sum(struct ref_frame *f);
/* reference_ip6.c */
int reference_ip6_in(struct model *m, struct ref_frame *f);
int reference_ip6_out(struct model *m, const struct ref_frame *f);
/* reference_beat.c: true if the packet was one for us, and is consumed. */
bool reference_beat(struct model *m, const struct ref_frame *f);

#endif
