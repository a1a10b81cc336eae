/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* attach IFACE [--mode auto|native|generic]: programs loaded, attached, pinned; or nothing at all. */
#include <errno.h>
#include <string.h>
#include "addr/sysctl.h"
#include "cmd.h"
#include "control/client.h"
#include "kern/kern.h"
#include "net/netdev.h"
#include "net/netdev_tc.h"

static int parse_mode(const char *word, enum kern_mode *ret)
{
	static const struct {
		const char *word;
		enum kern_mode mode;
	} modes[] = {
		{"auto", KERN_MODE_AUTO},
		{"native", KERN_MODE_NATIVE},
		{"generic", KERN_MODE_GENERIC},
	};
	unsigned int i;

	for (i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (!strcmp(modes[i].word, word)) {
			*ret = modes[i].mode;
			return 0;
		}
	return -EINVAL;
}

/* Exit status, or -1 to go on. */
static int parse(const struct cmd_ctx *ctx, const char **iface, enum kern_mode *mode)
{
	int i;

	*iface = NULL;
	for (i = 0; i < ctx->argc; i++) {
		if (!strcmp(ctx->argv[i], "--mode") && i + 1 < ctx->argc) {
			if (parse_mode(ctx->argv[++i], mode))
				return cmd_fail(2, "mode '%s': auto, native or generic, please",
						ctx->argv[i]);
		} else if (ctx->argv[i][0] == '-' || *iface) {
			return CMD_USAGE;
		} else {
			*iface = ctx->argv[i];
		}
	}
	return *iface ? -1 : CMD_USAGE;
}

/* Pins that nobody attached to and no daemon uses would only be in the way. */
static void drop_unused(struct kern *k, const char *instance)
{
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	struct err ignored;

	if (kern_ifaces(k, ifaces) || client_daemon_alive(instance))
		return;
	(void)sysctl_guard_all(k, &ignored);
	(void)kern_remove(k, &ignored);
}

static void warn_shaper(const struct netdev *dev)
{
	char kind[16];

	if (netdev_tc_shaper(dev->ifindex, kind) == 1)
		(void)fprintf(stderr,
			      "ip-takeover-ctl: warning: the root qdisc of %s (%s) holds frames "
			      "back: those that wait in it when a lease ends still leave\n",
			      dev->name, kind);
}

/* The kernel answers for the bridge's addresses at each port, and only one of them has our programs. */
static void warn_port(const struct netdev *dev)
{
	struct netdev bridge;

	if (dev->port && !netdev_by_index(dev->master, &bridge))
		(void)fprintf(stderr,
			      "ip-takeover-ctl: warning: %s is a port of %s, whose other ports are "
			      "not guarded: name %s\n",
			      dev->name, bridge.name,
			      dev->vswitch ? "its switch's own interface" : bridge.name);
}

static void warn_apart(const struct ipt_iface *iface)
{
	const char *why = kern_iface_apart(iface);

	if (why)
		(void)fprintf(stderr,
			      "ip-takeover-ctl: warning: %s: programs on the VLAN device itself, "
			      "in "
			      "generic mode: %s\n",
			      iface->name, why);
}

static int done(const struct ipt_iface *iface)
{
	const char *mode = iface->flags & IPT_IF_NATIVE ? "native" : "generic";
	const char *chain = iface->flags & IPT_IF_CHAINED ? "chained" : "single program";
	char below[IF_NAMESIZE];

	warn_apart(iface);
	if (!iface->vlan.below || !if_indextoname(iface->vlan.below, below))
		return cmd_done("%s: attached, %s mode, %s", iface->name, mode, chain);
	return cmd_done("%s: attached, %s mode, %s, on %s", iface->name, mode, chain, below);
}

static int report(struct kern *k, const struct netdev *dev)
{
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	int i, n = kern_ifaces(k, ifaces);

	for (i = 0; i < n; i++)
		if (ifaces[i].ifindex == dev->ifindex)
			return done(&ifaces[i]);
	return cmd_fail(1, "%s: attached and detached again by somebody else", dev->name);
}

int cmd_attach(const struct cmd_ctx *ctx)
{
	enum kern_mode mode = KERN_MODE_AUTO;
	struct kern *k = NULL;
	struct netdev dev;
	struct err e = {0};
	char instance[64];
	const char *iface;
	int status, err;

	status = parse(ctx, &iface, &mode);
	if (status != -1)
		return status;
	err = kern_instance(ctx->instance, instance, &e);
	if (!err)
		err = netdev_by_name(iface, &dev, &e);
	if (!err)
		err = kern_create(&k, instance, &e);
	if (err)
		return cmd_fail(1, "%s", e.text);
	err = kern_attach(k, dev.ifindex, dev.name, mode, &e);
	if (err) {
		drop_unused(k, instance);
		status = cmd_fail(1, "%s", e.text);
	} else {
		if (sysctl_guard_all(k, &e))
			(void)fprintf(stderr,
				      "ip-takeover-ctl: warning: the kernel may answer for "
				      "floating "
				      "addresses: %s\n",
				      e.text);
		warn_shaper(&dev);
		warn_port(&dev);
		status = report(k, &dev);
	}
	kern_close(k);
	return status;
}
