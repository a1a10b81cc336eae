/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* I1 to I8, each as it stands in protocol 10; rounding may cost what ROUNDING_NS says and no more. */
#include "fuzz.h"
#include "inequalities.h"

/* Twice up to the next microsecond, once to the next nanosecond (judge_g_ns()). */
#define ROUNDING_NS 2001.0
#define FLOATING_NS 0.01 /* what floating point itself gets wrong */
#define X_MIN_NS 1e9

static void must_be(double value, double want)
{
	FUZZ_MUST(value >= want - ROUNDING_NS && value <= want + ROUNDING_NS, "%f instead of %f\n",
		  value, want);
}

static void lengths(const struct timing *t, double q, double rho)
{
	double T = (double)t->interval_ns, L = (double)t->lease_ns, eps = (double)t->settle_ns;
	double x = (double)t->x_ns;

	must_be(L, (t->misses - 1) * T);
	FUZZ_MUST((double)t->g_ns + FLOATING_NS >= L * q + (1 + rho) * eps); /* I1 */
	must_be((double)t->g_ns, L * q + (1 + rho) * eps);
	FUZZ_MUST((double)t->closed_ns + FLOATING_NS >= (1 + rho) * eps);
	FUZZ_MUST(x >= L && x >= X_MIN_NS);
	FUZZ_MUST((double)t->b_ns + FLOATING_NS >=
		  x * q + (1 + rho) * eps); /* I2, the longest lease included */
}

static void spacing(const struct timing *t, double q)
{
	double T = (double)t->interval_ns, L = (double)t->lease_ns, G = (double)t->g_ns;
	double delta = (double)t->delta_ns, sigma = (double)t->sigma_ns;
	double c = (double)t->c_ns, s = (double)t->s_ns;
	uint32_t ranks = t->members ? t->members : 2;

	FUZZ_MUST(t->delta_ns > 0 && t->sigma_ns > 0);
	FUZZ_MUST(L + ROUNDING_NS >= 3 * T * q + 2 * delta + sigma); /* I3, k = 1 */
	must_be((double)t->slack_ns, L - (3 * T * q + 2 * delta + sigma));
	FUZZ_MUST(c >= 2 * delta + sigma && s >= 2 * delta + sigma); /* I5 */
	FUZZ_MUST(c + s * (ranks - 1) <= G);
	if (t->members)
		return;
	FUZZ_MUST((double)t->d_ns + ROUNDING_NS >= 2 * T * q + delta + sigma); /* I4 */
	FUZZ_MUST((double)t->d_ns <= L - T - 2 * delta - sigma + ROUNDING_NS);
}

void inequalities_must_hold(const struct timing *t)
{
	double rho = t->rho_ppm / 1e6, q = (1 + rho) / (1 - rho);

	lengths(t, q, rho);
	spacing(t, q);
	FUZZ_MUST(t->f_ns <= t->g_ns); /* I8 */
}
