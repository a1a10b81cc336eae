/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Effects of the core as the daemon's apply.c carries them out, on the model of the kernel. */
#include "judge.h"
#include "sim.h"

static void answer(struct sim *s, uint32_t n, struct core_event ev)
{
	struct node *d = &s->node[n];

	if (d->queue_count < SIM_INBOX)
		d->queue[(d->queue_first + d->queue_count++) % SIM_INBOX] = ev;
}

static void raise_to(uint64_t *word, uint64_t value)
{
	if (value > *word)
		*word = value;
}

/* Before a frame asks for votes: no later process may stand for a term in which this one was given some (P6). */
static void keep_epochs(const struct sim *s, struct node *d)
{
	for (uint32_t g = 0; g < d->out.beat.ngroups && !without(s, WITHOUT_NUMBER); g++)
		if (d->out.beat.group[g].state == HB_CAND)
			raise_to(&d->k.epoch_max[g], d->out.beat.group[g].epoch);
}

/* As the daemon does before each frame. */
static void keep_promises(struct node *d)
{
	for (uint32_t g = 0; g < d->core.cfg.ngroups; g++) {
		const struct core_group *cg = &d->core.group[g];

		d->k.promise[g] = (struct core_promise){.holder = cg->promise_holder,
							.epoch = cg->promise_epoch,
							.until_ns = cg->promise_until_ns,
							.boot_until_ns = cg->boot_until_ns};
	}
}

static void send(struct sim *s, uint32_t n)
{
	struct node *d = &s->node[n];
	const struct beat *b = &d->out.beat;
	bool left;

	keep_epochs(s, d);
	keep_promises(d);
	left = !d->egress_drops && !d->link_down && kernel_leaves(s, n, b);
	if (left) {
		judge_left(s, n, b);
		net_send(s, n, b, d->egress_partly);
	}
	if (!left || d->egress_partly)
		trace(s, "n%u heartbeat dropped on its way out", n + 1);
	answer(s, n,
	       (struct core_event){.type = CORE_EV_SENT,
				   .sent.ts_ns = b->ts_ns,
				   .sent.left = left && !d->egress_partly});
}

/* S4: nothing reaches further than a frame that left can carry. */
static void check_reach(struct sim *s, uint32_t n, uint64_t deadline_ns)
{
	if (lease_deadline_ns(deadline_ns) > s->node[n].k.reach_ns)
		judge_fail(s, "S4", "the gate of n%u reaches %.1f ms beyond its last frame + L",
			   n + 1, (double)(deadline_ns - s->node[n].k.reach_ns) / 1e6);
}

static void take(struct sim *s, uint32_t n, const struct core_effect *fx)
{
	struct kernel *k = &s->node[n].k;
	uint32_t g = fx->group, slot = !lease_slot(k->word[g]);
	uint64_t word = lease_word(fx->take.deadline_ns, slot);
	bool ok = k->word[g] == fx->take.expect || without(s, WITHOUT_CAS);

	if (s->node[n].bad_swap && rng_below(&s->rng, 2))
		ok = false;

	k->binding[g][slot] = fx->take.epoch;
	if (!without(s, WITHOUT_RAISE)) {
		raise_to(&k->epoch_max[g], fx->take.epoch);
		raise_to(&k->owner_epoch[g], fx->take.epoch);
	}
	check_reach(s, n, fx->take.deadline_ns);
	if (ok)
		(void)kernel_swap(s, n, g, k->word[g], word);
	answer(s, n,
	       (struct core_event){.type = CORE_EV_TOOK,
				   .group = g,
				   .took.word = word,
				   .took.taken = ok});
	s->stats.refused += !ok;
	if (!ok)
		answer(s, n, (struct core_event){.type = CORE_EV_LOOK});
}

static void renew(struct sim *s, uint32_t n, const struct core_effect *fx)
{
	uint32_t g = fx->group;

	if (!lease_live(fx->renew.expect, world_local_ns(s, n)) && !without(s, WITHOUT_RENEW_LIVE))
		return;
	if (s->node[n].bad_swap && rng_below(&s->rng, 2))
		return;
	check_reach(s, n, fx->renew.deadline_ns);
	(void)kernel_swap(s, n, g, fx->renew.expect,
			  lease_word(fx->renew.deadline_ns, lease_slot(fx->renew.expect)));
}

static void later(struct sim *s, uint32_t n, uint8_t kind, uint32_t group, uint64_t ns)
{
	queue_push(s, (struct sim_event){.kind = kind,
					 .at_ns = s->now_ns + ns,
					 .node = (uint8_t)n,
					 .a = group,
					 .b = s->node[n].life,
					 .c = world_local_ns(s, n)});
}

static void add_addresses(struct sim *s, uint32_t n, uint32_t g)
{
	uint64_t most_ns =
		s->node[n].netlink_ns ? s->node[n].netlink_ns : s->node[n].t.interval_ns / 20;

	later(s, n, EV_ADDRS, g, 50000 + rng_below(&s->rng, most_ns));
}

static void leave(struct sim *s, uint32_t n)
{
	for (uint32_t g = 0; g < s->o.groups; g++)
		if (s->node[n].k.word[g] >= LEASE_GEN_LIMIT)
			kernel_close(s, n, g);
	node_die(s, n);
}

/* Gates stay as they are: the heir adopts them. */
static void replace(struct sim *s, uint32_t n)
{
	uint64_t most_ns = s->node[n].t.interval_ns * (rng_below(&s->rng, 8) ? 2 : 40);
	uint64_t wait_ns = rng_below(&s->rng, most_ns);

	node_die(s, n);
	queue_push(s, (struct sim_event){.kind = EV_START,
					 .at_ns = s->now_ns + wait_ns,
					 .node = (uint8_t)n,
					 .a = START_ADOPT,
					 .b = s->node[n].life});
}

void effect_carry_out(struct sim *s, uint32_t n, const struct core_effect *fx)
{
	struct node *d = &s->node[n];

	switch (fx->type) {
	case CORE_FX_SEND:
		send(s, n);
		break;
	case CORE_FX_TAKE:
		take(s, n, fx);
		break;
	case CORE_FX_RENEW:
		renew(s, n, fx);
		break;
	case CORE_FX_CLOSE:
		kernel_close(s, n, fx->group);
		break;
	case CORE_FX_ADDR_ADD:
		add_addresses(s, n, fx->group);
		break;
	case CORE_FX_DRAIN:
		d->k.drain_ns[fx->group] = fx->drain.until_ns;
		break;
	case CORE_FX_PROBE:
		later(s, n, EV_PROBED, fx->group,
		      fx->probe.wait_ns ? fx->probe.wait_ns : 300 * SIM_MS);
		break;
	case CORE_FX_ASK_GATEWAY:
		if (!d->no_gateway && !d->link_down)
			later(s, n, EV_GATEWAY, fx->group, net_delay(s) + net_delay(s));
		break;
	case CORE_FX_KEY_MIN:
		d->k.key_min = fx->key_min.kid;
		break;
	case CORE_FX_MEMBERS:
		d->k.cfg_prev = fx->members.prev;
		d->k.prev_over = fx->members.prev_over;
		d->k.cfg_settled = fx->members.settled;
		break;
	case CORE_FX_UPGRADE:
		replace(s, n);
		break;
	case CORE_FX_EXIT:
		leave(s, n);
		break;
	case CORE_FX_STATE:
	case CORE_FX_REPLY:
	case CORE_FX_ADDR_DEL:
	case CORE_FX_ANNOUNCE:
	case CORE_FX_ANNOUNCE_AGAIN:
	case CORE_FX_ANNOUNCE_END:
	case CORE_FX_SELFTEST:
	case CORE_FX_RELINQUISH:
	case CORE_FX_AUDIT:
	case CORE_FX_UPGRADE_NOT:
	case CORE_FX_ALARM:
		break;
	}
}
