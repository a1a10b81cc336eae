/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A request on the control socket: every field at its bounds, and what is refused whole. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include "control/control.h"

static const char *parse(const char *line, struct control_request *ret)
{
	memset(ret, 0, sizeof(*ret));
	return control_parse(line, ret);
}

static void expect_wrong(const char *line, const char *want)
{
	struct control_request req;
	const char *wrong = parse(line, &req);

	if (!wrong || strcmp(wrong, want) != 0)
		fail_msg("%s: %s", line, wrong ? wrong : "taken");
}

static void test_every_command(void **state)
{
	static const char *const names[CONTROL_COMMANDS] = {
		[CONTROL_TAKE] = "take",	 [CONTROL_RELEASE] = "release",
		[CONTROL_ANNOUNCE] = "announce", [CONTROL_DETACH] = "detach",
		[CONTROL_DRAIN] = "drain",	 [CONTROL_UNDRAIN] = "undrain",
		[CONTROL_PRIORITY] = "priority", [CONTROL_RELOAD] = "reload",
		[CONTROL_UPGRADE] = "upgrade",	 [CONTROL_EVENTS] = "events",
	};
	struct control_request req;
	char line[64];

	(void)state;
	for (int i = 0; i < CONTROL_COMMANDS; i++) {
		(void)snprintf(line, sizeof(line), "{\"command\":\"%s\"}", names[i]);
		assert_null(parse(line, &req));
		assert_int_equal(req.command, i);
		assert_true(!req.force && !req.follow && !req.priority && !req.last);
		assert_true(!req.group[0] && !req.to[0]);
	}
}

static void test_every_field(void **state)
{
	struct control_request req;

	(void)state;
	assert_null(
		parse("{\"command\":\"release\",\"group\":\"web\",\"to\":\"n2\",\"force\":true}",
		      &req));
	assert_string_equal(req.group, "web");
	assert_string_equal(req.to, "n2");
	assert_true(req.force && !req.follow);
	assert_null(parse("{\"follow\":true,\"last\":64,\"command\":\"events\",\"force\":false}",
			  &req));
	assert_true(req.follow && !req.force);
	assert_int_equal(req.last, CONTROL_KEPT);
	assert_null(parse("{\"command\":\"priority\",\"priority\":254}", &req));
	assert_int_equal(req.priority, 254);
	assert_null(parse("{\"command\":\"priority\",\"priority\":0,\"last\":0}", &req));
	assert_int_equal(req.priority, 0);
}

/* The longest that fits with its NUL is taken whole; one byte more would be another name, cut off. */
static void test_longest_name(void **state)
{
	char name[IPT_NAME_LEN + 1], line[96];
	struct control_request req;

	(void)state;
	memset(name, 'a', sizeof(name));
	name[IPT_NAME_LEN - 1] = '\0';
	(void)snprintf(line, sizeof(line), "{\"command\":\"take\",\"group\":\"%s\"}", name);
	assert_null(parse(line, &req));
	assert_string_equal(req.group, name);
	name[IPT_NAME_LEN - 1] = 'a';
	name[IPT_NAME_LEN] = '\0';
	(void)snprintf(line, sizeof(line), "{\"command\":\"take\",\"group\":\"%s\"}", name);
	expect_wrong(line, "\"group\" is no name");
	(void)snprintf(line, sizeof(line), "{\"command\":\"release\",\"to\":\"%s\"}", name);
	expect_wrong(line, "\"to\" is no name");
}

static void test_refused(void **state)
{
	static const struct {
		const char *line, *wrong;
	} cases[] = {
		{"", "not a JSON object"},
		{"[]", "not a JSON object"},
		{"\"take\"", "not a JSON object"},
		{"{\"command\":\"take\"", "not a JSON object"},
		{"{\"command\":\"take\"}}", "not a JSON object"},
		{"{\"command\":\"take\"} {\"command\":\"take\"}", "not a JSON object"},
		{"{}", "\"command\" is missing"},
		{"{\"group\":\"web\"}", "\"command\" is missing"},
		{"{\"command\":\"steal\"}", "unknown command"},
		{"{\"command\":\"\"}", "unknown command"},
		{"{\"command\":1}", "unknown command"},
		{"{\"command\":null}", "unknown command"},
		{"{\"command\":\"take\",\"groups\":\"web\"}", "unknown field"},
		{"{\"command\":\"take\",\"group\":\"\"}", "\"group\" is no name"},
		{"{\"command\":\"take\",\"group\":1}", "\"group\" is no name"},
		{"{\"command\":\"take\",\"group\":\"a\\u0000b\"}", "\"group\" is no name"},
		{"{\"command\":\"release\",\"to\":\"\"}", "\"to\" is no name"},
		{"{\"command\":\"take\",\"force\":1}", "\"force\" is neither true nor false"},
		{"{\"command\":\"events\",\"follow\":\"true\"}",
		 "\"follow\" is neither true nor false"},
		{"{\"command\":\"priority\",\"priority\":255}", "\"priority\" is not 0 to 254"},
		{"{\"command\":\"priority\",\"priority\":-1}", "\"priority\" is not 0 to 254"},
		{"{\"command\":\"priority\",\"priority\":\"7\"}", "\"priority\" is not 0 to 254"},
		{"{\"command\":\"priority\",\"priority\":7.0}", "\"priority\" is not 0 to 254"},
		{"{\"command\":\"events\",\"last\":65}", "\"last\" is not 0 to 64"},
		/* The first that is wrong is named. */
		{"{\"command\":\"steal\",\"force\":1}", "unknown command"},
		{"{\"force\":1,\"command\":\"steal\"}", "\"force\" is neither true nor false"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		expect_wrong(cases[i].line, cases[i].wrong);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_command),
		cmocka_unit_test(test_every_field),
		cmocka_unit_test(test_longest_name),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
