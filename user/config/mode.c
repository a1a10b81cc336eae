/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns the mode: what a pair and a quorum may consist of, and the options that only one of them has. */
#include "config_int.h"
#include "words.h"

#define HOLD_OFF_MAX_NS 3600000000000ull

static int check_quorum(const struct config_section *root, const struct config *c)
{
	struct config_word w = config_word(root, "quorum", 0);
	uint32_t members = c->npeers + 1, witnesses = c->witness, i;

	if (members < 3)
		return config_file_error(root->file, w.line,
					 "quorum '%s': %u members; two have no majority: add a "
					 "witness, peer \"NAME\" { address = ... witness = true }",
					 w.text, members);
	for (i = 0; i < c->npeers; i++)
		witnesses += c->peers[i].witness;
	if (witnesses == members)
		return config_file_error(root->file, w.line,
					 "quorum '%s': all %u members are witnesses, nobody could "
					 "own anything",
					 w.text, members);
	return 0;
}

static int check_pair(const struct config_section *root, const struct config *c)
{
	if (c->npeers > 1)
		return config_file_error(root->file, c->peers[1].line,
					 "peer '%s': three members or more need quorum = true",
					 c->peers[1].name);
	if (c->witness)
		return config_file_error(root->file, config_word(root, "witness", 0).line,
					 "witness 'true': a pair has none; set quorum = true, with "
					 "two nodes that are none");
	if (c->peers[0].witness)
		return config_file_error(root->file, c->peers[0].line,
					 "peer '%s': a pair has no witness; set quorum = true, "
					 "with another peer that is none",
					 c->peers[0].name);
	return 0;
}

/* What a lone node may do is a question only in a pair. */
static int read_alone(const struct config_section *root, struct config *c)
{
	struct config_word alone = config_word(root, "alone", 0);
	struct config_word gateway = config_word(root, "gateway", 0);
	uint32_t choice = c->alone;
	int err = config_get_choice(root, "alone", words_alone, &choice);

	if (!err)
		err = config_get_ip(root, "gateway", 0, &c->gateway_be32);
	if (err)
		return err;
	c->alone = choice;
	if (c->quorum && (alone.text || gateway.text))
		return config_file_error(root->file, alone.text ? alone.line : gateway.line,
					 "%s '%s': only a pair has it, with quorum = true the "
					 "majority decides",
					 alone.text ? "alone" : "gateway",
					 alone.text ? alone.text : gateway.text);
	if (c->alone == ALONE_GATEWAY && !gateway.text)
		return config_file_error(root->file, alone.line,
					 "alone 'gateway': gateway is not set, write gateway = "
					 "\"A.B.C.D\"");
	if (c->alone != ALONE_GATEWAY && gateway.text)
		return config_file_error(root->file, gateway.line,
					 "gateway '%s': is asked only with alone = \"gateway\"",
					 gateway.text);
	return 0;
}

static int read_hold_off(const struct config_section *root, struct config *c)
{
	struct config_word w = config_word(root, "hold-off", 0);
	int err = config_get_time(root, "hold-off", &c->hold_off_ns);

	if (!err && c->hold_off_ns > HOLD_OFF_MAX_NS)
		err = config_file_error(root->file, w.line, "hold-off '%s': more than an hour",
					w.text);
	return err;
}

int config_read_mode(const struct config_section *root, struct config *c)
{
	int err = config_get_bool(root, "quorum", &c->quorum);

	c->mode_line = config_word(root, "quorum", 0).line;
	if (!err)
		err = config_get_bool(root, "witness", &c->witness);
	if (!err)
		err = c->quorum ? check_quorum(root, c) : check_pair(root, c);
	if (!err)
		err = read_alone(root, c);
	if (!err)
		err = read_hold_off(root, c);
	return err;
}

static void promise_of_quorum(const struct config *c, char *text, size_t size)
{
	uint32_t members = c->npeers + 1, lost = (members - 1) / 2, witnesses = c->witness, i;
	size_t len;

	for (i = 0; i < c->npeers; i++)
		witnesses += c->peers[i].witness;
	len = (size_t)snprintf(text, size, "quorum of %u", members);
	if (witnesses)
		len += (size_t)snprintf(text + len, size - len, ", %u of them witness%s", witnesses,
					witnesses > 1 ? "es" : "");
	(void)snprintf(text + len, size - len,
		       ": survives the loss of %u; never two owners, whatever the network does",
		       lost);
}

void config_promise(const struct config *c, char *text, size_t size)
{
	if (c->quorum) {
		promise_of_quorum(c, text, size);
		return;
	}
	switch (c->alone) {
	case ALONE_ALWAYS:
		(void)snprintf(text, size,
			       "pair: survives the loss of either; two owners only while no "
			       "heartbeat passes either way");
		return;
	case ALONE_NEVER:
		(void)snprintf(text, size,
			       "pair: never two owners; no owner once either node is lost");
		return;
	case ALONE_GATEWAY:
		(void)snprintf(text, size,
			       "pair: survives the loss of either where the gateway answers; two "
			       "owners only while no heartbeat passes and both reach it");
		return;
	}
}
