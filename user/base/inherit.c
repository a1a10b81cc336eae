/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the record, the memory file that it travels in, and the environment variable that names the file. */
#include "inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define VARIABLE "IP_TAKEOVER_HANDOVER"
#define FORMAT "ip-takeover 1\n" /* another number: names that mean something else */
#define MAX_ENTRIES 24
#define MAX_NAME 15

static struct {
	unsigned int n;
	struct entry {
		char name[MAX_NAME + 1];
		char *text;
		bool is_fd;
		bool left; /* by the process before: not passed on */
	} entry[MAX_ENTRIES];
	bool read;
} record;

static struct entry *find(const char *name)
{
	for (unsigned int i = 0; i < record.n; i++)
		if (!strcmp(record.entry[i].name, name))
			return &record.entry[i];
	return NULL;
}

static void forget(struct entry *e)
{
	free(e->text);
	*e = record.entry[--record.n];
}

/* Without memory or room it is not passed on, and the next process begins without it. */
static struct entry *add(const char *name, const char *text)
{
	struct entry *e = find(name);
	char *copy = strdup(text);

	if (e)
		forget(e);
	if (!copy || record.n == MAX_ENTRIES) {
		free(copy);
		return NULL;
	}
	e = &record.entry[record.n++];
	*e = (struct entry){.text = copy};
	(void)snprintf(e->name, sizeof(e->name), "%s", name);
	return e;
}

static void read_line(char *line)
{
	char kind, name[MAX_NAME + 1];
	struct entry *e;
	int at = 0;

	line[strcspn(line, "\n")] = '\0';
	if (sscanf(line, "%c %15s %n", &kind, name, &at) != 2 || !at)
		return;
	e = add(name, line + at);
	if (!e)
		return;
	e->is_fd = kind == 'f';
	e->left = true;
}

/* Once, before the first question. */
static void read_record(void)
{
	const char *number = getenv(VARIABLE);
	char *line = NULL;
	size_t size = 0;
	FILE *f;

	if (record.read)
		return;
	record.read = true;
	f = number ? fdopen(atoi(number), "r") : NULL;
	(void)unsetenv(VARIABLE);
	if (!f)
		return;
	rewind(f);
	if (getline(&line, &size, f) > 0 && !strcmp(line, FORMAT))
		while (getline(&line, &size, f) > 0)
			read_line(line);
	free(line);
	(void)fclose(f);
	/* No program that is started from here on shall have them. */
	for (unsigned int i = 0; i < record.n; i++)
		if (record.entry[i].is_fd)
			(void)fcntl(atoi(record.entry[i].text), F_SETFD, FD_CLOEXEC);
}

void inherit_put(const char *name, const char *text)
{
	read_record();
	(void)add(name, text);
}

void inherit_put_fd(const char *name, int fd)
{
	char text[16];
	struct entry *e;

	read_record();
	(void)snprintf(text, sizeof(text), "%d", fd);
	e = add(name, text);
	if (e)
		e->is_fd = true;
}

void inherit_drop(void)
{
	for (unsigned int i = record.n; i-- > 0;)
		if (!record.entry[i].left)
			forget(&record.entry[i]);
}

char *inherit_take(const char *name)
{
	struct entry *e;
	char *text;

	read_record();
	e = find(name);
	text = e ? strdup(e->text) : NULL;
	if (e)
		forget(e);
	return text;
}

int inherit_take_fd(const char *name)
{
	char *text = inherit_take(name);
	int fd = text ? atoi(text) : -1;

	free(text);
	return fd <= STDERR_FILENO || fcntl(fd, F_SETFD, FD_CLOEXEC) ? -1 : fd;
}

/* fd of the memory file, or -errno. */
static int write_record(void)
{
	int fd = memfd_create("ip-takeover-handover", MFD_CLOEXEC);
	int twin = fd < 0 ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1), err = errno;
	FILE *f = twin < 0 ? NULL : fdopen(twin, "w");

	if (!f) {
		if (twin >= 0)
			(void)close(twin);
		if (fd >= 0)
			(void)close(fd);
		return -err;
	}
	(void)fputs(FORMAT, f);
	for (unsigned int i = 0; i < record.n; i++)
		if (!record.entry[i].left)
			(void)fprintf(f, "%c %s %s\n", record.entry[i].is_fd ? 'f' : 't',
				      record.entry[i].name, record.entry[i].text);
	err = ferror(f);
	if (fclose(f) || err) {
		(void)close(fd);
		return -EIO;
	}
	return fd;
}

/* On its way: the memory file, and an environment that names it. */
struct parcel {
	int fd;
	char line[40];
	char **environment; /* its entries are the process's own, and `line` */
};

/* 0 or -errno; only 0 needs unpack(). */
static int pack(struct parcel *p)
{
	size_t n = 0;

	p->fd = write_record();
	if (p->fd < 0)
		return p->fd;
	(void)snprintf(p->line, sizeof(p->line), VARIABLE "=%d", p->fd);
	while (environ[n])
		n++;
	p->environment = calloc(n + 2, sizeof(*p->environment));
	if (!p->environment) {
		(void)close(p->fd);
		return -ENOMEM;
	}
	memcpy(p->environment, environ, n * sizeof(*p->environment));
	p->environment[n] = p->line;
	return 0;
}

static void unpack(struct parcel *p)
{
	free(p->environment);
	(void)close(p->fd);
}

static void inherit(int record_fd, bool on)
{
	int flags = on ? 0 : FD_CLOEXEC;

	(void)fcntl(record_fd, F_SETFD, flags);
	for (unsigned int i = 0; i < record.n; i++)
		if (record.entry[i].is_fd && !record.entry[i].left)
			(void)fcntl(atoi(record.entry[i].text), F_SETFD, flags);
}

int inherit_exec(const char *program, char *const argv[])
{
	struct parcel p;
	int err = pack(&p);

	if (err)
		return err;
	/* Only now: a program that is started at this moment must not get them. */
	inherit(p.fd, true);
	(void)execve(program, argv, p.environment);
	err = -errno;
	inherit(p.fd, false);
	unpack(&p);
	return err;
}

static void keep_open(posix_spawn_file_actions_t *files, int fd)
{
	/* Onto itself: the child, and it alone, inherits it. */
	(void)posix_spawn_file_actions_adddup2(files, fd, fd);
}

int inherit_spawn(pid_t *ret, const char *program, char *const argv[])
{
	posix_spawn_file_actions_t files;
	struct parcel p;
	int err = pack(&p);

	if (err)
		return err;
	(void)posix_spawn_file_actions_init(&files);
	keep_open(&files, p.fd);
	for (unsigned int i = 0; i < record.n; i++)
		if (record.entry[i].is_fd && !record.entry[i].left)
			keep_open(&files, atoi(record.entry[i].text));
	err = -posix_spawn(ret, program, &files, NULL, argv, p.environment);
	(void)posix_spawn_file_actions_destroy(&files);
	unpack(&p);
	return err;
}
