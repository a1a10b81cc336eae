/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A directory of its own for configuration tests, with a good key file and "DIR" for its name in texts. */
#ifndef IPT_TEST_CONF_FILE_H
#define IPT_TEST_CONF_FILE_H

#include <sys/types.h>
#include "config/config.h"

#define CONF_KEY "1 000102030405060708090a0b0c0d0e0f\n"
/* A node and its peer, in three lines; the groups follow. */
#define CONF_PAIR                                                                                  \
	"node = \"n1\"\nheartbeat { key-file = \"DIR/key\" }\npeer \"n2\" { address = 198.18.0.2 " \
	"}\n"

/* cmocka set-up and tear-down of a group of tests. */
int conf_setup(void **state);
int conf_teardown(void **state);

/* Writes DIR/NAME; "DIR" in the text becomes the directory. */
void conf_write(const char *name, const char *text, mode_t mode);
/* Path of DIR/NAME, good until the next call. */
const char *conf_path(const char *name);
/* config_load() of DIR/conf after writing `text` there; in the error the directory is "DIR" again. */
int conf_load(const char *text, struct config *c, struct err *e);
/* The same, and the test fails with the error. */
void conf_must_load(const char *text, struct config *c);
struct conf_refused {
	const char *text, *message; /* the message without the file's name */
};

/* Each text is refused with its message, and what was read before is untouched. */
void conf_assert_refused(const struct conf_refused *rows, size_t n);
/* What config_print() writes; the caller frees it. */
char *conf_printed(const struct config *c);
/* parse(print(parse(text))) = parse(text), and print() of both is the same. */
void conf_round_trip(const char *text);

#endif
