/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sets up and moves the two halves of a twin, and compares them. */
#include <arpa/inet.h>
#include <linux/bpf.h>
#include <string.h>
#include "twin.h"

uint64_t twin_below(struct twin *w, uint64_t n)
{
	return rng_below(&w->rng, n);
}

bool twin_one_in(struct twin *w, uint64_t n)
{
	return twin_below(w, n) == 0;
}

uint16_t twin_wire_id(uint32_t g)
{
	return (uint16_t)(BEATS_WIRE_ID + g);
}

/* --- both as new ------------------------------------------------------------------- */

/* Short leases, ones whose 8 G is longer than 10 s, and ones as long as a timer is never due in this test. */
static void draw_times(struct twin *w)
{
	static const uint64_t interval_ms[] = {10, 50, 400, 10000};
	struct timing *t = &w->s->node[0].t;
	struct err e;

	*t = (struct timing){.interval_ns = interval_ms[w->seed % 4] * SIM_MS,
			     .misses = 7,
			     .rho_ppm = twin_one_in(w, 2) ? 1000 : 100000,
			     .settle_ns = twin_one_in(w, 2) ? 200000 : 5000000};
	if (timing_derive(t, &e))
		fail_msg("times: %s", e.text);
}

static void put_self(struct twin *w)
{
	const struct timing *t = &w->s->node[0].t;
	const struct ipt_self self = {.session = w->session,
				      .interval_ns = t->interval_ns,
				      .lease_ns = t->lease_ns,
				      .settle_ns = t->settle_ns,
				      .ahead_ns = t->c_ns,
				      .fresh_ns = t->f_ns,
				      .rho_ppm = t->rho_ppm,
				      .port_be16 = htons(TWIN_PORT),
				      .node = 1,
				      .key_min = w->k->key_min,
				      .flags = w->s->o.mode == MODE_PAIR ? 0 : IPT_SELF_QUORUM};
	uint32_t zero = 0;

	w->k->session = w->session;
	bed_set(w->b, "self", &zero, &self);
}

static void put_maps(struct twin *w)
{
	const struct ipt_peer rec = {.node = TWIN_PEER_NODE};
	struct ipt_path path;
	struct ipt_group g = {.name = "web", .managed = 1};
	uint32_t peer = BEATS_PEER, at = BEATS_PATH, slot = 0;
	struct ipt_key key;

	(void)bed_reset((void **)&w->b);
	bed_clock(w->b, w->s->now_ns);
	beats_given(w->b);
	path = beats_path_record(w->b, at);
	path.node = TWIN_PEER_NODE;
	path.seq = 0;
	bed_set(w->b, "paths", &at, &path);
	bed_set(w->b, "peers", &peer, &rec);
	at = BEATS_KEY;
	bed_get(w->b, "keys", &at, &key);
	/* Whoever says our number signs with the key of it. */
	key.peer[IPT_MAX_PEERS] = key.peer[BEATS_PEER];
	bed_set(w->b, "keys", &at, &key);
	key.kid = TWIN_KID_HIGH;
	bed_set(w->b, "keys", &slot, &key);
	for (uint32_t i = 0; i < TWIN_GROUPS; i++) {
		uint16_t id = twin_wire_id(i);

		g.wire_id = id;
		bed_set(w->b, "groups", &i, &g);
		bed_set(w->b, "group_ids", &id, &i);
		bed_lease(w->b, i, 0);
	}
}

void twin_begin(struct twin *w)
{
	static const enum sim_mode modes[] = {MODE_PAIR, MODE_QUORUM3, MODE_WITNESS};
	struct sim *s = w->s;

	memset(s, 0, sizeof(*s));
	s->o = (struct options){.mode = modes[w->seed / 4 % 3], .nodes = 2, .groups = TWIN_GROUPS};
	s->now_ns = 1000 * SIM_SECOND + twin_below(w, SIM_SECOND);
	net_init(s);
	clock_begin(&s->node[0].clock, 0, 0, 0);
	s->node[0].id = 1;
	s->node[0].groups = TWIN_GROUPS;
	s->node[0].kids[0] = TWIN_KID_LOW;
	s->node[0].kids[1] = TWIN_KID_HIGH;
	s->node[0].nkids = 2;
	w->k = &s->node[0].k;
	w->rec = &w->k->peer[0];
	w->session = BEATS_OUR_SESSION;
	memset(w->seq, 0, sizeof(w->seq));
	draw_times(w);
	put_maps(w);
	put_self(w);
}

/* --- what happens between two frames ------------------------------------------------- */

/* Most rules turn at one of these. */
static uint64_t edge(struct twin *w)
{
	const struct timing *t = &w->s->node[0].t;
	const struct kernel_peer *r = w->rec;
	uint64_t own_us = judge_hold_us(t->lease_ns, t->rho_ppm, t->settle_ns);
	uint64_t g_ns =
		judge_g_of_hold_ns(own_us > r->hold_us_max ? own_us : r->hold_us_max, t->rho_ppm);

	switch (twin_below(w, 7)) {
	case 0:
		return r->unproven_ns + UNPROVEN_OF_G * g_ns;
	case 1:
		return r->unproven_ns + UNPROVEN_MIN_NS;
	case 2:
		return r->hold_max_ns + judge_g_of_hold_ns(r->hold_us_max, t->rho_ppm);
	case 3: /* one more is admitted */
		return r->tat_ns - 9 * (t->interval_ns / 3);
	case 4:
		return w->k->sent_ns + 2 * t->interval_ns;
	case 5:
		return lease_deadline_ns(w->k->word[twin_below(w, TWIN_GROUPS)]);
	default:
		return r->tat_ns;
	}
}

static void pass_time(struct twin *w)
{
	const struct timing *t = &w->s->node[0].t;
	const uint64_t spans_ns[7] = {0,
				      1000,
				      t->interval_ns / 10,
				      t->interval_ns / 3,
				      t->interval_ns,
				      2 * t->interval_ns,
				      t->g_ns};
	uint64_t *now_ns = &w->s->now_ns, at_ns = edge(w) - 1 + twin_below(w, 3);

	if (twin_one_in(w, 4) && at_ns >= *now_ns &&
	    at_ns - *now_ns < 100 * t->g_ns + 20 * SIM_SECOND)
		*now_ns = at_ns;
	else /* more than is admitted in a while, and then again what is */
		*now_ns += spans_ns[twin_below(w, w->step / 30 % 4 ? 7 : 2)];
	bed_clock(w->b, *now_ns);
}

/* The daemon opens a gate, or closes it; and what it had bound and seen. */
static void move_gate(struct twin *w, uint32_t g)
{
	struct ipt_group group;
	struct kernel *k = w->k;
	uint32_t slot = (uint32_t)twin_below(w, 2);

	k->binding[g][slot] = k->epoch_max[g] + 256 * twin_below(w, 2) + 1;
	k->word[g] =
		twin_one_in(w, 4)
			? lease_generation(++k->generation[g])
			: lease_word(w->s->now_ns + twin_below(w, 3 * w->s->node[0].t.g_ns), slot);
	bed_get(w->b, "groups", &g, &group);
	group.binding[slot].epoch = k->binding[g][slot];
	group.generation = k->generation[g];
	bed_set(w->b, "groups", &g, &group);
	bed_lease(w->b, g, k->word[g]);
}

void twin_between(struct twin *w)
{
	pass_time(w);
	if (twin_one_in(w, 4))
		move_gate(w, (uint32_t)twin_below(w, TWIN_GROUPS));
	if (twin_one_in(w, 60))
		w->session ^= 1ull << twin_below(w, 8);
	if (twin_one_in(w, 60))
		w->k->key_min = twin_one_in(w, 2) ? TWIN_KID_HIGH : 0;
	if (twin_one_in(w, 100))
		draw_times(w);
	put_self(w);
}

/* --- compared ------------------------------------------------------------------------ */

void twin_same(const struct twin *w, const char *what, uint64_t model, uint64_t program)
{
	if (model != program)
		fail_msg("seed %llu, frame %llu: %s: the model has %llu (%#llx), the program %llu "
			 "(%#llx)",
			 (unsigned long long)w->seed, (unsigned long long)w->step, what,
			 (unsigned long long)model, (unsigned long long)model,
			 (unsigned long long)program, (unsigned long long)program);
}

#define SAME(of_model, of_program) twin_same(w, #of_model, of_model, of_program)

static void same_record(const struct twin *w)
{
	const struct kernel_peer *m = w->rec;
	struct ipt_peer p = beats_record(w->b);

	SAME(m->session, p.session);
	SAME(m->session_ns, p.session_ns);
	SAME(m->last_seq, p.last_seq);
	SAME(m->last_ns, p.last_ns);
	SAME(m->tat_ns, p.unproven_tat_ns);
	SAME(m->unproven_ns, p.unproven_ns);
	SAME(m->hold_us_max, p.hold_us_max);
	SAME(m->hold_us_next, p.hold_us_next);
	SAME(m->hold_max_ns, p.hold_max_ns);
	SAME(m->proven_rx_ns, p.proven.rx_ns);
	SAME(m->unproven_rx_ns, p.unproven.rx_ns);
	for (unsigned int i = 0; i < IPT_SEEN; i++) {
		SAME(m->seen[i].session, p.seen[i].session);
		SAME(m->seen[i].seq, p.seen[i].seq);
		SAME(m->seen[i].since_ns, p.seen[i].since_ns);
	}
}

static void same_rest(const struct twin *w)
{
	const struct kernel *k = w->k;
	uint32_t zero = 0, peer = BEATS_PEER;
	struct {
		struct bpf_timer timer;
		uint64_t due_ns;
		uint32_t stage, looks;
	} timer; /* as in bpf/maps.h */
	struct ipt_sent sent;

	for (uint32_t g = 0; g < TWIN_GROUPS; g++) {
		struct ipt_group group;

		bed_get(w->b, "groups", &g, &group);
		SAME(k->word[g], bed_lease_word(w->b, g));
		SAME(k->generation[g], group.generation);
		SAME(k->epoch_max[g], group.epoch_max);
		SAME(k->owner_epoch[g], group.owner_epoch);
	}
	bed_get(w->b, "sent", &zero, &sent);
	SAME(k->sent_session, sent.session);
	SAME(k->sent_ns, sent.last_ns);
	SAME(k->sent_seq, sent.seq);
	SAME(k->run_start_ns, sent.run_start_ns);
	/* A shorter one may have fired meanwhile. */
	bed_get(w->b, "timers", &peer, &timer);
	if (w->s->node[0].t.interval_ns > SIM_SECOND && k->timer[0].armed)
		SAME(k->timer[0].due_ns, timer.due_ns);
}

void twin_compare(const struct twin *w)
{
	same_record(w);
	same_rest(w);
	if (*w->s->j.bad)
		fail_msg("seed %llu: %s: %s", (unsigned long long)w->seed, w->s->j.rule,
			 w->s->j.bad);
}
