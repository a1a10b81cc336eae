/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the words that the configuration file and its canonical form use for choices. */
#include "config.h"
#include "words.h"

#define LOOK_UP(table, i) ((i) < sizeof(table) / sizeof((table)[0]) ? (table)[i] : "?")

const char *words_alone(uint32_t alone)
{
	static const char *const words[] = {
		[ALONE_ALWAYS] = "always",
		[ALONE_GATEWAY] = "gateway",
		[ALONE_NEVER] = "never",
	};

	return LOOK_UP(words, alone);
}

const char *words_rollout(uint32_t rollout)
{
	static const char *const words[] = {
		[ROLLOUT_RECEIVE_ONLY] = "receive-only",
		[ROLLOUT_PERMISSIVE] = "permissive",
		[ROLLOUT_ENFORCE] = "enforce",
	};

	return LOOK_UP(words, rollout);
}

const char *words_mode(uint32_t mode)
{
	static const char *const words[] = {
		[MODE_AUTO] = "auto",
		[MODE_NATIVE] = "native",
		[MODE_GENERIC] = "generic",
	};

	return LOOK_UP(words, mode);
}

const char *words_initial(uint32_t initial)
{
	static const char *const words[] = {
		[INITIAL_WAIT] = "wait",
		[INITIAL_GOOD] = "good",
		[INITIAL_FAIL] = "fail",
	};

	return LOOK_UP(words, initial);
}

const char *words_relinquish(uint32_t relinquish)
{
	static const char *const words[] = {
		[RELINQUISH_QUIET] = "quiet",
		[RELINQUISH_ANNOUNCE] = "announce",
	};

	return LOOK_UP(words, relinquish);
}

const char *words_prefix(uint32_t prefix)
{
	static const char *const words[] = {
		[PREFIX_AUTO] = "auto",
		[PREFIX_WRITTEN] = "written",
	};

	return LOOK_UP(words, prefix);
}

const char *words_address(uint32_t address)
{
	static const char *const words[] = {
		[ADDRESS_OWNER] = "owner",
		[ADDRESS_STANDING] = "standing",
		[ADDRESS_NONE] = "none",
	};

	return LOOK_UP(words, address);
}

const char *words_scope(uint32_t scope)
{
	static const char *const names[] = {[VIP_SCOPE_UNSAID] = "",
					    [VIP_SCOPE_GLOBAL] = "global",
					    [VIP_SCOPE_LINK] = "link",
					    [VIP_SCOPE_HOST] = "host"};

	return scope < sizeof(names) / sizeof(names[0]) ? names[scope] : "?";
}
