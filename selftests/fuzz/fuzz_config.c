/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A configuration file: refused with a place, or read; what is read prints as what reads back the same. */
#include <string.h>
#include <sys/stat.h>
#include "config/config.h"
#include "fuzz.h"
#include "inequalities.h"

#define KEYS "1 000102030405060708090a0b0c0d0e0f\n2 0f0e0d0c0b0a09080706050403020100\n"

static char conf_path[32], key_path[32];
static int conf_fd;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	int key_fd = fuzz_file("key", key_path);

	(void)argc;
	(void)argv;
	FUZZ_MUST(fchmod(key_fd, 0600) == 0);
	fuzz_fill(key_fd, KEYS, strlen(KEYS));
	conf_fd = fuzz_file("conf", conf_path);
	return 0;
}

/* "KEYFILE" in the text is a key file that is good. The caller frees what is returned. */
static char *with_key(const uint8_t *bytes, size_t size, size_t *ret)
{
	static const char mark[] = "KEYFILE";
	size_t room = strlen(key_path), len = 0;
	char *text = malloc(size / strlen(mark) * room + size + room);

	FUZZ_MUST(text);
	for (size_t i = 0; i < size;) {
		if (size - i >= strlen(mark) && !memcmp(bytes + i, mark, strlen(mark))) {
			memcpy(text + len, key_path, room);
			len += room;
			i += strlen(mark);
		} else {
			text[len++] = (char)bytes[i++];
		}
	}
	*ret = len;
	return text;
}

static char *printed(const struct config *c)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	FUZZ_MUST(f);
	config_print(c, f);
	FUZZ_MUST(fclose(f) == 0);
	return text;
}

static void must_print_the_same(const struct config *c)
{
	char *first = printed(c), *second;
	struct config again;
	struct err e = {.text = ""};
	int err;

	fuzz_fill(conf_fd, first, strlen(first));
	err = config_load(conf_path, &again, &e);
	FUZZ_MUST(err == 0, "%s\n%s\n", e.text, first);
	FUZZ_MUST(again.cfg_hash == c->cfg_hash);
	second = printed(&again);
	FUZZ_MUST(strcmp(first, second) == 0, "%s\n---\n%s\n", first, second);
	config_free(&again);
	free(first);
	free(second);
}

static void must_be_in_bounds(const struct config *c)
{
	FUZZ_MUST(c->npeers <= IPT_MAX_PEERS && c->ngroups <= IPT_MAX_GROUPS);
	FUZZ_MUST(c->ntracks <= CONFIG_MAX_TRACKS);
	FUZZ_MUST(c->nkeys >= 1 && c->nkeys <= IPT_MAX_KEYS);
	FUZZ_MUST(c->id != 0 && c->port != 0);
	FUZZ_MUST(c->npeers < 2 || c->quorum); /* three without a quorum are not offered */
	for (uint32_t i = 0; i < c->npeers; i++) {
		FUZZ_MUST(c->peers[i].id != 0 && c->peers[i].id != c->id);
		for (uint32_t k = 0; k < i; k++)
			FUZZ_MUST(c->peers[i].id != c->peers[k].id);
	}
	for (uint32_t i = 0; i < c->ngroups; i++)
		for (uint32_t k = 0; k < c->groups[i].ntracks; k++)
			FUZZ_MUST(c->groups[i].track[k] < c->ntracks);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct config c;
	struct err e = {.text = ""};
	size_t len;
	char *text = with_key(bytes, size, &len);
	int err;

	fuzz_fill(conf_fd, text, len);
	free(text);
	memset(&c, 0x5a, sizeof(c));
	err = config_load(conf_path, &c, &e);
	FUZZ_MUST(err <= 0);
	if (err) {
		FUZZ_MUST(strlen(e.text) > 0 && strlen(e.text) < sizeof(e.text));
		return 0;
	}
	must_be_in_bounds(&c);
	inequalities_must_hold(&c.timing);
	must_print_the_same(&c);
	config_free(&c);
	return 0;
}
