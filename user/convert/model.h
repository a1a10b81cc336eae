/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a host's keepalived configuration says, and what becomes of it here. */
#ifndef IPT_CONVERT_MODEL_H
#define IPT_CONVERT_MODEL_H

#include <stdint.h>
#include "abi.h"
#include "config/config.h"
#include "tree.h"

/* What becomes of a line. */
enum verdict { KEPT, CHANGED, NEEDLESS, MISSING, LOST, VERDICTS };

struct said {
	struct said *next;
	const char *file, *text;
	int line;
	unsigned int seq;
	enum verdict verdict;
};

enum check_kind { CHECK_SCRIPT, CHECK_PROCESS, CHECK_IFACE, CHECK_FILE };

/* vrrp_script, vrrp_track_process, or an interface that is tracked. */
struct check {
	struct check *next;
	const struct stmt *stmt, *line; /* line: that of the program */
	enum check_kind kind;
	const char *name;
	const char *command; /* words as in a shell's line, or a line for a shell */
	const char *user;
	uint64_t interval_us, timeout_us; /* 0: not said */
	int64_t weight;
	bool reverse, init_fail;
	int64_t rise, fall;
};

/* A line of track_script and the like. */
struct ref {
	struct ref *next;
	const struct stmt *stmt;
	enum check_kind kind;
	const char *name;
	bool has_weight, reverse,
		zero; /* zero: of an instance in a sync group, whose weights do not count */
	int64_t weight;
};

struct vip {
	struct vip *next;
	const struct stmt *stmt;
	const char *text; /* ADDRESS/LENGTH */
	const char *dev, *label, *scope; /* NULL: none */
	struct addr addr;
};

/* What stands in a route or in a rule, in the order in which it is written. */
enum route_part {
	ROUTE_FROM,
	ROUTE_TO,
	ROUTE_VIA,
	ROUTE_DEV,
	ROUTE_SRC,
	ROUTE_IIF,
	ROUTE_OIF,
	ROUTE_FWMARK,
	ROUTE_METRIC,
	ROUTE_TABLE,
	ROUTE_SCOPE,
	ROUTE_PRIORITY,
	ROUTE_PARTS
};

/* A line of virtual_routes or virtual_rules. */
struct route {
	struct route *next;
	const struct stmt *stmt;
	bool rule, v6, onlink;
	const char *part[ROUTE_PARTS]; /* NULL: not said */
	const char *text; /* as it is written, once its group is known, and what that means */
	struct ipt_route means;
};

enum hook_kind { HOOK_MASTER, HOOK_BACKUP, HOOK_FAULT, HOOK_ANY };

struct notify {
	struct notify *next;
	const struct stmt *stmt;
	enum hook_kind kind;
	const char *command, *user;
	const char *what, *name,
		*priority; /* INSTANCE or GROUP, and which, as keepalived tells it */
};

struct source {
	struct source *next;
	const char *text;
	const struct stmt *stmt;
};

/* vrrp_instance, or vrrp_sync_group with what its members have together. */
struct instance {
	struct instance *next;
	const struct stmt *stmt;
	const char *name, *iface;
	struct vip *vips;
	struct route *routes;
	struct ref *refs;
	struct notify *notify;
	struct source *peers; /* unicast_peer */
	struct source *members; /* of a sync group: names */
	const char *source; /* unicast_src_ip, mcast_src_ip */
	const struct stmt *source_stmt;
	int64_t vrid, priority;
	uint64_t advert_us, delay_us, refresh_us;
	bool nopreempt, in_sync, own_weights;
};

struct track {
	struct track *next;
	const char *name;
	const struct check *check;
	const char *command[CONFIG_MAX_ARGS + 1];
	int64_t weight;
	bool reverse;
};

struct group {
	struct group *next;
	const struct instance *of;
	const char *name;
	const char *tracks[CONFIG_MAX_TRACKS];
	unsigned int ntracks;
};

struct member {
	const char *name;
	const char *address[IPT_MAX_PEER_PATHS];
	unsigned int naddresses;
};

struct host {
	struct host *next;
	struct arena *arena;
	struct tree tree;
	const char *file, *id; /* id: NULL where the file speaks of one host */
	const char *name; /* of the file that is written, and its node */
	const char *router_id, *default_iface, *script_user;
	uint64_t startup_us, refresh_us, garp_interval_us, advert_us;
	struct instance *instances, *syncs;
	struct check *checks;
	struct group *groups;
	struct track *tracks;
	struct member self, peers[IPT_MAX_PEERS];
	unsigned int ngroups, ntracks, npeers;
	const char *source; /* where its heartbeats come from; NULL: not said */
	struct said *said;
	unsigned int nsaid, count[VERDICTS];
	char *text; /* what is written */
};

/* Is the address among them? */
static inline bool vips_have(const struct vip *v, const struct ipt_addr *ip)
{
	while (v && !ipt_addr_equal(&v->addr.ip, ip))
		v = v->next;
	return v;
}

#define APPEND(list, item)                          \
	do {                                        \
		__typeof__(&(list)) end_ = &(list); \
		while (*end_)                       \
			end_ = &(*end_)->next;      \
		*end_ = (item);                     \
	} while (0)

#endif
