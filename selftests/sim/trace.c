/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What happened, one line each, in true time. */
#include <stdarg.h>
#include "core/names.h"
#include "judge.h"
#include "sim.h"

void trace(const struct sim *s, const char *format, ...)
{
	va_list args;

	if (!s->o.trace)
		return;
	printf("[%10.3f] ", (double)s->now_ns / 1e6);
	va_start(args, format);
	(void)vprintf(format, args);
	va_end(args);
	putchar('\n');
}

static double ahead_ms(const struct sim *s, uint32_t n, uint64_t deadline_ns)
{
	return (double)(int64_t)(deadline_ns - world_local_ns(s, n)) / 1e6;
}

void trace_effect(const struct sim *s, uint32_t n, const struct core_effect *fx)
{
	if (!s->o.trace)
		return;
	switch (fx->type) {
	case CORE_FX_STATE:
		trace(s, "n%u group %u: %s -> %s: %s (epoch %llx)", n + 1, fx->group,
		      names_state(fx->state.from), names_state(fx->state.to),
		      core_reason_text(fx->state.reason), (unsigned long long)fx->state.epoch);
		break;
	case CORE_FX_TAKE:
		trace(s, "n%u group %u: takes until +%.3f ms (epoch %llx)", n + 1, fx->group,
		      ahead_ms(s, n, fx->take.deadline_ns), (unsigned long long)fx->take.epoch);
		break;
	case CORE_FX_REPLY:
		trace(s, "n%u group %u: reply: %s: %s", n + 1, fx->group,
		      fx->reply.done ? "done" : "refused", core_reason_text(fx->reply.reason));
		break;
	case CORE_FX_UPGRADE:
		trace(s, "n%u is replaced", n + 1);
		break;
	case CORE_FX_EXIT:
		trace(s, "n%u exits", n + 1);
		break;
	case CORE_FX_DRAIN:
		trace(s, "n%u group %u: drains for %.1f ms", n + 1, fx->group,
		      ahead_ms(s, n, fx->drain.until_ns));
		break;
	case CORE_FX_MEMBERS:
		trace(s, "n%u votes with %s before, %s", n + 1,
		      fx->members.prev ? "the members" : "none",
		      fx->members.settled ? "settled" : "not settled");
		break;
	case CORE_FX_SEND:
	case CORE_FX_RENEW:
	case CORE_FX_CLOSE:
	case CORE_FX_ADDR_ADD:
	case CORE_FX_ADDR_DEL:
	case CORE_FX_ANNOUNCE:
	case CORE_FX_ANNOUNCE_AGAIN:
	case CORE_FX_ANNOUNCE_END:
	case CORE_FX_RELINQUISH:
	case CORE_FX_PROBE:
	case CORE_FX_AUDIT:
	case CORE_FX_UPGRADE_NOT:
	case CORE_FX_ALARM:
	case CORE_FX_ASK_GATEWAY:
	case CORE_FX_KEY_MIN:
	case CORE_FX_SELFTEST:
		break;
	}
}
