/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What should happen to an IPv6 frame: by RFC 8200, 4861 and 7527 and section 3 of the protocol page, not by the programs. */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include "reference.h"

#define HEADER 40
#define MOST_HEADERS 16
#define MOST_OPTIONS 64 /* bytes; what lies behind is not read, and who has more is not answered */
#define MESSAGE 24 /* of neighbour discovery, without options */
#define OPTION 8
#define ICMP6 58
#define SOLICIT 135
#define ADVERT 136
#define SOURCE_MAC 1
#define TARGET_MAC 2
#define FLAG_ROUTER 0x80
#define FLAG_SOLICITED 0x40
#define FLAG_OVERRIDE 0x20

/* A packet whose extension headers are read. */
struct packet {
	uint8_t *ip;
	size_t at; /* in the frame, of what is behind them */
	uint8_t next; /* what that is */
	bool several; /* it is a fragment of several... */
	bool later; /* ...and not the first: what is behind is no header */
	bool hides; /* more headers than we read */
};

struct message {
	uint8_t *at;
	size_t len; /* with options, as the header says */
	uint8_t mac[6]; /* the sender's */
	bool named; /* by an option */
	bool valid, more; /* options beyond those that we read */
};

static bool is_extension(uint8_t next)
{
	return next == 0 || next == 43 || next == 44 || next == 51 || next == 60;
}

static bool is_unspecified(const uint8_t *addr)
{
	static const uint8_t zero[16];

	return !memcmp(addr, zero, 16);
}

static bool is_solicited_node(const uint8_t *addr)
{
	static const uint8_t prefix[13] = {0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff};

	return !memcmp(addr, prefix, 13);
}

/* An IPv4 address in the form of RFC 4291, 2.5.5.2 is on no IPv6 link. */
static bool floats(const uint8_t *at, struct ipt_addr *ret)
{
	memcpy(ret, at, 16);
	return !ipt_addr_is_v4(ret) && ref_vip(ret);
}

/* False: not even a header. */
static bool read_packet(const struct ref_frame *f, struct packet *p)
{
	uint8_t *b = f->r->bytes;

	*p = (struct packet){.ip = b + f->at, .at = f->at + HEADER};
	if (p->at > f->r->len)
		return false;
	p->next = p->ip[6];
	for (unsigned int n = 0; is_extension(p->next) && !p->later; n++) {
		const uint8_t *e = b + p->at;
		uint8_t now = p->next;

		if (n == MOST_HEADERS)
			p->hides = true;
		if (p->hides || p->at + 4 > f->r->len)
			return true;
		p->next = e[0];
		if (now == 44) {
			p->later = ref_be16(e + 2) >= 8;
			p->several |= p->later || e[3] & 1;
		}
		p->at += now == 44 ? 8u : now == 51 ? (e[1] + 2u) * 4 : (e[1] + 1u) * 8;
	}
	return true;
}

/* False: an option of length 0, or one that goes beyond the message or the frame. */
static bool read_options(const struct ref_frame *f, struct message *n)
{
	uint8_t wanted = n->at[0] == SOLICIT ? SOURCE_MAC : TARGET_MAC;
	const uint8_t *o = n->at + MESSAGE, *end = n->at + n->len;

	if (end - o > MOST_OPTIONS) {
		end = o + MOST_OPTIONS;
		n->more = true;
	}
	if (end > f->r->bytes + f->r->len)
		return false;
	for (; o < end; o += o[1] * OPTION) {
		if (!o[1] || (!n->more && o + o[1] * OPTION > end))
			return false;
		if (o[0] == wanted && o[1] == 1 && !n->named) {
			memcpy(n->mac, o + 2, 6);
			n->named = true;
		}
	}
	return true;
}

/* RFC 4861, 7.1.1 and 7.1.2, but for what is said of duplicate address detection, and the checksum. */
static bool is_valid(const struct ref_frame *f, const struct packet *p, struct message *n,
		     size_t behind)
{
	const uint8_t *ip = p->ip;

	if (ip[0] >> 4 != 6 || ip[7] != 255 || n->at[1] || p->several)
		return false;
	if (ref_be16(ip + 4) < behind + MESSAGE || n->len % OPTION)
		return false;
	/* No group is asked for, and none speaks. */
	if (n->at[8] == 0xff || ip[8] == 0xff)
		return false;
	if (n->at[0] == ADVERT && ip[24] == 0xff && n->at[4] & FLAG_SOLICITED)
		return false;
	return read_options(f, n);
}

/* False: the packet is no such message, or too little of one. */
static bool read_message(const struct ref_frame *f, const struct packet *p, struct message *n)
{
	uint8_t *b = f->r->bytes;
	size_t behind = p->at - f->at - HEADER;

	if (p->next != ICMP6 || p->later || p->at + MESSAGE > f->r->len)
		return false;
	*n = (struct message){.at = b + p->at, .len = ref_be16(p->ip + 4) - behind};
	if (n->at[0] != SOLICIT && n->at[0] != ADVERT)
		return false;
	memcpy(n->mac, b + 6, 6);
	n->valid = is_valid(f, p, n, behind);
	return true;
}

/* The sum over a message and its pseudo header; 0xffff if its checksum is right. */
static uint32_t sum_of(const uint8_t *ip, size_t len)
{
	const uint8_t tail[4] = {(uint8_t)(len >> 8), (uint8_t)len, 0, ICMP6};

	return ref_sum(ip + HEADER, len, ref_sum(tail, 4, ref_sum(ip + 8, 32, 0)));
}

/* In place of the question; `len` is the message's with the option or without. The sum is as wrong as the question's. */
static void answer(struct model *m, struct ref_frame *f, struct message *n,
		   const struct ipt_vip *vip, size_t len)
{
	static const uint8_t all[16] = {0xff, 2, [15] = 1}, all_mac[6] = {0x33, 0x33, [5] = 1};
	const struct ipt_binding *bound = &m->group[vip->group].binding[m->word[vip->group] & 1];
	uint8_t *b = f->r->bytes, *ip = b + f->at, *msg = ip + HEADER, asker[16], target[16];
	bool to_all = is_unspecified(ip + 8);
	uint32_t was = sum_of(ip, n->len), sum;

	memcpy(asker, to_all ? all : ip + 8, 16);
	memcpy(target, msg + 8, 16);
	memcpy(b, to_all ? all_mac : n->mac, 6);
	memcpy(b + 6, vip->mac, 6);
	memset(ip, 0, HEADER + len);
	ip[0] = 0x60;
	ip[5] = (uint8_t)len;
	ip[6] = ICMP6;
	ip[7] = 255;
	memcpy(ip + 8, target, 16);
	memcpy(ip + 24, asker, 16);
	msg[0] = ADVERT;
	msg[4] = FLAG_OVERRIDE | (to_all ? 0 : FLAG_SOLICITED) |
		 (vip->flags & IPT_VIP_F_ROUTER ? FLAG_ROUTER : 0);
	memcpy(msg + 8, target, 16);
	if (len > MESSAGE) {
		msg[24] = TARGET_MAC;
		msg[25] = 1;
		memcpy(msg + 26, ref_is_zero(bound->mac) ? vip->mac : bound->mac, 6);
	}
	sum = (was + (0xffff & ~sum_of(ip, len))) % 0xffff;
	msg[2] = (uint8_t)(sum >> 8);
	msg[3] = (uint8_t)sum;
}

/* Whom to answer: who asks as a neighbour does, or looks for a duplicate, in a message of its own. */
static bool is_question(const struct packet *p, const struct message *n)
{
	const uint8_t *from = p->ip + 8, *to = p->ip + 24, *target = n->at + 8;

	if (!n->valid || n->more || n->at != p->ip + HEADER || !memcmp(from, target, 16))
		return false;
	if (is_unspecified(from))
		return is_solicited_node(to) && !n->named;
	return is_solicited_node(to) || !memcmp(to, target, 16);
}

static int solicit(struct model *m, struct ref_frame *f, const struct packet *p, struct message *n,
		   const struct ipt_vip *vip)
{
	uint8_t *eth = f->r->bytes;
	size_t room = f->r->len - f->at - HEADER;
	bool may_be_short = is_unspecified(p->ip + 8) || p->ip[24] != 0xff;

	if (!(eth[0] & 1) && !ref_ours(m, vip, eth))
		return ref_say(m, CNT_not_ours, XDP_PASS);
	if (!ref_live(m, vip->group, f->now_ns))
		return ref_say(m, CNT_nd_fenced, XDP_DROP);
	if (f->in_vlan || !is_question(p, n))
		return ref_say(m, CNT_nd_passed, XDP_PASS);
	if (n->mac[0] & 1 || ref_is_zero(n->mac) || ref_ours(m, vip, n->mac) ||
	    ref_ours(m, vip, eth + 6))
		return ref_say(m, CNT_nd_refused, XDP_DROP);
	if (room < MESSAGE + OPTION && !may_be_short)
		return ref_say(m, CNT_nd_passed, XDP_PASS);
	answer(m, f, n, vip, room < MESSAGE + OPTION ? MESSAGE : MESSAGE + OPTION);
	return ref_say(m, CNT_nd_answer, XDP_TX);
}

/* Whose the message says that an address is: an advertisement's target, what is about to be taken, or the sender's own. */
static void rival(struct model *m, const struct ref_frame *f, const struct packet *p,
		  const struct message *n)
{
	bool of_target = n->at[0] == ADVERT || is_unspecified(p->ip + 8);
	struct ipt_addr addr;

	if (!f->in_vlan && n->valid && floats(of_target ? n->at + 8 : p->ip + 8, &addr))
		ref_claim(m, f, &addr, n->mac, CNT_nd_rival);
}

int reference_ip6_in(struct model *m, struct ref_frame *f)
{
	struct ipt_addr addr;
	struct message n;
	struct packet p;

	if (!read_packet(f, &p))
		return ref_say(m, CNT_pass, XDP_PASS);
	if (reference_beat(m, f))
		return XDP_DROP;
	if (p.hides)
		return ref_say(m, CNT_ext_refused, XDP_DROP);
	if (read_message(f, &p, &n)) {
		rival(m, f, &p, &n);
		if (n.at[0] == SOLICIT && floats(n.at + 8, &addr))
			return solicit(m, f, &p, &n, ref_vip(&addr));
	}
	if (!floats(p.ip + 24, &addr))
		return ref_say(m, CNT_pass, XDP_PASS);
	return ref_traffic(m, f, &addr);
}

/* An advertisement of the owner's MAC address and nothing else. */
static bool tells_owner(const struct model *m, const struct ref_frame *f, const uint8_t *msg,
			const struct ipt_vip *vip)
{
	const struct ipt_path *owner = f->in_vlan ? NULL : ref_owner(m, vip, f->now_ns);

	return owner && msg[0] == ADVERT && msg + MESSAGE + OPTION == f->r->bytes + f->r->len &&
	       msg[24] == TARGET_MAC && msg[25] == 1 && ref_same(msg + 26, owner->mac);
}

/* Do others take it for a word on who has its target? */
static bool states(const struct packet *p, const uint8_t *msg)
{
	return msg[0] == ADVERT || (msg[0] == SOLICIT && is_unspecified(p->ip + 8));
}

/* May whoever gets it learn from it where its source is? All of neighbour discovery, router discovery and redirects. */
static bool shows_source(const struct ref_frame *f, const struct packet *p)
{
	return p->next == ICMP6 && !p->later && p->at < f->r->len && f->r->bytes[p->at] >= 133 &&
	       f->r->bytes[p->at] <= 137;
}

int reference_ip6_out(struct model *m, const struct ref_frame *f)
{
	const uint8_t *msg = f->r->bytes;
	struct ipt_addr from, target;
	struct packet p;
	bool from_floating, closed;

	if (!read_packet(f, &p))
		return ref_say(m, CNT_pass, TC_ACT_UNSPEC);
	if (p.hides)
		return ref_say(m, CNT_ext_refused, TC_ACT_SHOT);
	from_floating = floats(p.ip + 8, &from);
	/* In the drain traffic goes on, and nothing that calls clients back. */
	closed = from_floating &&
		 (!ref_may_leave(m, ref_vip(&from), f->now_ns) ||
		  (!ref_live(m, ref_vip(&from)->group, f->now_ns) && shows_source(f, &p)));
	msg += p.at;
	if (p.next == ICMP6 && !p.later && p.at + MESSAGE <= f->r->len && states(&p, msg) &&
	    floats(msg + 8, &target) && (!closed || ipt_addr_equal(&from, &target))) {
		if (ref_live(m, ref_vip(&target)->group, f->now_ns))
			return ref_say(m, CNT_out_nd, TC_ACT_UNSPEC);
		if (tells_owner(m, f, msg, ref_vip(&target)))
			return ref_say(m, CNT_out_nd_owner, TC_ACT_UNSPEC);
		return ref_say(m, CNT_out_nd_fenced, TC_ACT_SHOT);
	}
	if (closed)
		return ref_say(m, CNT_out_ip_fenced, TC_ACT_SHOT);
	if (from_floating)
		return ref_say(m, CNT_out_ip, TC_ACT_UNSPEC);
	return p.next == REF_UDP && !p.later ? ref_udp_out(m, f, p.at)
					     : ref_say(m, CNT_pass, TC_ACT_UNSPEC);
}
