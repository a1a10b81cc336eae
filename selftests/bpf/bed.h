/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A test bed for the BPF programs: unpinned maps, single runs, counters and events to check afterwards. */
#ifndef IPT_BED_H
#define IPT_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "abi.h"

#define BED_IFINDEX 1 /* lo: where BPF_PROG_TEST_RUN says that a frame came from */
#define BED_FRAME_MAX 2048
#define BED_EVENTS_MAX 64
#define BED_SECOND_NS 1000000000ull

/* A set of counters: those that a run must raise by one. */
#define BIT(name) (1ull << CNT_##name)

enum bed_program { BED_TAKEOVER, BED_FENCE, BED_ANNOUNCE };

struct bed;

/* cmocka group fixtures: load all programs once, unload them. */
int bed_setup(void **state);
int bed_teardown(void **state);
/* cmocka test fixture: every map as if new. */
int bed_reset(void **state);

void bed_set(struct bed *b, const char *map, const void *key, const void *value);
void bed_get(struct bed *b, const char *map, const void *key, void *ret);
int bed_map_fd(struct bed *b, const char *map);
void bed_lease(struct bed *b, uint32_t group, uint64_t word);
uint64_t bed_lease_word(struct bed *b, uint32_t group);
void bed_vip(struct bed *b, uint32_t ifindex, const char *address, uint32_t group,
	     const uint8_t mac[6]);
uint32_t bed_ip(const char *address);
struct ipt_addr bed_addr(const char *address); /* of either family */
uint64_t bed_now_ns(void);

/* From now on the programs take this for the time, until the test ends. */
void bed_clock(struct bed *b, uint64_t now_ns);

/* From now on frames for the fence go through another program first, which tail-calls by that map; 0: no more. */
void bed_in_front(struct bed *b, int prog_fd, int prog_array_fd);

struct bed_run {
	int verdict;
	uint32_t len;
	uint8_t bytes[BED_FRAME_MAX];
};

void bed_run(struct bed *b, enum bed_program program, const void *bytes, size_t len,
	     struct bed_run *ret);
/* Runs the frame, checks the verdict, that exactly `counters` rose by one, and that the bytes did not change. */
void bed_expect(struct bed *b, enum bed_program program, const char *what, const void *bytes,
		size_t len, int verdict, uint64_t counters);
/* Which counters rose since the last call, each by one; more than one is a failure. */
uint64_t bed_counted(struct bed *b, const char *what);
/* The present value of one counter. */
uint64_t bed_counter(struct bed *b, enum ipt_counter which);
/* Takes what is in the ring buffer; waits up to `wait_ms` for the first event. Returns how many there were:
 * beyond BED_EVENTS_MAX the last element holds the newest. */
int bed_events(struct bed *b, struct ipt_event ret[BED_EVENTS_MAX], int wait_ms);

#endif
