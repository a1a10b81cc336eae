/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Where a member's configuration is not ours, as far as its heartbeats show. Pure. */
#ifndef IPT_DIFFER_H
#define IPT_DIFFER_H

#include <stdbool.h>
#include <stddef.h>
#include "abi.h"
#include "frame.h"

struct differ_group {
	char name[IPT_NAME_LEN];
	uint16_t wire_id;
	uint8_t addr_mark; /* 0: none, as of a witness's groups */
};

/* Our side of it. */
struct differ_ours {
	uint32_t cfg_hash;
	uint32_t cfg_prev; /* the members before, while they change (protocol 8) */
	uint32_t ngroups;
	struct differ_group group[IPT_MAX_GROUPS];
};

enum differ_kind {
	DIFFER_MEMBERS, /* mode, names, numbers, witnesses: cfg_hash */
	DIFFER_MISSING, /* it does not have our group */
	DIFFER_ADDRESSES,
	DIFFER_MORE, /* it has groups that we lack */
	DIFFER_KINDS
};

/* One bit for each of our groups; what is not one group's is in bit 0. */
struct differ {
	uint64_t bits[DIFFER_KINDS];
	uint32_t more; /* how many groups we lack */
};

void differ_find(const struct differ_ours *ours, const struct beat *said, struct differ *ret);
/* Is it said of one group? */
bool differ_is_of_group(enum differ_kind kind);
void differ_text(enum differ_kind kind, const char *peer, char *text, size_t size);

/* What was told of one member. */
struct differ_told {
	uint64_t seen[DIFFER_KINDS], told[DIFFER_KINDS];
};

/*
 * One look more. What two looks in a row have seen has begun: members whose files are changed one after the other
 * differ for a moment. What was told and is no more has ended.
 */
void differ_news(struct differ_told *t, const struct differ *now, struct differ *begun,
		 struct differ *ended);

#endif
