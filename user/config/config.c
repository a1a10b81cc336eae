/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Reads the configuration as a whole: every part checked, or one error and nothing changed. */
#include "config_int.h"
#include "words.h"

#include <stdlib.h>
#include <string.h>

#define PORT_DEFAULT 5694
#define KEY_FILE_DEFAULT "/etc/ip-takeover/key"

static const struct config defaults = {
	.realtime = true,
	.alone = ALONE_ALWAYS,
	.timing = {.interval_ns = 50000000, .misses = 7, .rho_ppm = 100000, .settle_ns = 5000000},
	.port = PORT_DEFAULT,
	.key_file = KEY_FILE_DEFAULT,
	.rollout = ROLLOUT_PERMISSIVE,
};

/* timing_derive() begins its text with the option at fault, where it is one alone. */
static int timing_error(const struct config_section *s, const char *text)
{
	static const char *const names[] = {"interval", "misses", "drift", "settle"};
	int line = s->line;
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strncmp(text, names[i], strlen(names[i])) == 0)
			line = config_word(s, names[i], 0).line;
	return config_file_error(s->file, line, "heartbeat: %s", text);
}

static int read_heartbeat(const struct config_section *s, struct config *c)
{
	uint32_t port = c->port, rollout = c->rollout;
	struct err e;
	int err = config_get_time(s, "interval", &c->timing.interval_ns);

	if (!err)
		err = config_get_number(s, "misses", 0, UINT32_MAX, &c->timing.misses);
	if (!err)
		err = config_get_percent(s, "drift", &c->timing.rho_ppm);
	if (!err)
		err = config_get_time(s, "settle", &c->timing.settle_ns);
	if (!err)
		err = config_get_number(s, "port", 1, UINT16_MAX, &port);
	if (!err)
		err = config_get_choice(s, "rollout", words_rollout, &rollout);
	if (err)
		return err;
	c->port = (uint16_t)port;
	c->rollout = rollout;
	c->timing.members = c->quorum ? c->npeers + 1 : 0;
	return timing_derive(&c->timing, &e) ? timing_error(s, e.text) : 0;
}

/* The only heartbeat section; without one, all its options keep their defaults. */
static int find_heartbeat(const struct config_section *root, struct config_section *ret)
{
	struct config_section again;

	*ret = (struct config_section){.file = root->file, .line = root->line};
	if (config_section_count(root, "heartbeat"))
		config_section_get(root, "heartbeat", 0, ret);
	if (config_section_count(root, "heartbeat") < 2)
		return 0;
	config_section_get(root, "heartbeat", 1, &again);
	return config_file_error(root->file, again.line,
				 "'heartbeat' is written again: the first is in line %d",
				 ret->line);
}

static int read_all(const struct config_section *root, struct config *c, struct err *e)
{
	struct config_section heartbeat;
	int err = find_heartbeat(root, &heartbeat);

	if (!err)
		err = config_read_members(root, c);
	if (!err)
		err = config_get_bool(root, "realtime", &c->realtime);
	if (!err)
		err = read_heartbeat(&heartbeat, c);
	if (!err)
		err = config_read_tracks(root, c);
	if (!err)
		err = config_read_groups(root, c);
	if (!err)
		err = config_read_keys(&heartbeat, c, e);
	return err;
}

int config_load(const char *path, struct config *ret, struct err *e)
{
	struct config c = defaults;
	struct config_section root;
	struct config_file *file;
	int err = config_file_read(&file, path, e);

	if (err)
		return err;
	config_file_root(file, &root);
	err = read_all(&root, &c, e);
	config_file_free(file);
	if (err)
		config_free(&c);
	else
		*ret = c;
	return err;
}

static void free_command(struct config_command *command)
{
	uint32_t i;

	for (i = 0; i < CONFIG_MAX_ARGS; i++)
		free(command->argv[i]);
	*command = (struct config_command){0};
}

void config_free(struct config *c)
{
	uint32_t i;

	for (i = 0; i < c->ngroups; i++) {
		free_command(&c->groups[i].notify);
		free(c->groups[i].addrs);
		free(c->groups[i].routes);
		c->groups[i].routes = NULL;
		c->groups[i].nroutes = 0;
		c->groups[i].addrs = NULL;
		c->groups[i].naddrs = 0;
	}
	c->ngroups = 0;
	for (i = 0; i < c->ntracks; i++)
		free_command(&c->tracks[i].script);
	c->ntracks = 0;
	explicit_bzero(c->keys, sizeof(c->keys));
	c->nkeys = 0;
}

bool config_has_group(const struct config *c, const char *name)
{
	for (uint32_t i = 0; i < c->ngroups; i++)
		if (!strcmp(c->groups[i].name, name))
			return true;
	return false;
}
