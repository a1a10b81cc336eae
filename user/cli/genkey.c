/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* genkey: a key for the heartbeats, as a line of the key file. */
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cmd.h"
#include "genkey.h"

#define KEY_BYTES 16

/* What others may read is no key. */
static bool is_open(void)
{
	struct stat st;

	return !fstat(STDOUT_FILENO, &st) && S_ISREG(st.st_mode) && st.st_mode & 077;
}

int genkey_line(unsigned int number, char line[GENKEY_LINE])
{
	uint8_t key[KEY_BYTES];
	int n;

	if (getrandom(key, sizeof(key), 0) != sizeof(key))
		return -errno;
	n = snprintf(line, GENKEY_LINE, "%u ", number);
	for (size_t i = 0; i < sizeof(key); i++)
		n += snprintf(line + n, GENKEY_LINE - (size_t)n, "%02x", key[i]);
	(void)snprintf(line + n, GENKEY_LINE - (size_t)n, "\n");
	explicit_bzero(key, sizeof(key));
	return 0;
}

int cmd_genkey(const struct cmd_ctx *ctx)
{
	const char *number = ctx->argc ? ctx->argv[0] : "1";
	char line[GENKEY_LINE], *end;
	long n = strtol(number, &end, 10);
	int err;

	if (ctx->argc > 1)
		return CMD_USAGE;
	if (*number < '0' || *number > '9' || *end || n < 1 || n > 255)
		return cmd_fail(2, "'%s': a key number is 1 to 255", number);
	if (is_open())
		return cmd_fail(1,
				"standard output is a file that others may read: umask 077 first");
	err = genkey_line((unsigned int)n, line);
	if (err)
		return cmd_fail(1, "no random numbers: %s", strerror(-err));
	(void)fputs(line, stdout);
	explicit_bzero(line, sizeof(line));
	return 0;
}
