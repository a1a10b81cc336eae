/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Captures with an interface for each port and direction, as tcpdump reads them: written and read back. */
#ifndef TOOLS_COMMON_PCAPNG_H
#define TOOLS_COMMON_PCAPNG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define PCAPNG_MAX_IFACES 32
#define PCAPNG_SNAPLEN 512 /* the longest heartbeat of three nodes, and all ARP */

struct pcapng {
	FILE *f;
	uint32_t nifaces;
	char name[PCAPNG_MAX_IFACES][16];
};

struct pcapng_frame {
	uint64_t time_ns; /* CLOCK_BOOTTIME */
	uint32_t iface;
	uint32_t len, caplen;
	uint8_t bytes[PCAPNG_SNAPLEN];
};

/* Interfaces are declared before the first frame. */
void pcapng_create(struct pcapng *p, const char *path);
uint32_t pcapng_iface(struct pcapng *p, const char *name);
void pcapng_write(struct pcapng *p, uint32_t iface, uint64_t time_ns, const void *bytes,
		  size_t len);
void pcapng_open(struct pcapng *p, const char *path);
/* False at the end. Interfaces become known as their blocks are passed. */
bool pcapng_next(struct pcapng *p, struct pcapng_frame *ret);
void pcapng_close(struct pcapng *p);

#endif
