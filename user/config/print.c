/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes a configuration in its canonical form, every default spelled out. */
#include "config.h"
#include "words.h"
#include "base/route.h"

#include <arpa/inet.h>
#include <inttypes.h>

/* In the largest unit that keeps it whole, so that it reads back exactly. */
static void print_time(FILE *f, const char *indent, const char *name, uint64_t ns)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	size_t i = 0;

	for (; i < 3 && ns && ns % 1000 == 0; i++)
		ns /= 1000;
	fprintf(f, "%s%s = \"%" PRIu64 "%s\"\n", indent, name, ns, ns ? units[i] : "s");
}

static void print_percent(FILE *f, const char *name, uint32_t ppm)
{
	uint32_t fraction = ppm % 10000, digits = 4;

	fprintf(f, "\t%s = \"%" PRIu32, name, ppm / 10000);
	for (; fraction && fraction % 10 == 0; digits--)
		fraction /= 10;
	if (fraction)
		fprintf(f, ".%0*" PRIu32, (int)digits, fraction);
	fprintf(f, "%%\"\n");
}

/* Paths, names and arguments may hold what libconfuse takes for an escape, a variable or the end of the string. */
static void put_quoted(FILE *f, const char *text)
{
	fputc('"', f);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\' || *text == '$')
			fputc('\\', f);
		fputc(*text, f);
	}
	fputc('"', f);
}

static void print_quoted(FILE *f, const char *name, const char *text)
{
	fprintf(f, "\t%s = ", name);
	put_quoted(f, text);
	fputc('\n', f);
}

static void print_command(FILE *f, const char *name, const struct config_command *command)
{
	uint32_t i;

	if (!command->argv[0])
		return;
	fprintf(f, "\t%s = { ", name);
	for (i = 0; command->argv[i]; i++) {
		fputs(i ? ", " : "", f);
		put_quoted(f, command->argv[i]);
	}
	fprintf(f, " }\n");
	if (command->user[0])
		print_quoted(f, "user", command->user);
}

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

static void print_d(FILE *f, const struct timing *t)
{
	if (!t->members)
		fprintf(f, "\t# peer dropped     D     %.6g ms (room: %.6g to %.6g ms)\n",
			ms(t->d_ns), ms(t->d_min_ns), ms(t->d_max_ns));
}

static void print_derived(FILE *f, const struct timing *t)
{
	uint32_t ranks = t->members ? t->members : 2;

	fprintf(f, "\t# lease            L     %.6g ms\n", ms(t->lease_ns));
	fprintf(f, "\t# takeover after   G     %.6g ms of silence\n", ms(t->g_ns));
	print_d(f, t);
	fprintf(f, "\t# claim announced  C     %.6g ms before it is made\n", ms(t->c_ns));
	fprintf(f, "\t# rank spacing     S     %.6g ms (%" PRIu32 " ranks: %.6g ms within G)\n",
		ms(t->s_ns), ranks, ms(t->c_ns + (ranks - 1) * t->s_ns));
	fprintf(f, "\t# session echo     F     %.6g ms\n", ms(t->f_ns));
	fprintf(f, "\t# upgrade lease    X     %.6g ms, announced while the process is replaced\n",
		ms(t->x_ns));
	if (t->members)
		fprintf(f, "\t# boot wait        B     %.6g ms (I2: G of the longest lease)\n",
			ms(t->b_ns));
	else
		fprintf(f, "\t# boot wait              %.6g ms of own sending\n",
			ms(t->g_ns + t->delta_ns + t->sigma_ns));
	fprintf(f, "\t# one-way delay    delta %.6g ms\n", ms(t->delta_ns));
	fprintf(f, "\t# proven closed          %.6g ms after a gate closes\n", ms(t->closed_ns));
	fprintf(f, "\t# slack of I3            %.6g ms\n", (double)t->slack_ns / 1e6);
	fprintf(f, "\t# tolerates %.6g ms of scheduling delay\n", ms(t->sigma_ns));
}

static void print_heartbeat(FILE *f, const struct config *c)
{
	fprintf(f, "heartbeat {\n");
	print_time(f, "\t", "interval", c->timing.interval_ns);
	fprintf(f, "\tmisses = %" PRIu32 "\n", c->timing.misses);
	print_percent(f, "drift", c->timing.rho_ppm);
	print_time(f, "\t", "settle", c->timing.settle_ns);
	fprintf(f, "\tport = %u\n", c->port);
	print_quoted(f, "key-file", c->key_file);
	fprintf(f, "\trollout = \"%s\"\n", words_rollout(c->rollout));
	print_derived(f, &c->timing);
	fprintf(f, "}\n");
}

static void print_peer(FILE *f, const struct config_peer *p)
{
	char text[CONFIG_HOST_TEXT];
	uint32_t i;

	fprintf(f, "peer \"%s\" {\n\t%s = ", p->name, p->naddrs > 1 ? "addresses" : "address");
	for (i = 0; i < p->naddrs; i++)
		fprintf(f, "%s\"%s\"",
			i		? ", "
			: p->naddrs > 1 ? "{ "
					: "",
			config_host_text(&p->addrs[i], text));
	fprintf(f, "%s\n", p->naddrs > 1 ? " }" : "");
	if (p->nsources)
		fprintf(f, "\t%s = ", p->nsources > 1 ? "sources" : "source");
	for (i = 0; i < p->nsources; i++)
		fprintf(f, "%s\"%s\"",
			i		  ? ", "
			: p->nsources > 1 ? "{ "
					  : "",
			addr_text(&p->sources[i], text));
	if (p->nsources)
		fprintf(f, "%s\n", p->nsources > 1 ? " }" : "");
	if (p->hops > 1)
		fprintf(f, "\thops = %u\n", p->hops);
	fprintf(f, "\tid = %u\n\twitness = %s\n}\n", p->id, p->witness ? "true" : "false");
}

static void print_track(FILE *f, const struct config_track *t)
{
	fprintf(f, "track \"%s\" {\n", t->name);
	print_command(f, "script", &t->script);
	print_time(f, "\t", "interval", t->interval_ns);
	print_time(f, "\t", "timeout", t->timeout_ns);
	fprintf(f, "\tweight = %d\n\trise = %" PRIu32 "\n\tfall = %" PRIu32 "\n", t->weight,
		t->rise, t->fall);
	fprintf(f, "\tinitial = \"%s\"\n}\n", words_initial(t->initial));
}

static void print_addresses(FILE *f, const struct config_group *g)
{
	char ip[ADDR_TEXT], to[ADDR_TEXT], word[2 * ADDR_TEXT + 2 * IFNAMSIZ + 48];
	uint32_t i, last;

	if (g->lease_only) {
		fprintf(f, "\tlease-only = true\n");
		return;
	}
	fprintf(f, "\taddresses = {\n");
	for (i = 0; i < g->naddrs; i = last + 1) {
		const struct addr *a = &g->addrs[i];

		for (last = i; last + 1 < g->naddrs && g->addrs[last + 1].word == a->word; last++)
			;
		(void)snprintf(word, sizeof(word), "%s%s%s/%u%s%s%s%s%s%s", addr_text(&a->ip, ip),
			       last > i ? "-" : "",
			       last > i ? addr_text(&g->addrs[last].ip, to) : "", a->prefix_len,
			       a->iface ? " dev " : "", a->iface ? g->iface[a->iface] : "",
			       a->label[0] ? " label " : "", a->label, a->scope ? " scope " : "",
			       words_scope(a->scope));
		fputs("\t\t", f);
		put_quoted(f, word);
		fputs(last + 1 < g->naddrs ? ",\n" : "\n", f);
	}
	fprintf(f, "\t}\n");
}

static void print_routes(FILE *f, const struct config_group *g, const char *name, uint8_t kind)
{
	char text[ROUTE_TEXT];
	uint32_t n = 0;

	for (uint32_t i = 0; i < g->nroutes; i++) {
		if ((g->routes[i].flags & IPT_ROUTE_RULE) != kind)
			continue;
		fprintf(f, n++ ? ",\n\t\t" : "\t%s = {\n\t\t", name);
		put_quoted(f, route_text(&g->routes[i], text));
	}
	fputs(n ? "\n\t}\n" : "", f);
}

static void print_tracks(FILE *f, const struct config *c, const struct config_group *g)
{
	uint32_t i;

	for (i = 0; i < g->ntracks; i++)
		fprintf(f, "%s\"%s\"", i ? ", " : "\ttrack = { ", c->tracks[g->track[i]].name);
	fputs(g->ntracks ? " }\n" : "", f);
}

static void print_group(FILE *f, const struct config *c, const struct config_group *g)
{
	fprintf(f, "group \"%s\" {\n", g->name);
	print_quoted(f, "interface", g->iface[0]);
	fprintf(f, "\tmode = \"%s\"\n", words_mode(g->mode));
	print_addresses(f, g);
	print_routes(f, g, "routes", 0);
	print_routes(f, g, "rules", IPT_ROUTE_RULE);
	fprintf(f, "\taddress = \"%s\"\n\tprefix = \"%s\"\n", words_address(g->address),
		words_prefix(g->prefix));
	print_time(f, "\t", "refresh", g->refresh_ns);
	fprintf(f, "\tpriority = %u\n\tpreempt = %s\n", g->priority, g->preempt ? "true" : "false");
	print_time(f, "\t", "preempt-delay", g->preempt_delay_ns);
	print_time(f, "\t", "drain", g->drain_ns);
	fprintf(f, "\tburst = %" PRIu32 "\n\trelinquish = \"%s\"\n", g->burst_pps,
		words_relinquish(g->relinquish));
	print_tracks(f, c, g);
	print_command(f, "notify", &g->notify);
	fprintf(f, "}\n");
}

static void print_mode(FILE *f, const struct config *c)
{
	char text[INET_ADDRSTRLEN] = "", promise[256];

	config_promise(c, promise, sizeof(promise));
	fprintf(f, "# %s\nquorum = %s\nwitness = %s\n", promise, c->quorum ? "true" : "false",
		c->witness ? "true" : "false");
	print_time(f, "", "hold-off", c->hold_off_ns);
	if (c->quorum)
		return;
	fprintf(f, "alone = \"%s\"\n", words_alone(c->alone));
	if (!c->gateway_be32)
		return;
	(void)inet_ntop(AF_INET, &c->gateway_be32, text, sizeof(text));
	fprintf(f, "gateway = \"%s\"\n", text);
}

void config_print(const struct config *c, FILE *f)
{
	uint32_t i;

	fprintf(f, "node = \"%s\"\nid = %u\nrealtime = %s\n", c->node, c->id,
		c->realtime ? "true" : "false");
	print_mode(f, c);
	print_heartbeat(f, c);
	for (i = 0; i < c->npeers; i++)
		print_peer(f, &c->peers[i]);
	for (i = 0; i < c->ntracks; i++)
		print_track(f, &c->tracks[i]);
	for (i = 0; i < c->ngroups; i++)
		if (c->witness)
			fprintf(f, "group \"%s\" { }\n", c->groups[i].name);
		else
			print_group(f, c, &c->groups[i]);
}
