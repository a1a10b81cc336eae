/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The key file: what it may hold, who may own and read it, and that no message shows a key. */
#include <stdarg.h>
#include <setjmp.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "conf_file.h"

#define CONF(key_file)                                                                \
	"node = n1\nheartbeat {\n" key_file "\n}\npeer n2 { address = 198.18.0.2 }\n" \
	"group web { interface = e0 addresses = { 198.18.1.1/16 } }\n"
#define A61 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define A254 A61 A61 A61 A61 "aaaaaaaaaa"
#define GOOD CONF("key-file = \"DIR/key\"")
#define HEX "000102030405060708090a0b0c0d0e0f"

struct row {
	const char *keys, *message;
};

static const struct row wrong_keys[] = {
	{"", "DIR/key:1: no key: write a line 1 HEX32"},
	{"# only this\n\n", "DIR/key:1: no key: write a line 1 HEX32"},
	{"1\n", "DIR/key:1: not a line of KID HEX32, a number and a key"},
	{"\n1 " HEX " x\n", "DIR/key:2: not a line of KID HEX32, a number and a key"},
	{"0 " HEX "\n", "DIR/key:1: the first word is not a key number of 1 to 255"},
	{"256 " HEX "\n", "DIR/key:1: the first word is not a key number of 1 to 255"},
	{HEX " 1\n", "DIR/key:1: the first word is not a key number of 1 to 255"},
	{"1 000102030405060708090a0b0c0d0e0\n",
	 "DIR/key:1: key 1 is not 32 hexadecimal digits (31 characters), or all zero"},
	{"1 " HEX "0\n",
	 "DIR/key:1: key 1 is not 32 hexadecimal digits (33 characters), or all zero"},
	{"1 0001020304050607_8090a0b0c0d0e0f\n",
	 "DIR/key:1: key 1 is not 32 hexadecimal digits (32 characters), or all zero"},
	{"1 00000000000000000000000000000000\n",
	 "DIR/key:1: key 1 is not 32 hexadecimal digits (32 characters), or all zero"},
	{"1 " HEX "\n2 " HEX "\n1 " HEX "\n", "DIR/key:3: key number 1 is there already"},
	{"1 " HEX "\n2 " HEX "\n3 " HEX "\n4 " HEX "\n5 " HEX "\n",
	 "DIR/key:5: key 5 is one more than the 4 that fit"},
};

static void assert_refused(const char *conf, const char *message)
{
	struct config c, before;
	struct err e;

	memset(&c, 0x5a, sizeof(c));
	before = c;
	assert_true(conf_load(conf, &c, &e) < 0);
	assert_string_equal(e.text, message);
	assert_memory_equal(&c, &before, sizeof(c));
}

static void test_wrong_keys(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong_keys) / sizeof(wrong_keys[0]); i++) {
		conf_write("key", wrong_keys[i].keys, 0600);
		assert_refused(GOOD, wrong_keys[i].message);
	}
}

static void test_good_keys(void **state)
{
	struct config c;
	struct err e;

	(void)state;
	conf_write("key", "# old\n\n  7\t" HEX "  \r\n255 FFEEDDCCBBAA99887766554433221100", 0400);
	assert_int_equal(conf_load(GOOD, &c, &e), 0);
	assert_int_equal(c.nkeys, 2);
	assert_int_equal(c.keys[0].kid, 7);
	assert_true(c.keys[0].master.k0 == 0x0706050403020100ull);
	assert_true(c.keys[0].master.k1 == 0x0f0e0d0c0b0a0908ull);
	assert_int_equal(c.keys[1].kid, 255);
	assert_true(c.keys[1].master.k0 == 0x8899aabbccddeeffull);
	assert_true(c.keys[1].master.k1 == 0x0011223344556677ull);
	config_free(&c);
	assert_int_equal(c.nkeys, 0);
	assert_true(c.keys[0].master.k0 == 0);
}

static void test_mode(void **state)
{
	(void)state;
	conf_write("key", CONF_KEY, 0640);
	assert_refused(GOOD,
		       "DIR/conf:3: key-file 'DIR/key': mode 0640 lets others in, chmod 0600 it");
	conf_write("key", CONF_KEY, 0602);
	assert_refused(GOOD,
		       "DIR/conf:3: key-file 'DIR/key': mode 0602 lets others in, chmod 0600 it");
}

static void test_owner(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip(); /* only root can give a file away */
	conf_write("key", CONF_KEY, 0600);
	assert_int_equal(chown(conf_path("key"), 12345, 0), 0);
	assert_refused(GOOD,
		       "DIR/conf:3: key-file 'DIR/key': belongs to user 12345, neither to root "
		       "nor to the caller");
	assert_int_equal(chown(conf_path("key"), 0, 0), 0);
}

/* Whose file does not name it, no line of that is to blame. */
static void test_default(void **state)
{
	(void)state;
	if (!access("/etc/ip-takeover/key", F_OK))
		skip();
	assert_refused(CONF(""), "DIR/conf: key-file is not set, and the default "
				 "'/etc/ip-takeover/key': No such file or directory");
}

static void test_path(void **state)
{
	(void)state;
	assert_refused(CONF("key-file = \"DIR/none\""),
		       "DIR/conf:3: key-file 'DIR/none': No such file or directory");
	assert_refused(CONF("key-file = key"), "DIR/conf:3: key-file 'key': not an absolute path");
	assert_refused(CONF("key-file = \"/a\\x01\""),
		       "DIR/conf:3: key-file '/a?': control character");
	assert_refused(CONF("key-file = \"/" A254 "\""),
		       "DIR/conf:3: key-file '/" A254 "': No such file or directory");
	assert_refused(CONF("key-file = \"/" A254 "a\""),
		       "DIR/conf:3: key-file '/" A254 "a': longer than 255 characters");
	assert_refused(CONF("key-file = \"DIR\""), "DIR/conf:3: key-file DIR: not a regular file");
}

/* The largest that is read, and one byte more. */
static void test_size(void **state)
{
	char text[4098];
	struct config c;
	struct err e;

	(void)state;
	memset(text, 0, sizeof(text));
	memset(text, '\n', 4096);
	memcpy(text, CONF_KEY, sizeof(CONF_KEY) - 1);
	conf_write("key", text, 0600);
	assert_int_equal(conf_load(GOOD, &c, &e), 0);
	config_free(&c);
	text[4096] = '\n';
	conf_write("key", text, 0600);
	assert_refused(GOOD, "DIR/conf:3: key-file DIR/key: larger than 4096 bytes");
}

static int next_fd(void)
{
	int fd = dup(STDIN_FILENO);

	assert_true(fd >= 0);
	close(fd);
	return fd;
}

/* Read again at every reload: nothing stays open. */
static void test_leaves_nothing_open(void **state)
{
	int before = next_fd();
	struct config c;
	struct err e;

	(void)state;
	conf_write("key", CONF_KEY, 0600);
	assert_int_equal(conf_load(GOOD, &c, &e), 0);
	config_free(&c);
	assert_int_equal(next_fd(), before);
	conf_write("key", "1\n", 0600);
	assert_true(conf_load(GOOD, &c, &e) < 0);
	assert_int_equal(next_fd(), before);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wrong_keys), cmocka_unit_test(test_good_keys),
		cmocka_unit_test(test_mode),	   cmocka_unit_test(test_owner),
		cmocka_unit_test(test_default),	   cmocka_unit_test(test_path),
		cmocka_unit_test(test_size),	   cmocka_unit_test(test_leaves_nothing_open),
	};

	return cmocka_run_group_tests(tests, conf_setup, conf_teardown);
}
