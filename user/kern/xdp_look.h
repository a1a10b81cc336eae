/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the file that attaches by libxdp asks of the one that looks. */
#ifndef IPT_XDP_LOOK_H
#define IPT_XDP_LOOK_H

#include <xdp/libxdp.h>
#include "kern_int.h"

/* What is on the interface now. */
struct xdp_look {
	uint32_t ours; /* program id; 0: ours is not there */
	uint32_t
		alone; /* id of the program that fills the interface alone; 0: none, or a dispatcher */
	char alone_name[BPF_OBJ_NAME_LEN];
	enum xdp_attach_mode mode;
	bool dispatcher;
};

/* `recorded`: id that ours is known to have had there, or 0. Nothing there, or not to be asked: all zero. */
void kern_xdp_look(const struct kern *k, uint32_t ifindex, uint32_t recorded, struct xdp_look *ret);
/* Id of the pinned program, if it was ever attached: what another interface shares. */
uint32_t kern_xdp_pinned(const struct kern *k);

#endif
