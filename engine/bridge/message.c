/* SPDX-License-Identifier: MIT */
/* Commands to and from NNI's dispatcher, packed as its version wants them. */
#include "engine/bridge/message.h"

#include "engine/bridge/websocket.h"
#include "model/json_text.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

static bool is_before(long major, long minor, long than_major, long than_minor)
{
	return major < than_major ||
	       (major == than_major && minor < than_minor);
}

enum bridge_framing bridge_framing_of(const char *version)
{
	char *rest;
	long major = strtol(version, &rest, 10);
	long minor = *rest == '.' ? strtol(rest + 1, NULL, 10) : 0;

	if (is_before(major, minor, 1, 6))
		return FRAMING_PIPE_6;
	if (is_before(major, minor, 2, 8))
		return FRAMING_PIPE_14;
	if (is_before(major, minor, 3, 0))
		return FRAMING_WEBSOCKET;
	return FRAMING_WEBSOCKET_JSON;
}

bool bridge_framing_is_pipe(enum bridge_framing framing)
{
	return framing == FRAMING_PIPE_6 || framing == FRAMING_PIPE_14;
}

static bool read_json(const char *text, size_t len, bridge_command_fn *fn,
		      void *arg, bool *ret_bye, struct error *err)
{
	cJSON *message = json_parse(text, len, err);
	const cJSON *type = cJSON_GetObjectItemCaseSensitive(message, "type");
	const cJSON *content =
		cJSON_GetObjectItemCaseSensitive(message, "content");
	const char *payload =
		cJSON_IsString(content) ? content->valuestring : "";
	bool ok = true;

	if (!message)
		return error_prefix(err, "Python's message");
	if (!cJSON_IsString(type))
		ok = error_set(err, ERROR_INVALID,
			       "Python's message has no type");
	else if (!strcmp(type->valuestring, "_bye_"))
		*ret_bye = true;
	else if (strcmp(type->valuestring, "_nop_")) {
		if (strlen(type->valuestring) != BRIDGE_CODE_SIZE - 1 ||
		    !bridge_code_is_valid(type->valuestring))
			ok = error_set(err, ERROR_INVALID,
				       "Python's message has the unknown type "
				       "'%.16s'",
				       type->valuestring);
		else
			ok = fn(arg, type->valuestring, payload,
				strlen(payload));
	}
	cJSON_Delete(message);
	return ok;
}

bool message_read(enum bridge_framing framing, const char *text, size_t len,
		  bridge_command_fn *fn, void *arg, bool *ret_bye,
		  struct error *err)
{
	char code[BRIDGE_CODE_SIZE] = "";

	*ret_bye = false;
	if (framing == FRAMING_WEBSOCKET_JSON)
		return read_json(text, len, fn, arg, ret_bye, err);
	if (len < BRIDGE_CODE_SIZE - 1 || !bridge_code_is_valid(text))
		return error_set(err, ERROR_INVALID,
				 "Python sent a message that is no command");
	memcpy(code, text, BRIDGE_CODE_SIZE - 1);
	return fn(arg, code, text + 2, len - 2);
}

bool message_write(struct strbuf *out, enum bridge_framing framing,
		   const char *code, const char *payload, size_t len,
		   struct error *err)
{
	struct strbuf text = STRBUF_INIT;

	switch (framing) {
	case FRAMING_PIPE_6:
		return frame_write(out, 6, code, payload, len, err);
	case FRAMING_PIPE_14:
		return frame_write(out, 14, code, payload, len, err);
	case FRAMING_WEBSOCKET:
		strbuf_addf(&text, "%.2s", code);
		strbuf_add(&text, payload, len);
		break;
	case FRAMING_WEBSOCKET_JSON:
		strbuf_addf(&text, "{\"type\": \"%.2s\", \"content\": ", code);
		strbuf_add_json_string(&text, payload);
		strbuf_addch(&text, '}');
		break;
	}
	websocket_add_text(out, text.data, text.len);
	strbuf_release(&text);
	return true;
}
