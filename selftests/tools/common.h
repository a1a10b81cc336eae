/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the test tools share: packet sockets with kernel receive stamps, pacing, gaps, JSON pieces. */
#ifndef TOOLS_COMMON_H
#define TOOLS_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdnoreturn.h>

/* Tools have one user, a test: any error ends them with a line on standard error and status 2. */
noreturn __attribute__((format(printf, 1, 2))) void die(const char *fmt, ...);
uint64_t parse_u64(const char *text, const char *what);
uint32_t parse_ip(const char *text);
void mac_text(const uint8_t mac[6], char ret[18]);
void ip_text(uint32_t ip_be32, char ret[16]);

struct port {
	int fd;
	uint32_t ifindex;
	uint8_t mac[6];
};

/* A packet socket on `ifname` that receives `ethertype` (0: none), with receive stamps. */
void port_open(struct port *p, const char *ifname, uint16_t ethertype);
/* False: nothing left (queue full, port down). */
bool port_send(struct port *p, const void *frame, size_t len);

/* Kernel stamps are CLOCK_REALTIME; everything here is told in CLOCK_BOOTTIME. */
void stamps_on(int fd);
void stamps_sync(void);
/* Length of a frame that came in (own ones are skipped), 0 if nothing waits. */
size_t stamped_recv(int fd, void *bytes, size_t size, uint64_t *ret_ns);

/* SIGINT and SIGTERM end the measurement, not the process: the report must come out. */
void stop_on_signals(void);
bool stopped(void);

/* A steady beat: what is due, and how late we looked (the machine's stalls, seen from here). */
struct pace {
	uint64_t start_ns, interval_ns, end_ns;
	uint64_t next; /* number of the next tick */
	uint64_t look_ns; /* the last look */
	uint64_t worst_late_ns, worst_late_at_ns;
};

void pace_start(struct pace *p, uint64_t rate, uint64_t duration_ns);
/* Ticks that are due at `now_ns`; notes the lateness of the first. */
uint64_t pace_due(struct pace *p, uint64_t now_ns);
/* Waits for input on `fd` or for the next tick. */
void pace_wait(const struct pace *p, int fd);

/* Times without any answer, longest and all above a threshold, with our own lateness in them. */
#define GAPS_MAX 512
struct gap {
	uint64_t begin_ns, end_ns;
	uint64_t late_ns; /* how long this process itself did not run in it */
};

struct gaps {
	uint64_t threshold_ns;
	uint64_t last_ns; /* last answer; 0: none yet */
	uint64_t late_ns;
	uint64_t count;
	struct gap longest;
	struct gap list[GAPS_MAX];
};

void gaps_late(struct gaps *g, uint64_t late_ns);
void gaps_answer(struct gaps *g, uint64_t now_ns);
/* "longest_gap": {...}, "gaps": [...] without the outer braces. */
void gaps_print(const struct gaps *g);

#endif
