/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Programs onto the interfaces, and silence onto all others; undone whole on failure. */
#include "addr/addrs.h"
#include "addr/sysctl.h"
#include "base/log.h"
#include "setup.h"

/* The process before has looked a moment ago, and links looks again in its thread. */
static bool is_attached(const struct daemon *d, uint32_t ifindex)
{
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	int n = d->plan.found.well ? kern_ifaces(d->k, ifaces) : 0;

	for (int i = 0; i < n; i++)
		if (ifaces[i].ifindex == ifindex)
			return true;
	return false;
}

/* A VLAN device that has them itself is slower, and frames get around its fence by the interface below. */
static void tell_apart(const struct daemon *d, uint32_t ifindex)
{
	struct ipt_iface ifaces[IPT_MAX_IFACES];
	int n = kern_ifaces(d->k, ifaces);

	for (int i = 0; i < n; i++) {
		const char *why =
			ifaces[i].ifindex == ifindex ? kern_iface_apart(&ifaces[i]) : NULL;

		if (why)
			log_line("%s: programs on the VLAN device itself, in generic mode: %s",
				 ifaces[i].name, why);
	}
}

/* *ret_new: an interface has our programs for the first time. */
static int attach_all(struct daemon *d, bool *ret_new, struct err *e)
{
	*ret_new = false;
	for (unsigned int i = 0; i < d->plan.nifaces; i++) {
		int err = 0;

		if (is_attached(d, d->plan.iface[i].ifindex))
			continue;
		*ret_new = true;
		err = kern_attach(d->k, d->plan.iface[i].ifindex, d->plan.iface[i].name,
				  d->plan.mode[i], e);

		if (err && !d->is_heir)
			return err;
		if (!err)
			tell_apart(d, d->plan.iface[i].ifindex);
		/* The process before lived with that fault of one interface; links tries on. */
		if (err)
			log_line("ALARM: %s", e->text);
	}
	return 0;
}

/* The process before lived with what was changed under it; its guard goes on telling. */
static int silence(struct daemon *d, bool new, struct err *e)
{
	int err;

	if (!new &&setup_all_stand(d))
		return 0;
	err = setup_silence(d, false, e);
	if (!err || !d->is_heir)
		return err;
	log_line("ALARM: %s", e->text);
	return 0;
}

/* Addresses on lo: without programs and sysctls the kernel would answer for them. */
static void undo_standing(struct daemon *d)
{
	struct vip_list list;
	struct err ignored;

	if (vips_collect_if(d->k, setup_is_managed, (const void *)kern_groups(d->k), &list))
		return;
	(void)vips_remove(d->k, &list, &ignored);
	vips_free(&list);
}

void setup_undo_attach(struct daemon *d, const struct ipt_iface *before, int nbefore)
{
	struct ipt_iface now[IPT_MAX_IFACES];
	struct err ignored;
	int n = kern_ifaces(d->k, now);

	if (!nbefore)
		undo_standing(d);
	for (int i = n; i-- > 0;) {
		bool kept = false;

		for (int b = 0; b < nbefore; b++)
			kept = kept || before[b].ifindex == now[i].ifindex;
		if (!kept)
			(void)kern_detach(d->k, &now[i], &ignored);
	}
	if (nbefore)
		return;
	(void)sysctl_guard_all(d->k, &ignored);
	(void)kern_remove(d->k, &ignored);
}

int setup_attach(struct daemon *d, struct err *e)
{
	bool new;
	int err = attach_all(d, &new, e);

	return err ? err : silence(d, new, e);
}
