/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Metrics in both formats: whatever stands in names and numbers, each sample is one line, and all is bounded. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "core/core.h"
#include "core/tally.h"
#include "status/metrics.h"

static struct metrics_instance one, two;

static char *printed(bool classic, uint32_t n)
{
	struct metrics_host host = {.n = n, .instance = {&one, &two}};
	char *text = NULL;
	size_t len;
	FILE *f = open_memstream(&text, &len);

	assert_non_null(f);
	metrics_print(f, &host, classic);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void fresh(void)
{
	memset(&one, 0, sizeof(one));
	memset(&two, 0, sizeof(two));
	one.readable = true;
	(void)snprintf(one.name, sizeof(one.name), "default");
	(void)snprintf(two.name, sizeof(two.name), "two");
	(void)snprintf(one.status.instance, sizeof(one.status.instance), "default");
	one.status.now_ns = 10000000000ull;
	one.status.daemon = true;
	one.status.ngroups = 1;
	one.status.groups[0] = (struct status_group){.name = "web",
						     .state = "standby",
						     .phase = "standby",
						     .lease = "none"};
	one.status.groups[0].report.updated_ns = one.status.now_ns;
	one.status.groups[0].report.state = HB_BACKUP;
}

static void expect_line(const char *line)
{
	char *text = printed(false, 2), want[256];

	(void)snprintf(want, sizeof(want), "\n%s\n", line);
	if (!strstr(text, want))
		fail_msg("no line \"%s\" in:\n%s", line, text);
	free(text);
}

static void test_names_are_escaped(void **state)
{
	(void)state;
	fresh();
	(void)strcpy(one.status.groups[0].name, "a\"b\\c\nd\xff");
	expect_line("ip_takeover_group_state{instance=\"default\",group=\"a\\\"b\\\\c\\nd?\"} 1");
}

static void test_state(void **state)
{
	struct status_group *g = &one.status.groups[0];

	(void)state;
	fresh();
	expect_line("ip_takeover_group_state{instance=\"default\",group=\"web\"} 1");
	g->report.state = HB_FAULT;
	expect_line("ip_takeover_group_state{instance=\"default\",group=\"web\"} 3");
	g->report.state = HB_INIT;
	expect_line("ip_takeover_group_state{instance=\"default\",group=\"web\"} 0");
	/* Its last word is no state: the daemon is stopped, or dead. */
	g->report.state = HB_OWNER;
	g->report.updated_ns = one.status.now_ns - 3000000001ull;
	expect_line("ip_takeover_group_state{instance=\"default\",group=\"web\"} 0");
	g->report.updated_ns = one.status.now_ns;
	one.status.daemon = false;
	expect_line("ip_takeover_group_state{instance=\"default\",group=\"web\"} 0");
	/* The lease lives all the same. */
	g->state = "owner";
	g->remaining_ns = 12345678;
	expect_line("ip_takeover_group_state{instance=\"default\",group=\"web\"} 2");
	expect_line("ip_takeover_group_lease_remaining_seconds{instance=\"default\",group=\"web\"} "
		    "0.012345678");
}

static void test_unreadable(void **state)
{
	char *text;

	(void)state;
	fresh();
	expect_line("ip_takeover_instance_readable{instance=\"default\"} 1");
	expect_line("ip_takeover_instance_readable{instance=\"two\"} 0");
	text = printed(false, 2);
	assert_null(strstr(text, "daemon_up{instance=\"two\"}"));
	assert_null(strstr(text, "alarms{instance=\"two\""));
	free(text);
}

static void test_formats(void **state)
{
	char *text;

	(void)state;
	fresh();
	one.status.groups[0].tally.changes[CORE_R_LAPSED] = 7;
	one.status.groups[0].tally.owned = 3;
	text = printed(false, 1);
	assert_non_null(strstr(text, "\n# TYPE ip_takeover_group_lapses counter\n"));
	assert_non_null(strstr(text, "\nip_takeover_group_lapses_total{instance=\"default\","
				     "group=\"web\"} 7\n"));
	assert_non_null(strstr(text, "\nip_takeover_group_transitions_total{instance=\"default\","
				     "group=\"web\",reason=\"lapsed\"} 7\n"));
	assert_non_null(
		strstr(text, "\n# UNIT ip_takeover_group_lease_remaining_seconds seconds\n"));
	assert_string_equal(text + strlen(text) - 7, "\n# EOF\n");
	free(text);
	text = printed(true, 1);
	assert_non_null(strstr(text, "\n# TYPE ip_takeover_group_lapses_total counter\n"));
	assert_non_null(strstr(text, "# TYPE ip_takeover_build_info gauge\n"));
	assert_null(strstr(text, "# UNIT"));
	assert_null(strstr(text, "# EOF"));
	free(text);
}

static void test_lateness(void **state)
{
	(void)state;
	for (uint32_t i = 0; i + 1 < IPT_LATE_BUCKETS; i++) {
		assert_true(strtod(tally_bound_text(i), NULL) * 1e9 >
			    (double)tally_bound_ns(i) - 1);
		assert_true(strtod(tally_bound_text(i), NULL) * 1e9 <
			    (double)tally_bound_ns(i) + 1);
		assert_true(tally_bound_ns(i) < tally_bound_ns(i + 1));
		assert_int_equal(tally_bucket(tally_bound_ns(i)), i);
		assert_int_equal(tally_bucket(tally_bound_ns(i) + 1), i + 1);
	}
	assert_int_equal(tally_bucket(UINT64_MAX), IPT_LATE_BUCKETS - 1);
	fresh();
	one.status.late[0] = 5;
	one.status.late[IPT_LATE_BUCKETS - 1] = 1;
	one.status.late_sum_ns = 2500000000ull;
	expect_line(
		"ip_takeover_daemon_lateness_seconds_bucket{instance=\"default\",le=\"1.0\"} 5");
	expect_line(
		"ip_takeover_daemon_lateness_seconds_bucket{instance=\"default\",le=\"+Inf\"} 6");
	expect_line("ip_takeover_daemon_lateness_seconds_sum{instance=\"default\"} 2.500000000");
	expect_line("ip_takeover_daemon_lateness_seconds_count{instance=\"default\"} 6");
}

static void test_reasons_have_words(void **state)
{
	(void)state;
	for (unsigned int i = 0; i < CORE_REASONS; i++) {
		const char *word = core_reason_word(i);

		assert_true(strlen(word) > 2);
		assert_int_equal(strspn(word, "abcdefghijklmnopqrstuvwxyz_"), strlen(word));
		assert_true(strlen(core_reason_text(i)) > 2);
	}
	for (unsigned int i = 0; i < ALARM_KINDS; i++)
		assert_true(strlen(status_alarm_word(i)) > 2);
}

/* The largest host: every group and peer, alarms to the brim. Its text is what a scrape costs. */
static void test_bounded(void **state)
{
	char *text;

	(void)state;
	fresh();
	one.status.ngroups = IPT_MAX_GROUPS;
	for (uint32_t i = 0; i < IPT_MAX_GROUPS; i++) {
		struct status_group *g = &one.status.groups[i];

		*g = one.status.groups[0];
		memset(g->name, 'a', sizeof(g->name) - 1);
		for (uint32_t r = 0; r < IPT_REASONS; r++)
			g->tally.changes[r] = UINT64_MAX;
	}
	one.status.npeers = IPT_MAX_PEERS;
	one.status.nalarms = STATUS_MAX_ALARMS;
	text = printed(false, 1);
	assert_true(strlen(text) < 512 * 1024);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_are_escaped), cmocka_unit_test(test_state),
		cmocka_unit_test(test_unreadable),	  cmocka_unit_test(test_formats),
		cmocka_unit_test(test_lateness),	  cmocka_unit_test(test_reasons_have_words),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
