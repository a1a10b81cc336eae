/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The model: XDP's acceptance and fence, the egress program's stamps, the timer, and a wire. */
#include "lan.h"

#include <stdio.h>
#include <string.h>
#include "core/names.h"
#include "judge.h"

#define STEP_NS 50000ull
#define FLIGHT_NS 50000ull
#define PROBE_NS 300000000ull

static void note(struct lan *l, const char *text)
{
	size_t len = strlen(l->trace);

	(void)snprintf(l->trace + len, sizeof(l->trace) - len, "%s\n", text);
}

/* Whose it is: of one request by its number, or of all that asked for an outcome. */
static void note_reply(struct lan *l, const struct core_effect *fx)
{
	const char *of = fx->reply.of == CORE_EV_TAKE ? " take" : "";
	char text[64], to[16] = "";

	if (fx->reply.ask)
		(void)snprintf(to, sizeof(to), " to %u", fx->reply.ask);
	(void)snprintf(text, sizeof(text), "         reply%s%s: %s", of, to,
		       fx->reply.done ? "done" : "refused");
	note(l, text);
}

bool lan_live(const struct lan *l, int node)
{
	return lease_live(l->node[node].k.word, l->now_ns);
}

static void close_gate(struct lan_kernel *k)
{
	k->word = lease_generation(++k->generation);
}

static void view_of(struct lan *l, int node, struct core_view *v)
{
	struct lan_kernel *k = &l->node[node].k;

	memset(v, 0, sizeof(*v));
	v->run_start_ns = k->sent_session == k->session ? k->run_start_ns : 0;
	v->group[0].word = k->word;
	v->group[0].epoch_max = k->epoch_max;
	v->group[0].owner_epoch = k->owner_epoch;
	v->peer[0].last_ns = k->last_ns;
	v->peer[0].hold_us_max = k->hold_us;
	v->peer[0].proven_rx_ns = k->proven_rx_ns;
	v->peer[0].unproven_rx_ns = k->unproven_rx_ns;
	v->peer[0].proven = k->proven_rx_ns ? &k->proven : NULL;
	v->peer[0].unproven = k->unproven_rx_ns ? &k->unproven : NULL;
}

static void transmit(struct lan *l, int node, const struct beat *b)
{
	struct lan_kernel *k = &l->node[node].k;

	if (k->sent_session != b->session || l->now_ns - k->sent_last_ns > 2 * l->t.interval_ns)
		k->run_start_ns = l->now_ns;
	k->sent_session = b->session;
	k->seq = b->seq;
	k->sent_last_ns = l->now_ns;
	for (int i = 0; i < LAN_FLIGHT && !l->cut[node]; i++)
		if (!l->flight[i].arrive_ns) {
			l->flight[i] = (struct lan_frame){.arrive_ns = l->now_ns + FLIGHT_NS,
							  .to = 1 - node,
							  .beat = *b};
			return;
		}
}

static void trace_state(struct lan *l, int node, const struct core_effect *fx)
{
	char text[160];

	(void)snprintf(text, sizeof(text), "[%6.1f] n%d %s -> %s: %s",
		       (double)(l->now_ns - l->trace_from_ns) / 1e6, node + 1,
		       names_state(fx->state.from), names_state(fx->state.to),
		       core_reason_text(fx->state.reason));
	note(l, text);
}

static struct core_event take(struct lan_kernel *k, const struct core_effect *fx)
{
	struct core_event ev = {.type = CORE_EV_TOOK,
				.took.word = fx->take.deadline_ns & ~1ull,
				.took.taken = k->word == fx->take.expect};

	if (ev.took.taken) {
		k->word = ev.took.word;
		k->live_epoch = fx->take.epoch;
		k->epoch_max = fx->take.epoch;
		k->owner_epoch = fx->take.epoch;
	}
	return ev;
}

static bool carry_out(struct lan *l, int node, const struct core_effect *fx,
		      const struct core_out *out, struct core_event *answer)
{
	struct lan_node *n = &l->node[node];

	switch (fx->type) {
	case CORE_FX_SEND:
		transmit(l, node, &out->beat);
		*answer = (struct core_event){.type = CORE_EV_SENT,
					      .sent.ts_ns = out->beat.ts_ns,
					      .sent.left = true};
		return true;
	case CORE_FX_TAKE:
		*answer = take(&n->k, fx);
		return true;
	case CORE_FX_RENEW:
		if (n->k.word == fx->renew.expect && lease_live(n->k.word, l->now_ns))
			n->k.word = fx->renew.deadline_ns & ~1ull;
		return false;
	case CORE_FX_CLOSE:
		close_gate(&n->k);
		return false;
	case CORE_FX_ADDR_ADD:
		n->address_ready_ns = l->now_ns + l->addr_ns;
		return false;
	case CORE_FX_ADDR_DEL:
		n->address = false;
		n->address_ready_ns = 0;
		return false;
	case CORE_FX_PROBE:
		n->probe_ready_ns = l->now_ns + (fx->probe.wait_ns ? fx->probe.wait_ns : PROBE_NS);
		return false;
	case CORE_FX_STATE:
		trace_state(l, node, fx);
		return false;
	case CORE_FX_EXIT:
		n->running = false;
		return false;
	case CORE_FX_REPLY:
		note_reply(l, fx);
		return false;
	case CORE_FX_DRAIN:
		n->k.drain_ns = fx->drain.until_ns;
		return false;
	case CORE_FX_RELINQUISH:
		note(l, "         relinquish");
		return false;
	case CORE_FX_ASK_GATEWAY:
		*answer =
			(struct core_event){.type = CORE_EV_GATEWAY, .gateway.asked_ns = l->now_ns};
		return l->gateway_answers;
	case CORE_FX_KEY_MIN:
		n->key_min = fx->key_min.kid;
		return false;
	case CORE_FX_UPGRADE:
		n->upgrade_ns = l->now_ns;
		return false;
	case CORE_FX_ALARM:
		l->served_alarms += fx->alarm.reason == CORE_R_SERVED;
		return false;
	default: /* announcements, tests: not of this LAN */
		return false;
	}
}

void lan_event(struct lan *l, int node, struct core_event ev)
{
	struct core_event queue[32] = {ev};
	unsigned int first = 0, count = 1;
	struct core_view view;
	struct core_out out;

	while (count) {
		struct core_event now = queue[first++ % 32];

		count--;
		now.now_ns = l->now_ns;
		view_of(l, node, &view);
		core_step(&l->node[node].core, &now, &view, &out);
		for (uint32_t i = 0; i < out.n; i++)
			if (carry_out(l, node, &out.fx[i], &out, &queue[(first + count) % 32]))
				count++;
	}
}

/* XDP on a frame of the peer: protocol 5, the fence (P10), the generations (protocol 3). */
static void receive(struct lan *l, int node, const struct beat *b)
{
	struct lan_kernel *k = &l->node[node].k;
	uint64_t g_ns;
	bool proven = k->session && b->peer[0].session == k->session;

	if (proven && b->session != k->peer_session) {
		proven = l->now_ns - b->peer[0].echo_ts_ns <= l->t.f_ns &&
			 b->peer[0].echo_ts_ns > k->peer_session_ns;
		if (proven) {
			k->peer_session = b->session;
			k->peer_session_ns = l->now_ns;
			k->peer_seq = 0;
		}
	}
	if (proven && !seq_newer(b->seq, k->peer_seq))
		return;
	k->last_ns = l->now_ns;
	if (proven) {
		k->peer_seq = b->seq;
		k->proven_rx_ns = l->now_ns;
		k->proven = *b;
		hold_note(&k->hold_us, &k->hold_next_us, &k->hold_max_ns, b->hold_us, l->now_ns,
			  l->t.rho_ppm, true);
		if (b->group[0].state == HB_OWNER && b->group[0].epoch > k->live_epoch &&
		    lease_live(k->word, l->now_ns))
			close_gate(k);
		if (b->group[0].state == HB_OWNER && b->group[0].epoch > k->owner_epoch)
			k->owner_epoch = b->group[0].epoch;
	} else {
		k->unproven_rx_ns = l->now_ns;
		k->unproven = *b;
	}
	if (!lease_live(k->word, l->now_ns))
		close_gate(k);
	g_ns = judge_g_of_hold_ns(k->hold_us, l->t.rho_ppm);
	k->quiet_due_ns = l->now_ns + g_ns - l->t.c_ns;
	k->silent_due_ns = l->now_ns + g_ns;
	if (l->node[node].running && !l->node[node].stopped)
		lan_event(l, node, (struct core_event){.type = CORE_EV_LOOK});
}

static void deliver(struct lan *l)
{
	for (int i = 0; i < LAN_FLIGHT; i++) {
		struct lan_frame f = l->flight[i];

		if (!f.arrive_ns || f.arrive_ns > l->now_ns)
			continue;
		l->flight[i].arrive_ns = 0;
		receive(l, f.to, &f.beat);
	}
}

static void fire_timers(struct lan *l, int node)
{
	struct lan_kernel *k = &l->node[node].k;
	bool awake = l->node[node].running && !l->node[node].stopped;

	if (k->quiet_due_ns && l->now_ns >= k->quiet_due_ns) {
		k->quiet_due_ns = 0;
		if (awake)
			lan_event(l, node,
				  (struct core_event){.type = CORE_EV_SILENT,
						      .silent.at_ns = l->now_ns});
	}
	if (k->silent_due_ns && l->now_ns >= k->silent_due_ns) {
		k->silent_due_ns = 0;
		if (awake)
			lan_event(l, node,
				  (struct core_event){.type = CORE_EV_SILENT,
						      .silent.at_ns = l->now_ns,
						      .silent.whole = true});
	}
}

static void tick(struct lan *l, int node)
{
	struct lan_node *n = &l->node[node];

	fire_timers(l, node);
	if (!n->running || n->stopped)
		return;
	if (n->address_ready_ns && l->now_ns >= n->address_ready_ns) {
		n->address_ready_ns = 0;
		n->address = true;
		lan_event(l, node, (struct core_event){.type = CORE_EV_ADDRS, .addrs.there = true});
	}
	if (n->probe_ready_ns && l->now_ns >= n->probe_ready_ns) {
		n->probe_ready_ns = 0;
		lan_event(l, node,
			  (struct core_event){.type = CORE_EV_PROBED,
					      .probed.found = n->probe_fails ? CORE_PROBED_NOT
							      : n->probe_answered
								      ? CORE_PROBED_OTHER
								      : CORE_PROBED_NOBODY});
	}
	if (l->now_ns >= core_deadline(&n->core))
		lan_event(l, node, (struct core_event){.type = CORE_EV_LOOK});
}

static void measure(struct lan *l)
{
	bool somebody = lan_live(l, 0) || lan_live(l, 1);

	if (lan_live(l, 0) && lan_live(l, 1))
		l->both_steps++;
	if (!somebody && l->somebody)
		l->nobody_since_ns = l->now_ns;
	if (!(somebody && l->somebody) && l->now_ns - l->nobody_since_ns > l->nobody_ns)
		l->nobody_ns = l->now_ns - l->nobody_since_ns;
	l->somebody = somebody;
}

static void sooner(uint64_t *when, uint64_t candidate_ns)
{
	if (candidate_ns && candidate_ns < *when)
		*when = candidate_ns;
}

/* When something can happen next: nothing does between two of these. */
static uint64_t next_ns(const struct lan *l)
{
	uint64_t when = UINT64_MAX;

	for (int i = 0; i < LAN_FLIGHT; i++)
		sooner(&when, l->flight[i].arrive_ns);
	for (int i = 0; i < LAN_NODES; i++) {
		const struct lan_node *n = &l->node[i];

		sooner(&when, n->k.quiet_due_ns);
		sooner(&when, n->k.silent_due_ns);
		if (lan_live(l, i))
			sooner(&when, lease_deadline_ns(n->k.word));
		if (!n->running || n->stopped)
			continue;
		sooner(&when, n->address_ready_ns);
		sooner(&when, n->probe_ready_ns);
		sooner(&when, core_deadline(&n->core));
	}
	return when;
}

void lan_run(struct lan *l, uint64_t ns)
{
	uint64_t end = l->now_ns + ns;

	while (l->now_ns < end) {
		uint64_t next;

		deliver(l);
		for (int i = 0; i < LAN_NODES; i++)
			tick(l, i);
		measure(l);
		l->now_ns += STEP_NS;
		next = next_ns(l) < end ? next_ns(l) : end;
		if (next > l->now_ns)
			l->now_ns += (next - l->now_ns + STEP_NS - 1) / STEP_NS * STEP_NS;
	}
}
