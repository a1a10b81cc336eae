/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the parts of the running daemon share: doors, threads, the core, and where they meet. */
#ifndef IPT_DAEMON_H
#define IPT_DAEMON_H

#include <stdbool.h>
#include <stdint.h>
#include "addr/announce.h"
#include "addr_watch.h"
#include "config/config.h"
#include "control/control.h"
#include "core/core.h"
#include "core/differ.h"
#include "core/odd.h"
#include "kern/kern.h"
#include "links.h"
#include "missed.h"
#include "multicast.h"
#include "plan.h"
#include "programs/hook.h"
#include "programs/track.h"
#include "requests.h"
#include "rival_rule.h"
#include "stack_watch.h"
#include "worker.h"

struct queue;
struct seen;
struct heir;

/* What has been told of peers and members, so that only news is. */
struct told {
	bool peer_up[IPT_MAX_PEERS], path_up[IPT_MAX_PATHS];
	struct differ_told differ[IPT_MAX_PEERS];
	struct odd odd[IPT_MAX_PEERS][ODD_KINDS];
};

/* Whether our heartbeats pass our egress program. */
struct fence_look {
	uint64_t unseen_since_ns; /* the first that left past it; 0: the last one did not */
	bool told;
};

/* A probe that is out, on all interfaces of its group at the same time. */
struct group_probe {
	uint32_t waits; /* for so many of them */
	uint64_t asked_ns; /* the first question */
	enum core_probed found; /* so far */
};

struct daemon_group {
	uint32_t index; /* in the kernel's maps */
	/* Of which of its interfaces IPv6 answers say that this host is a router: a bit for each, as in the configuration. */
	uint8_t routers;
	struct vip_list list; /* as set up: collecting it again takes longer than a lease */
	enum core_reason reason; /* of the last change */
	enum ipt_selftest selftest;
	uint64_t selftest_ns, selftest_rtt_ns;
	uint64_t retest_ns; /* the last one was bad: when it is made again; 0: it was not */
	bool owes_removal; /* of its addresses: there was no room for the job */
	uint8_t selftest_mac[6];
	struct rivals rivals;
	struct group_probe probe;
	uint8_t priority_base; /* set by hand; 0: as configured */
	uint8_t priority; /* with the weights of its tracks, as the core was told; 0: not yet */
	bool track_fault, track_waits; /* as the core was told */
	bool unfenced; /* its interface has no egress filter: as the core was told */
	struct addr_watch watch;
	unsigned int astray; /* looks in a row at which the kernel did not take its traffic in */
};

struct daemon {
	const char *instance;
	const char *path; /* of the configuration */
	struct config cfg;
	struct config_follow follow; /* the members before */
	struct kern *k;
	bool is_heir; /* of a process that was replaced */
	bool keep_socket; /* if the set-up fails: there is another configuration to try */
	uint64_t session;
	struct core_adopt adopt; /* what a predecessor left that we go on with */
	const char *adopt_not; /* why its gates could not be adopted; NULL: they could */
	uint64_t born_ns; /* the process, or the exec that made it; 0: its first beat has left */
	bool started; /* all is there, and the first heartbeat is built */
	uint64_t started_ns; /* the loop: events before are a predecessor's */
	struct sip_key send_key[IPT_MAX_KEYS]; /* as cfg.keys */
	int port_fd; /* -1: another program has the port */
	bool port_told;
	struct plan plan; /* the host around us, as set up */
	struct daemon_group groups[IPT_MAX_GROUPS];

	struct requests requests;
	struct told told;
	struct fence_look fence_look;
	struct missed missed;
	struct multicast multicast;

	struct announcer *announcer;
	struct worker *addrs; /* addresses and sysctls */
	struct worker *prober;
	struct next_hops *next_hops; /* NULL: no peer is behind a router */
	struct control *control;
	struct links *links;
	struct tracks *tracks;
	struct track_status track[CONFIG_MAX_TRACKS]; /* as read last */
	struct hooks *hooks;
	struct heir *heir;
	struct standin *standin; /* NULL: there is none */

	struct core core;
	struct core_view view;
	struct seen *seen; /* the frames that the view points to */
	struct queue *queue;
	bool start_over; /* as soon as it may be */

	uint64_t late_max_ns; /* of the looks in this minute */
	uint64_t late_since_ns;
	const char *
		heir_by; /* "reload", "upgrade": this process took another's place; NULL: it did not */
	char heir_trouble[256]; /* why it is not what was asked for; empty: it is */
	bool done;
};

/* setup.c: from the configuration to programs, maps, sockets; undone whole on failure. */
int setup_open(struct daemon *d, const char *instance, struct err *e);
void setup_close(struct daemon *d);
void setup_core_config(const struct daemon *d, struct core_config *ret);

/* view.c: the kernel's records for one step. 0 or -ENOMEM. */
int view_open(struct daemon *d);
void view_close(struct daemon *d);
void view_read(struct daemon *d);
bool view_is_member(const struct daemon *d, const uint8_t mac[6]);

/* apply.c: effects into doors; answers go back into the queue. */
void apply_out(struct daemon *d, const struct core_out *out);

/* jobs_post.c: effects that may block, into the worker threads. */
void jobs_post(struct daemon *d, const struct core_effect *fx);
void jobs_owed(struct daemon *d); /* once a second: what found no room, and tests that were bad */

/* addr_jobs.c: the group's addresses off their interfaces, in a thread. False: no room. */
bool addr_jobs_remove(struct daemon *d, uint32_t group);

/* rival.c: who else has a group's addresses. */
void rival_met(struct daemon *d, uint32_t group, const struct ipt_event *ev);
void rival_audited(struct daemon *d, uint32_t group, const uint8_t mac[6]);

/* report.c: what `status` reads, and the log line of a change. */
void report_write(struct daemon *d, uint32_t group);
void report_all(struct daemon *d);
void report_alarm(struct daemon *d, const struct core_effect *fx);
void report_change(struct daemon *d, const struct core_effect *fx);

/* checks.c: what the track scripts found, for the core and for `status`. */
void checks_before(struct daemon *d, char names[TRACK_NAMES]); /* before the first report */
void checks_fetch(struct daemon *d);
void checks_priority(struct daemon *d, uint32_t group,
		     uint8_t priority); /* by hand; 0: as configured */
void checks_report(struct daemon *d, uint32_t group, struct ipt_report *ret);

/* loop.c */
int loop_run(struct daemon *d, struct err *e);

#endif
