/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What a service manager is told, and when: over a socket of ours that NOTIFY_SOCKET names. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <cmocka.h>
#include "base/clock.h"
#include "daemon/daemon.h"
#include "daemon/service.h"

#define SECOND 1000000000ull

static int manager_fd;
static struct daemon *d;
static struct service s;
static uint64_t begun_ns;

/* What has been said since the last time; words of several datagrams run together. */
static const char *said(void)
{
	static char text[512];
	size_t used = 0;
	ssize_t n;

	while (used < sizeof(text) - 1 &&
	       (n = recv(manager_fd, text + used, sizeof(text) - 1 - used, MSG_DONTWAIT)) > 0)
		used += (size_t)n;
	text[used] = '\0';
	return text;
}

static void says(uint64_t after_ns, const char *expected)
{
	service_look(&s, d, begun_ns + after_ns);
	assert_string_equal(said(), expected);
}

/* A socket without a file: "@NAME". */
static void listen_as(const char *name)
{
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(name));

	memcpy(sa.sun_path, name, strlen(name));
	sa.sun_path[0] = '\0';
	manager_fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_return_code(bind(manager_fd, (struct sockaddr *)&sa, size), 0);
	assert_return_code(setenv("NOTIFY_SOCKET", name, 1), 0);
}

static void watchdog(const char *usec, long pid)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%ld", pid);
	assert_return_code(setenv("WATCHDOG_USEC", usec, 1), 0);
	assert_return_code(setenv("WATCHDOG_PID", text, 1), 0);
}

static int setup(void **state)
{
	char name[40];

	(void)state;
	(void)snprintf(name, sizeof(name), "@ip-takeover-test-%d", getpid());
	listen_as(name);
	unsetenv("WATCHDOG_USEC");
	unsetenv("WATCHDOG_PID");
	d = calloc(1, sizeof(*d));
	assert_non_null(d);
	d->cfg.ngroups = 2;
	d->core.cfg.node = 1;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	service_close(&s);
	(void)close(manager_fd);
	free(d);
	return 0;
}

static void begin(void)
{
	begun_ns = clock_now_ns();
	service_open(&s);
}

static void test_ready_when_each_group_is_known_or_in_fault(void **state)
{
	(void)state;
	begin();
	says(0, "");
	d->started = true;
	says(SECOND, "");
	d->core.group[0].state = HB_OWNER;
	says(2 * SECOND, "");
	d->core.group[1].state = HB_FAULT;
	says(2 * SECOND, "READY=1");
	says(20 * SECOND, "");
}

static void test_no_group_keeps_others_waiting(void **state)
{
	(void)state;
	begin();
	says(20 * SECOND, "");
	d->started = true;
	says(4 * SECOND, "");
	says(6 * SECOND, "READY=1");
}

static void test_an_heir_is_ready_at_once(void **state)
{
	(void)state;
	d->is_heir = true;
	begin();
	says(0, "READY=1");
}

static void test_a_witness_waits_for_no_group(void **state)
{
	(void)state;
	d->cfg.witness = true;
	begin();
	says(0, "");
	d->started = true;
	says(0, "READY=1");
}

static void test_watchdog_is_fed_before_it_is_due(void **state)
{
	(void)state;
	watchdog("20000000", getpid());
	begin();
	says(0, "WATCHDOG=1");
	says(4 * SECOND, "");
	says(5 * SECOND, "WATCHDOG=1");
	says(9 * SECOND, "");
}

static void test_watchdog_of_another_process(void **state)
{
	(void)state;
	watchdog("20000000", getppid());
	begin();
	says(0, "");
	says(60 * SECOND, "");
}

static void test_the_end_is_said_once_and_has_its_time(void **state)
{
	(void)state;
	d->is_heir = true;
	begin();
	says(0, "READY=1");
	d->core.stop_until_ns = 1;
	says(SECOND, "STOPPING=1\nWATCHDOG_USEC=300000000");
	says(2 * SECOND, "");
}

/* What finds no room in the socket is said at the next look, and holds nobody up. */
static void test_a_manager_that_does_not_read(void **state)
{
	struct sockaddr_un sa;
	socklen_t len = sizeof(sa);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	ssize_t n;

	(void)state;
	assert_return_code(getsockname(manager_fd, (struct sockaddr *)&sa, &len), 0);
	assert_return_code(connect(fd, (struct sockaddr *)&sa, len), 0);
	do {
		n = send(fd, "X=1", 3, 0);
	} while (n > 0);
	d->is_heir = true;
	begin();
	service_look(&s, d, begun_ns);
	assert_false(s.ready);
	while (*said())
		;
	says(SECOND, "READY=1");
	(void)close(fd);
}

static void test_without_a_manager(void **state)
{
	static const char *const names[] = {"", "/", "@", "vsock:2:1", "/nowhere/there", NULL};

	(void)state;
	d->is_heir = true;
	d->core.stop_until_ns = 1;
	watchdog("20000000", getpid());
	for (unsigned int i = 0; names[i]; i++) {
		assert_return_code(setenv("NOTIFY_SOCKET", names[i], 1), 0);
		begin();
		says(0, "");
		assert_int_equal(s.manager.fd, -1);
	}
	unsetenv("NOTIFY_SOCKET");
	begin();
	says(0, "");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_ready_when_each_group_is_known_or_in_fault),
		TEST(test_no_group_keeps_others_waiting),
		TEST(test_an_heir_is_ready_at_once),
		TEST(test_a_witness_waits_for_no_group),
		TEST(test_watchdog_is_fed_before_it_is_due),
		TEST(test_watchdog_of_another_process),
		TEST(test_the_end_is_said_once_and_has_its_time),
		TEST(test_a_manager_that_does_not_read),
		TEST(test_without_a_manager),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
