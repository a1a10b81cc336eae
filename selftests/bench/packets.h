/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the benchmarks' BPF programs and their drivers share: who asks, what came back. */
#ifndef BENCH_PACKETS_H
#define BENCH_PACKETS_H

#include <linux/types.h>

#define PACKETS_CPUS 64
#define PACKETS_LEN \
	86 /* of a neighbour solicitation with its option, and of every frame with a drawn address */
#define PACKETS_FRAMES 2048 /* prepared frames, replayed one after the other */
#define PACKETS_FRAME_MAX 1536
#define PACKETS_AT_TPA 38 /* where the drawn address goes: ARP target, or IPv4 destination */
#define PACKETS_AT_DADDR 30
#define PACKETS_AT_DADDR6 50 /* the last four bytes of an IPv6 destination, */
#define PACKETS_AT_TARGET 74 /* of the target of neighbour discovery */

/* One for each processor that asks. */
struct packets_asker {
	__u64 random;
	__u64 step_ns; /* between two questions; 0: as fast as it goes */
	__u64 next_ns;
	__u64 first_ns, last_ns; /* of what was asked; the last one only roughly when unpaced */
	__u64 asked;
} __attribute__((aligned(64)));

/* One for each processor that receives. */
struct packets_sink {
	__u64 frames; /* ARP to our MAC */
	__u64 replies; /* those of them that answer */
	__u64 announced; /* ARP in which sender and target are one */
	__u64 first_ns, last_ns; /* with `stamps` set */
} __attribute__((aligned(64)));

struct packets_frame {
	__u32 len;
	__u32 pad;
	__u8 bytes[PACKETS_FRAME_MAX];
};

#endif
