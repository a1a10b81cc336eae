/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Writes metrics as OpenMetrics 1.0, or as Prometheus's text format 0.0.4, which names a counter's family by its sample. */
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include "base/utf8.h"
#include "core/tally.h"
#include "metrics_int.h"

#define LABEL_BYTES 160

static const char *suffix(const struct metric_out *m)
{
	return m->type == METRIC_COUNTER ? "_total" : m->type == METRIC_INFO ? "_info" : "";
}

void metric_family(struct metric_out *m, const char *name, enum metric_type type, const char *help)
{
	static const char *const words[] = {
		[METRIC_GAUGE] = "gauge",
		[METRIC_COUNTER] = "counter",
		[METRIC_HISTOGRAM] = "histogram",
		[METRIC_INFO] = "info",
	};
	size_t len = strlen(name), unit = strlen("_seconds");
	const char *as;

	m->name = name;
	m->type = type;
	as = m->classic ? suffix(m) : "";
	(void)fprintf(m->f, "# HELP ip_takeover_%s%s %s\n", name, as, help);
	(void)fprintf(m->f, "# TYPE ip_takeover_%s%s %s\n", name, as,
		      m->classic && type == METRIC_INFO ? "gauge" : words[type]);
	if (!m->classic && len > unit && !strcmp(name + len - unit, "_seconds"))
		(void)fprintf(m->f, "# UNIT ip_takeover_%s seconds\n", name);
}

/* Names come from files, from pinned memory and from the kernel: whatever is in them, it stays one value. */
static void put_label(FILE *f, const char *name, const char *value, bool first)
{
	char text[LABEL_BYTES];

	(void)snprintf(text, sizeof(text), "%s", value);
	utf8_clean(text);
	(void)fprintf(f, "%s%s=\"", first ? "{" : ",", name);
	for (const char *c = text; *c; c++) {
		if (*c == '\n')
			(void)fputs("\\n", f);
		else if (*c == '"' || *c == '\\')
			(void)fprintf(f, "\\%c", *c);
		else
			(void)fputc(*c, f);
	}
	(void)fputc('"', f);
}

static void put_name(const struct metric_out *m, va_list pairs)
{
	const char *label;
	bool first = true;

	(void)fprintf(m->f, "ip_takeover_%s%s", m->name, suffix(m));
	for (; (label = va_arg(pairs, const char *)); first = false)
		put_label(m->f, label, va_arg(pairs, const char *), first);
	if (!first)
		(void)fputc('}', m->f);
}

void metric_number(const struct metric_out *m, uint64_t value, ...)
{
	va_list pairs;

	va_start(pairs, value);
	put_name(m, pairs);
	va_end(pairs);
	(void)fprintf(m->f, " %" PRIu64 "\n", value);
}

static void put_seconds(FILE *f, uint64_t ns)
{
	(void)fprintf(f, " %" PRIu64 ".%09" PRIu64 "\n", ns / 1000000000, ns % 1000000000);
}

void metric_seconds(const struct metric_out *m, uint64_t ns, ...)
{
	va_list pairs;

	va_start(pairs, ns);
	put_name(m, pairs);
	va_end(pairs);
	put_seconds(m->f, ns);
}

void metric_histogram(const struct metric_out *m, const uint64_t *buckets, uint64_t sum_ns,
		      const char *instance)
{
	uint64_t count = 0;

	for (uint32_t i = 0; i < IPT_LATE_BUCKETS; i++) {
		count += buckets[i];
		(void)fprintf(m->f, "ip_takeover_%s_bucket", m->name);
		put_label(m->f, "instance", instance, true);
		put_label(m->f, "le", tally_bound_text(i), false);
		(void)fprintf(m->f, "} %" PRIu64 "\n", count);
	}
	(void)fprintf(m->f, "ip_takeover_%s_sum", m->name);
	put_label(m->f, "instance", instance, true);
	(void)fputc('}', m->f);
	put_seconds(m->f, sum_ns);
	(void)fprintf(m->f, "ip_takeover_%s_count", m->name);
	put_label(m->f, "instance", instance, true);
	(void)fprintf(m->f, "} %" PRIu64 "\n", count);
}
