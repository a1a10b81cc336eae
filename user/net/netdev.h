/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The only door to rtnetlink, generic netlink (libmnl) and the interface sysctls. */
#ifndef IPT_NETDEV_H
#define IPT_NETDEV_H

#include <net/if.h>
#include <stdbool.h>
#include <stdint.h>
#include "base/addr.h"
#include "base/err.h"

#define LOOPBACK 1u /* the ifindex of lo, in every network namespace */

enum netdev_xdp { NETDEV_XDP_UNSAID, NETDEV_XDP_NONE, NETDEV_XDP_SOME };

struct netdev {
	uint32_t ifindex;
	uint8_t mac[6];
	bool up; /* administratively up */
	bool carrier; /* operationally up */
	enum netdev_xdp xdp; /* has it an XDP program, whosever? */
	bool ethernet; /* and answers ARP: what a floating address needs */
	bool bundle; /* a bond, a team or the like: its driver runs XDP on the members, if at all */
	bool member; /* of such a one, whose the addresses are */
	bool port; /* of a bridge, whose the addresses should be */
	bool vswitch; /* of an Open vSwitch: its master is the datapath, and the addresses are at none of its own ports */
	bool vrf; /* a VRF itself */
	uint32_t master; /* whose member or port it is; 0: nobody's */
	uint32_t mtu;
	/* Of a VLAN device: its tag, the protocol (0: it is none) and the number, and the interface that it puts it on. */
	uint16_t vlan_proto, vlan_id;
	uint32_t parent; /* 0: that is in another network namespace */
	bool virtual; /* made by software; what comes to it may have lost its tags on the way */
	char name[IFNAMSIZ];
};

int netdev_by_name(const char *name, struct netdev *ret,
		   struct err *e); /* -ENODEV quotes the name */
int netdev_by_index(uint32_t ifindex, struct netdev *ret);
/*
 * The interface below all VLAN devices: `dev` itself if it is none. 0: it is not known, or not in a network of its own, as
 * VLAN 0 is. Two interfaces with the same one are in two networks.
 */
uint32_t netdev_trunk(const struct netdev *dev);
/* As netdev_by_index(); a bundle is found by its members, too, where its kind does not say it. */
int netdev_bundle_by_index(uint32_t ifindex, struct netdev *ret);
int netdev_each(int (*fn)(const struct netdev *dev, void *arg), void *arg);

/* Where something is sent to, ... */
struct netdev_to {
	struct ipt_addr ip;
	uint32_t ifindex; /* of a link-local address; 0: as the routes say */
	bool far; /* a router may be on the way */
};

/* ... and how it gets there. */
struct netdev_way {
	uint32_t ifindex;
	struct ipt_addr src; /* own, of the same family */
	struct ipt_addr via; /* the router; all zero: there is none */
};

/* In the main table or else in the only VRF that leads there. -EHOSTUNREACH, or -EMULTIHOP if by a gateway,
 * and it is not `far`. */
int netdev_route(const struct netdev_to *to, struct netdev_way *ret, struct err *e);

/*
 * Would the kernel take in a packet that comes by that interface `from` a host `to` an address? 0: yes, or it cannot be
 * asked; -EADDRNOTAVAIL: it would go elsewhere; -EXDEV: rp_filter; another -errno: as routes and rules say.
 */
int netdev_delivers(uint32_t ifindex, const struct ipt_addr *from, const struct ipt_addr *to);
/* Does what is sent from `from`, an address of this host, to `to` leave, and by which interface (0: that is not known)?
 * Returns as that does, -ENETUNREACH: no route. */
int netdev_answers(const struct ipt_addr *from, const struct ipt_addr *to, uint32_t *ret_ifindex);

/* Batched. Added: those that were there already count as done only if `accept`. Removed in reverse order;
 * what is gone is done. Returns 0, or -errno with the address named; on failure of an add, what this call
 * added is removed again. */
int netdev_addr_add(uint32_t ifindex, const struct addr *addrs, uint32_t n, bool accept,
		    struct err *e);
/* As an add that accepts; *ret_added: how many were not there. */
int netdev_addr_restore(uint32_t ifindex, const struct addr *addrs, uint32_t n, uint32_t *ret_added,
			struct err *e);
/* Puts each of `to`, an IPv4 address of `from` in another form, beside that one, and takes that away: it is there all the time. */
int netdev_addr_reform(uint32_t ifindex, const struct addr *from, const struct addr *to, uint32_t n,
		       struct err *e);
int netdev_addr_del(uint32_t ifindex, const struct addr *addrs, uint32_t n, struct err *e);
/* 1 if the address is on that interface (0: any interface), 0 if not, -errno. */
int netdev_addr_present(uint32_t ifindex, const struct ipt_addr *ip);

/* Every address of every interface. 0 or -errno; -EINTR: the table changed meanwhile. */
int netdev_addr_each(void (*fn)(uint32_t ifindex, const struct addr *addr, void *arg), void *arg);

/* What is told of interfaces as it happens: the new state (gone: up = carrier = false, deleted = true), and that a
 * filter or a queueing discipline has come or gone, and that an address has gone. */
struct netdev_watcher {
	void (*link)(const struct netdev *dev, bool deleted, void *arg);
	void (*filters)(uint32_t ifindex, void *arg);
	void (*addr_gone)(uint32_t ifindex, const struct ipt_addr *ip, void *arg);
	void *arg;
};

/* An fd for epoll, and what calls back for each message. 0, -errno, or 1 if events were lost (ENOBUFS): then the caller must look
 * for itself. */
int netdev_watch_open(void);
int netdev_watch_fetch(int fd, const struct netdev_watcher *w);

/* Can XDP frames be transmitted there (netdev genetlink, xdp-features, NDO_XMIT)? 1, 0, or -errno
 * (-EOPNOTSUPP: the kernel does not say). */
int netdev_xdp_xmit(uint32_t ifindex);

/* Has the interface IPv6, which may be switched off or not be there at all? Is this host a router by it? */
bool netdev_has_ipv6(const char *ifname);
bool netdev_routes_ipv6(const char *ifname);

/* /proc/sys/net/ipv4/conf/NAME/KEY */
int netdev_sysctl_get(const char *ifname, const char *key, int *ret);
int netdev_sysctl_set(const char *ifname, const char *key, int value);

#endif
