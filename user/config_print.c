/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes a configuration in its canonical form, every default spelled out. */
#include "config.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include "names.h"

/* In the largest unit that keeps it whole, so that it reads back exactly. */
static void print_time(FILE *f, const char *name, uint64_t ns)
{
	static const char *const units[] = {"ns", "us", "ms", "s"};
	size_t i = 0;

	for (; i < 3 && ns && ns % 1000 == 0; i++)
		ns /= 1000;
	fprintf(f, "\t%s = \"%" PRIu64 "%s\"\n", name, ns, ns ? units[i] : "s");
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

/* Paths and interface names may hold what libconfuse takes for an escape, a variable or the end of the string. */
static void print_quoted(FILE *f, const char *name, const char *text)
{
	fprintf(f, "\t%s = \"", name);
	for (; *text; text++) {
		if (*text == '"' || *text == '\\' || *text == '$')
			fputc('\\', f);
		fputc(*text, f);
	}
	fprintf(f, "\"\n");
}

static double ms(uint64_t ns)
{
	return (double)ns / 1e6;
}

static void print_derived(FILE *f, const struct timing *t)
{
	fprintf(f, "\t# lease            L     %.6g ms\n", ms(t->lease_ns));
	fprintf(f, "\t# takeover after   G     %.6g ms of silence\n", ms(t->g_ns));
	fprintf(f, "\t# peer dropped     D     %.6g ms (room: %.6g to %.6g ms)\n", ms(t->d_ns),
		ms(t->d_min_ns), ms(t->d_max_ns));
	fprintf(f, "\t# claim announced  C     %.6g ms before it is made\n", ms(t->c_ns));
	fprintf(f, "\t# rank spacing     S     %.6g ms\n", ms(t->s_ns));
	fprintf(f, "\t# session echo     F     %.6g ms\n", ms(t->f_ns));
	fprintf(f, "\t# boot wait        B     %.6g ms\n", ms(t->b_ns));
	fprintf(f, "\t# one-way delay    delta %.6g ms\n", ms(t->delta_ns));
	fprintf(f, "\t# proven closed          %.6g ms after a gate closes\n", ms(t->closed_ns));
	fprintf(f, "\t# slack of I3            %.6g ms\n", (double)t->slack_ns / 1e6);
	fprintf(f, "\t# tolerates %.6g ms of scheduling delay\n", ms(t->sigma_ns));
}

static void print_heartbeat(FILE *f, const struct config *c)
{
	fprintf(f, "heartbeat {\n");
	print_time(f, "interval", c->timing.interval_ns);
	fprintf(f, "\tmisses = %" PRIu32 "\n", c->timing.misses);
	print_percent(f, "drift", c->timing.rho_ppm);
	print_time(f, "settle", c->timing.settle_ns);
	fprintf(f, "\tport = %u\n", c->port);
	print_quoted(f, "key-file", c->key_file);
	print_derived(f, &c->timing);
	fprintf(f, "}\n");
}

static void print_peer(FILE *f, const struct config_peer *p)
{
	char ip[INET_ADDRSTRLEN] = "";

	(void)inet_ntop(AF_INET, &p->ip_be32[0], ip, sizeof(ip));
	fprintf(f, "peer \"%s\" {\n\taddress = \"%s\"\n\tid = %u\n}\n", p->name, ip, p->id);
}

static void print_group(FILE *f, const struct config_group *g)
{
	char ip[INET_ADDRSTRLEN] = "";
	uint32_t i;

	fprintf(f, "group \"%s\" {\n", g->name);
	print_quoted(f, "interface", g->interface);
	fprintf(f, "\taddresses = {\n");
	for (i = 0; i < g->naddrs; i++) {
		(void)inet_ntop(AF_INET, &g->addrs[i].ip_be32, ip, sizeof(ip));
		fprintf(f, "\t\t\"%s/%u\"%s\n", ip, g->addrs[i].prefix_len,
			i + 1 < g->naddrs ? "," : "");
	}
	fprintf(f, "\t}\n\taddress = \"%s\"\n", names_address(g->address));
	print_time(f, "refresh", g->refresh_ns);
	fprintf(f, "\tpriority = %u\n\tpreempt = %s\n\tburst = %" PRIu32 "\n}\n", g->priority,
		g->preempt ? "true" : "false", g->burst_pps);
}

void config_print(const struct config *c, FILE *f)
{
	uint32_t i;

	fprintf(f, "node = \"%s\"\nid = %u\nrealtime = %s\n", c->node, c->id,
		c->realtime ? "true" : "false");
	print_heartbeat(f, c);
	fprintf(f, "alone = \"%s\"\n", names_alone(c->alone));
	for (i = 0; i < c->npeers; i++)
		print_peer(f, &c->peers[i]);
	for (i = 0; i < c->ngroups; i++)
		print_group(f, &c->groups[i]);
}
