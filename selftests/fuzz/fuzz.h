/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the fuzz targets share: the input as a stream of small decisions, and the one way to say that a rule broke. */
#ifndef IPT_FUZZ_H
#define IPT_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

/* What libFuzzer calls. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size);
int LLVMFuzzerInitialize(int *argc, char ***argv);

struct fuzz_in {
	const uint8_t *at;
	size_t left;
};

/* The next byte; zeros follow the end, so that every input is a whole story. */
static inline uint8_t fuzz_byte(struct fuzz_in *in)
{
	if (!in->left)
		return 0;
	in->left--;
	return *in->at++;
}

static inline uint64_t fuzz_bytes(struct fuzz_in *in, unsigned int n)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < n; i++)
		value |= (uint64_t)fuzz_byte(in) << 8 * i;
	return value;
}

/* One of `n` things, n <= 256. */
static inline uint32_t fuzz_below(struct fuzz_in *in, uint32_t n)
{
	return fuzz_byte(in) % n;
}

/* Broken rules end the process, so that libFuzzer keeps the input. */
#define FUZZ_MUST(rule, ...)                                                      \
	do {                                                                      \
		if (!(rule)) {                                                    \
			(void)fprintf(stderr, "BROKEN: " #rule "\n" __VA_ARGS__); \
			abort();                                                  \
		}                                                                 \
	} while (0)

/* A file without a name in any directory. */
static inline int fuzz_file(const char *name, char path[32])
{
	int fd = memfd_create(name, MFD_CLOEXEC);

	FUZZ_MUST(fd >= 0);
	(void)snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

static inline void fuzz_fill(int fd, const void *bytes, size_t size)
{
	FUZZ_MUST(ftruncate(fd, 0) == 0);
	FUZZ_MUST(pwrite(fd, bytes, size, 0) == (ssize_t)size);
}

#endif
