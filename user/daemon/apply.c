/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Carries effects out, in their order; decides nothing. Every outcome goes back in as an event. */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "edge.h"
#include "keep.h"
#include "kern/lease.h"
#include "net/packet.h"
#include "queue.h"
#include "requests.h"
#include "heir.h"

#define UNSEEN_NS 3000000000ull /* a lost filter is noticed before */

static const struct sip_key *key_for(const struct daemon *d, uint8_t kid)
{
	for (uint32_t i = 0; i < d->cfg.nkeys; i++)
		if (d->cfg.keys[i].kid == kid)
			return &d->send_key[i];
	return &d->send_key[0];
}

/*
 * A heartbeat that left has passed our egress program, which wrote down when. If another filter comes before it and
 * lets frames out, nothing of ours is fenced, and we never claim, since nobody knows when our last frame left.
 */
static void look_at_fence(struct daemon *d, uint64_t ts_ns)
{
	const volatile struct ipt_sent *sent = kern_sent(d->k);
	bool seen = sent->session == d->session && sent->last_ns >= ts_ns;

	if (seen && d->fence_look.told)
		edge_over(d, NULL, "heartbeats pass our egress program");
	if (seen) {
		d->fence_look.unseen_since_ns = 0;
		d->fence_look.told = false;
	} else if (!d->fence_look.unseen_since_ns) {
		d->fence_look.unseen_since_ns = ts_ns;
	} else if (!d->fence_look.told && ts_ns - d->fence_look.unseen_since_ns > UNSEEN_NS) {
		d->fence_look.told = true;
		edge_alarm(d, NULL,
			   "heartbeats leave without passing our egress program: another filter "
			   "comes before it ('tc filter show dev IFACE egress', 'bpftool net')");
	}
}

static void apply_send(struct daemon *d, const struct beat *b)
{
	int res;

	keep_epochs(d, b);
	keep_promises(d);
	if (!d->started) {
		d->started = true;
		edge_started(d);
	}
	res = beat_send(d->plan.paths, d->plan.npaths, b, key_for(d, b->key_id),
			htons(d->cfg.port));
	if (res == PACKET_SENT)
		look_at_fence(d, b->ts_ns);
	else
		d->fence_look.unseen_since_ns = 0;
	if (res == PACKET_SENT && d->born_ns) {
		log_line("first heartbeat %.3f ms after the start",
			 (double)(clock_now_ns() - d->born_ns) / 1e6);
		d->born_ns = 0;
	}
	queue_put(d, (struct core_event){.type = CORE_EV_SENT,
					 .sent.ts_ns = b->ts_ns,
					 .sent.left = res == PACKET_SENT});
}

static void apply_take(struct daemon *d, const struct core_effect *fx)
{
	uint32_t index = d->groups[fx->group].index;
	uint32_t slot = lease_bind(d->k, index, fx->take.epoch);
	uint64_t word = lease_word(fx->take.deadline_ns, slot);
	volatile struct ipt_group *g = &kern_groups(d->k)[index];
	bool ok;

	lease_raise(&g->epoch_max, fx->take.epoch);
	ok = lease_take(d->k, index, fx->take.expect, word);

	/* A restarted daemon knows by it that it was the last owner (P7). */
	if (ok)
		lease_raise(&g->owner_epoch, fx->take.epoch);
	queue_put(d, (struct core_event){.type = CORE_EV_TOOK,
					 .group = fx->group,
					 .took.word = word,
					 .took.taken = ok});
	/* The kernel heard something in between: look again at once (P6). */
	if (!ok)
		queue_put(d, (struct core_event){.type = CORE_EV_LOOK});
}

static void apply_renew(struct daemon *d, const struct core_effect *fx)
{
	uint64_t word = lease_word(fx->renew.deadline_ns, lease_slot(fx->renew.expect));

	(void)lease_renew(d->k, d->groups[fx->group].index, fx->renew.expect, word, clock_now_ns());
}

/* In our own name, or, relinquishing, in the new owner's. */
static void apply_announce(struct daemon *d, const struct core_effect *fx)
{
	const struct config_group *g = &d->cfg.groups[fx->group];
	const struct vip_list *list = &d->groups[fx->group].list;
	uint32_t index = d->groups[fx->group].index;
	struct announce_order order = {
		.group = index,
		.slot = lease_slot(kern_leases(d->k)[index]),
		.epoch = fx->announce.epoch,
		.refresh_ns = g->refresh_ns,
		.burst_pps = g->burst_pps,
		.addrs = list->addrs,
		.naddrs = list->n,
	};

	if (g->lease_only)
		return;
	if (fx->type == CORE_FX_RELINQUISH ? announcer_relinquish(d->announcer, &order)
					   : announcer_begin(d->announcer, &order))
		log_line("group %s: announcing failed: out of memory", g->name);
}

/* XDP refuses frames under an older key from here on. */
static void apply_key_min(struct daemon *d, uint8_t kid)
{
	struct ipt_self self;

	if (kern_self_get(d->k, &self) || self.key_min == kid)
		return;
	self.key_min = kid;
	if (kern_self_set(d->k, &self))
		return;
	log_line("keys below %u are refused from now on", kid);
	edge_tell(d, &(struct edge){.event = "key", .number = kid});
}

/* For the process after this one, and for a reload that asks whether members may change (protocol 8). */
static void apply_members(struct daemon *d, const struct core_effect *fx)
{
	struct ipt_self self;

	if (kern_self_get(d->k, &self))
		return;
	self.cfg_prev = fx->members.prev;
	self.flags = (uint8_t)((self.flags & ~(IPT_SELF_SETTLED | IPT_SELF_PREV_OVER)) |
			       (fx->members.settled ? IPT_SELF_SETTLED : 0) |
			       (fx->members.prev_over ? IPT_SELF_PREV_OVER : 0));
	if (kern_self_set(d->k, &self))
		return;
	if (fx->members.settled)
		log_line("the members have settled");
}

/* What concerns the process and its members, not a group. */
static void apply_own(struct daemon *d, const struct core_effect *fx)
{
	if (fx->type == CORE_FX_KEY_MIN)
		apply_key_min(d, fx->key_min.kid);
	else if (fx->type == CORE_FX_MEMBERS)
		apply_members(d, fx);
	else if (fx->type == CORE_FX_UPGRADE)
		heir_go(d);
	else if (fx->type == CORE_FX_UPGRADE_NOT)
		heir_not(d, core_reason_text(fx->upgrade_not.reason));
	else if (fx->type == CORE_FX_EXIT)
		d->done = true;
}

static void apply_one(struct daemon *d, const struct core_effect *fx, const struct beat *beat)
{
	struct daemon_group *g = &d->groups[fx->group];

	switch (fx->type) {
	case CORE_FX_SEND:
		apply_send(d, beat);
		break;
	case CORE_FX_TAKE:
		apply_take(d, fx);
		break;
	case CORE_FX_RENEW:
		apply_renew(d, fx);
		break;
	case CORE_FX_CLOSE:
		lease_close(d->k, g->index);
		break;
	case CORE_FX_ADDR_ADD:
	case CORE_FX_ADDR_DEL:
	case CORE_FX_PROBE:
	case CORE_FX_AUDIT:
	case CORE_FX_SELFTEST:
		jobs_post(d, fx);
		break;
	case CORE_FX_RELINQUISH:
		if (d->cfg.groups[fx->group].relinquish == RELINQUISH_ANNOUNCE)
			apply_announce(d, fx);
		break;
	case CORE_FX_ANNOUNCE:
		apply_announce(d, fx);
		break;
	case CORE_FX_ANNOUNCE_AGAIN:
		announcer_again(d->announcer, g->index);
		break;
	case CORE_FX_ANNOUNCE_END:
		announcer_end(d->announcer, g->index);
		break;
	case CORE_FX_DRAIN:
		(void)kern_drain_set(d->k, g->index, fx->drain.until_ns);
		break;
	case CORE_FX_ASK_GATEWAY:
		(void)gateway_ask(&d->plan.gateway, d->cfg.timing.d_ns);
		break;
	case CORE_FX_ALARM:
		report_alarm(d, fx);
		break;
	case CORE_FX_STATE:
		report_change(d, fx);
		break;
	case CORE_FX_REPLY:
		requests_reply(d, fx);
		break;
	case CORE_FX_KEY_MIN:
	case CORE_FX_MEMBERS:
	case CORE_FX_UPGRADE:
	case CORE_FX_UPGRADE_NOT:
	case CORE_FX_EXIT:
		apply_own(d, fx);
		break;
	}
}

void apply_out(struct daemon *d, const struct core_out *out)
{
	for (uint32_t i = 0; i < out->n; i++)
		apply_one(d, &out->fx[i], &out->beat);
}
