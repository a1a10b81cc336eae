/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Captures with an interface for each port and direction, as tcpdump reads them: written and read back. */
#include <errno.h>
#include <string.h>
#include "common.h"
#include "common_pcapng.h"

#define BLOCK_SECTION 0x0a0d0d0au
#define BLOCK_IFACE 1u
#define BLOCK_FRAME 6u
#define BYTE_ORDER_MAGIC 0x1a2b3c4du
#define LINK_ETHERNET 1
#define OPT_IF_NAME 2
#define OPT_IF_TSRESOL 9
#define NANOSECONDS 9
#define BLOCK_MAX 4096

struct block {
	uint32_t type, len;
};

struct section {
	uint32_t magic;
	uint16_t major, minor;
	uint64_t section_len;
} __attribute__((packed));

struct iface_body {
	uint16_t link, reserved;
	uint32_t snaplen;
};

struct option {
	uint16_t code, len;
};

struct frame_body {
	uint32_t iface, time_high, time_low, caplen, len;
};

static uint32_t padded(size_t len)
{
	return (uint32_t)((len + 3) & ~(size_t)3);
}

static void put(struct pcapng *p, const void *bytes, size_t len)
{
	if (fwrite(bytes, len, 1, p->f) != 1)
		die("pcapng: write: %s", strerror(errno));
}

static void block_put(struct pcapng *p, uint32_t type, const void *body, size_t len)
{
	struct block b = {.type = type, .len = (uint32_t)(sizeof(b) + padded(len) + 4)};
	static const uint8_t zero[4];

	put(p, &b, sizeof(b));
	put(p, body, len);
	if (padded(len) > len)
		put(p, zero, padded(len) - len);
	put(p, &b.len, 4);
}

void pcapng_create(struct pcapng *p, const char *path)
{
	struct section s = {.magic = BYTE_ORDER_MAGIC, .major = 1, .section_len = UINT64_MAX};

	*p = (struct pcapng){.f = fopen(path, "we")};
	if (!p->f)
		die("pcapng: %s: %s", path, strerror(errno));
	block_put(p, BLOCK_SECTION, &s, sizeof(s));
}

uint32_t pcapng_iface(struct pcapng *p, const char *name)
{
	struct {
		struct iface_body body;
		struct option name_opt;
		char name[16];
		struct option resolution_opt;
		uint8_t resolution[4];
		struct option end;
	} i = {.body = {.link = LINK_ETHERNET, .snaplen = PCAPNG_SNAPLEN},
	       .name_opt = {.code = OPT_IF_NAME, .len = sizeof(i.name)},
	       .resolution_opt = {.code = OPT_IF_TSRESOL, .len = 1},
	       .resolution = {NANOSECONDS}};

	if (p->nifaces == PCAPNG_MAX_IFACES)
		die("pcapng: more than %d interfaces", PCAPNG_MAX_IFACES);
	(void)snprintf(i.name, sizeof(i.name), "%s", name);
	memcpy(p->name[p->nifaces], i.name, sizeof(i.name));
	block_put(p, BLOCK_IFACE, &i, sizeof(i));
	return p->nifaces++;
}

void pcapng_write(struct pcapng *p, uint32_t iface, uint64_t time_ns, const void *bytes, size_t len)
{
	uint8_t body[sizeof(struct frame_body) + PCAPNG_SNAPLEN];
	struct frame_body f = {.iface = iface,
			       .time_high = (uint32_t)(time_ns >> 32),
			       .time_low = (uint32_t)time_ns,
			       .caplen = (uint32_t)len,
			       .len = (uint32_t)len};

	if (f.caplen > PCAPNG_SNAPLEN)
		f.caplen = PCAPNG_SNAPLEN;
	memcpy(body, &f, sizeof(f));
	memcpy(body + sizeof(f), bytes, f.caplen);
	block_put(p, BLOCK_FRAME, body, sizeof(f) + f.caplen);
}

void pcapng_open(struct pcapng *p, const char *path)
{
	*p = (struct pcapng){.f = fopen(path, "re")};
	if (!p->f)
		die("pcapng: %s: %s", path, strerror(errno));
}

/* The name that pcapng_iface() wrote: always the first option, of a fixed length. */
static void iface_read(struct pcapng *p, const uint8_t *body, size_t len)
{
	const size_t at = sizeof(struct iface_body) + sizeof(struct option);

	if (p->nifaces == PCAPNG_MAX_IFACES || len < at + 16)
		die("pcapng: an interface that this program did not write");
	(void)snprintf(p->name[p->nifaces++], 16, "%.15s", (const char *)body + at);
}

bool pcapng_next(struct pcapng *p, struct pcapng_frame *ret)
{
	uint8_t body[BLOCK_MAX];
	struct frame_body f;
	struct block b;

	while (fread(&b, sizeof(b), 1, p->f) == 1) {
		if (b.len < 12 || b.len > BLOCK_MAX)
			die("pcapng: a block of %u bytes", b.len);
		if (fread(body, b.len - sizeof(b), 1, p->f) != 1)
			return false; /* the writer was killed in the middle of it */
		if (b.type == BLOCK_IFACE)
			iface_read(p, body, b.len - 12);
		if (b.type != BLOCK_FRAME)
			continue;
		memcpy(&f, body, sizeof(f));
		if (f.caplen > PCAPNG_SNAPLEN || f.iface >= p->nifaces)
			die("pcapng: a frame that this program did not write");
		ret->time_ns = (uint64_t)f.time_high << 32 | f.time_low;
		ret->iface = f.iface;
		ret->len = f.len;
		ret->caplen = f.caplen;
		memcpy(ret->bytes, body + sizeof(f), f.caplen);
		return true;
	}
	return false;
}

void pcapng_close(struct pcapng *p)
{
	if (fclose(p->f))
		die("pcapng: close: %s", strerror(errno));
}
