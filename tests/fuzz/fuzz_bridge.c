/* SPDX-License-Identifier: MIT */
/*
 * Any bytes as what Python sends: frames of both lengths, a WebSocket with and
 * without its handshake, messages of both kinds, its first line.
 *
 * The first byte says how the rest is cut into pieces, and it must not matter.
 */
#include "base/mem.h"
#include "engine/bridge/message.h"
#include "engine/bridge/process.h"
#include "engine/bridge/websocket.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool tell(void *arg, const char code[BRIDGE_CODE_SIZE],
		 const char *payload, size_t len)
{
	assert(strlen(payload) == len && bridge_code_is_valid(code));
	strbuf_addf(arg, "%s(%s)", code, payload);
	return true;
}

static void read_frames(const uint8_t *data, size_t size, size_t step,
			int digits, struct strbuf *told)
{
	struct frame_reader reader;
	struct error err = {0};

	frame_reader_init(&reader, digits);
	for (size_t at = 0; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;

		if (frame_feed(&reader, (const char *)data + at, n, tell, told,
			       &err))
			continue;
		assert(err.code != ERROR_NONE && *err.text);
		strbuf_addf(told, "!%s", err.text);
		break;
	}
	frame_reader_release(&reader);
}

static bool read_message(void *arg, const char *text, size_t len)
{
	struct error err = {0};
	bool says_bye;

	assert(strlen(text) == len);
	strbuf_addf(arg, "<%s>", text);
	message_read(FRAMING_WEBSOCKET, text, len, tell, arg, &says_bye, &err);
	return message_read(FRAMING_WEBSOCKET_JSON, text, len, tell, arg,
			    &says_bye, &err) ||
	       err.code != ERROR_LIMIT;
}

static void read_socket(const uint8_t *data, size_t size, size_t step,
			bool is_open, struct strbuf *told)
{
	struct strbuf out = STRBUF_INIT;
	struct websocket socket;
	struct error err = {0};

	websocket_init(&socket, "/s", 512);
	socket.is_open = is_open;
	for (size_t at = 0; at < size; at += step) {
		size_t n = size - at < step ? size - at : step;

		if (!websocket_feed(&socket, (const char *)data + at, n, &out,
				    read_message, told, &err))
			break;
		assert(socket.message.len <= 512);
	}
	strbuf_add(told, out.data, out.len);
	websocket_release(&socket);
	strbuf_release(&out);
}

static void expect_same(struct strbuf *whole, struct strbuf *pieces)
{
	assert(whole->len == pieces->len &&
	       !memcmp(whole->data, pieces->data, whole->len));
	strbuf_clear(whole);
	strbuf_clear(pieces);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct strbuf whole = STRBUF_INIT, pieces = STRBUF_INIT;
	struct process_hello said;
	struct error ignored;
	size_t step;
	char *text;

	if (!size || size > 60000)
		return 0;
	step = (size_t)data[0] + 1;
	data++;
	size--;
	for (int digits = 6; digits <= 14; digits += 8) {
		read_frames(data, size, size + 1, digits, &whole);
		read_frames(data, size, step, digits, &pieces);
		expect_same(&whole, &pieces);
	}
	read_socket(data, size, size + 1, true, &whole);
	read_socket(data, size, step, true, &pieces);
	expect_same(&whole, &pieces);
	read_socket(data, size, step, false, &whole);
	text = xstrndup((const char *)data, size);
	process_hello_parse(text, &said, &ignored);
	free(text);
	strbuf_release(&whole);
	strbuf_release(&pieces);
	return 0;
}
