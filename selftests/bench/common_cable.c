/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* A cable between the host that answers, h1, and the client that asks, c: both ends called eth0. */
#include <bpf/libbpf.h>
#include "common_cable.h"
#include "packets.skel.h"

/* A veth pair in the client's namespace that carries nothing: a live-frame call whose program is attached natively
 * somewhere does not wait for RCU. */
#define PARK "park"

void cable_up(struct cable *cable, const struct rig *r, int host_prog_fd, uint32_t addresses)
{
	struct packets_bpf *p = r->packets;
	uint8_t mac[6];

	rig_enter("h1");
	cable->host_ifindex = rig_device("eth0", cable->host_mac);
	(cable->v6 ? rig_addresses6 : rig_addresses)(r, cable->host_ifindex, cable->host_mac,
						     addresses);
	rig_lease(r, false);
	rig_attach(cable->host_ifindex, host_prog_fd);
	rig_enter("c");
	cable->client_ifindex = rig_device("eth0", cable->client_mac);
	if (cable->v6)
		rig_question6(r, cable->client_mac, addresses);
	else
		rig_question(r, cable->client_mac, rig_asker(addresses), addresses);
	rig_attach(rig_device(PARK, mac), bpf_program__fd(p->progs.bench_ask));
	rig_attach(cable->client_ifindex, bpf_program__fd(p->progs.bench_sink));
}
