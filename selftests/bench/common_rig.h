/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The rig of the packet benchmarks: the product's programs without pins, a group, addresses, a lease; who asks. */
#ifndef BENCH_RIG_H
#define BENCH_RIG_H

#include <stdbool.h>
#include <stdint.h>
#include "abi.h"
#include "packets.h"

#define RIG_GROUP 0
#define RIG_EPOCH 0x101ull
#define RIG_BASE 0xc6130001u /* 198.19.0.1, the first floating address, host order */
#define RIG_ASKER_IP 0xc6120009u /* 198.18.0.9 */
#define RIG_NEAR_IP 0xc61300feu /* 198.19.0.254: in the /24 of the first address */
#define RIG_ASK_BATCH 16 /* frames that a question waits for at most, and that leave in one go */

struct takeover_bpf;
struct announce_bpf;
struct packets_bpf;

struct rig {
	struct takeover_bpf *takeover;
	struct announce_bpf *announce;
	struct packets_bpf *packets;
	volatile uint64_t *leases; /* mapped, as the daemon has them */
};

uint64_t rig_now_ns(void); /* CLOCK_MONOTONIC, as bpf_ktime_get_ns() */
/* What this thread itself has run for: work of others in between does not count. */
uint64_t rig_cpu_ns(void);
void rig_sleep_ns(uint64_t ns);

void rig_open(struct rig *r);
void rig_close(struct rig *r);
int rig_map(const struct rig *r, const char *name);
void rig_set(const struct rig *r, const char *map, const void *key, const void *value);
/* `count` floating addresses from RIG_BASE on, all of RIG_GROUP, answered for with `mac` on `ifindex`. */
void rig_addresses(const struct rig *r, uint32_t ifindex, const uint8_t mac[6], uint32_t count);
/* The same of IPv6: rig_ip6(), and those that follow it. */
void rig_addresses6(const struct rig *r, uint32_t ifindex, const uint8_t mac[6], uint32_t count);
/* 2001:db8::198.19.0.1 and `i` more. */
struct ipt_addr rig_ip6(uint32_t i);
/* Under binding 0; until release() if `live`. */
void rig_lease(const struct rig *r, bool live);

/* Where this thread is from now on. */
void rig_enter(const char *netns);
uint32_t rig_device(const char *name, uint8_t mac[6]);
void rig_attach(uint32_t ifindex, int prog_fd); /* native; -1 takes it off */

/* The question: ARP from `asker_ip` (host order) at `from` to everybody, addresses drawn from `count`. */
void rig_question(const struct rig *r, const uint8_t from[6], uint32_t asker_ip, uint32_t count);
/* A neighbour's solicitation. The address that is drawn makes its checksum wrong, which ours leaves to the asker. */
void rig_question6(const struct rig *r, const uint8_t from[6], uint32_t count);

/* Who asks on a LAN with so many floating addresses: a neighbour of theirs while there is room for one. */
uint32_t rig_asker(uint32_t count);
/* Sends `frames` of `prog_fd` as live frames out of `ifindex`; 0 or -errno. */
int rig_live(int prog_fd, uint32_t ifindex, uint32_t frames, uint32_t batch);
/* This thread runs there only. */
void rig_pin(int cpu);
struct packets_sink rig_sunk(const struct rig *r); /* of all processors together */
void rig_sink_clear(const struct rig *r);

#endif
