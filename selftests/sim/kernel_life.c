/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Frames that prove nothing, as in bpf/life.h: each counts once; which of them claim, and which nobody can have said. */
#include "judge.h"
#include "kernel.h"
#include "sim.h"

#define BURST 10 /* unproven frames that the daemon sees, at once; then three an interval */

/* Where a session is remembered; if it is not, where there is room for it. */
static struct kernel_seen *seen_of(struct kernel_peer *rec, uint64_t session)
{
	struct kernel_seen *oldest = rec->seen;

	for (uint32_t i = 0; i < SIM_SEEN; i++) {
		if (rec->seen[i].session == session)
			return &rec->seen[i];
		if (rec->seen[i].since_ns < oldest->since_ns)
			oldest = &rec->seen[i];
	}
	return oldest;
}

void kernel_forget(struct kernel_peer *rec, uint64_t now_ns)
{
	if (rec->session)
		*seen_of(rec, rec->session) =
			(struct kernel_seen){rec->session, rec->last_seq, now_ns};
}

bool kernel_once(struct kernel_peer *rec, const struct beat *b, uint64_t now_ns)
{
	struct kernel_seen *seen = seen_of(rec, b->session);
	bool known = b->session == rec->session, remembered = seen->session == b->session;

	if (known ? !seq_newer(b->seq, rec->last_seq) : remembered && !seq_newer(b->seq, seen->seq))
		return false;
	if (known)
		rec->last_seq = b->seq;
	else
		*seen = (struct kernel_seen){b->session, b->seq,
					     remembered ? seen->since_ns : now_ns};
	return true;
}

bool kernel_admits(struct kernel_peer *rec, uint64_t now_ns, uint64_t interval_ns)
{
	uint64_t step_ns = interval_ns / 3, tat_ns = rec->tat_ns;

	if (tat_ns < now_ns)
		tat_ns = now_ns;
	if (tat_ns - now_ns > BURST * step_ns)
		tat_ns = now_ns + (BURST - 1) * step_ns;
	if (tat_ns - now_ns > (BURST - 1) * step_ns)
		return false;
	rec->tat_ns = tat_ns + step_ns;
	return true;
}

bool kernel_claims(const struct beat *b)
{
	for (uint32_t g = 0; g < b->ngroups; g++)
		if (b->group[g].state == HB_CAND || b->group[g].state == HB_OWNER ||
		    b->group[g].state == HB_RELEASE)
			return true;
	return false;
}

bool kernel_far(const struct kernel *k, uint32_t g, uint64_t epoch)
{
	const uint64_t known[] = {k->epoch_max[g], k->owner_epoch[g], k->binding[g][0],
				  k->binding[g][1]};
	uint64_t seen = 0;

	for (unsigned int i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i] > seen)
			seen = known[i];
	return epoch_too_far(epoch, seen);
}

void kernel_run(struct sim *s, uint32_t n, const struct beat *b)
{
	struct kernel *k = &s->node[n].k;
	uint64_t now_ns = world_local_ns(s, n);
	bool gap = now_ns - k->sent_ns > 2 * s->node[n].t.interval_ns &&
		   !without(s, WITHOUT_RUN_START);

	if (b->flags & HB_F_DEAF && !without(s, WITHOUT_DEAF_RUN))
		k->run_start_ns = 0;
	else if (k->sent_session != b->session || gap || !k->run_start_ns)
		k->run_start_ns = without(s, WITHOUT_RUN_START) ? 1 : now_ns;
}
