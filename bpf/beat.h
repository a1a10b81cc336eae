/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Heartbeats: from a UDP packet to a verdict (protocol 5), cheap checks first. */
#ifndef IPT_BEAT_H
#define IPT_BEAT_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <linux/udp.h>
#include "csum.h"
#include "ip6.h"
#include "life.h"
#include "parse.h"

/* UDP to the heartbeat port, and nothing about the packet that a heartbeat never has; else NULL. */
static __always_inline struct udphdr *beat_udp(const struct pkt *p, __be16 port_be16)
{
	struct iphdr *ip = p->l3;
	struct udphdr *udp = (void *)(ip + 1);

	if ((void *)(udp + 1) > p->end)
		return NULL;
	if (ip->version != 4 || ip->ihl != 5 || ip->protocol != IPPROTO_UDP)
		return NULL;
	if (ip->frag_off & bpf_htons(0x3fff)) /* any offset, or more to come */
		return NULL;
	return udp->dest == port_be16 ? udp : NULL;
}

/* Behind an extension header, a fragment's too, stands no heartbeat. */
static __always_inline struct udphdr *beat_udp6(const struct pkt *p, __be16 port_be16)
{
	struct ipv6hdr *ip = p->l3;
	struct udphdr *udp = (void *)(ip + 1);
	struct ipt_addr to;

	if ((void *)(udp + 1) > p->end || ip->version != 6 || ip->nexthdr != IPPROTO_UDP)
		return NULL;
	to = ip6_addr(&ip->daddr);
	if (ipt_addr_is_v4(&to)) /* on no IPv6 link, and so no way to a path of IPv4 */
		return NULL;
	return udp->dest == port_be16 ? udp : NULL;
}

static __always_inline void beat_note(const struct pkt *p, const struct udphdr *udp,
				      struct ipt_said *said)
{
	const struct iphdr *ip = p->l3;

	said->way.local = ipt_addr_v4(ip->daddr);
	said->way.addr = ipt_addr_v4(ip->saddr);
	said->ttl = ip->ttl;
	said->whole = bpf_ntohs(ip->tot_len) == bpf_ntohs(udp->len) + sizeof(*ip);
}

static __always_inline void beat_note6(const struct pkt *p, const struct udphdr *udp,
				       struct ipt_said *said)
{
	const struct ipv6hdr *ip = p->l3;

	said->way.local = ip6_addr(&ip->daddr);
	said->way.addr = ip6_addr(&ip->saddr);
	said->ttl = ip->hop_limit;
	said->whole = ip->payload_len == udp->len;
	said->summed = 1;
}

/* What is noted of both families; NULL: `udp` is. */
static __always_inline struct ipt_said *beat_begin(const struct pkt *p, const struct udphdr *udp)
{
	struct ipt_scratch *s = udp ? scratch_find() : NULL;

	if (!s)
		return NULL;
	__builtin_memset(&s->said, 0, sizeof(s->said));
	s->said.way.ifindex = p->in.ifindex;
	s->said.at = (__u16)((void *)udp - (void *)p->eth);
	s->said.len = bpf_ntohs(udp->len);
	__builtin_memcpy(s->said.mac, p->eth->h_source, 6);
	return &s->said;
}

/*
 * Is it UDP to our heartbeat port? What its headers say then stands in the scratch, the same for both families: the
 * verifier follows what comes after once.
 */
static __always_inline int beat_is(const struct pkt *p, __be16 port_be16)
{
	struct ipt_said *said = NULL;
	struct udphdr *udp;

	if (!port_be16 || p->in.in_vlan)
		return 0;
	if (p->proto_be16 == bpf_htons(ETH_P_IPV6)) {
		udp = beat_udp6(p, port_be16);
		said = beat_begin(p, udp);
		if (said)
			beat_note6(p, udp, said);
	} else if (p->proto_be16 == bpf_htons(ETH_P_IP)) {
		udp = beat_udp(p, port_be16);
		said = beat_begin(p, udp);
		if (said)
			beat_note(p, udp, said);
	}
	return said != NULL;
}

/* Who sent it, to us: the index of the path, or one of these two. */
#define BEAT_STRANGER IPT_MAX_PATHS
#define BEAT_NOT_FOR_US (IPT_MAX_PATHS + 1)

static __always_inline __u32 beat_find(const struct ipt_said *said)
{
	struct ipt_path_key key = said->way;
	__u32 *index = bpf_map_lookup_elem(&path_ids, &key);

	/* The sender :: finds the element of our own address, and that names no path. */
	if (index)
		return *index;
	__builtin_memset(&key.addr, 0, sizeof(key.addr));
	return bpf_map_lookup_elem(&path_ids, &key) ? BEAT_STRANGER : BEAT_NOT_FOR_US;
}

/* Over the pseudo header too (RFC 8200, 8.1): a sum that was not made is wrong there. */
static __always_inline int beat_sum_right(struct xdp_md *ctx, const struct ipt_said *said)
{
	__u32 addresses = csum_fold((__u32)bpf_csum_diff(NULL, 0, (void *)&said->way.local,
							 2 * sizeof(said->way.local), 0));
	__s64 bytes = csum_bytes(ctx, said->at, said->len);
	__be16 sum;

	if (bytes < 0 || bpf_xdp_load_bytes(ctx, said->at + CSUM_AT_UDP, &sum, sizeof(sum)))
		return 0;
	return sum && csum_fold((__u64)bytes + addresses + bpf_htons(IPPROTO_UDP) +
				bpf_htons((__u16)said->len)) == 0xffff;
}

/* Lengths that agree with each other, from IP down to the counts. `b->said->len` is the payload's if this is true. */
static __always_inline int beat_formed(struct xdp_md *ctx, struct beat *b)
{
	__u32 len = b->said->len - sizeof(struct udphdr);
	const struct hb_fixed *f = b->fixed;

	if (!b->said->whole || len < HB_LEN(0, 0))
		return 0;
	/* Two comparisons, where clang would make one of a difference: the verifier must see both bounds. */
	asm volatile("" : "+r"(len));
	if (len > HB_MAX_LEN)
		return 0;
	if (b->said->summed && !beat_sum_right(ctx, b->said))
		return 0;
	if (bpf_xdp_load_bytes(ctx, b->said->at + sizeof(struct udphdr), b->scratch->words, len))
		return 0;
	if (f->magic != bpf_htonl(HB_MAGIC) || f->version != HB_VERSION || !f->session)
		return 0;
	if (f->npeers > IPT_MAX_PEERS || f->ngroups > HB_MAX_GROUPS || f->len8 * 8u != len)
		return 0;
	if (HB_LEN(f->npeers, f->ngroups) != len)
		return 0;
	b->said->len = len;
	return 1;
}

/* What the peer says about us: the session of ours that it knows, and the stamp it has seen last. */
static __always_inline void beat_echo(struct beat *b)
{
	const struct hb_peer *entry = (const void *)(b->fixed + 1);
	__u32 i, n = b->fixed->npeers;

	for (i = 0; i < IPT_MAX_PEERS; i++, entry++) {
		if (i >= n)
			return;
		if (entry->node != b->self->node)
			continue;
		b->said->echo_session = bpf_be64_to_cpu(entry->session);
		b->said->echo_ts_ns = bpf_be64_to_cpu(entry->echo_ts_ns);
		return;
	}
}

static __always_inline struct ipt_key *beat_key(__u32 kid)
{
	__u32 i;

	for (i = 0; i < IPT_MAX_KEYS; i++) {
		__u32 index = i;
		struct ipt_key *slot = bpf_map_lookup_elem(&keys, &index);

		if (slot && slot->valid && slot->kid == kid)
			return slot;
	}
	return NULL;
}

/* On the wire the tag and the words under it are little-endian, as SipHash's authors wrote them. */
static __always_inline __u64 beat_word(const struct ipt_scratch *s, __u32 i)
{
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
	return __builtin_bswap64(s->words[i]);
#else
	return s->words[i];
#endif
}

static long beat_tag_step(__u32 i, void *arg)
{
	struct ipt_scratch *s = scratch_find();

	(void)arg;
	if (!s || i >= HB_MAX_LEN / 8)
		return 1;
	sip_word(&s->sum, beat_word(s, i));
	return 0;
}

/* Is the tag behind the first `n` words of the scratch right? Returns the counter that says so, or why not. */
__noinline __u32 beat_tag(__u32 kid, __u32 peer, __u32 n, __u64 now_ns)
{
	struct ipt_key *key = beat_key(kid);
	struct ipt_scratch *s = scratch_find();
	struct sip_tag tag;

	if (!s || !key || peer >= HB_MAX_NODES)
		return CNT_hb_unknown_key;
	if (n > HB_MAX_LEN / 8 - 2)
		return CNT_hb_badtag;
	sip_init(&s->sum, &key->peer[peer]);
	bpf_loop(n, beat_tag_step, NULL, 0);
	tag.h0 = beat_word(s, n);
	tag.h1 = beat_word(s, n + 1);
	if (!sip_equal(sip_final(&s->sum, (__u64)(n * 8 & 0xff) << 56), tag))
		return CNT_hb_badtag;
	key->used_ns = now_ns;
	return CNT_hb_accept;
}

/* Known from its number alone: an older frame than the newest one, or the same again on the same path. */
static __always_inline int beat_old(const struct beat *b)
{
	if (!b->said->established || seq_newer(b->said->seq, b->rec->last_seq))
		return 0;
	return !record_copy(b->rec, b->path, b);
}

_Static_assert(CNT_MAX <= 0xff, "a counter goes through verifier_forget()");

/* Why an authentic frame proves nothing (protocol 5.2, checks 8 to 11); hb_accept: it may prove something. */
static __always_inline __u32 beat_doubt(const struct beat *b)
{
	if (b->said->key != b->said->peer)
		return CNT_hb_identity;
	/* Its sender may not know a newer key, and so not verify what we say: deaf, but alive. */
	if (b->fixed->key_id < b->self->key_min)
		return CNT_hb_old_key;
	if (b->said->far)
		return CNT_hb_bounds;
	return b->said->proven ? CNT_hb_accept : CNT_hb_unproven;
}

/* The order of protocol 5.2, from the session's echo on. Returns the counter of the verdict. */
static __always_inline __u32 beat_judge(struct beat *b)
{
	__u32 verdict, doubt;

	beat_echo(b);
	b->said->proven = b->self->session && b->said->echo_session == b->self->session;
	b->said->established = b->said->proven && b->said->session == b->rec->session;
	if (beat_old(b))
		return CNT_hb_replay;
	verdict = beat_tag(b->fixed->key_id, b->said->key, b->said->len / 8 - 2, b->said->now_ns);
	if (verdict != CNT_hb_accept)
		return b->said->key == b->said->peer ? verdict : CNT_hb_stranger;
	life_look(b);
	doubt = verifier_forget(beat_doubt(b));
	if (doubt == CNT_hb_unproven && b->said->echo_session)
		count(CNT_hb_cookie);
	if (doubt == CNT_hb_accept) {
		if (b->said->echo_ts_ns > b->said->now_ns)
			return CNT_hb_future;
		verdict = record_proven(b);
		/* Authentic, of another session than the one we know, and too old an echo to prove that it is the newer one:
		 * a peer that was restarted while it cannot hear us looks exactly like this, and an owner that took it for
		 * dead would keep its lease while that peer claims. It counts as life, no more. */
		if (verdict != CNT_hb_replay || b->said->established)
			return verdict;
		doubt = CNT_hb_unproven;
	}
	return life_record(b, verifier_forget(doubt));
}

static __always_inline void beat_tell(const struct beat *b, __u32 ifindex, enum ipt_event_type type,
				      __u8 node)
{
	struct ipt_event *ev = event_begin_if_room(type, b->said->now_ns);

	if (!ev)
		return;
	ev->peer = b->said->peer;
	ev->ifindex = ifindex;
	ev->addr = b->path->addr;
	ev->node = node;
	__builtin_memcpy(ev->mac, b->said->mac, 6);
	event_send(ev);
}

/* Everything that follows from an authentic frame but the record itself. */
static __always_inline void beat_effects(const struct beat *b, __u32 ifindex,
					 enum ipt_event_type type, enum ipt_counter verdict)
{
	if (b->said->life) {
		epoch_walk_groups(b->fixed);
		detect_arm(b->self, b->rec, b->said->peer, b->said->now_ns);
	}
	if (verdict != CNT_hb_limited)
		beat_tell(b, ifindex, type, 0);
	if (b->said->tell)
		beat_tell(b, ifindex, b->said->tell, b->fixed->node);
}

/*
 * Who has the number that a frame from a peer's address states, if that peer has another: the index of his key, or
 * IPT_MAX_PEERS for ours. A host with a copied file speaks so. A frame of a session that runs elsewhere, our own above
 * all, was only sent again by somebody: nobody's.
 */
#define BEAT_NOBODY HB_MAX_NODES

static __always_inline __u32 beat_namesake(const struct beat *b)
{
	const struct ipt_peer *rec;
	__u32 i, index;

	if (b->fixed->node == b->self->node)
		return b->said->session == b->self->session ? BEAT_NOBODY : IPT_MAX_PEERS;
	for (i = 0; i < IPT_MAX_PEERS; i++) {
		index = i;
		rec = bpf_map_lookup_elem(&peers, &index);
		if (rec && rec->node == b->fixed->node)
			return rec->session == b->said->session ? BEAT_NOBODY : i;
	}
	return BEAT_NOBODY;
}

static __always_inline enum ipt_counter beat_check(struct xdp_md *ctx, struct beat *b)
{
	__u32 path = beat_find(b->said), ifindex = b->said->way.ifindex;
	enum ipt_counter verdict;

	if (path == BEAT_NOT_FOR_US)
		return CNT_MAX;
	b->path = bpf_map_lookup_elem(&paths, &path);
	if (!hb_ttl_is_near(b->said->ttl, b->path ? b->path->hops : 1))
		return CNT_hb_ttl;
	if (!beat_formed(ctx, b))
		return CNT_hb_short;
	if (!b->path)
		return CNT_hb_stranger;
	b->said->peer = b->path->peer;
	b->rec = bpf_map_lookup_elem(&peers, &b->said->peer);
	if (!b->rec || !b->rec->node || !b->fixed->node)
		return CNT_hb_stranger;
	b->said->session = bpf_be64_to_cpu(b->fixed->session);
	b->said->seq = bpf_be64_to_cpu(b->fixed->seq);
	b->said->key = b->rec->node == b->fixed->node ? b->said->peer : beat_namesake(b);
	if (b->said->key == BEAT_NOBODY)
		return CNT_hb_stranger;
	verdict = beat_judge(b);
	if (verdict == CNT_hb_accept)
		beat_effects(b, ifindex, IPT_EV_BEAT, verdict);
	else if (b->said->taken)
		beat_effects(b, ifindex, IPT_EV_HELLO, verdict);
	return verdict;
}

/*
 * Consumes what comes to our heartbeat port, whatever it is, if beat_is(). 0: the packet is no heartbeat for us. It is global
 * so that the verifier follows it once, and not once more for each way to get here.
 */
__noinline int beat_receive(struct xdp_md *ctx)
{
	__u32 zero = 0;
	struct beat b = {.self = bpf_map_lookup_elem(&self, &zero), .scratch = scratch_find()};
	enum ipt_counter verdict;

	if (!b.self || !b.scratch)
		return 0;
	b.fixed = scratch_fixed(b.scratch);
	b.said = &b.scratch->said;
	b.said->now_ns = bpf_ktime_get_boot_ns();
	verdict = beat_check(ctx, &b);
	if (verdict == CNT_MAX)
		return 0;
	count(verdict);
	return 1;
}

#endif
