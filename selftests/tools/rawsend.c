/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Sends frames given in hex from a packet socket, and says how many left: `rawsend IFACE COUNT HEX...`. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common.h"

#define MAX_FRAME 2048

static size_t parse_hex(const char *text, uint8_t ret[MAX_FRAME])
{
	size_t n = 0;
	unsigned int byte;

	for (; *text; text += 2) {
		if (n == MAX_FRAME || sscanf(text, "%2x", &byte) != 1 || !text[1])
			die("rawsend: \"%s\": not an even number of hex digits", text);
		ret[n++] = (uint8_t)byte;
	}
	return n;
}

int main(int argc, char **argv)
{
	uint8_t bytes[MAX_FRAME];
	struct port port;
	uint64_t i, count, sent = 0, dropped = 0;
	size_t len;
	int a;

	if (argc < 4)
		die("usage: rawsend IFACE COUNT HEX...");
	port_open(&port, argv[1], 0);
	count = parse_u64(argv[2], "COUNT");
	for (i = 0; i < count; i++) {
		for (a = 3; a < argc; a++) {
			len = parse_hex(argv[a], bytes);
			if (port_send(&port, bytes, len))
				sent++;
			else
				dropped++;
		}
	}
	printf("{\"sent\": %" PRIu64 ", \"dropped\": %" PRIu64 "}\n", sent, dropped);
	return 0;
}
