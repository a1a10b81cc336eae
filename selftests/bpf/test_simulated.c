/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The simulator's model of the kernel part against the programs: the same heartbeats at the same times into both, and
 * after each one the same verdict, record, gates, timer and last sent frame. What the model leaves out, as MAC addresses,
 * ways, events and counters, is not compared. Times lie on both sides of where a rule turns, to the nanosecond.
 */
#include <arpa/inet.h>
#include <linux/pkt_cls.h>
#include <string.h>
#include "twin.h"

#define SEEDS 24 /* each of four intervals in each of three modes, twice */
#define FRAMES 400

static struct sim world;
static uint64_t came; /* counters: all that has happened */
static bool unproven_fenced;

static uint64_t peer_session(uint64_t i)
{
	return 0xbbbb000000000001ull + i;
}

static void draw_echo(struct twin *w, struct beat_peer *p)
{
	uint64_t now_ns = w->s->now_ns, f_ns = w->s->node[0].t.f_ns;
	const uint64_t stamps_ns[] = {now_ns - twin_below(w, f_ns),
				      now_ns - f_ns - 1 + twin_below(w, 3),
				      w->rec->session_ns - 1 + twin_below(w, 3),
				      now_ns + twin_below(w, 3)};

	p->node = 1;
	/* Now and then for so long that it counts no more. */
	p->session = twin_one_in(w, 3) || w->step / 60 % 2 ? twin_below(w, 2) : w->session;
	p->echo_ts_ns = stamps_ns[twin_one_in(w, 2) ? twin_below(w, 4) : 0];
}

static void draw_lengths(struct twin *w, struct beat *b)
{
	const struct timing *t = &w->s->node[0].t;
	uint64_t lease_ns = t->lease_ns << twin_below(w, 3) >> twin_below(w, 3);

	if (lease_ns / 1000 > JUDGE_LEASE_MAX_US)
		lease_ns = t->lease_ns;
	b->lease_us = (uint32_t)(lease_ns / 1000);
	b->interval_us = (uint32_t)(t->interval_ns / 1000);
	b->hold_us = twin_one_in(w, 3) ? 0 : (uint32_t)judge_hold_us(lease_ns, 1000, t->settle_ns);
	if (twin_one_in(w, 40))
		b->hold_us = b->lease_us - 1 + (uint32_t)twin_below(w, 2);
	if (twin_one_in(w, 60))
		b->lease_us = JUDGE_LEASE_MAX_US + (uint32_t)twin_below(w, 2);
	if (twin_one_in(w, 60))
		b->interval_us = twin_one_in(w, 2)
					 ? JUDGE_INTERVAL_MIN_US - (uint32_t)twin_below(w, 2)
					 : JUDGE_INTERVAL_MAX_US + (uint32_t)twin_below(w, 2);
}

static uint64_t near_epoch(struct twin *w, uint32_t g)
{
	const struct kernel *k = w->k;
	const uint64_t from[] = {k->epoch_max[g], k->owner_epoch[g], k->binding[g][0],
				 k->binding[g][1]};
	uint64_t epoch = from[twin_below(w, 4)];

	switch (twin_below(w, 40)) {
	case 0: /* about as far as one may jump */
		return epoch + (EPOCH_JUMP_TERMS << 8) - 256 + 256 * twin_below(w, 3);
	case 1:
		return (EPOCH_FIRST_TERMS - 1 + twin_below(w, 3)) << 8;
	case 2:
		return UINT64_MAX - twin_below(w, 2) * (1ull << 63);
	default:
		return epoch + 256 * twin_below(w, 3) + twin_below(w, 2);
	}
}

static void draw_beat(struct twin *w, struct beat *b)
{
	bool silent = twin_one_in(w, 3); /* claims nothing */
	uint64_t i =
		twin_one_in(w, 4) ? twin_below(w, TWIN_SESSIONS) : w->step / 40 % TWIN_SESSIONS;

	*b = (struct beat){.session = peer_session(i),
			   .seq = twin_one_in(w, 4) ? w->seq[i] - twin_below(w, 3)
						    : w->seq[i] + 1 + twin_below(w, 2),
			   .ts_ns = 77,
			   .key_id = twin_one_in(w, 8)	 ? 4
				     : twin_one_in(w, 2) ? TWIN_KID_LOW
							 : TWIN_KID_HIGH,
			   .node = twin_one_in(w, 20) ? 1 : TWIN_PEER_NODE,
			   .npeers = 1,
			   .ngroups = (uint8_t)twin_below(w, TWIN_GROUPS + 1)};
	if ((int64_t)b->seq < 0)
		b->seq = 0;
	if (b->seq > w->seq[i])
		w->seq[i] = b->seq;
	draw_echo(w, &b->peer[0]);
	draw_lengths(w, b);
	for (uint32_t g = 0; g < b->ngroups; g++)
		b->group[g] =
			(struct beat_group){.group = twin_wire_id(g),
					    .state = silent ? HB_BACKUP
							    : (uint8_t)twin_below(w, HB_STATES),
					    .epoch = near_epoch(w, g),
					    .promise_epoch =
						    twin_one_in(w, 10) ? near_epoch(w, g) : 0};
}

static enum verdict in_the_model(struct twin *w, const struct beat *b, bool forged)
{
	struct sim *s = w->s;
	uint32_t slot = s->free_slot;
	enum verdict verdict;

	assert_true(slot != SIM_NO_SLOT);
	s->free_slot = s->slot[slot].next_free;
	s->slot[slot].from = TWIN_PEER_NODE - 1;
	s->slot[slot].forged = forged;
	s->slot[slot].refs = 1;
	beat_copy(&s->slot[slot].beat, b);
	verdict = kernel_receive(s, 0, TWIN_PEER_NODE - 1, slot);
	net_put(s, slot);
	/* Its timer is never played here. */
	s->nheap = 0;
	w->k->timer[0].queued_ns = 0;
	return verdict;
}

static enum verdict in_the_program(struct twin *w, const struct beat *b, bool forged)
{
	const uint64_t life = BIT(hb_unproven) | BIT(hb_limited) | BIT(hb_identity) |
			      BIT(hb_old_key) | BIT(hb_bounds);
	struct beats_frame f;
	struct bed_run run;
	uint64_t counted;

	beats_wrap(b, &f);
	if (forged)
		f.bytes[f.len - 1] ^= 1;
	bed_run(w->b, BED_TAKEOVER, f.bytes, f.len, &run);
	counted = bed_counted(w->b, NULL);
	came |= counted;
	unproven_fenced = unproven_fenced || (counted & BIT(hb_fence) && counted & life);
	assert_int_equal(run.verdict, XDP_DROP);
	return counted & BIT(hb_accept) ? HB_ACCEPTED : counted & life ? HB_HELLO : HB_REFUSED;
}

/* A heartbeat of ours leaves; both say whether it may. */
static void leave(struct twin *w)
{
	static const struct sip_key key = {1, 2};
	const struct frame_addr from = {.ip = bed_addr("198.18.0.1"), .mac = {2, 0, 0, 0, 0, 1}};
	const struct frame_addr to = {.ip = bed_addr("198.18.0.2"), .mac = {2, 0, 0, 0, 0, 2}};
	uint64_t t_ns = w->s->node[0].t.interval_ns, now_ns = w->s->now_ns;
	struct beat b = {.session = twin_one_in(w, 10) ? w->session ^ 1 : w->session,
			 .seq = w->step,
			 .ts_ns = twin_one_in(w, 5) ? now_ns - t_ns - 1 + twin_below(w, 3) : now_ns,
			 .flags = twin_one_in(w, 10) ? HB_F_DEAF : 0,
			 .node = 1,
			 .npeers = 1};
	uint8_t f[BED_FRAME_MAX];
	size_t len = frame_beat_encode(&b, &key, f + FRAME_HB_OVERHEAD, HB_MAX_LEN);
	struct bed_run run;

	len = frame_udp_wrap(f, len, &from, &to, htons(TWIN_PORT));
	bed_run(w->b, BED_FENCE, f, len, &run);
	assert_int_equal(kernel_leaves(w->s, 0, &b), run.verdict == TC_ACT_UNSPEC);
}

static void play(struct twin *w)
{
	struct beat beat;

	twin_begin(w);
	for (w->step = 1; w->step <= FRAMES; w->step++) {
		bool forged = twin_one_in(w, 20);

		twin_between(w);
		if (twin_one_in(w, 5)) {
			leave(w);
		} else {
			draw_beat(w, &beat);
			twin_same(w, "verdict", in_the_model(w, &beat, forged),
				  in_the_program(w, &beat, forged));
		}
		twin_compare(w);
	}
}

/* A draw that no longer comes to a rule compares nothing. */
static void all_has_happened(void)
{
	const uint64_t all = BIT(hb_accept) | BIT(hb_session) | BIT(hb_replay) | BIT(hb_future) |
			     BIT(hb_badtag) | BIT(hb_unknown_key) | BIT(hb_old_key) |
			     BIT(hb_identity) | BIT(hb_bounds) | BIT(hb_unproven) |
			     BIT(hb_limited) | BIT(hb_spent) | BIT(hb_fence);

	assert_int_equal(came & all, all);
	assert_true(unproven_fenced);
}

static void test_same_as_in_the_simulator(void **state)
{
	for (uint64_t seed = 1; seed <= SEEDS; seed++) {
		struct twin w = {.b = *state, .s = &world, .rng = {seed}, .seed = seed};

		play(&w);
	}
	all_has_happened();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_same_as_in_the_simulator, bed_reset),
	};

	return cmocka_run_group_tests(tests, bed_setup, bed_teardown);
}
