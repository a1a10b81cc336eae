/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The LAN's set-up, and the life of its daemons: started, killed, stopped, succeeded. */
#include <string.h>
#include "base/err.h"
#include "lan.h"

static void configure(const struct lan *l, int node, struct core_config *ret)
{
	*ret = (struct core_config){.t = l->t,
				    .node = (uint8_t)(node + 1),
				    .alone = l->gateway ? CORE_ALONE_GATEWAY
					     : l->alone ? CORE_ALONE_ALWAYS
							: CORE_ALONE_NEVER,
				    .hold_off_ns = l->hold_off_ns,
				    .nkeys = l->node[node].nkeys,
				    .kid = {1, 2, 3},
				    .npeers = 1,
				    .peer_node = {(uint8_t)(2 - node)},
				    .ngroups = 1,
				    .group = {{.wire_id = 7,
					       .priority = l->priority[node],
					       .preempt = l->preempt_delay_ns != 0,
					       .preempt_delay_ns = l->preempt_delay_ns,
					       .drain_ns = l->drain_ns,
					       .address_first = true}}};
	ret->rollout = CORE_ROLLOUT_PERMISSIVE;
	ret->ngroups = l->node[node].no_group ? 0 : 1;
}

void lan_start(struct lan *l, int node)
{
	struct lan_node *n = &l->node[node];
	struct core_config cfg;

	configure(l, node, &cfg);
	n->k.session = ++l->session * 0x9e3779b97f4a7c15ull;
	n->running = true;
	n->stopped = false;
	core_init(&n->core, &cfg, n->k.session, l->session * 77);
	lan_event(l, node, (struct core_event){.type = CORE_EV_LOOK});
}

void lan_adopt(struct lan *l, int node)
{
	struct lan_node *n = &l->node[node];
	struct core_adopt adopt = {.seq = n->k.seq};
	struct core_config cfg;

	lan_kill(l, node);
	configure(l, node, &cfg);
	if (lan_live(l, node))
		adopt.epoch[0] = n->k.live_epoch;
	n->running = true;
	n->stopped = false;
	core_init(&n->core, &cfg, n->k.session, ++l->session * 77);
	core_adopt(&n->core, &adopt);
	lan_event(l, node, (struct core_event){.type = CORE_EV_LOOK});
}

void lan_kill(struct lan *l, int node)
{
	l->node[node].running = false;
	l->node[node].address_ready_ns = 0;
	l->node[node].probe_ready_ns = 0;
}

void lan_stop(struct lan *l, int node)
{
	l->node[node].stopped = true;
}

void lan_cont(struct lan *l, int node)
{
	l->node[node].stopped = false;
}

void lan_clear(struct lan *l)
{
	l->trace[0] = '\0';
	l->trace_from_ns = l->now_ns;
	l->nobody_since_ns = l->now_ns;
	l->nobody_ns = 0;
	l->both_steps = 0;
	l->somebody = true;
}

void lan_init(struct lan *l, uint64_t interval_ns, unsigned int misses, unsigned int rho_ppm,
	      uint64_t settle_ns)
{
	struct err e;

	memset(l, 0, sizeof(*l));
	l->t = (struct timing){.interval_ns = interval_ns,
			       .misses = misses,
			       .rho_ppm = rho_ppm,
			       .settle_ns = settle_ns};
	(void)timing_derive(&l->t, &e);
	l->alone = true;
	l->addr_ns = MS;
	l->node[0].nkeys = l->node[1].nkeys = 1;
	l->priority[0] = 150;
	l->priority[1] = 100;
	l->now_ns = 100000 * MS;
	for (int i = 0; i < LAN_NODES; i++) {
		l->node[i].k.hold_us =
			(uint32_t)judge_hold_us(l->t.x_ns, l->t.rho_ppm, l->t.settle_ns);
		l->node[i].k.hold_max_ns = l->now_ns;
	}
	lan_clear(l);
}

void lan_usual(struct lan *l)
{
	lan_init(l, 50 * MS, 7, 100000, 5 * MS);
}

void lan_start_both(struct lan *l, uint64_t ns)
{
	lan_start(l, 0);
	lan_start(l, 1);
	lan_run(l, ns);
}

void lan_pair(struct lan *l)
{
	lan_usual(l);
	lan_start_both(l, 3000 * MS);
	lan_clear(l);
}
