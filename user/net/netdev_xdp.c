/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Asks the generic netlink family "netdev" whether an interface can send XDP frames. */
#include <errno.h>
#include <linux/genetlink.h>
#include "netdev_nl.h"

/* By number: the headers of a Linux 6.1 distribution do not have <linux/netdev.h>. */
#define NETDEV_FAMILY "netdev"
#define NETDEV_CMD_DEV_GET 1
#define NETDEV_A_DEV_IFINDEX 1
#define NETDEV_A_DEV_XDP_FEATURES 3
#define NETDEV_XDP_ACT_NDO_XMIT 4

static struct nlmsghdr *genl_request(void *buf, uint16_t family, uint8_t command)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl;

	nlh->nlmsg_type = family;
	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));
	genl->cmd = command;
	genl->version = 1;
	return nlh;
}

static int store_family(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh,
			  sizeof(struct genlmsghdr)) if (mnl_attr_get_type(attr) ==
								 CTRL_ATTR_FAMILY_ID &&
							 mnl_attr_validate(attr, MNL_TYPE_U16) ==
								 0) *
		(uint16_t *)arg = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int family_id(struct mnl_socket *nl, uint16_t *ret)
{
	char buf[256];
	struct nlmsghdr *nlh = genl_request(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	uint16_t id = 0;
	int err;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, NETDEV_FAMILY);
	err = netdev_nl_talk(nl, nlh, store_family, &id);
	if (err == -ENOENT || (!err && id == 0))
		return -EOPNOTSUPP;
	if (!err)
		*ret = id;
	return err;
}

struct features {
	uint64_t bits;
	bool told;
};

static int store_features(const struct nlmsghdr *nlh, void *arg)
{
	struct features *features = arg;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr))
	{
		if (mnl_attr_get_type(attr) != NETDEV_A_DEV_XDP_FEATURES ||
		    mnl_attr_validate(attr, MNL_TYPE_U64) < 0)
			continue;
		features->bits = mnl_attr_get_u64(attr);
		features->told = true;
	}
	return MNL_CB_OK;
}

int netdev_xdp_xmit(uint32_t ifindex)
{
	struct mnl_socket *nl = netdev_nl_open(NETLINK_GENERIC);
	struct features features = {0};
	struct nlmsghdr *nlh;
	uint16_t family;
	char buf[256];
	int err;

	if (!nl)
		return -errno;
	err = family_id(nl, &family);
	if (err)
		goto out;
	nlh = genl_request(buf, family, NETDEV_CMD_DEV_GET);
	mnl_attr_put_u32(nlh, NETDEV_A_DEV_IFINDEX, ifindex);
	err = netdev_nl_talk(nl, nlh, store_features, &features);
	if (!err && !features.told)
		err = -EOPNOTSUPP;
out:
	(void)mnl_socket_close(nl);
	return err ? err : !!(features.bits & NETDEV_XDP_ACT_NDO_XMIT);
}
