/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What `status` tells: collected from the pinned maps once, then written as JSON or as text. */
#ifndef IPT_STATUS_H
#define IPT_STATUS_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include "abi.h"
#include "addr/addrs.h"
#include "addr/routes.h"
#include "core/odd.h"
#include "kern/kern.h"

#define STATUS_MAX_ALARMS 64

struct status_group {
	char name[IPT_NAME_LEN];
	const char *state; /* owner, standby, fault */
	const char *phase; /* of the protocol; "manual"; "none" while no daemon runs */
	const char *lease; /* live, none, manual */
	char owner[IPT_NAME_LEN]; /* empty: not known */
	uint64_t term;
	uint64_t remaining_ns; /* of a live lease */
	bool managed;
	bool drained;
	uint64_t drain_ns; /* for that long established traffic is still served */
	uint64_t
		rival_ns; /* when a host that is no member said that it has an address; 0: none did, ... */
	uint8_t rival_mac[6]; /* ... and which */
	bool rival_v6; /* by neighbour discovery, not by ARP */
	struct ipt_report report;
	struct vip_list list;
	uint32_t present; /* of those, on their interface: status_look_present() */
	struct ipt_tally_group tally;
	struct route_list routes;
};

struct status_path {
	char interface[IF_NAMESIZE];
	struct ipt_addr ip;
	bool up;
	uint64_t last_ns; /* as of the peer */
	uint64_t frames;
	uint8_t mac[6];
};

struct status_peer {
	char name[IPT_NAME_LEN];
	bool up;
	uint64_t last_ns; /* CLOCK_BOOTTIME of the last authentic heartbeat; 0: none yet */
	uint64_t silence_ns;
	bool witness;
	uint8_t key; /* of its newest accepted heartbeat; 0: none yet */
	uint8_t node; /* its number */
	/* of a heartbeat and what echoes it, less the wait at the peer; 0: none yet */
	uint64_t rtt_ns;
	struct odd odd[ODD_KINDS];
	uint32_t npaths;
	struct status_path paths[IPT_MAX_PEER_PATHS];
};

struct status_key {
	uint8_t kid;
	bool retired; /* heartbeats under it are life and no more */
	uint64_t used_ns; /* by a peer; 0: not yet */
};

struct status_iface {
	struct ipt_iface record;
	char on[IF_NAMESIZE]; /* of a VLAN device: where its programs are; empty: on itself */
	bool healthy; /* program and filter are still there */
};

/* What scripts and monitoring may tell alarms apart by; the text is for people. */
#define STATUS_ALARM_KINDS(X)             \
	X(SELFTEST, "selftest")           \
	X(FAULT, "fault")                 \
	X(CHECK, "check")                 \
	X(SERVED, "served")               \
	X(PLACE, "place")                 \
	X(AMISS, "amiss")                 \
	X(STACK, "stack")                 \
	X(MISSED, "missed")               \
	X(RIVAL, "rival")                 \
	X(DAEMON_SILENT, "daemon_silent") \
	X(DAEMON_DEAD, "daemon_dead")     \
	X(REFUSED, "refused")             \
	X(PORT, "port")                   \
	X(PATH, "path")                   \
	X(DIFFER, "differ")               \
	X(UNPROVEN, "unproven")           \
	X(UNHEARD, "unheard")             \
	X(ODD, "odd")                     \
	X(PROGRAM, "program")             \
	X(BUNDLED, "bundled")

#define STATUS_ALARM_ENUM(kind, word) ALARM_##kind,
enum status_alarm_kind { STATUS_ALARM_KINDS(STATUS_ALARM_ENUM) ALARM_KINDS };
#undef STATUS_ALARM_ENUM

struct status_alarm {
	enum status_alarm_kind kind;
	char group[IPT_NAME_LEN]; /* empty: not one group's */
	char text[160];
};

struct status {
	char instance[64];
	char node[IPT_NAME_LEN];
	bool daemon;
	uint64_t now_ns;
	bool quorum, witness; /* all members vote; this one owns nothing */
	uint32_t members, votes; /* votes: that an owner needs; 0: a pair has its own rule */
	uint32_t ngroups, npeers, nifaces, nalarms, nkeys;
	struct status_group groups[IPT_MAX_GROUPS];
	struct status_peer peers[IPT_MAX_PEERS];
	struct status_iface ifaces[IPT_MAX_IFACES];
	struct status_alarm alarms[STATUS_MAX_ALARMS];
	struct status_key keys[IPT_MAX_KEYS];
	uint64_t counters[CNT_MAX];
	uint64_t late[IPT_LATE_BUCKETS], late_sum_ns; /* as in struct ipt_tally */
};

/* 0 or -errno; to be freed in both cases. */
int status_collect(struct kern *k, const char *instance, struct status *ret, struct err *e);
void status_free(struct status *s);
/* Asks the kernel which of the groups' addresses lie on their interfaces. 0 or -errno. */
int status_look_present(struct status *s);

/* "198.18.1.1/16" */
#define STATUS_ADDR_LEN (ADDR_TEXT + 4)
void status_addr(const struct vip_list *list, uint32_t i, char ret[STATUS_ADDR_LEN]);

const char *status_alarm_word(enum status_alarm_kind kind);

void status_print_json(const struct status *s);

/* Tables for people. */
void status_text_head(FILE *f, const struct status *s);
void status_text_groups(FILE *f, const struct status *s);
void status_text_peers(FILE *f, const struct status *s);
void status_text_ifaces(FILE *f, const struct status *s);
void status_text_alarms(FILE *f, const struct status *s);

/* The daemon writes a group's report every second: has it been silent for longer than three? */
bool status_report_stale(const struct status *s, const struct status_group *g);

#endif
