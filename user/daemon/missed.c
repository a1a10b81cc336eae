/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads what should never arrive: heartbeats at the port's socket. */
#include "missed.h"

#include "base/clock.h"
#include "daemon.h"
#include "edge.h"

#define LOOKS 4 /* datagrams a look: who floods the port costs no more */

static const struct config_key *key_of(const struct config *c, uint8_t kid)
{
	for (uint32_t i = 0; i < c->nkeys; i++)
		if (c->keys[i].kid == kid)
			return &c->keys[i];
	return NULL;
}

/* Its number, or -1: no peer of that number sends from there. A link-local address may be that of several. */
static int peer_at(const struct daemon *d, const struct ipt_addr *from, uint8_t node)
{
	for (unsigned int i = 0; i < d->plan.npaths; i++)
		if (ipt_addr_equal(&d->plan.paths[i].to.ip, from) &&
		    d->cfg.peers[d->plan.paths[i].peer].id == node)
			return (int)d->plan.paths[i].peer;
	return -1;
}

/* Has its sender heard what we said within D? Then it was made within D. */
static bool answers_us(const struct daemon *d, const struct beat *b, uint64_t now_ns)
{
	for (unsigned int i = 0; i < b->npeers; i++)
		if (b->peer[i].node == d->cfg.id)
			return b->peer[i].session == d->session &&
			       b->peer[i].echo_ts_ns <= now_ns &&
			       !peer_silent(b->peer[i].echo_ts_ns, now_ns, d->cfg.timing.d_ns);
	return false;
}

static bool is_authentic(const struct daemon *d, const void *payload, size_t len,
			 const struct beat *b)
{
	const struct config_key *key = key_of(&d->cfg, b->key_id);
	struct sip_key sender;

	if (!key)
		return false;
	sender = frame_sender_key(&key->master, key->kid, b->node);
	return frame_beat_verify(payload, len, &sender);
}

static void begin(struct daemon *d, int peer, uint32_t ifindex, uint64_t now_ns)
{
	char name[IF_NAMESIZE] = "?";

	d->missed.since_ns[peer] = now_ns;
	(void)if_indextoname(ifindex, name);
	edge_alarm(d, NULL,
		   "heartbeats of %s come in by %s past our ingress program, which hears none: "
		   "this host counts as deaf",
		   d->cfg.peers[peer].name, name);
}

static bool is_heard(const struct daemon *d, int peer, uint64_t now_ns)
{
	uint64_t last_ns = d->view.peer[peer].last_ns;

	return last_ns && !peer_silent(last_ns, now_ns, d->cfg.timing.d_ns);
}

void missed_start(struct daemon *d)
{
	uint8_t payload[HB_MAX_LEN];
	struct ipt_addr from;
	uint32_t ifindex;

	for (int i = 0; i < 256; i++)
		if (!beat_missed(d->port_fd, payload, sizeof(payload), &from, &ifindex))
			break;
}

void missed_look(struct daemon *d)
{
	uint64_t now_ns = clock_now_ns();
	uint8_t payload[HB_MAX_LEN];
	struct ipt_addr from;
	uint32_t ifindex;
	struct beat b;
	size_t len;

	for (uint32_t i = 0; i < d->cfg.npeers; i++) {
		if (!d->missed.since_ns[i] || !is_heard(d, (int)i, now_ns))
			continue;
		d->missed.since_ns[i] = 0;
		edge_over(d, NULL, "our ingress program hears again");
	}
	for (int i = 0; i < LOOKS; i++) {
		int peer;

		len = beat_missed(d->port_fd, payload, sizeof(payload), &from, &ifindex);
		if (!len)
			break;
		peer = frame_beat_decode(payload, len, &b) ? peer_at(d, &from, b.node) : -1;
		if (peer >= 0 && !d->missed.since_ns[peer] && !is_heard(d, peer, now_ns) &&
		    is_authentic(d, payload, len, &b) && answers_us(d, &b, now_ns))
			begin(d, peer, ifindex, now_ns);
	}
}

bool missed_on(const struct daemon *d, uint32_t ifindex)
{
	uint64_t now_ns = clock_now_ns();
	bool missed = false;

	for (unsigned int i = 0; i < d->plan.npaths; i++) {
		int peer = d->plan.paths[i].peer;

		if (d->plan.paths[i].ifindex != ifindex)
			continue;
		if (is_heard(d, peer, now_ns))
			return false;
		missed = missed || d->missed.since_ns[peer];
	}
	return missed;
}
