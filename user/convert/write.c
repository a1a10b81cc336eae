/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns how our configuration is written. */
#include "write.h"

#include <inttypes.h>
#include <string.h>
#include "join.h"
#include "value.h"

static void put_quoted(FILE *f, const char *text)
{
	(void)fputc('"', f);
	for (; *text; text++) {
		if (strchr("\"\\$", *text))
			(void)fputc('\\', f);
		/* No line ends in the middle of a word, and no comment goes on with what was quoted. */
		(void)fputc((unsigned char)*text < ' ' && *text != '\t' ? '?' : *text, f);
	}
	(void)fputc('"', f);
}

static void put(FILE *f, const char *name, const char *text)
{
	(void)fprintf(f, "\t%s = ", name);
	put_quoted(f, text);
	(void)fputc('\n', f);
}

static void put_command(FILE *f, const char *name, const char *const *words)
{
	(void)fprintf(f, "\t%s = { ", name);
	for (unsigned int i = 0; words[i]; i++) {
		(void)fputs(i ? ", " : "", f);
		put_quoted(f, words[i]);
	}
	(void)fputs(" }\n", f);
}

/* As patient as keepalived was, or quicker. */
static uint64_t interval(const struct host *h)
{
	uint64_t us = h->advert_us / 1000 * 350;

	if (!us || us > 50000)
		return 50000;
	return us < 1000 ? 1000 : us / 100 * 100;
}

static void write_members(struct host *h, FILE *f)
{
	const struct member *m;

	(void)fputs("node = ", f);
	put_quoted(f, h->name);
	(void)fputc('\n', f);
	if (h->npeers > 1)
		(void)fputs("quorum = true\n", f);
	if (h->startup_us)
		(void)fprintf(f, "hold-off = \"%s\"\n", value_time(h, h->startup_us));
	if (interval(h) != 50000)
		(void)fprintf(f, "heartbeat {\n\tinterval = \"%s\"\n}\n",
			      value_time(h, interval(h)));
	for (m = h->peers; m < h->peers + h->npeers; m++) {
		(void)fputs("peer ", f);
		put_quoted(f, m->name);
		(void)fputs(" {\n", f);
		if (m->naddresses > 1) {
			(void)fputs("\taddresses = { ", f);
			for (unsigned int i = 0; i < m->naddresses; i++) {
				(void)fputs(i ? ", " : "", f);
				put_quoted(f, m->address[i]);
			}
			(void)fputs(" }\n", f);
		} else {
			put(f, "address", m->address[0]);
		}
		if (h->source && m->naddresses == 1)
			put(f, "source", h->source);
		(void)fputs("}\n", f);
	}
}

static void write_track(struct host *h, const struct track *t, FILE *f)
{
	const struct check *c = t->check;
	uint64_t every = c->interval_us ? c->interval_us : 1000000;
	const char *user = c->user ? c->user : h->script_user;

	every = every < 10000 ? 10000 : every > 3600000000u ? 3600000000u : every;
	(void)fputs("track ", f);
	put_quoted(f, t->name);
	(void)fputs(" {\n", f);
	put_command(f, "script", t->command);
	put(f, "interval", value_time(h, every));
	if (c->timeout_us >= 1000 && c->timeout_us < every)
		put(f, "timeout", value_time(h, c->timeout_us));
	if (t->weight)
		(void)fprintf(f, "\tweight = \"%" PRId64 "\"\n", t->weight);
	if (c->rise > 1)
		(void)fprintf(f, "\trise = %" PRId64 "\n", c->rise < 100 ? c->rise : 100);
	if (c->fall > 1)
		(void)fprintf(f, "\tfall = %" PRId64 "\n", c->fall < 100 ? c->fall : 100);
	if (c->init_fail)
		(void)fputs("\tinitial = fail\n", f);
	if (user && *user && c->kind == CHECK_SCRIPT)
		put(f, "user", user);
	(void)fputs("}\n", f);
}

static void write_addresses(struct host *h, const struct instance *i, FILE *f)
{
	(void)fputs("\taddresses = {\n", f);
	for (const struct vip *v = i->vips; v; v = v->next) {
		bool dev = strcmp(v->dev, i->iface) != 0;

		(void)fputs("\t\t", f);
		put_quoted(f, arena_print(h->arena, "%s%s%s%s%s%s%s", v->text, dev ? " dev " : "",
					  dev ? v->dev : "", v->label ? " label " : "",
					  v->label ? v->label : "", v->scope ? " scope " : "",
					  v->scope ? v->scope : ""));
		(void)fputs(v->next ? ",\n" : "\n", f);
	}
	(void)fputs("\t}\n", f);
}

static void write_routes(const struct instance *i, bool rules, FILE *f)
{
	bool any = false;

	for (const struct route *r = i->routes; r; r = r->next) {
		if (r->rule != rules)
			continue;
		if (any)
			(void)fputs(",\n\t\t", f);
		else
			(void)fprintf(f, "\t%s = {\n\t\t", rules ? "rules" : "routes");
		put_quoted(f, r->text);
		any = true;
	}
	if (any)
		(void)fputs("\n\t}\n", f);
}

static void write_group(struct host *h, const struct group *g, FILE *f)
{
	const struct instance *i = g->of;
	uint64_t refresh = i->refresh_us ? i->refresh_us : h->refresh_us;
	const char *user, *line = join_notify(h, i, &user);

	(void)fputs("group ", f);
	put_quoted(f, g->name);
	(void)fputs(" {\n", f);
	if (i->vrid)
		(void)fprintf(f, "\t# virtual_router_id %" PRId64 "\n", i->vrid);
	put(f, "interface", i->iface);
	write_addresses(h, i, f);
	write_routes(i, false, f);
	write_routes(i, true, f);
	(void)fprintf(f, "\tpriority = %" PRId64 "\n", i->priority);
	if (!i->nopreempt) {
		(void)fputs("\tpreempt = true\n", f);
		put(f, "preempt-delay",
		    value_time(h, i->delay_us < 5000000 ? 5000000 : i->delay_us / 1000 * 1000));
	}
	if (refresh >= 100000 && refresh < 15000000)
		put(f, "refresh", value_time(h, refresh));
	if (h->garp_interval_us)
		(void)fprintf(f, "\tburst = %" PRIu64 "\n",
			      h->garp_interval_us > 1000000 ? 1 : 1000000 / h->garp_interval_us);
	if (g->ntracks) {
		(void)fputs("\ttrack = { ", f);
		for (unsigned int t = 0; t < g->ntracks; t++) {
			(void)fputs(t ? ", " : "", f);
			put_quoted(f, g->tracks[t]);
		}
		(void)fputs(" }\n", f);
	}
	if (line) {
		put_command(f, "notify",
			    (const char *const[]){"/bin/sh", "-c", line, "notify", NULL});
		if (user && *user)
			put(f, "user", user);
	}
	(void)fputs("}\n", f);
}

void write_host(struct host *h, FILE *f)
{
	(void)fprintf(f, "# Converted by ip-takeover-ctl from keepalived's file");
	if (h->id)
		(void)fprintf(f, " as of host %s", value_name(h, h->id));
	(void)fputs(".\n", f);
	write_members(h, f);
	for (const struct track *t = h->tracks; t; t = t->next)
		write_track(h, t, f);
	for (const struct group *g = h->groups; g; g = g->next)
		write_group(h, g, f);
}
