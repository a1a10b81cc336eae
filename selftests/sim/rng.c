/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Chance, the same for the same seed: splitmix64. */
#include "sim.h"

uint64_t rng_next(struct rng *r)
{
	uint64_t z = r->s += 0x9e3779b97f4a7c15ull;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9ull;
	z = (z ^ z >> 27) * 0x94d049bb133111ebull;
	return z ^ z >> 31;
}

uint64_t rng_below(struct rng *r, uint64_t below)
{
	return below ? (uint64_t)((unsigned __int128)rng_next(r) * below >> 64) : 0;
}

uint64_t rng_range(struct rng *r, uint64_t from, uint64_t to)
{
	return from + rng_below(r, to - from + 1);
}

bool rng_ppm(struct rng *r, uint32_t ppm)
{
	return ppm && rng_below(r, 1000000) < ppm;
}
