/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks the driver, by the ioctl of ethtool, for its features by name. */
#include "strip.h"

#include <linux/ethtool.h>
#include <linux/if_ether.h>
#include <linux/sockios.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define FEATURES_MAX 512u /* no kernel has as many */

static int ask(int fd, const char *ifname, void *what)
{
	struct ifreq ifr = {.ifr_data = what};

	(void)snprintf(ifr.ifr_name, sizeof(ifr.ifr_name), "%s", ifname);
	return ioctl(fd, SIOCETHTOOL, &ifr);
}

/* Which number the feature has in this kernel; negative: none. */
static int feature_find(int fd, const char *ifname, const char *feature)
{
	union {
		struct ethtool_sset_info info;
		uint32_t room[sizeof(struct ethtool_sset_info) / sizeof(uint32_t) + 1];
	} set = {.info = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ull << ETH_SS_FEATURES}};
	struct ethtool_gstrings *names;
	int found = -1;
	uint32_t n;

	if (ask(fd, ifname, &set) || !set.info.sset_mask || set.info.data[0] > FEATURES_MAX)
		return -1;
	n = set.info.data[0];
	names = calloc(1, sizeof(*names) + (size_t)n * ETH_GSTRING_LEN);
	if (!names)
		return -1;
	names->cmd = ETHTOOL_GSTRINGS;
	names->string_set = ETH_SS_FEATURES;
	names->len = n;
	if (!ask(fd, ifname, names))
		for (uint32_t i = 0; i < names->len && i < n && found < 0; i++)
			if (!strncmp((const char *)names->data + (size_t)i * ETH_GSTRING_LEN,
				     feature, ETH_GSTRING_LEN))
				found = (int)i;
	free(names);
	return found;
}

/* The same for the kernel's whole life, so it is kept once it is found: number + 1, of 802.1Q and of 802.1ad. */
static int feature_number(int fd, const char *ifname, bool service)
{
	static _Atomic int known[2];

	if (!known[service])
		known[service] =
			1 + feature_find(fd, ifname,
					 service ? "rx-vlan-stag-hw-parse" : "rx-vlan-hw-parse");
	return known[service] - 1;
}

static bool feature_is_on(int fd, const char *ifname, bool service)
{
	union {
		struct ethtool_gfeatures head;
		uint8_t room[sizeof(struct ethtool_gfeatures) +
			     FEATURES_MAX / 32 * sizeof(struct ethtool_get_features_block)];
	} f = {.head = {.cmd = ETHTOOL_GFEATURES, .size = FEATURES_MAX / 32}};
	int at = feature_number(fd, ifname, service);

	return at >= 0 && !ask(fd, ifname, &f) && f.head.features[at / 32].active >> at % 32 & 1;
}

bool strip_is_on(const char *ifname, uint16_t proto)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool on = fd >= 0 && feature_is_on(fd, ifname, proto == ETH_P_8021AD);

	if (fd >= 0)
		(void)close(fd);
	return on;
}
