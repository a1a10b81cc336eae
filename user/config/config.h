/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The configuration file (ip-takeover.conf(5)): text in, a checked struct or one error out, and back. */
#ifndef IPT_CONFIG_H
#define IPT_CONFIG_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include "abi.h"
#include "base/addr.h"
#include "base/err.h"
#include "core/timing.h"

enum config_alone { ALONE_ALWAYS, ALONE_NEVER, ALONE_GATEWAY };
enum config_rollout { ROLLOUT_RECEIVE_ONLY, ROLLOUT_PERMISSIVE, ROLLOUT_ENFORCE };
enum config_relinquish { RELINQUISH_QUIET, RELINQUISH_ANNOUNCE };
enum config_initial { INITIAL_WAIT, INITIAL_GOOD, INITIAL_FAIL };
enum config_mode { MODE_AUTO, MODE_NATIVE, MODE_GENERIC };
enum config_prefix { PREFIX_AUTO, PREFIX_WRITTEN };
enum config_address { ADDRESS_OWNER, ADDRESS_STANDING, ADDRESS_NONE };
#define CONFIG_MAX_KERNEL_ADDRESSES \
	1024 /* owner and standing: beyond, one local route serves better */

#define CONFIG_PLACEHOLDER "FILL-IN-" /* what convert leaves for people to write */
#define CONFIG_MAX_GROUP_IFACES 8
#define CONFIG_MAX_TRACKS 16
#define CONFIG_MAX_ARGS 8
#define CONFIG_USER_LEN 33 /* as long as Linux lets names of users be, and a NUL */

/* A program and its words, run without a shell; argv[0] NULL: none. */
struct config_command {
	char *argv[CONFIG_MAX_ARGS + 1];
	char user[CONFIG_USER_LEN]; /* as whom; empty: as the daemon, root */
	int line, user_line;
};

/* track "NAME" { script = { "/path", "word" } interval = "1s" timeout = "1s" weight = 0 rise = 1 fall = 1 ... } */
struct config_track {
	char name[IPT_NAME_LEN];
	struct config_command script;
	uint64_t interval_ns;
	uint64_t timeout_ns; /* at most interval_ns */
	int weight; /* 0: failing is a fault; else added to the priority: < 0 while it fails, > 0 while it does not */
	uint32_t rise, fall; /* results in a row that change the verdict */
	enum config_initial initial; /* what it counts as before its first result */
	int line;
};

struct config_group {
	char name[IPT_NAME_LEN];
	/* Each has addresses of the group; the first, its own, has those that name none. */
	char iface[CONFIG_MAX_GROUP_IFACES][IFNAMSIZ];
	uint32_t nifaces; /* 0: a witness's */
	uint8_t v6_ifaces; /* those with addresses of IPv6: a bit for each */
	enum config_mode
		mode; /* of XDP there; the groups of an interface do not contradict each other */
	bool lease_only; /* no addresses: a lease, hooks and routes */
	struct addr *addrs;
	uint32_t naddrs;
	uint32_t
		addr_hash; /* of the addresses in any order, prefix lengths aside; 0: a witness's */
	struct ipt_route *routes; /* those that follow the owner, rules after routes */
	uint32_t nroutes;
	enum config_address address;
	enum config_prefix prefix; /* how an "owner" address is put on its interface */
	uint64_t refresh_ns; /* 0: off */
	uint32_t burst_pps; /* pacing of announcement bursts (P12) */
	enum config_relinquish relinquish; /* whether the old owner says who the new one is */
	uint8_t priority; /* 1..254 */
	bool preempt;
	uint64_t preempt_delay_ns; /* at least 10 G (I8) */
	uint64_t drain_ns; /* after a planned release, at most 5 s */
	struct config_command
		notify; /* called with GROUP STATE TERM REASON at each change of state */
	uint32_t track[CONFIG_MAX_TRACKS]; /* indices into config.tracks */
	uint32_t ntracks;
	int line; /* in the file, for messages */
};

/* Where a peer is. */
struct config_host {
	struct ipt_addr ip;
	char iface
		[IFNAMSIZ]; /* of a link-local address, the interface that leads there; else empty */
	bool far; /* behind a router, perhaps: the peer's `hops` is above 1 */
};

struct config_peer {
	char name[IPT_NAME_LEN];
	/* address = "A" or addresses = { "A", "B" }: a path each */
	struct config_host addrs[IPT_MAX_PEER_PATHS];
	uint32_t naddrs;
	/* Of our heartbeats to it: source = "A" or sources = { "A", "B" }, each for the paths of its kind; none: as the kernel
	 * routes */
	struct ipt_addr sources[IPT_MAX_PEER_PATHS];
	uint32_t nsources;
	uint8_t hops; /* hosts that send a frame of its, itself included: 1 on the LAN */
	bool witness;
	uint8_t id;
	int line;
};

#define CONFIG_HOST_TEXT (ADDR_TEXT + IFNAMSIZ)
/* As it is written: fe80::1%eth0. Returns `text`. */
const char *config_host_text(const struct config_host *h, char text[CONFIG_HOST_TEXT]);

struct config_key {
	uint8_t kid;
	struct sip_key master;
};

struct config {
	char node[IPT_NAME_LEN];
	uint8_t id; /* configured, or the rank of the name among all members */
	bool realtime;
	bool quorum; /* three members or more, or two and a witness; else a pair */
	bool witness; /* this node votes and owns nothing: its groups are names only */
	enum config_alone alone; /* pair only */
	uint32_t gateway_be32; /* alone = "gateway" */
	uint64_t hold_off_ns; /* from the daemon's start on it claims nothing that is vacant */
	struct timing timing;
	uint16_t port; /* host order */
	char key_file[256];
	int key_line; /* where it is named; 0: nowhere, it is the default */
	struct config_key keys[IPT_MAX_KEYS]; /* in the order of the file */
	uint32_t nkeys;
	enum config_rollout rollout;
	struct config_track tracks[CONFIG_MAX_TRACKS];
	uint32_t ntracks;
	struct config_peer peers[IPT_MAX_PEERS];
	uint32_t npeers;
	struct config_group groups[IPT_MAX_GROUPS];
	uint32_t ngroups;
	uint32_t cfg_hash; /* mode, ids and membership: peers must agree (protocol 4) */
	bool ranked; /* some of the ids are not written: the ranks of the names */
	int mode_line; /* of `quorum`, or where it would be looked for */
};

/*
 * Reads and checks `path` and the key file it names. 0, or -errno with "FILE:LINE: what is wrong,
 * quoting the word". Does not look at interfaces: that is for `run`. On error `ret` is untouched.
 */
int config_load(const char *path, struct config *ret, struct err *e);

/*
 * Whether the programs that `c` names can run on this host, and whether they, `path` it was read from and its key file
 * are root's alone to write. 0, or -EINVAL with "FILE:LINE: what is wrong".
 */
int config_check_files(const struct config *c, const char *path, struct err *e);
void config_free(struct config *c);
bool config_has_group(const struct config *c, const char *name);

/*
 * Whether `new` may take over from `old` in a process that adopts the kernel's state: 0, or -EBUSY naming what
 * only a stop and a start can change. Members are config_follow()'s.
 */
int config_reload_refused(const struct config *old, const struct config *new, struct err *e);

/* Fills in what the maps keep of the members: mode, hash, list. The other fields stay as they are. */
void config_members(const struct config *c, struct ipt_self *ret);

/* How the members of a configuration follow those before (protocol 8). */
struct config_follow {
	uint32_t cfg_prev; /* those before, until the change has settled; 0: none */
	uint8_t prev_votes; /* how many of those are a majority */
	uint8_t prev_not; /* number of the voter that is none of them; 0: one has gone */
	bool prev_over; /* this node votes with those no more */
	bool settled;
	bool goes_on; /* at most one voter is another: gates and promises stay */
	bool guarded; /* a majority of the members before must be heard, and none of another set */
};

/*
 * Whether `next`, read from `path`, may follow the members in `self`, which a daemon of this boot has left in the maps.
 * 0 and *ret, or -EBUSY with "FILE:LINE: what is wrong, and the way to do it".
 */
int config_follow(const struct ipt_self *self, const struct config *next, const char *path,
		  struct config_follow *ret, struct err *e);

/* Of how many members how many must agree, and how many may fail: "quorum of 3: survives the loss of 1; ...". */
void config_promise(const struct config *c, char *text, size_t size);

/* Canonical form: what config_load() reads back to the same struct; derived times as comments. */
void config_print(const struct config *c, FILE *f);

/* "A.B.C.D/LEN" or "A:B::C/LEN" as `add` and the file take it. 0 or -EINVAL with a text that quotes it. */
int config_parse_addr(const char *text, struct addr *ret, struct err *e);
/* The name of an interface that addresses go on; what may stand behind `label` for one on `iface`. 0 or -EINVAL. */
int config_parse_interface(const char *name, struct err *e);

/* Escapes in quoted words can make control characters; no name or path of ours has any. */
bool config_has_control(const char *text);
int config_parse_label(const char *label, const char *iface, struct err *e);
/* A word of `routes` or of `rules`; a route that names no interface is on `iface`. 0 or -EINVAL with a text that quotes it. */
int config_parse_route(const char *text, bool rule, const char *iface, struct ipt_route *ret,
		       struct err *e);

/* Group and node names: 1..31 characters of A-Z a-z 0-9 _ . - ; 0 or -EINVAL. */
int config_check_name(const char *what, const char *name, struct err *e);

#endif
