/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Takes the lease and announces: by live frames or by AF_PACKET; from the store to the last frame at the receiver. */
#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <bpf/libbpf.h>
#include "../tools/common.h"
#include "announce.skel.h"
#include "common_cable.h"
#include "common_neigh.h"
#include "core/frame.h"
#include "net/packet.h"
#include "packets.skel.h"

#define LIVE_BATCH 64 /* as the daemon's */
#define PACKET_BATCH 64
#define ARRIVE_NS 1000000000ull /* what has not come by then is lost */

struct announces {
	struct rig rig;
	struct cable cable;
	struct ipt_announce_entry *list; /* made before: the daemon has it ready as well */
	struct ipt_announce_entry *mapped;
	struct neigh *neigh; /* NULL: frames are counted, not neighbour entries */
	uint32_t count;
	uint32_t entries; /* neighbour entries that have to move */
	int fd;
	int (*send)(struct announces *a);
};

/* What kern_announce_load() and kern_announce_run() do. */
static int send_live(struct announces *a)
{
	struct ipt_announce_job job = {.epoch = RIG_EPOCH,
				       .group = RIG_GROUP,
				       .forms = IPT_FORM_REQUEST,
				       .count = a->count};
	uint32_t zero = 0;

	memcpy(a->mapped, a->list, a->count * sizeof(*a->list));
	rig_set(&a->rig, "announce_job", &zero, &job);
	return rig_live(bpf_program__fd(a->rig.announce->progs.ipt_announce), a->cable.host_ifindex,
			a->count, LIVE_BATCH);
}

static int send_packet(struct announces *a)
{
	uint8_t frames[PACKET_BATCH][FRAME_ETH_MIN];
	uint32_t done = 0, now, i;
	int sent;

	while (done < a->count) {
		now = a->count - done < PACKET_BATCH ? a->count - done : PACKET_BATCH;
		for (i = 0; i < now; i++)
			frame_arp_build(frames[i], ARP_FORM_REQUEST, a->list[done + i].mac,
					a->list[done + i].addr.word_be32[3]);
		sent = packet_send_many(a->fd, frames, FRAME_ETH_MIN, now);
		if (sent < 0)
			return sent;
		done += (uint32_t)sent;
	}
	return 0;
}

static void list_make(struct announces *a)
{
	uint32_t i;

	a->list = calloc(a->count, sizeof(*a->list));
	a->mapped = mmap(NULL, IPT_MAX_VIPS * sizeof(*a->mapped), PROT_READ | PROT_WRITE,
			 MAP_SHARED, rig_map(&a->rig, "announce_list"), 0);
	if (!a->list || a->mapped == MAP_FAILED)
		die("announce_list: %s", strerror(errno));
	for (i = 0; i < a->count; i++)
		a->list[i].addr = ipt_addr_v4(htonl(RIG_BASE + i));
}

/* Another MAC each time: then neighbour entries have something to move to. */
static void list_mac(struct announces *a, uint64_t round)
{
	uint8_t mac[6] = {2, 0xee, 0, 0, (uint8_t)(getpid() ^ round >> 8), (uint8_t)round};
	uint32_t i;

	for (i = 0; i < a->count; i++)
		memcpy(a->list[i].mac, mac, 6);
	if (a->neigh)
		neigh_expect(a->neigh, mac);
}

/* Stamps the last frame, or the last entry's move. False: not all of them came. */
static bool wait_all(struct announces *a, uint64_t begin_ns, uint64_t *last_ns)
{
	struct packets_sink s;

	if (a->neigh)
		return neigh_wait(a->neigh, a->entries, begin_ns + ARRIVE_NS, last_ns);
	do {
		rig_sleep_ns(100000);
		s = rig_sunk(&a->rig);
	} while (s.announced < a->count && rig_now_ns() < begin_ns + ARRIVE_NS);
	*last_ns = s.last_ns;
	return s.announced >= a->count;
}

static void announce_once(struct announces *a, uint64_t round)
{
	uint64_t begin_ns, last_ns = 0;
	bool all;
	int err;

	list_mac(a, round);
	rig_lease(&a->rig, false);
	rig_sink_clear(&a->rig);
	begin_ns = rig_now_ns();
	rig_lease(&a->rig, true);
	err = a->send(a);
	if (err < 0)
		die("announcing: %s", strerror(-err));
	all = wait_all(a, begin_ns, &last_ns);
	printf("%" PRIu64 " %s\n", last_ns - begin_ns, all ? "all" : "lost");
	(void)fflush(stdout);
}

static void way_choose(struct announces *a, const char *way, bool parked)
{
	uint8_t mac[6];

	if (!strcmp(way, "live"))
		a->send = send_live;
	else if (!strcmp(way, "packet"))
		a->send = send_packet;
	else
		die("\"%s\" is not live or packet", way);
	if (parked)
		rig_attach(rig_device("parked", mac),
			   bpf_program__fd(a->rig.announce->progs.ipt_announce));
	rig_enter("h1");
	a->fd = packet_open(a->cable.host_ifindex);
	if (a->fd < 0)
		die("packet socket: %s", strerror(-a->fd));
}

int main(int argc, char **argv)
{
	static struct announces a = {.count = 1};
	const char *way = "live";
	uint64_t rounds = 5, i;
	bool parked = false;
	int opt;

	while ((opt = getopt(argc, argv, "w:n:r:e:p")) != -1) {
		if (opt == 'w')
			way = optarg;
		else if (opt == 'n')
			a.count = (uint32_t)parse_u64(optarg, "-n");
		else if (opt == 'r')
			rounds = parse_u64(optarg, "-r");
		else if (opt == 'e')
			a.entries = (uint32_t)parse_u64(optarg, "-e");
		else if (opt == 'p')
			parked = true;
		else
			die("usage: announces [-w live|packet] [-p] [-n ADDRESSES] [-r ROUNDS] [-e "
			    "ENTRIES]");
	}
	rig_open(&a.rig);
	cable_up(&a.cable, &a.rig, bpf_program__fd(a.rig.packets->progs.bench_pass), a.count);
	a.rig.packets->bss->stamps = a.entries ? 2 : 1;
	if (a.entries)
		a.neigh = neigh_open();
	list_make(&a);
	way_choose(&a, way, parked);
	for (i = 0; i < rounds; i++)
		announce_once(&a, i);
	neigh_close(a.neigh);
	(void)close(a.fd);
	free(a.list);
	rig_close(&a.rig);
	return 0;
}
