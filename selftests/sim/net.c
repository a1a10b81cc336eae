/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The wire between the nodes: loses, delays, doubles, keeps recordings. */
#include <stddef.h>
#include <string.h>
#include "sim.h"

#define FLIGHT_NS 20000ull

void net_init(struct sim *s)
{
	for (uint32_t i = 0; i < SIM_BEATS; i++)
		s->slot[i].next_free = i + 1 < SIM_BEATS ? i + 1 : SIM_NO_SLOT;
	s->free_slot = 0;
	for (uint32_t i = 0; i < SIM_TAPE; i++)
		s->tape[i] = SIM_NO_SLOT;
	for (uint32_t n = 0; n < SIM_NODES; n++)
		for (uint32_t i = 0; i < SIM_NODES - 1; i++)
			s->node[n].k.peer[i].proven = s->node[n].k.peer[i].unproven = SIM_NO_SLOT;
}

void net_put(struct sim *s, uint32_t slot)
{
	if (slot == SIM_NO_SLOT || --s->slot[slot].refs)
		return;
	s->slot[slot].next_free = s->free_slot;
	s->free_slot = slot;
}

/* Only the part of the message that is in use. */
void beat_copy(struct beat *to, const struct beat *from)
{
	memcpy(to, from, offsetof(struct beat, group) + from->ngroups * sizeof(from->group[0]));
}

static uint32_t slot_get(struct sim *s, uint32_t from, const struct beat *b)
{
	uint32_t slot = s->free_slot;

	if (slot == SIM_NO_SLOT) {
		judge_fail(s, "sim", "more than %d frames are under way", SIM_BEATS);
		return SIM_NO_SLOT;
	}
	s->free_slot = s->slot[slot].next_free;
	s->slot[slot].left_ns = s->now_ns;
	s->slot[slot].from = (uint8_t)from;
	s->slot[slot].forged = false;
	s->slot[slot].refs = 1;
	beat_copy(&s->slot[slot].beat, b);
	return slot;
}

uint64_t net_delay(struct sim *s)
{
	return FLIGHT_NS + rng_below(&s->rng, s->o.t.delta_ns / 2) +
	       (s->delay_ns ? rng_below(&s->rng, s->delay_ns) : 0);
}

static void deliver(struct sim *s, uint32_t slot, uint32_t to)
{
	const struct link *l = &s->link[s->slot[slot].from][to];
	uint64_t slow_ns =
		l->slow_from_ns ? (s->now_ns - l->slow_from_ns) / 1000 * l->slow_ppm / 1000 : 0;

	s->slot[slot].refs++;
	queue_push(s, (struct sim_event){.kind = EV_FRAME,
					 .at_ns = s->now_ns + net_delay(s) + slow_ns,
					 .node = (uint8_t)to,
					 .a = slot,
					 .b = s->slot[slot].from});
}

/* Somebody on the LAN who has no key: repeats what it has seen, to whomever; or makes up a tag. */
static void attack(struct sim *s, uint32_t slot, uint32_t to)
{
	if (rng_ppm(&s->rng, s->replay_ppm)) {
		uint32_t at = (uint32_t)rng_below(&s->rng, SIM_TAPE);

		net_put(s, s->tape[at]);
		s->tape[at] = slot;
		s->slot[slot].refs++;
	}
	if (rng_ppm(&s->rng, s->replay_ppm)) {
		uint32_t old = s->tape[rng_below(&s->rng, SIM_TAPE)];

		if (old != SIM_NO_SLOT && s->slot[old].from != to)
			deliver(s, old, to);
	}
	if (rng_ppm(&s->rng, s->forge_ppm)) {
		uint32_t made = slot_get(s, s->slot[slot].from, &s->slot[slot].beat);

		if (made == SIM_NO_SLOT)
			return;
		s->slot[made].forged = true;
		s->slot[made].beat.seq += 1000;
		for (uint32_t g = 0; g < s->o.groups; g++) {
			s->slot[made].beat.group[g].epoch += 1 << 16;
			s->slot[made].beat.group[g].state = (uint8_t)rng_below(&s->rng, HB_STATES);
		}
		deliver(s, made, to);
		net_put(s, made);
	}
}

static void send_by(struct sim *s, uint32_t slot, uint32_t from, uint32_t to, uint32_t path)
{
	const struct link *l = &s->link[from][to];

	if (l->cut || l->beats_cut || (path && l->half_cut) || s->node[from].link_down ||
	    rng_ppm(&s->rng, l->loss_ppm))
		return;
	deliver(s, slot, to);
	if (rng_ppm(&s->rng, s->duplicate_ppm))
		deliver(s, slot, to);
}

void net_send(struct sim *s, uint32_t from, const struct beat *b, bool partly)
{
	uint32_t slot = slot_get(s, from, b);

	if (slot == SIM_NO_SLOT)
		return;
	for (uint32_t to = 0; to < s->node[from].members; to++) {
		if (to == from || (partly && rng_below(&s->rng, 2)))
			continue;
		if (s->replay_ppm || s->forge_ppm)
			attack(s, slot, to);
		for (uint32_t path = 0; path < s->o.paths; path++)
			send_by(s, slot, from, to, path);
	}
	net_put(s, slot);
}

void net_arrive(struct sim *s, const struct sim_event *ev)
{
	uint32_t n = ev->node, from = (uint32_t)ev->b;
	enum verdict verdict;

	if (s->node[n].up && !s->node[n].link_down && !s->node[n].deaf &&
	    from < s->node[n].members) {
		s->stats.frames++;
		verdict = kernel_receive(s, n, from, ev->a);
		if (verdict != HB_REFUSED) {
			judge_heard(s, n, from, &s->slot[ev->a], verdict == HB_ACCEPTED);
			node_ring(s, n);
		}
	}
	net_put(s, ev->a);
}

bool net_arp_passes(struct sim *s, uint32_t from, uint32_t to)
{
	return s->node[from].up && s->node[to].up && !s->node[from].link_down &&
	       !s->node[to].link_down && !s->link[from][to].cut &&
	       !rng_ppm(&s->rng, s->link[from][to].loss_ppm);
}
