/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How the parts of the configuration reader work together; nobody else includes this. */
#ifndef IPT_CONFIG_INT_H
#define IPT_CONFIG_INT_H

#include <confuse.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "config.h"

/* --- file.c: the text as words with their lines --- */

struct config_file; /* words of one file, and the line of each */

/* A section of the file: libconfuse's handle (NULL: not written) and the line of its opening brace. */
struct config_section {
	struct config_file *file;
	cfg_t *cfg;
	const char *title; /* NULL: none */
	int line;
};

/* One word of the file. `text` is NULL if it was not written; `line` is then that of the section. */
struct config_word {
	const char *text;
	int line;
};

int config_file_read(struct config_file **ret, const char *path, struct err *e);
void config_file_free(struct config_file *f);
void config_file_root(struct config_file *f, struct config_section *ret);
/* Number of sections of that name, and one of them. */
unsigned int config_section_count(const struct config_section *s, const char *name);
void config_section_get(const struct config_section *s, const char *name, unsigned int index,
			struct config_section *ret);
unsigned int config_word_count(const struct config_section *s, const char *name);
struct config_word config_word(const struct config_section *s, const char *name,
			       unsigned int index);
/* "FILE:LINE: TEXT", or "FILE: TEXT" where no line is to blame (0), into the error given to config_file_read(); returns -EINVAL. */
__attribute__((format(printf, 3, 4))) int config_file_error(const struct config_file *f, int line,
							    const char *fmt, ...);

/* --- text.c: the text before it is parsed --- */

/* Blanks out the comments. NULL, or what is wrong with the text as such, and in which line. */
const char *config_text_clean(char *text, size_t len, int *ret_line);

/* --- value.c: one word to one value; these leave `ret` alone if it was not written --- */

int config_get_number(const struct config_section *s, const char *name, uint32_t min, uint32_t max,
		      uint32_t *ret);
/* -most to most. */
int config_get_signed(const struct config_section *s, const char *name, uint32_t most, int *ret);
int config_get_bool(const struct config_section *s, const char *name, bool *ret);
int config_get_time(const struct config_section *s, const char *name, uint64_t *ret_ns);
int config_get_percent(const struct config_section *s, const char *name, uint32_t *ret_ppm);
/* One of the words that `name_of` gives for 0, 1, ... before its first "?". */
int config_get_choice(const struct config_section *s, const char *name,
		      const char *(*name_of)(uint32_t), uint32_t *ret);
/* The word `index` of a list, or of a single option at 0. */
int config_get_ip(const struct config_section *s, const char *name, unsigned int index,
		  uint32_t *ret_be32);
/* The same of both families. A link-local address has its interface behind it, by %; others have none. */
int config_get_host(const struct config_section *s, const char *name, unsigned int index,
		    struct config_host *ret);
/* An own address, without an interface. */
int config_get_own(const struct config_section *s, const char *name, unsigned int index,
		   struct ipt_addr *ret);
/* Digits only, no sign, no blanks. */
bool config_parse_number(const char *text, uint32_t max, uint32_t *ret);

/* --- one part of the struct each --- */

int config_read_members(const struct config_section *root, struct config *c);
/* Pair or quorum, and what goes with either; the peers are read. */
int config_read_mode(const struct config_section *root, struct config *c);
int config_read_tracks(const struct config_section *root, struct config *c);
/* An absolute path and its arguments; none if it was not written. On error what was read is freed with `c`. */
int config_read_command(const struct config_section *s, const char *name,
			struct config_command *ret);
int config_read_groups(const struct config_section *root, struct config *c);

/* --- interfaces.c: those of a group --- */

/* Its own, by the option `interface`. */
int config_read_interface(const struct config_section *s, struct config_group *g);
/* Appends the addresses of the word `index` of `addresses`, and the interface that it names, if it does, to those of `g`. */
int config_get_place(const struct config_section *s, unsigned int index, struct config_group *g);
/* Once all addresses are read: is one of them on the group's own interface? */
int config_check_own_interface(const struct config_section *s, const struct config_group *g);
/* Against the groups before `index`. */
int config_check_interface_mode(const struct config_section *s, const struct config *c,
				uint32_t index);

/* --- range.c --- */

/* "FIRST-LAST/LENGTH", or one address: the first, and how many there are. 0 or -EINVAL with a text that quotes it. */
int config_parse_range(const char *text, struct addr *ret_first, uint32_t *ret_count,
		       struct err *e);
/* The address `n` behind `first`, in all else as it. */
struct addr config_range_nth(const struct addr *first, uint32_t n);

/* --- routes.c --- */

/* `routes` and `rules` of a group; its interfaces are known. */
int config_read_routes(const struct config_section *s, struct config_group *g);
/* Those of group `index` against those of the groups before. */
int config_check_routes(const struct config_section *s, const struct config *c, uint32_t index);

/* --- places.c --- */

/* Floating addresses against each other and against the peers'; fills addr_hash. */
int config_check_addresses(const struct config_section *root, struct config *c);
int config_read_keys(const struct config_section *heartbeat, struct config *c, struct err *e);

#endif
