/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the core of a host does to its lease words, and what it must never do to them. */
#include <string.h>
#include "host.h"
#include "judge.h"

#define SPIN 64 /* steps at one moment: more is a core that never comes to rest */

void host_close_gate(struct host *h, uint32_t g)
{
	uint64_t word = h->word[g];

	if (word >= LEASE_GEN_LIMIT && h->binding[g][lease_slot(word)] > h->ended[g])
		h->ended[g] = h->binding[g][lease_slot(word)];
	h->word[g] = lease_generation(++h->generation[g]);
}

static void expire(struct host *h)
{
	for (uint32_t g = 0; g < h->cfg.ngroups; g++) {
		uint64_t epoch = h->binding[g][lease_slot(h->word[g])];

		if (h->word[g] >= LEASE_GEN_LIMIT && !lease_live(h->word[g], h->now_ns) &&
		    epoch > h->ended[g])
			h->ended[g] = epoch;
	}
}

void host_raise(uint64_t *word, uint64_t value)
{
	if (value > *word)
		*word = value;
}

static void answer(struct host *h, struct core_event ev)
{
	FUZZ_MUST(h->noutcomes < HOST_OUTCOMES);
	h->outcome[h->noutcomes++] = ev;
}

#define MOST_AT_ONCE 1000

static void send_frame(struct host *h, struct fuzz_in *in)
{
	const struct beat *b = &h->out.beat;
	bool ok = fuzz_byte(in) % 16 != 15;

	FUZZ_MUST(b->session == h->session && b->node == h->cfg.node);
	/* Now, or as much later as frames of this instant were made before. */
	FUZZ_MUST(b->ts_ns > h->stamp_ns && b->ts_ns - h->now_ns < MOST_AT_ONCE);
	h->stamp_ns = b->ts_ns;
	FUZZ_MUST(b->npeers == h->cfg.npeers && b->ngroups == h->cfg.ngroups);
	if (ok) {
		h->reach_ns = b->ts_ns + b->lease_us * 1000ull;
		host_raise(&h->best_ns, h->reach_ns);
		if (!h->view.run_start_ns)
			h->view.run_start_ns = h->now_ns;
	}
	answer(h,
	       (struct core_event){.type = CORE_EV_SENT, .sent.ts_ns = b->ts_ns, .sent.left = ok});
}

static void take(struct host *h, const struct core_effect *fx)
{
	uint32_t g = fx->group, slot = !lease_slot(h->word[g]);
	bool ok = h->word[g] == fx->take.expect;

	FUZZ_MUST(!h->cfg.witness);
	FUZZ_MUST(!lease_live(fx->take.expect, h->now_ns)); /* P6 */
	FUZZ_MUST(lease_deadline_ns(fx->take.deadline_ns) <= h->best_ns); /* S4 */
	FUZZ_MUST(fx->take.epoch > h->taken[g] && fx->take.epoch > h->ended[g]); /* S5, S8 */
	FUZZ_MUST(fx->take.epoch >= h->view.group[g].epoch_max); /* P6 */
	FUZZ_MUST(fx->take.epoch >= h->view.group[g].owner_epoch);
	FUZZ_MUST(EPOCH_NODE(fx->take.epoch) == h->cfg.node);
	h->taken[g] = fx->take.epoch;
	h->binding[g][slot] = fx->take.epoch;
	host_raise(&h->view.group[g].epoch_max, fx->take.epoch);
	host_raise(&h->view.group[g].owner_epoch, fx->take.epoch);
	if (ok)
		h->word[g] = lease_word(fx->take.deadline_ns, slot);
	answer(h, (struct core_event){.type = CORE_EV_TOOK,
				      .group = g,
				      .took.word = lease_word(fx->take.deadline_ns, slot),
				      .took.taken = ok});
}

static void renew(struct host *h, const struct core_effect *fx)
{
	uint32_t g = fx->group;

	FUZZ_MUST(lease_live(fx->renew.expect, h->now_ns)); /* P5 */
	FUZZ_MUST(lease_deadline_ns(fx->renew.deadline_ns) <= h->best_ns); /* S4 */
	FUZZ_MUST(fx->renew.deadline_ns > fx->renew.expect);
	if (h->word[g] == fx->renew.expect) {
		FUZZ_MUST(h->binding[g][lease_slot(fx->renew.expect)] > h->ended[g]); /* S8 */
		h->word[g] = lease_word(fx->renew.deadline_ns, lease_slot(fx->renew.expect));
	}
}

static void carry_out(struct host *h, const struct core_effect *fx, struct fuzz_in *in)
{
	switch (fx->type) {
	case CORE_FX_SEND:
		send_frame(h, in);
		break;
	case CORE_FX_TAKE:
		take(h, fx);
		break;
	case CORE_FX_RENEW:
		renew(h, fx);
		break;
	case CORE_FX_CLOSE:
		host_close_gate(h, fx->group);
		break;
	case CORE_FX_ADDR_ADD:
		h->addrs[fx->group] = true;
		break;
	case CORE_FX_ADDR_DEL:
		h->addrs[fx->group] = false;
		break;
	case CORE_FX_PROBE:
		h->probe[fx->group] = true;
		break;
	case CORE_FX_DRAIN:
		FUZZ_MUST(fx->drain.until_ns >= h->now_ns &&
			  fx->drain.until_ns <= h->now_ns + 5000 * HOST_MS);
		break;
	case CORE_FX_STATE:
		FUZZ_MUST(fx->state.from < HB_STATES && fx->state.to < HB_STATES);
		FUZZ_MUST(fx->state.reason < CORE_REASONS && *core_reason_text(fx->state.reason));
		break;
	case CORE_FX_UPGRADE:
	case CORE_FX_EXIT:
		h->gone = true;
		break;
	case CORE_FX_ANNOUNCE:
	case CORE_FX_ANNOUNCE_AGAIN:
	case CORE_FX_ANNOUNCE_END:
	case CORE_FX_RELINQUISH:
	case CORE_FX_AUDIT:
	case CORE_FX_ASK_GATEWAY:
	case CORE_FX_KEY_MIN:
	case CORE_FX_MEMBERS:
	case CORE_FX_UPGRADE_NOT:
	case CORE_FX_ALARM:
	case CORE_FX_SELFTEST:
	case CORE_FX_REPLY:
		break;
	}
}

static void step(struct host *h, struct core_event ev, struct fuzz_in *in)
{
	expire(h);
	ev.now_ns = h->now_ns;
	for (uint32_t g = 0; g < h->cfg.ngroups; g++)
		h->view.group[g].word = h->word[g];
	core_step(&h->core, &ev, &h->view, &h->out);
	FUZZ_MUST(h->out.n <= CORE_MAX_EFFECTS);
	for (uint32_t i = 0; i < h->out.n && !h->gone; i++)
		carry_out(h, &h->out.fx[i], in);
}

void host_event(struct host *h, struct core_event ev, struct fuzz_in *in)
{
	unsigned int steps = 0;

	step(h, ev, in);
	while (!h->gone && (h->noutcomes || core_deadline(&h->core) <= h->now_ns)) {
		struct core_event next = {.type = CORE_EV_LOOK};

		FUZZ_MUST(steps++ < SPIN);
		if (h->noutcomes) {
			next = h->outcome[0];
			memmove(&h->outcome[0], &h->outcome[1], --h->noutcomes * sizeof(next));
		}
		step(h, next, in);
	}
}
