/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * keepalived's configurations of one host or two: refused with a place, or converted, each with a report; and what is
 * written is a configuration of ours once its placeholders are filled in.
 */
#include <string.h>
#include <sys/stat.h>
#include "config/config.h"
#include "convert/convert.h"
#include "fuzz.h"

#define KEYS "1 000102030405060708090a0b0c0d0e0f\n"
#define NEXT_HOST 0xff /* begins the other host's file; no text has it */

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

/* People's part: a key, and each placeholder, which stands for an address or for a name. */
static void fill_in(const char *text, FILE *f)
{
	static const char beat[] = "heartbeat {\n";
	const char *p = strstr(text, beat);
	unsigned int n = 0;

	if (!p)
		(void)fprintf(f, "heartbeat { key-file = \"%s\" }\n", key_path);
	for (; *text; text++) {
		if (text == p) {
			(void)fprintf(f, "%skey-file = \"%s\"\n", beat, key_path);
			text += strlen(beat);
		}
		if (strncmp(text, CONFIG_PLACEHOLDER, strlen(CONFIG_PLACEHOLDER))) {
			(void)fputc(*text, f);
			continue;
		}
		text += strlen(CONFIG_PLACEHOLDER);
		if (!strncmp(text, "address\"", 8))
			(void)fprintf(f, "203.0.113.%u\"", 1 + n++), text += 7;
		else
			(void)fprintf(f, "x%c", *text);
	}
}

static void must_be_ours(const char *text)
{
	struct config c;
	struct err e;
	size_t size;
	char *ours;
	FILE *f = open_memstream(&ours, &size);

	FUZZ_MUST(f);
	fill_in(text, f);
	FUZZ_MUST(!fclose(f));
	fuzz_fill(conf_fd, ours, size);
	FUZZ_MUST(!config_load(conf_path, &c, &e), "%s\n%s\n", e.text, ours);
	free(ours);
	config_free(&c);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	const uint8_t *next = memchr(bytes, NEXT_HOST, size);
	struct convert *c = convert_new();
	struct err e = {0};
	size_t len;
	char *report;
	FILE *f;
	int err;

	err = convert_text(c, "a.conf", (const char *)bytes, next ? (size_t)(next - bytes) : size,
			   &e);
	if (!err && next)
		err = convert_text(c, "b.conf", (const char *)next + 1,
				   size - (size_t)(next + 1 - bytes), &e);
	if (!err)
		err = convert_join(c, &e);
	FUZZ_MUST(err <= 0);
	FUZZ_MUST(!err || (strlen(e.text) > 0 && strlen(e.text) < sizeof(e.text)));
	if (!err) {
		f = open_memstream(&report, &len);
		FUZZ_MUST(f);
		convert_report(c, f);
		FUZZ_MUST(!fclose(f) && len > 0);
		free(report);
		for (unsigned int i = 0; i < convert_count(c); i++)
			must_be_ours(convert_output(c, i));
	}
	convert_free(c);
	return 0;
}
