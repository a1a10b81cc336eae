/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The configuration file (ip-takeover.conf(5)): text in, a checked struct or one error out, and back. */
#ifndef IPT_CONFIG_H
#define IPT_CONFIG_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include "abi.h"
#include "err.h"
#include "timing.h"

enum config_alone { ALONE_ALWAYS, ALONE_NEVER };
enum config_address { ADDRESS_OWNER, ADDRESS_STANDING, ADDRESS_NONE };
#define CONFIG_MAX_KERNEL_ADDRESSES \
	1024 /* owner and standing: beyond, one local route serves better */

struct config_addr {
	uint32_t ip_be32;
	uint8_t prefix_len;
};

struct config_group {
	char name[IPT_NAME_LEN];
	char interface[IFNAMSIZ];
	struct config_addr *addrs;
	uint32_t naddrs;
	enum config_address address;
	uint64_t refresh_ns; /* 0: off */
	uint32_t burst_pps; /* pacing of announcement bursts (P12) */
	uint8_t priority; /* 1..254 */
	bool preempt;
	int line; /* in the file, for messages */
};

struct config_peer {
	char name[IPT_NAME_LEN];
	uint32_t ip_be32;
	uint8_t id;
	int line;
};

struct config_key {
	uint8_t kid;
	struct sip_key master;
};

struct config {
	char node[IPT_NAME_LEN];
	uint8_t id; /* configured, or the rank of the name among all members */
	bool realtime;
	enum config_alone alone;
	struct timing timing;
	uint16_t port; /* host order */
	char key_file[256];
	struct config_key keys[IPT_MAX_KEYS];
	uint32_t nkeys;
	struct config_peer peers[IPT_MAX_PEERS];
	uint32_t npeers;
	struct config_group groups[IPT_MAX_GROUPS];
	uint32_t ngroups;
	uint32_t cfg_hash; /* mode, ids and membership: peers must agree (protocol 2.3) */
};

/*
 * Reads and checks `path` and the key file it names. 0, or -errno with "FILE:LINE: what is wrong,
 * quoting the word". Does not look at interfaces: that is for `run`. On error `ret` is untouched.
 */
int config_load(const char *path, struct config *ret, struct err *e);
void config_free(struct config *c);

/* Canonical form: what config_load() reads back to the same struct; derived times as comments. */
void config_print(const struct config *c, FILE *f);

/* "A.B.C.D/LEN" as `add` and the file take it. 0 or -EINVAL with a text that quotes it. */
int config_parse_addr(const char *text, struct config_addr *ret, struct err *e);

/* Group and node names: 1..31 characters of A-Z a-z 0-9 _ . - ; 0 or -EINVAL. */
int config_check_name(const char *what, const char *name, struct err *e);

#endif
