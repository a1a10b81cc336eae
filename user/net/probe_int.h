/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What differs between the two families when an address is asked for. */
#ifndef IPT_PROBE_INT_H
#define IPT_PROBE_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "core/frame_nd.h"

#define PROBE_FRAME FRAME_ND /* the longer one */

/* Who asks. */
struct probe_asker {
	const uint8_t *mac;
	uint32_t from_be32; /* 0: nobody */
	const struct ipt_addr *from6; /* NULL: nobody */
};

/* Somebody has the address. */
struct probe_said {
	struct ipt_addr ip;
	uint8_t mac[6];
};

struct probe_family {
	unsigned int index; /* below PROBE_FAMILIES */
	int (*open)(uint32_t ifindex);
	/* Writes one question, returns its length, that of every one from this asker. */
	size_t (*write)(uint8_t *frame, const struct probe_asker *asker, const struct ipt_addr *ip);
	/* Is the frame an answer to the asker? */
	bool (*read)(const uint8_t *frame, size_t len, const struct probe_asker *asker,
		     struct probe_said *ret);
};

extern const struct probe_family probe_arp, probe_nd;

#endif
