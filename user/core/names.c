/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the words that log and status use for states, events and counters. */
#include "names.h"

#define UNKNOWN "?"

/* A gap in a table is as unknown as a number beyond its end. */
#define LOOK_UP(table, i) \
	((i) < sizeof(table) / sizeof((table)[0]) && (table)[i] ? (table)[i] : UNKNOWN)

const char *names_state(uint32_t state)
{
	static const char *const words[] = {
		[HB_INIT] = "init",	  [HB_BACKUP] = "standby",  [HB_CAND] = "candidate",
		[HB_OWNER] = "owner",	  [HB_RELEASE] = "release", [HB_FAULT] = "fault",
		[HB_WITNESS] = "witness",
	};

	return LOOK_UP(words, state);
}

const char *names_status(uint32_t state)
{
	/* Who asks for the status wants to know where the address is; the phase tells the rest. */
	static const char *const words[] = {
		[HB_INIT] = "standby",	  [HB_BACKUP] = "standby",  [HB_CAND] = "standby",
		[HB_OWNER] = "owner",	  [HB_RELEASE] = "standby", [HB_FAULT] = "fault",
		[HB_WITNESS] = "standby",
	};

	return LOOK_UP(words, state);
}

const char *names_counter(uint32_t counter)
{
#define WORD(name, text) #name,
	static const char *const words[] = {IPT_COUNTERS(WORD)};
#undef WORD

	return LOOK_UP(words, counter);
}

const char *names_counter_text(uint32_t counter)
{
#define TEXT(name, text) text,
	static const char *const words[] = {IPT_COUNTERS(TEXT)};
#undef TEXT

	return LOOK_UP(words, counter);
}

const char *names_selftest(uint32_t result)
{
	static const char *const words[] = {
		[SELFTEST_NONE] = "none",	[SELFTEST_OK] = "ok",
		[SELFTEST_SILENT] = "silent",	[SELFTEST_LATE] = "late",
		[SELFTEST_FOREIGN] = "foreign",
	};

	return LOOK_UP(words, result);
}

const char *names_announce(uint32_t via)
{
	static const char *const words[] = {
		[ANNOUNCE_NONE] = "none",
		[ANNOUNCE_PACKET] = "packet",
		[ANNOUNCE_LIVE] = "live",
	};

	return LOOK_UP(words, via);
}
