/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What may happen to a frame from one port of the switch to another: lost, late, twice, cut; by a seed. */
#include <stdlib.h>
#include <string.h>
#include "common_way.h"

#define MILLION 1000000u
#define OFF_TYPE 12
#define OFF_IP 14

/* splitmix64: a Weyl sequence through a mixer; any seed is as good as another. */
static uint64_t draw(uint64_t *seed)
{
	uint64_t z = *seed += 0x9e3779b97f4a7c15ull;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
	return z ^ (z >> 31);
}

void way_init(struct way *w, uint64_t seed, uint32_t from, uint32_t to)
{
	*w = (struct way){.seed = seed ^ ((uint64_t)from << 40 | (uint64_t)to << 48)};
	(void)draw(&w->seed);
}

void way_heal(struct way *w)
{
	w->cut = 0;
	w->loss_ppm = w->dup_ppm = w->late_ppm = 0;
	w->delay_min_ns = w->delay_max_ns = w->late_ns = 0;
}

static bool happens(struct way *w, uint32_t ppm)
{
	return draw(&w->seed) % MILLION < ppm;
}

static uint64_t delay(struct way *w)
{
	uint64_t ns = w->delay_min_ns;

	if (w->delay_max_ns > w->delay_min_ns)
		ns += draw(&w->seed) % (w->delay_max_ns - w->delay_min_ns);
	return happens(w, w->late_ppm) ? ns + w->late_ns : ns;
}

int way_decide(struct way *w, enum frame_class class, uint64_t ret_delay_ns[2])
{
	int copies = 1, i;

	if (w->cut & CLASS_BIT(class)) {
		w->cut_frames++;
		return 0;
	}
	if (happens(w, w->loss_ppm)) {
		w->lost++;
		return 0;
	}
	if (happens(w, w->dup_ppm)) {
		w->doubled++;
		copies = 2;
	}
	for (i = 0; i < copies; i++)
		ret_delay_ns[i] = delay(w);
	w->passed++;
	return copies;
}

enum frame_class frame_class(const uint8_t *bytes, size_t len, uint16_t beat_port)
{
	if (len >= OFF_IP && bytes[OFF_TYPE] == 0x08 && bytes[OFF_TYPE + 1] == 0x06)
		return CLASS_ARP;
	/* IPv6, ICMPv6 with nothing before it, a solicitation or an advertisement. */
	if (len >= OFF_IP + 48 && bytes[OFF_TYPE] == 0x86 && bytes[OFF_TYPE + 1] == 0xdd &&
	    bytes[OFF_IP + 6] == 58 && (bytes[OFF_IP + 40] == 135 || bytes[OFF_IP + 40] == 136))
		return CLASS_ARP;
	/* IPv4 without options, UDP, to the port of the heartbeats. */
	if (len >= OFF_IP + 28 && bytes[OFF_TYPE] == 0x08 && bytes[OFF_TYPE + 1] == 0x00 &&
	    bytes[OFF_IP] == 0x45 && bytes[OFF_IP + 9] == 17 &&
	    (bytes[OFF_IP + 22] << 8 | bytes[OFF_IP + 23]) == beat_port)
		return CLASS_BEAT;
	return CLASS_OTHER;
}

uint32_t class_mask(const char *word)
{
	if (!strcmp(word, "beat"))
		return CLASS_BIT(CLASS_BEAT);
	if (!strcmp(word, "arp"))
		return CLASS_BIT(CLASS_ARP);
	if (!strcmp(word, "ip"))
		return CLASS_BIT(CLASS_OTHER);
	return strcmp(word, "all") ? 0 : CLASS_ALL;
}

static uint32_t ppm(const char *percent)
{
	return percent ? (uint32_t)(strtod(percent, NULL) * 10000) : 0;
}

static uint64_t ms(const char *text)
{
	return text ? (uint64_t)(strtod(text, NULL) * 1e6) : 0;
}

bool way_set(struct way *w, const char *what, const char *a, const char *b)
{
	if (!strcmp(what, "cut"))
		w->cut |= class_mask(a ? a : "all");
	else if (!strcmp(what, "loss"))
		w->loss_ppm = ppm(a);
	else if (!strcmp(what, "dup"))
		w->dup_ppm = ppm(a);
	else if (!strcmp(what, "late")) {
		w->late_ppm = ppm(a);
		w->late_ns = ms(b);
	} else if (!strcmp(what, "delay")) {
		w->delay_min_ns = ms(a);
		w->delay_max_ns = ms(b ? b : a);
	} else if (!strcmp(what, "heal"))
		way_heal(w);
	else
		return false;
	return true;
}
