/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One line from a client, one request. What is not understood whole is refused whole. */
#include <json-c/json.h>
#include <string.h>
#include "control.h"

static const char *const command_names[CONTROL_COMMANDS] = {
	[CONTROL_TAKE] = "take",	 [CONTROL_RELEASE] = "release",
	[CONTROL_ANNOUNCE] = "announce", [CONTROL_DETACH] = "detach",
	[CONTROL_DRAIN] = "drain",	 [CONTROL_UNDRAIN] = "undrain",
	[CONTROL_PRIORITY] = "priority", [CONTROL_RELOAD] = "reload",
	[CONTROL_UPGRADE] = "upgrade",	 [CONTROL_EVENTS] = "events",
};

static const char *take_command(struct json_object *v, struct control_request *req)
{
	const char *name =
		json_object_is_type(v, json_type_string) ? json_object_get_string(v) : "";

	for (unsigned int i = 0; i < CONTROL_COMMANDS; i++)
		if (!strcmp(name, command_names[i])) {
			req->command = (enum control_command)i;
			return NULL;
		}
	return "unknown command";
}

static bool take_name(struct json_object *v, char ret[IPT_NAME_LEN])
{
	size_t len;

	if (!json_object_is_type(v, json_type_string))
		return false;
	len = strlen(json_object_get_string(v));
	/* Empty it would be "all", a NUL in the middle would make it another name. */
	if (!len || len >= IPT_NAME_LEN || len != (size_t)json_object_get_string_len(v))
		return false;
	memcpy(ret, json_object_get_string(v), len + 1);
	return true;
}

static bool take_number(struct json_object *v, int most, uint8_t *ret)
{
	int64_t n = json_object_get_int64(v);

	if (!json_object_is_type(v, json_type_int) || n < 0 || n > most)
		return false;
	*ret = (uint8_t)n;
	return true;
}

static bool take_bool(struct json_object *v, bool *ret)
{
	if (!json_object_is_type(v, json_type_boolean))
		return false;
	*ret = json_object_get_boolean(v);
	return true;
}

static const char *take_field(const char *key, struct json_object *v, struct control_request *req)
{
	if (!strcmp(key, "command"))
		return take_command(v, req);
	if (!strcmp(key, "group"))
		return take_name(v, req->group) ? NULL : "\"group\" is no name";
	if (!strcmp(key, "to"))
		return take_name(v, req->to) ? NULL : "\"to\" is no name";
	if (!strcmp(key, "force"))
		return take_bool(v, &req->force) ? NULL : "\"force\" is neither true nor false";
	if (!strcmp(key, "follow"))
		return take_bool(v, &req->follow) ? NULL : "\"follow\" is neither true nor false";
	if (!strcmp(key, "priority"))
		return take_number(v, 254, &req->priority) ? NULL : "\"priority\" is not 0 to 254";
	if (!strcmp(key, "last"))
		return take_number(v, CONTROL_KEPT, &req->last) ? NULL : "\"last\" is not 0 to 64";
	return "unknown field";
}

/* The whole line: what comes after an object may be what it was meant to say. */
static struct json_object *parse_whole(const char *line)
{
	struct json_tokener *tok = json_tokener_new();
	struct json_object *o;

	if (!tok)
		return NULL;
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT);
	o = json_tokener_parse_ex(tok, line, -1);
	if (json_tokener_get_error(tok) != json_tokener_success) {
		json_object_put(o);
		o = NULL;
	}
	json_tokener_free(tok);
	return o;
}

const char *control_parse(const char *line, struct control_request *ret)
{
	struct json_object *o = parse_whole(line);
	const char *wrong = NULL;

	if (!o || !json_object_is_type(o, json_type_object)) {
		json_object_put(o);
		return "not a JSON object";
	}
	if (!json_object_object_get_ex(o, "command", NULL))
		wrong = "\"command\" is missing";
	json_object_object_foreach(o, key, v)
	{
		if (!wrong)
			wrong = take_field(key, v, ret);
	}
	json_object_put(o);
	return wrong;
}
