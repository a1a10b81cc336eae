/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the files of the core share among themselves. */
#ifndef IPT_CORE_INT_H
#define IPT_CORE_INT_H

#include "core.h"
#include "judge.h"

/* One step's context: everything that the rules below look at. */
struct step {
	struct core *c;
	const struct core_view *view;
	struct core_out *out;
	uint64_t now_ns;
};

static inline uint64_t core_max(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

static inline uint64_t core_min(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* state.c: what this node is */
struct core_effect *core_emit(struct step *s, enum core_effect_type type, uint32_t group);
void core_become(struct step *s, uint32_t group, enum hb_state to, enum core_reason reason);
void core_repaired(struct step *s,
		   uint32_t group); /* a fault is over; a check that fails is one by itself */
void core_step_down(struct step *s, uint32_t group, enum hb_state to, enum core_reason reason);
/* Said at once to the one that asked. */
void core_reply(struct step *s, const struct core_event *ev, bool ok, enum core_reason reason);
/* Said later, to all that wait: a `take` (CORE_EV_TAKE), or a `release` or `drain` (CORE_EV_RELEASE), has ended. */
void core_outcome(struct step *s, uint32_t group, enum core_event_type of, bool ok,
		  enum core_reason reason);
void core_forgive_silence(struct step *s);
void core_vacate(struct core_group *g, uint64_t now_ns);
void core_unname(struct core_group *g);
void core_end_ask(struct step *s, uint32_t group, bool ok, enum core_reason reason);
void core_promise_expire(struct core *c, uint32_t group, uint64_t now_ns);
bool core_closed(const struct core *c, uint32_t group, uint64_t now_ns);
bool core_fit(const struct core *c, uint32_t group, uint64_t now_ns);
bool core_ready(const struct core *c, uint32_t group, uint64_t now_ns);
uint64_t core_random(struct core *c, uint64_t below);

/* member.c: who votes with us (protocol 8) */
uint32_t core_prev_told(const struct core *c);
bool core_compatible(const struct core *c, const struct core_peer *p);
bool core_counts(const struct core *c, const struct core_peer *p);
bool core_member_stands(const struct core *c);
unsigned int core_majority(const struct core *c);
void core_members(struct step *s);
uint64_t core_members_deadline(const struct core *c, uint64_t now_ns);

/* reach.c: whose words carry how long a lease (P2, P3) */
uint64_t core_grant_ns(const struct core *c, const struct core_peer *p, uint32_t group);
uint64_t core_long_ns(const struct core *c);
/* What its frames say of the peer's own lease. */
void core_note_lease(const struct core *c, struct core_peer *p, const struct beat *b);
bool core_left_over(const struct step *s, struct core_peer *p, const struct beat *b,
		    uint64_t rx_ns);
/* Stamp of the last frame of ours that the peer of a pair can have understood; 0: none has left. */
uint64_t core_told_ns(const struct core *c);
/* The time up to which the peers' words carry a lease of this candidate; 0: they do not. */
uint64_t core_claim_reach_ns(const struct core *c, uint32_t group, uint64_t now_ns);
/* How far the lease of this owner reaches; 0: no further. */
uint64_t core_lease_reach_ns(const struct core *c, uint32_t group, uint64_t now_ns);

/* heard.c: who is heard, and how often we speak (protocol 7) */
uint64_t core_d_ns(const struct core *c, const struct core_peer *p);
uint64_t core_tick_ns(const struct core *c, uint64_t now_ns);
bool core_heard(const struct core *c, const struct core_peer *p, uint64_t now_ns);
bool core_proven(const struct core *c, const struct core_peer *p, uint64_t now_ns);

/* rank.c: who comes first (P7) */
bool core_better(const struct core *c, uint32_t group, const struct core_said *said, uint8_t node);
unsigned int core_rank(const struct core *c, uint32_t group, uint64_t now_ns);
bool core_better_answered(const struct core *c, uint32_t group, uint64_t now_ns);
bool core_named(const struct core *c, uint32_t group);
uint8_t core_ready_peer(const struct core *c, uint32_t group, uint8_t wanted, uint64_t now_ns);
bool core_gateway_fresh(const struct core *c, uint64_t now_ns);
bool core_free_fresh(const struct core *c, uint32_t group, uint64_t now_ns);

/* hear.c: the records of the peers */
void core_hear(struct step *s);

/* send.c: what this node says, and under which key */
void core_send(struct step *s);

/* event.c: outcomes and requests */
void core_on_event(struct step *s, const struct core_event *ev);

/* release.c: planned handovers, drain, stop, upgrade */
void core_release(struct step *s, uint32_t group, uint8_t to, enum core_reason reason);
void core_released(struct step *s, uint32_t group, uint64_t owner_epoch);
void core_on_release(struct step *s, const struct core_event *ev);
void core_on_checks(struct step *s, const struct core_event *ev);
void core_on_fence(struct step *s, const struct core_event *ev);
void core_on_stop(struct step *s, const struct core_event *ev);
void core_end_drains(struct step *s);
void core_finish_upgrade(struct step *s);
void core_finish_stop(struct step *s);

/* silence.c: when a pair's peer is quiet, and when it is silent */
void core_silence(struct step *s);
void core_ask_gateway(struct step *s);
uint64_t core_silence_deadline(const struct core *c, uint64_t now_ns);

/* claim.c: candidacies and claims */
void core_discount_sleep(struct step *s);
void core_claims(struct step *s);
uint64_t core_claim_deadline(const struct core *c, uint32_t group, uint64_t now_ns);

#define CORE_TICK_MIN_NS 100000ull /* no configuration has a shorter interval */

/* Above this a claim is new. */
static inline uint64_t core_epoch_seen(const struct core_group *g)
{
	return core_max(g->epoch_max, g->owner_epoch);
}

static inline void core_sooner(uint64_t *when_ns, uint64_t candidate_ns, uint64_t now_ns)
{
	if (candidate_ns > now_ns && candidate_ns < *when_ns)
		*when_ns = candidate_ns;
}

#endif
