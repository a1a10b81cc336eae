/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the key file: lines "KID HEX32", readable by nobody else. Never quotes a key. */
#include "config_int.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/slurp.h"

#define KEY_FILE_LIMIT 4096u
#define KEY_BYTES 16
#define BLANKS " \t\r"

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Exactly 32 hex digits; byte order as in the SipHash reference: least significant first. */
static bool parse_key(const char *text, struct sip_key *ret)
{
	uint64_t half[2] = {0, 0};
	unsigned int i;
	int high, low;

	for (i = 0; i < KEY_BYTES; i++) {
		high = hex_digit(text[2 * i]);
		low = high < 0 ? -1 : hex_digit(text[2 * i + 1]);
		if (low < 0)
			return false;
		half[i / 8] |= (uint64_t)(high << 4 | low) << 8 * (i % 8);
	}
	*ret = (struct sip_key){.k0 = half[0], .k1 = half[1]};
	return !text[2 * i] && (half[0] | half[1]);
}

static int add_key(const char *path, int line, const char *kid_text, const char *key_text,
		   struct config *c, struct err *e)
{
	struct config_key key = {0};
	uint32_t kid, i;

	if (!config_parse_number(kid_text, 255, &kid) || kid == 0)
		/* Not quoted: on a line in the wrong order, this word is the key. */
		return err_set(e, -EINVAL, "%s:%d: the first word is not a key number of 1 to 255",
			       path, line);
	key.kid = (uint8_t)kid;
	if (!parse_key(key_text, &key.master))
		return err_set(e, -EINVAL,
			       "%s:%d: key %u is not 32 hexadecimal digits (%zu characters), or "
			       "all "
			       "zero",
			       path, line, kid, strlen(key_text));
	for (i = 0; i < c->nkeys; i++)
		if (c->keys[i].kid == key.kid)
			return err_set(e, -EINVAL, "%s:%d: key number %u is there already", path,
				       line, kid);
	if (c->nkeys == IPT_MAX_KEYS)
		return err_set(e, -EINVAL, "%s:%d: key %u is one more than the %d that fit", path,
			       line, kid, IPT_MAX_KEYS);
	c->keys[c->nkeys++] = key;
	return 0;
}

/* Blank lines and those that begin with # say nothing. */
static int parse_line(const char *path, int line, char *text, struct config *c, struct err *e)
{
	char *save = NULL, *kid, *key;

	kid = strtok_r(text, BLANKS, &save);
	if (!kid || kid[0] == '#')
		return 0;
	key = strtok_r(NULL, BLANKS, &save);
	if (!key || strtok_r(NULL, BLANKS, &save))
		return err_set(e, -EINVAL, "%s:%d: not a line of KID HEX32, a number and a key",
			       path, line);
	return add_key(path, line, kid, key, c, e);
}

static int parse_keys(const char *path, char *text, size_t len, struct config *c, struct err *e)
{
	char *p = text, *end;
	int line = 1, err;

	if (memchr(text, '\0', len))
		return err_set(e, -EINVAL, "%s:1: not a text file", path);
	for (; p; p = end, line++) {
		end = strchr(p, '\n');
		if (end)
			*end++ = '\0';
		err = parse_line(path, line, p, c, e);
		if (err)
			return err;
	}
	if (c->nkeys == 0)
		return err_set(e, -EINVAL, "%s:1: no key: write a line 1 HEX32", path);
	return 0;
}

/* Who else can read the key can take every address. */
static int check_owner(const struct config_section *s, int line, const char *path, int fd)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return config_file_error(s->file, line, "key-file '%s': %s", path, strerror(errno));
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return config_file_error(s->file, line,
					 "key-file '%s': belongs to user %u, neither to root nor "
					 "to "
					 "the caller",
					 path, (unsigned int)st.st_uid);
	if (st.st_mode & 077)
		return config_file_error(s->file, line,
					 "key-file '%s': mode %04o lets others in, chmod 0600 it",
					 path, (unsigned int)st.st_mode & 07777);
	return 0;
}

static int read_key_path(const struct config_section *s, struct config *c, int *line)
{
	struct config_word w = config_word(s, "key-file", 0);

	*line = w.text ? w.line : 0;
	if (!w.text)
		return 0;
	if (w.text[0] != '/')
		return config_file_error(s->file, w.line, "key-file '%s': not an absolute path",
					 w.text);
	if (config_has_control(w.text))
		return config_file_error(s->file, w.line, "key-file '%s': control character",
					 w.text);
	if (strlen(w.text) >= sizeof(c->key_file))
		return config_file_error(s->file, w.line,
					 "key-file '%s': longer than %zu characters", w.text,
					 sizeof(c->key_file) - 1);
	(void)snprintf(c->key_file, sizeof(c->key_file), "%s", w.text);
	c->key_line = w.line;
	return 0;
}

int config_read_keys(const struct config_section *s, struct config *c, struct err *e)
{
	char *text = NULL;
	struct err why;
	int line, fd, err;
	size_t len = 0;

	err = read_key_path(s, c, &line);
	if (err)
		return err;
	fd = open(c->key_file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 && !c->key_line)
		return config_file_error(s->file, 0,
					 "key-file is not set, and the default '%s': %s",
					 c->key_file, strerror(errno));
	if (fd < 0)
		return config_file_error(s->file, line, "key-file '%s': %s", c->key_file,
					 strerror(errno));
	err = check_owner(s, line, c->key_file, fd);
	if (!err && slurp(c->key_file, fd, KEY_FILE_LIMIT, &text, &len, &why))
		err = config_file_error(s->file, line, "key-file %s", why.text);
	(void)close(fd);
	if (err)
		return err;
	err = parse_keys(c->key_file, text, len, c, e);
	explicit_bzero(text, len);
	free(text);
	return err;
}
