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

/* core_state.c */
struct core_effect *core_emit(struct step *s, enum core_effect_type type, uint32_t group);
void core_become(struct step *s, uint32_t group, enum hb_state to, enum core_reason reason);
void core_step_down(struct step *s, uint32_t group, enum hb_state to, enum core_reason reason);
void core_release(struct step *s, uint32_t group, uint8_t to, bool asked);
void core_reply(struct step *s, uint32_t group, bool ok, enum core_reason reason);
void core_forgive_silence(struct step *s);
void core_vacate(struct core_group *g, uint64_t now_ns);
void core_promise_expire(struct core *c, uint32_t group, uint64_t now_ns);
bool core_closed(const struct core *c, uint32_t group, uint64_t now_ns);
bool core_heard(const struct core *c, const struct core_peer *p, uint64_t now_ns);
bool core_proven(const struct core *c, const struct core_peer *p, uint64_t now_ns);
bool core_better(const struct core *c, uint32_t group, const struct core_said *said, uint8_t node);
uint8_t core_ready_peer(const struct core *c, uint32_t group, uint64_t now_ns);
uint64_t core_random(struct core *c, uint64_t below);

/* core_peer.c: records of the peers, promises, sending */
void core_hear(struct step *s);
void core_send(struct step *s);

/* core_event.c: outcomes and requests */
void core_on_event(struct step *s, const struct core_event *ev);

/* core_claim.c: election and claims */
void core_claims(struct step *s);
uint64_t core_claim_deadline(const struct core *c, uint32_t group, uint64_t now_ns);

#endif
