/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* init: a first configuration for all members, and their key; on a terminal it asks for what is missing. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "cmd.h"
#include "config/config.h"
#include "genkey.h"
#include "new_file.h"

#define MEMBERS (IPT_MAX_PEERS + 1)
#define ADDRESSES 64
#define DIR_DEFAULT "/etc/ip-takeover"

/* What was asked for. The first member is this host. */
struct init {
	const char *member[MEMBERS]; /* NAME=ADDRESS */
	char name[MEMBERS][IPT_NAME_LEN], ip[MEMBERS][ADDR_TEXT];
	const char *address[ADDRESSES];
	const char *iface, *group, *dir;
	unsigned int npeers, naddresses;
	char *text[MEMBERS]; /* each member's file */
	char key[GENKEY_LINE];
};

/* False: it is none of ours, or there are too many. */
static bool take_option(struct init *in, const char *option, const char *value)
{
	if (!strcmp(option, "--node") && !in->member[0])
		in->member[0] = value;
	else if (!strcmp(option, "--peer") && in->npeers < IPT_MAX_PEERS)
		in->member[++in->npeers] = value;
	else if (!strcmp(option, "--address") && in->naddresses < ADDRESSES)
		in->address[in->naddresses++] = value;
	else if (!strcmp(option, "--interface") && !in->iface)
		in->iface = value;
	else if (!strcmp(option, "--group") && !in->group)
		in->group = value;
	else if (!strcmp(option, "--out") && !in->dir)
		in->dir = value;
	else
		return false;
	return true;
}

/* A line from the terminal; NULL: there is none, or it is empty. */
static const char *ask(const char *what)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	(void)fprintf(stderr, "%s: ", what);
	len = getline(&line, &size, stdin);
	while (len > 0 && strchr(" \t\r\n", line[len - 1]))
		line[--len] = '\0';
	if (len > 0)
		return line;
	free(line);
	return NULL;
}

/* 0, or the exit status. The answers are kept until the process ends. */
static int fill_in(struct init *in)
{
	struct {
		const char **value;
		const char *option, *what;
	} needed[] = {
		{&in->member[0], "--node", "This host, and its own address, as NAME=ADDRESS"},
		{&in->member[1], "--peer", "The other host, and its own address, as NAME=ADDRESS"},
		{&in->iface, "--interface", "Interface of the floating address"},
		{&in->address[0], "--address", "Floating address, as ADDRESS/LENGTH"},
	};
	bool asks = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);

	for (size_t i = 0; i < sizeof(needed) / sizeof(needed[0]); i++) {
		if (!*needed[i].value && asks)
			*needed[i].value = ask(needed[i].what);
		if (!*needed[i].value)
			return cmd_fail(2, "%s is missing. %s", needed[i].option, needed[i].what);
	}
	in->npeers += !in->npeers;
	in->naddresses += !in->naddresses;
	in->group = in->group ? in->group : "vip";
	in->dir = in->dir ? in->dir : DIR_DEFAULT;
	return 0;
}

/* "NAME=ADDRESS", into what stands in files, in their names and in commands. */
static int split_member(struct init *in, unsigned int i, struct err *e)
{
	const char *text = in->member[i], *equals = strchr(text, '=');
	struct ipt_addr ip;

	if (!equals || !addr_parse(equals + 1, &ip))
		return err_set(e, -EINVAL,
			       "'%s': a host is NAME=ADDRESS, with its own IPv4 or IPv6 address, "
			       "write it like n1=192.0.2.1",
			       text);
	(void)addr_text(&ip, in->ip[i]);
	if ((size_t)(equals - text) < IPT_NAME_LEN)
		memcpy(in->name[i], text, (size_t)(equals - text));
	else
		return err_set(e, -EINVAL, "'%s': its name is longer than %d characters", text,
			       IPT_NAME_LEN - 1);
	return config_check_name("node", in->name[i], e);
}

/* No word may end its quotes, in a file or in a command. */
static int check_words(struct init *in, struct err *e)
{
	struct addr addr;
	int err = 0;

	for (unsigned int i = 0; i <= in->npeers && !err; i++)
		err = split_member(in, i, e);
	for (unsigned int i = 0; i < in->naddresses && !err; i++)
		err = config_parse_addr(in->address[i], &addr, e);
	if (!err)
		err = config_check_name("group", in->group, e);
	if (!err)
		err = config_parse_interface(in->iface, e);
	if (!err && strpbrk(in->iface, "\"\\$"))
		err = err_set(e, -EINVAL, "interface '%s': it has no place between quotes",
			      in->iface);
	if (!err && (!*in->dir || in->dir[strspn(in->dir, "abcdefghijklmnopqrstuvwxyz"
							  "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
							  "0123456789/._+-")]))
		err = err_set(e, -EINVAL,
			      "--out '%s': it stands in commands: letters, digits and / . _ + - "
			      "only",
			      in->dir);
	return err;
}

static void write_conf(const struct init *in, unsigned int self, FILE *f)
{
	(void)fprintf(f,
		      "# By ip-takeover-ctl init; ip-takeover.conf(5) says what else there is.\n"
		      "node = \"%s\"\n%s",
		      in->name[self], in->npeers > 1 ? "quorum = true\n" : "");
	for (unsigned int i = 0; i <= in->npeers; i++)
		if (i != self)
			(void)fprintf(f, "peer \"%s\" { address = \"%s\" }\n", in->name[i],
				      in->ip[i]);
	(void)fprintf(f, "group \"%s\" {\n\tinterface = \"%s\"\n\taddresses = { ", in->group,
		      in->iface);
	for (unsigned int i = 0; i < in->naddresses; i++)
		(void)fprintf(f, "%s\"%s\"", i ? ", " : "", in->address[i]);
	(void)fputs(" }\n}\n", f);
}

/* A file in memory, and the name that it is opened by. */
static int in_memory(const char *text, const char *more, char path[32])
{
	int fd = memfd_create("init", MFD_CLOEXEC);

	if (fd < 0)
		return -errno;
	(void)snprintf(path, 32, "/proc/self/fd/%d", fd);
	if (fchmod(fd, 0600) || dprintf(fd, "%s%s", text, more) < 0) {
		(void)close(fd);
		return -EIO;
	}
	return fd;
}

/* As check will, before anything is written: the key is not where the file says yet. */
static int check_conf(const struct init *in, unsigned int i, struct err *e)
{
	char key[32] = "", conf[32], more[80];
	int key_fd = in_memory(in->key, "", key), conf_fd = -1, err;
	struct config c;
	struct err why;
	bool at_line;

	(void)snprintf(more, sizeof(more), "heartbeat { key-file = \"%s\" }\n", key);
	if (key_fd >= 0)
		conf_fd = in_memory(in->text[i], more, conf);
	if (conf_fd < 0) {
		err = err_set(e, -EIO, "no memory for a file");
	} else {
		err = config_load(conf, &c, &why);
		at_line = err && !strncmp(why.text, conf, strlen(conf));
		if (err)
			(void)err_set(e, err, "the file of %s would be refused%s%.400s",
				      in->name[i], at_line ? ", line " : ": ",
				      at_line ? why.text + strlen(conf) + 1 : why.text);
		else
			config_free(&c);
		(void)close(conf_fd);
	}
	if (key_fd >= 0)
		(void)close(key_fd);
	return err;
}

static int make_conf(struct init *in, unsigned int i, struct err *e)
{
	size_t len;
	FILE *f = open_memstream(&in->text[i], &len);

	if (!f)
		return err_set(e, -ENOMEM, "out of memory");
	write_conf(in, i, f);
	if (fclose(f))
		return err_set(e, -ENOMEM, "out of memory");
	return check_conf(in, i, e);
}

static int write_all(struct init *in, struct err *e)
{
	struct new_file files[MEMBERS + 1];
	unsigned int i;

	files[0] = (struct new_file){"key", "", in->key, 0600};
	for (i = 0; i <= in->npeers; i++)
		files[i + 1] = (struct new_file){i ? in->name[i] : "ip-takeover", ".conf",
						 in->text[i], 0644};
	return new_files(in->dir, files, i + 1, e);
}

static int say_next(const struct init *in)
{
	const char *d = in->dir;
	bool home = !strcmp(d, DIR_DEFAULT);

	if (cmd_json)
		return cmd_done("%.512s: ip-takeover.conf, key, and a file for each peer", d);
	(void)printf("# %s/ip-takeover.conf is the file of %s%s\n", d, in->name[0],
		     home ? "" : ", for " DIR_DEFAULT ", and so is the key");
	for (unsigned int i = 1; i <= in->npeers; i++)
		(void)printf("# to %s: its file, and the same key\n"
			     "ssh root@%s 'set -C; mkdir -p %s && cat >%s/ip-takeover.conf' "
			     "<%s/%s.conf\n"
			     "ssh root@%s 'set -C; umask 077; cat >%s/key' <%s/key\n",
			     in->name[i], in->ip[i], DIR_DEFAULT, DIR_DEFAULT, d, in->name[i],
			     in->ip[i], DIR_DEFAULT, d);
	(void)printf("# then on all: systemctl enable --now ip-takeover\n");
	return 0;
}

int cmd_init(const struct cmd_ctx *ctx)
{
	struct init in = {0};
	struct err e = {0};
	int status, err;

	for (int i = 0; i < ctx->argc; i += 2)
		if (i + 1 == ctx->argc || !take_option(&in, ctx->argv[i], ctx->argv[i + 1]))
			return CMD_USAGE;
	status = fill_in(&in);
	if (status)
		return status;
	err = check_words(&in, &e);
	if (!err && genkey_line(1, in.key))
		err = err_set(&e, -EIO, "no random numbers");
	for (unsigned int i = 0; i <= in.npeers && !err; i++)
		err = make_conf(&in, i, &e);
	if (!err)
		err = write_all(&in, &e);
	status = err ? cmd_fail(1, "%s", e.text) : say_next(&in);
	for (unsigned int i = 0; i < MEMBERS; i++)
		free(in.text[i]);
	explicit_bzero(in.key, sizeof(in.key));
	return status;
}
