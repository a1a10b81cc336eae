/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which members may follow which: one voter at a time, from a settled set, numbers as they are. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "conf_file.h"

#define NODE(name) "node = " name "\nheartbeat { key-file = \"DIR/key\" }\n"
#define PEER(n) "peer n" #n " { address = 198.18.0." #n " }\n"
#define WITNESS(n) "peer n" #n " { address = 198.18.0." #n " witness = true }\n"
#define GROUP "group web { interface = e0 addresses = 198.18.1.1/16 }\n"
#define QUORUM NODE("n1") "quorum = true\n"
#define THREE QUORUM PEER(2) PEER(3)
#define PAIR NODE("n1") PEER(2)
#define NEVER PAIR "alone = never\n"

#define SECOND(what, name, other)                                                 \
	what " '" name "': members change one voter at a time, and '" other       \
	     "' is another change: give all members a file with one of the two, " \
	     "reload each of them, then the other"
#define NUMBER(what, name, is, was)                                                  \
	what " '" name "': its number would be " is " and is " was                   \
	     ". Where id is not written it is the rank of the name: write id = " was \
	     " for it, and id = N for every member, as they run now"
#define ALONE(quorum)                                                                       \
	"quorum '" quorum "': a pair that goes on alone cannot meet a majority: set alone " \
	"= \"never\" on both first, and reload them"
#define UNSETTLED                                                                          \
	"the members that run now have not settled: a majority of them must have one and " \
	"the same file, and hear each other; then try again"

/* What a daemon with the file `text` has left in the maps. */
static struct ipt_self left_by(const char *text, bool settled, uint32_t cfg_prev)
{
	struct ipt_self self = {.session = 1, .cfg_prev = cfg_prev};
	struct config c;

	conf_must_load(text, &c);
	config_members(&c, &self);
	if (settled)
		self.flags |= IPT_SELF_SETTLED;
	config_free(&c);
	return self;
}

static int follow(const struct ipt_self *self, const char *text, struct config_follow *ret,
		  struct err *e)
{
	struct config c;
	int err;

	e->text[0] = '\0';
	conf_must_load(text, &c);
	err = config_follow(self, &c, "FILE", ret, e);
	config_free(&c);
	return err;
}

static uint32_t hash_of(const char *text)
{
	return left_by(text, false, 0).cfg_hash;
}

/* From a settled set: nothing is said against it; whom it votes with, and whether gates stay. */
static void assert_follows(const char *from, const char *to, bool goes_on, bool guarded)
{
	struct ipt_self self = left_by(from, true, 0);
	struct config_follow f;
	struct err e;

	if (follow(&self, to, &f, &e))
		fail_msg("%s", e.text);
	assert_int_equal(f.cfg_prev, goes_on ? self.cfg_hash : 0);
	assert_false(f.settled);
	assert_int_equal(f.goes_on, goes_on);
	assert_int_equal(f.guarded, guarded);
}

static void assert_refused(const struct ipt_self *self, const char *to, const char *text)
{
	struct config_follow f;
	struct err e;

	assert_int_equal(follow(self, to, &f, &e), -EBUSY);
	assert_string_equal(e.text, text);
}

static void assert_settled_refused(const char *from, const char *to, const char *text)
{
	struct ipt_self self = left_by(from, true, 0);

	assert_refused(&self, to, text);
}

static void test_one_voter(void **state)
{
	(void)state;
	assert_follows(THREE GROUP, THREE PEER(4) GROUP, true, true);
	assert_follows(THREE PEER(4) GROUP, THREE GROUP, true, true);
	assert_follows(THREE GROUP, THREE WITNESS(4) GROUP, true, true);
	/* The same voters. */
	assert_follows(THREE GROUP, QUORUM PEER(2) WITNESS(3) GROUP, true, true);
	assert_follows(NEVER GROUP, THREE GROUP, true, true);
	assert_follows(THREE GROUP, NEVER GROUP, true, true);
}

static void test_more_than_one(void **state)
{
	(void)state;
	assert_settled_refused(THREE GROUP, THREE PEER(4) PEER(5) GROUP,
			       "FILE:7: " SECOND("peer", "n5", "n4"));
	assert_settled_refused(THREE PEER(4) PEER(5) GROUP, THREE GROUP,
			       "FILE:3: " SECOND("peer", "n5", "n4"));
	/* One for another are two: {n1, n2} and {n3, n4} would be majorities of theirs. */
	assert_settled_refused(THREE GROUP,
			       QUORUM PEER(2) "\npeer n4 { address = 10.0.0.4 id = 3 }\n" GROUP,
			       "FILE:6: " SECOND("peer", "n4", "n3"));
	assert_settled_refused(THREE GROUP, QUORUM WITNESS(2) PEER(3) PEER(4) GROUP,
			       "FILE:6: " SECOND("peer", "n4", "n2"));
	assert_settled_refused(NEVER GROUP, THREE PEER(4) GROUP,
			       "FILE:6: " SECOND("peer", "n4", "n3"));
	assert_settled_refused(THREE GROUP,
			       "witness = true\n" QUORUM PEER(2) PEER(3) PEER(4) "group web { }\n",
			       "FILE:7: " SECOND("peer", "n4", "n1"));
}

static void test_numbers(void **state)
{
	(void)state;
	assert_settled_refused(THREE GROUP,
			       QUORUM PEER(2) PEER(3) "peer n2b { address = 10.0.0.4 }\n" GROUP,
			       "FILE:5: " NUMBER("peer", "n3", "4", "3"));
	assert_settled_refused(THREE GROUP, "id = 9\n" THREE GROUP,
			       "FILE:4: " NUMBER("node", "n1", "9", "1"));
	assert_settled_refused(THREE GROUP,
			       QUORUM "peer n2 { address = 198.18.0.2 id = 9 }\n" PEER(3) GROUP,
			       "FILE:4: " NUMBER("peer", "n2", "9", "2"));
	assert_follows(THREE GROUP,
		       "id = 1\n" QUORUM "peer n2 { address = 10.0.0.2 id = 2 }\n"
		       "peer n3 { address = 10.0.0.3 id = 3 }\npeer n2b { address = 10.0.0.4 id = "
		       "4 }\n" GROUP,
		       true, true);
}

static void test_pairs(void **state)
{
	struct ipt_self self = left_by(NEVER GROUP, false, 0);
	struct config_follow f;
	struct err e;

	(void)state;
	assert_settled_refused(PAIR GROUP, THREE GROUP, "FILE:3: " ALONE("true"));
	assert_settled_refused(PAIR "alone = gateway gateway = 10.0.0.9\n" GROUP, THREE GROUP,
			       "FILE:3: " ALONE("true"));
	assert_settled_refused(THREE GROUP, PAIR GROUP, "FILE:1: " ALONE("false"));
	/* What a pair that goes on alone promises is not about majorities. */
	assert_follows(PAIR GROUP, NEVER GROUP, true, false);
	assert_follows(PAIR GROUP, NODE("n1") PEER(3) GROUP, false, false);
	assert_follows(NEVER GROUP, PAIR GROUP, true, true);
	/* A third that has the members before may be there still. */
	assert_refused(&self, PAIR GROUP, "FILE:1: " UNSETTLED);
	self = left_by(PAIR GROUP, false, 0);
	assert_int_equal(follow(&self, NEVER GROUP, &f, &e), 0);
}

static void test_not_settled(void **state)
{
	uint32_t before = hash_of(THREE GROUP);
	struct ipt_self self = left_by(THREE PEER(4) GROUP, false, before);
	struct config_follow f;
	struct err e;

	(void)state;
	assert_refused(&self, THREE PEER(4) PEER(5) GROUP, "FILE:7: " UNSETTLED);
	/* Back, but not to what it has forgotten. */
	assert_int_equal(follow(&self, THREE GROUP, &f, &e), 0);
	assert_int_equal(f.cfg_prev, 0);
	assert_true(f.goes_on);
	assert_false(f.guarded || f.settled);
	self.cfg_prev = 0;
	assert_refused(&self, THREE GROUP, "FILE:3: " UNSETTLED);
}

/* Of another boot there is nothing; of this one the same members go on where they were. */
static void test_same(void **state)
{
	struct ipt_self self = {0};
	struct config_follow f;
	struct err e;

	(void)state;
	assert_int_equal(follow(&self, THREE GROUP, &f, &e), 0);
	assert_true(f.goes_on);
	assert_int_equal(f.cfg_prev, 0);
	assert_false(f.guarded || f.settled);
	self = left_by(THREE GROUP, false, 77);
	assert_int_equal(follow(&self, THREE "hold-off = 1s\n" GROUP, &f, &e), 0);
	assert_int_equal(f.cfg_prev, 77);
	assert_false(f.guarded || f.settled);
	self = left_by(THREE GROUP, true, 0);
	assert_int_equal(follow(&self, THREE GROUP, &f, &e), 0);
	assert_true(f.settled && f.goes_on);
	assert_false(f.guarded);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_voter),   cmocka_unit_test(test_more_than_one),
		cmocka_unit_test(test_numbers),	    cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_not_settled), cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests(tests, conf_setup, conf_teardown);
}
