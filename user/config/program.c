/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Whether what the configuration names can run here, and is nobody else's to change. */
#include "config.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>
#include "base/utf8.h"
#include "owner.h"

#define INTERPRETERS_MAX 4 /* of interpreters, as the kernel */
#define HEAD_LEN 256 /* of a file the kernel looks at so much */

/* One line of the file, what stands there, and as whom that runs. */
struct place {
	const char *path;
	int line;
	const char *what;
	const struct owner_user *user;
	struct err *e;
};

__attribute__((format(printf, 2, 3))) static int refuse(const struct place *p, const char *fmt, ...)
{
	char why[400];
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (p->line)
		(void)err_set(p->e, 0, "%s:%d: %s%s", p->path, p->line, p->what, why);
	else
		(void)err_set(p->e, 0, "%s: %s%s", p->path, p->what, why);
	utf8_plain(p->e->text);
	return -EINVAL;
}

/* The first bytes of what it would run, a NUL behind them. False: it cannot be read here, so nobody knows. */
static bool read_head(const char *program, char head[HEAD_LEN + 1])
{
	int fd = open(program, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	ssize_t n = fd < 0 ? -1 : read(fd, head, HEAD_LEN);

	if (fd >= 0)
		(void)close(fd);
	head[n < 0 ? 0 : n] = '\0';
	return n >= 0;
}

/* What stands behind "#!" in `head`, which is changed for it; NULL: no interpreter is needed, or *err says what is wrong. */
static char *interpreter(const struct place *p, const char *program, char head[HEAD_LEN + 1],
			 int *err)
{
	char *word = head + 2;

	*err = 0;
	if (!strncmp(head, "\177ELF", 4))
		return NULL;
	if (strncmp(head, "#!", 2)) {
		*err = refuse(p, "'%s': neither a binary nor a script that begins with #!",
			      program);
		return NULL;
	}
	word[strcspn(word, "\n")] = '\0';
	if (strchr(word, '\r')) {
		*err = refuse(p,
			      "'%s': its lines end with CR LF, and \"%s\" names no program: "
			      "convert it to LF",
			      program, head);
		return NULL;
	}
	word += strspn(word, " \t");
	word[strcspn(word, " \t")] = '\0';
	return word;
}

static int check_one(const struct place *p, const char *program)
{
	struct stat st;
	struct err why;

	if (owner_check(program, p->user, &st, &why))
		return refuse(p, "'%s': %s", program, why.text);
	if (!S_ISREG(st.st_mode))
		return refuse(p, "'%s': not a regular file", program);
	if (!owner_may(p->user, &st, S_IXOTH))
		return refuse(p, "'%s': not executable%s%s, mode %04o: chmod +x it", program,
			      p->user ? " for user " : "", p->user ? p->user->name : "",
			      (unsigned int)st.st_mode & 07777);
	if (faccessat(AT_FDCWD, program, X_OK, AT_EACCESS))
		return refuse(p, "'%s': %s", program, strerror(errno));
	return 0;
}

/* `program` itself, and what interprets it, and so on. */
static int check_program(const struct place *p, const char *program)
{
	char head[HEAD_LEN + 1], now[HEAD_LEN + 1], what[300];
	struct place of = *p;
	int err = check_one(p, program);

	(void)snprintf(what, sizeof(what), "%s'%.200s': its interpreter ", p->what, program);
	for (int i = 0; i < INTERPRETERS_MAX && !err; i++) {
		const char *next =
			read_head(program, head) ? interpreter(&of, program, head, &err) : NULL;

		if (!next)
			return err;
		(void)snprintf(now, sizeof(now), "%s", next);
		program = now;
		of.what = what;
		err = check_one(&of, program);
	}
	return err ? err : refuse(p, "'%s': too many interpreters", program);
}

static int check_command(const char *path, const char *name, const struct config_command *c,
			 struct err *e)
{
	struct place p = {.path = path, .line = c->user_line, .what = "", .e = e};
	struct owner_user user;
	char what[64];

	if (!c->argv[0])
		return 0;
	if (c->user[0] && !owner_find(c->user, &user))
		return refuse(&p, "user '%s': there is no such user", c->user);
	(void)snprintf(what, sizeof(what), "%s ", name);
	p.line = c->line;
	p.what = what;
	p.user = c->user[0] ? &user : NULL;
	return check_program(&p, c->argv[0]);
}

int config_check_files(const struct config *c, const char *path, struct err *e)
{
	const struct place file = {.path = path, .what = "", .e = e};
	const struct place key = {.path = path, .line = c->key_line, .what = "key-file ", .e = e};
	struct stat st;
	struct err why;
	int err = 0;

	if (owner_check(path, NULL, &st, &why))
		return refuse(&file, "%s", why.text);
	if (owner_check(c->key_file, NULL, &st, &why))
		return refuse(&key, "'%s': %s", c->key_file, why.text);
	for (uint32_t i = 0; i < c->ntracks && !err; i++)
		err = check_command(path, "script", &c->tracks[i].script, e);
	for (uint32_t i = 0; i < c->ngroups && !err; i++)
		err = check_command(path, "notify", &c->groups[i].notify, e);
	return err;
}
