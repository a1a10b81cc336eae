/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Hardware addresses as people write them. */
#ifndef IPT_MAC_H
#define IPT_MAC_H

#include <stdint.h>
#include <stdio.h>

#define MAC_TEXT 18

static inline void mac_text(const uint8_t mac[6], char ret[MAC_TEXT])
{
	(void)snprintf(ret, MAC_TEXT, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		       mac[3], mac[4], mac[5]);
}

#endif
