/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* An Open vSwitch without its daemons: `ovsport SWITCH DEV` makes a datapath of that name, and DEV a port of it; `ovsport
 * SWITCH` takes it away again. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/genetlink.h>
#include <linux/openvswitch.h>
#include <net/if.h>
#include <string.h>
#include <time.h>
#include "common.h"

static struct mnl_socket *nl;

/* What is asked for in `nlh` is done, or the program ends. */
static void talk(struct nlmsghdr *nlh, const char *what, mnl_cb_t cb, void *arg)
{
	static char answer[8192];
	unsigned int port = mnl_socket_get_portid(nl), seq = (unsigned int)time(NULL);
	ssize_t n;
	int more = MNL_CB_OK;

	nlh->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	nlh->nlmsg_seq = seq;
	if (mnl_socket_sendto(nl, nlh, nlh->nlmsg_len) < 0)
		die("%s: %s", what, strerror(errno));
	while (more > MNL_CB_STOP) {
		n = mnl_socket_recvfrom(nl, answer, sizeof(answer));
		more = n < 0 ? -1 : mnl_cb_run(answer, (size_t)n, seq, port, cb, arg);
	}
	if (more < 0)
		die("%s: %s", what, strerror(errno));
}

static struct nlmsghdr *request(void *buf, uint16_t family, uint8_t cmd, uint8_t version)
{
	struct nlmsghdr *nlh = mnl_nlmsg_put_header(buf);
	struct genlmsghdr *genl = mnl_nlmsg_put_extra_header(nlh, sizeof(*genl));

	nlh->nlmsg_type = family;
	genl->cmd = cmd;
	genl->version = version;
	return nlh;
}

static int store_family(const struct nlmsghdr *nlh, void *arg)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, nlh, sizeof(struct genlmsghdr)) if (mnl_attr_get_type(attr) ==
								    CTRL_ATTR_FAMILY_ID) *
		(uint16_t *)arg = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static uint16_t family_of(const char *name)
{
	char buf[256];
	struct nlmsghdr *nlh = request(buf, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1);
	uint16_t family = 0;

	mnl_attr_put_strz(nlh, CTRL_ATTR_FAMILY_NAME, name);
	talk(nlh, name, store_family, &family);
	return family;
}

static struct nlmsghdr *on_switch(void *buf, uint8_t cmd, const char *name)
{
	struct nlmsghdr *nlh =
		request(buf, family_of(OVS_DATAPATH_FAMILY), cmd, OVS_DATAPATH_VERSION);

	(void)memset(mnl_nlmsg_put_extra_header(nlh, sizeof(struct ovs_header)), 0,
		     sizeof(struct ovs_header));
	mnl_attr_put_strz(nlh, OVS_DP_ATTR_NAME, name);
	return nlh;
}

static void make(const char *name)
{
	char buf[256];
	struct nlmsghdr *nlh = on_switch(buf, OVS_DP_CMD_NEW, name);

	mnl_attr_put_u32(nlh, OVS_DP_ATTR_UPCALL_PID, 0);
	talk(nlh, name, NULL, NULL);
}

static void add_port(const char *name, const char *dev)
{
	char buf[256];
	struct nlmsghdr *nlh =
		request(buf, family_of(OVS_VPORT_FAMILY), OVS_VPORT_CMD_NEW, OVS_VPORT_VERSION);
	struct ovs_header *ovs = mnl_nlmsg_put_extra_header(nlh, sizeof(*ovs));

	ovs->dp_ifindex = (int)if_nametoindex(name);
	mnl_attr_put_u32(nlh, OVS_VPORT_ATTR_TYPE, OVS_VPORT_TYPE_NETDEV);
	mnl_attr_put_strz(nlh, OVS_VPORT_ATTR_NAME, dev);
	mnl_attr_put_u32(nlh, OVS_VPORT_ATTR_UPCALL_PID, 0);
	talk(nlh, dev, NULL, NULL);
}

int main(int argc, char **argv)
{
	char buf[256];

	if (argc < 2 || argc > 3)
		die("usage: ovsport SWITCH [DEV]");
	nl = mnl_socket_open(NETLINK_GENERIC);
	if (!nl || mnl_socket_bind(nl, 0, MNL_SOCKET_AUTOPID) < 0)
		die("netlink: %s", strerror(errno));
	if (argc == 2) {
		talk(on_switch(buf, OVS_DP_CMD_DEL, argv[1]), argv[1], NULL, NULL);
	} else {
		make(argv[1]);
		add_port(argv[1], argv[2]);
	}
	mnl_socket_close(nl);
	return 0;
}
