/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Owns who the members are: node, peers, their ids, and the hash on which they must agree. */
#include "config_int.h"

#include <string.h>
#include "core/frame.h"

/* A member's name and where its id is kept; 0 there: not configured. */
struct member {
	const char *name;
	uint8_t *id;
	int line;
	bool witness;
};

static bool same_host(const struct config_host *a, const struct config_host *b)
{
	return ipt_addr_equal(&a->ip, &b->ip) && !strcmp(a->iface, b->iface);
}

/* An address stands once in the file: who has it would not be told apart from who sends from it. */
static int check_path(const struct config_section *s, const struct config *c,
		      const struct config_peer *peer, const struct config_host *h,
		      struct config_word w)
{
	uint32_t i, j;

	for (j = 0; j < peer->naddrs; j++)
		if (same_host(&peer->addrs[j], h))
			return config_file_error(s->file, w.line,
						 "address '%s': twice in peer '%s'", w.text,
						 peer->name);
	for (i = 0; i < c->npeers; i++)
		for (j = 0; j < c->peers[i].naddrs; j++)
			if (same_host(&c->peers[i].addrs[j], h))
				return config_file_error(s->file, w.line,
							 "address '%s': that of peer '%s', line %d",
							 w.text, c->peers[i].name,
							 c->peers[i].line);
	return 0;
}

/* One word by the option `one`, or several by `many`; which it is, and how many there are. */
static int count_words(const struct config_section *s, const char *one, const char *many,
		       const char **ret_name, uint32_t *ret_n)
{
	struct config_word w = config_word(s, many, 0);
	bool is_one = config_word(s, one, 0).text;

	*ret_name = is_one ? one : many;
	*ret_n = config_word_count(s, *ret_name);
	if (is_one && w.text)
		return config_file_error(s->file, w.line, "peer '%s': %s and %s, only one of them",
					 s->title, one, many);
	w = config_word(s, *ret_name, IPT_MAX_PEER_PATHS);
	if (*ret_n > IPT_MAX_PEER_PATHS)
		return config_file_error(s->file, w.line, "%s '%s': more than %d of peer '%s'", one,
					 w.text, IPT_MAX_PEER_PATHS, s->title);
	return 0;
}

static int read_paths(const struct config_section *s, const struct config *c,
		      struct config_peer *peer)
{
	struct config_host h;
	const char *name;
	uint32_t n, i;
	int err = count_words(s, "address", "addresses", &name, &n);

	if (!err && n == 0)
		return config_file_error(s->file, s->line, "peer '%s': address is not set",
					 s->title);
	for (i = 0; !err && i < n; i++) {
		err = config_get_host(s, name, i, &h);
		if (!err)
			err = check_path(s, c, peer, &h, config_word(s, name, i));
		if (!err)
			peer->addrs[peer->naddrs++] = h;
	}
	return err;
}

static int read_sources(const struct config_section *s, struct config_peer *peer)
{
	const char *name;
	uint32_t n, i;
	int err = count_words(s, "source", "sources", &name, &n);

	for (i = 0; !err && i < n; i++)
		err = config_get_own(s, name, i, &peer->sources[peer->nsources++]);
	return err;
}

static int read_peer(const struct config_section *s, const struct config *c,
		     struct config_peer *ret)
{
	struct config_peer peer = {.line = s->line};
	uint32_t id = 0, hops = 1;
	struct err e;
	int err;

	if (config_check_name("peer", s->title, &e))
		return config_file_error(s->file, s->line, "%s", e.text);
	(void)snprintf(peer.name, sizeof(peer.name), "%s", s->title);
	err = read_paths(s, c, &peer);
	if (!err)
		err = read_sources(s, &peer);
	if (!err)
		err = config_get_number(s, "id", 1, 255, &id);
	if (!err)
		err = config_get_number(s, "hops", 1, 64, &hops);
	if (!err)
		err = config_get_bool(s, "witness", &peer.witness);
	if (err)
		return err;
	peer.id = (uint8_t)id;
	peer.hops = (uint8_t)hops;
	for (uint32_t i = 0; i < peer.naddrs; i++)
		peer.addrs[i].far = hops > 1 && !peer.addrs[i].iface[0];
	*ret = peer;
	return 0;
}

/* On another LAN a host votes, and can take nothing here: that is a witness, or what a witness sees. */
static int check_hops(const struct config_section *root, const struct config *c)
{
	struct config_section s;

	for (uint32_t i = 0; i < c->npeers; i++) {
		if (c->peers[i].hops <= 1 || c->witness || c->peers[i].witness)
			continue;
		config_section_get(root, "peer", i, &s);
		return config_file_error(root->file, config_word(&s, "hops", 0).line,
					 "hops '%u': peer '%s' is no witness, nor is this node: "
					 "they must share a LAN",
					 c->peers[i].hops, c->peers[i].name);
	}
	return 0;
}

static int read_peers(const struct config_section *root, struct config *c)
{
	unsigned int n = config_section_count(root, "peer"), i;
	struct config_section s;
	int err;

	if (n == 0)
		return config_file_error(root->file, root->line,
					 "no peer: write peer \"NAME\" { address = \"ADDRESS\" }");
	for (i = 0; i < n; i++) {
		config_section_get(root, "peer", i, &s);
		if (i == IPT_MAX_PEERS)
			return config_file_error(s.file, s.line, "peer '%s': more than %d peers",
						 s.title, IPT_MAX_PEERS);
		err = read_peer(&s, c, &c->peers[i]);
		if (err)
			return err;
		if (strcmp(c->peers[i].name, c->node) == 0)
			return config_file_error(s.file, s.line,
						 "peer '%s': that is this node's own name",
						 s.title);
		c->npeers = i + 1;
	}
	return 0;
}

/* By name: the same order on every member. */
static void sort_members(struct member *m, uint32_t n)
{
	struct member tmp;
	uint32_t i, j;

	for (i = 1; i < n; i++) {
		tmp = m[i];
		for (j = i; j > 0 && strcmp(m[j - 1].name, tmp.name) > 0; j--)
			m[j] = m[j - 1];
		m[j] = tmp;
	}
}

static int check_ids(const struct config_section *root, const struct member *m, uint32_t n)
{
	uint32_t i, j;

	for (i = 0; i < n; i++)
		for (j = 0; j < i; j++)
			if (*m[i].id == *m[j].id)
				return config_file_error(root->file,
							 m[i].line > m[j].line ? m[i].line
									       : m[j].line,
							 "id %u is that of both '%s' and '%s'",
							 *m[i].id, m[j].name, m[i].name);
	return 0;
}

/* A pair that goes on alone promises less than one that does not: its members must not be taken for the other's. */
static const char *mode_text(const struct config *c)
{
	if (c->quorum)
		return "quorum";
	return c->alone == ALONE_NEVER ? "pair never alone" : "pair";
}

static uint32_t hash_members(const struct member *m, uint32_t n, const struct config *c)
{
	char text[64 + HB_MAX_NODES * (IPT_NAME_LEN + 32)];
	static const struct sip_key key; /* no secret: only members of one file must agree */
	size_t len = (size_t)snprintf(text, sizeof(text), "mode %s\n", mode_text(c));
	struct sip_tag tag;
	uint64_t h;
	uint32_t i;

	for (i = 0; i < n; i++)
		len += (size_t)snprintf(text + len, sizeof(text) - len, "%s %s %u\n",
					m[i].witness ? "witness" : "member", m[i].name, *m[i].id);
	tag = frame_sip(text, len, &key);
	h = tag.h0 ^ tag.h1;
	return (uint32_t)(h ^ h >> 32);
}

static int settle_ids(const struct config_section *root, struct config *c)
{
	struct member m[1 + IPT_MAX_PEERS];
	uint32_t i, n = 0;
	int err;

	m[n++] = (struct member){c->node, &c->id, config_word(root, "id", 0).line, c->witness};
	for (i = 0; i < c->npeers; i++)
		m[n++] = (struct member){c->peers[i].name, &c->peers[i].id, c->peers[i].line,
					 c->peers[i].witness};
	sort_members(m, n);
	for (i = 0; i < n; i++)
		if (*m[i].id == 0) {
			*m[i].id = (uint8_t)(i + 1);
			c->ranked = true;
		}
	err = check_ids(root, m, n);
	if (!err)
		c->cfg_hash = hash_members(m, n, c);
	return err;
}

int config_read_members(const struct config_section *root, struct config *c)
{
	struct config_word w = config_word(root, "node", 0);
	uint32_t id = 0;
	struct err e;
	int err;

	if (!w.text)
		return config_file_error(root->file, root->line,
					 "node is not set: write node = \"NAME\", this host's name "
					 "among the members");
	if (config_check_name("node", w.text, &e))
		return config_file_error(root->file, w.line, "%s", e.text);
	(void)snprintf(c->node, sizeof(c->node), "%s", w.text);
	err = config_get_number(root, "id", 1, 255, &id);
	if (err)
		return err;
	c->id = (uint8_t)id;
	err = read_peers(root, c);
	if (!err)
		err = config_read_mode(root, c);
	if (!err)
		err = check_hops(root, c);
	return err ? err : settle_ids(root, c);
}
