/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the commands share that are requests to the daemon: their words, asking, saying what was done. */
#ifndef IPT_ASK_H
#define IPT_ASK_H

#include "cmd.h"
#include "control/client.h"

#define ASK_WAIT_MS 10000

enum ask_word {
	ASK_GROUP = 1, /* a group must be named */
	ASK_ANY_GROUP = 2, /* one may be */
	ASK_FORCE = 4, /* --force */
	ASK_TO = 8, /* --to NODE */
};

/* The words after the command, in any order. False: usage. */
bool ask_words(const struct cmd_ctx *ctx, unsigned int known, struct client_request *ret);

/* CLIENT_NO_DAEMON: nobody listens; else the exit status is in *status and all is said. */
int ask_daemon(const struct cmd_ctx *ctx, const struct client_request *r, const char *done,
	       int *status);

/* The same for what only a daemon can do. The exit status. */
int ask_only(const struct cmd_ctx *ctx, const struct client_request *r, const char *done);

/* "group 'GROUP': TEXT", or the text alone if `group` is NULL. Returns 0, the exit status. */
int ask_say(const struct cmd_ctx *ctx, const char *group, const char *text);

#endif
