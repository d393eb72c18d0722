/* SPDX-License-Identifier: MIT */
/* Frames of NNI's dispatcher on a pipe. */
#include "engine/bridge/frame.h"

#include <ctype.h>
#include <string.h>

#define CODE_LENGTH 2

void frame_reader_init(struct frame_reader *reader, int digits)
{
	reader->digits = digits;
	strbuf_init(&reader->held);
}

void frame_reader_release(struct frame_reader *reader)
{
	strbuf_release(&reader->held);
}

bool bridge_code_is_valid(const char *code)
{
	return isupper((unsigned char)code[0]) &&
	       isupper((unsigned char)code[1]);
}

/* Judged as soon as it is there: what is no header must not wait for more. */
static bool read_header(const char *head, int digits, size_t *ret_len,
			struct error *err)
{
	size_t len = 0;

	if (!bridge_code_is_valid(head))
		return error_set(err, ERROR_INVALID,
				 "Python sent no frame: it begins with bytes "
				 "%02x %02x",
				 (unsigned char)head[0],
				 (unsigned char)head[1]);
	for (int i = 0; i < digits; i++) {
		char c = head[CODE_LENGTH + i];

		if (!isdigit((unsigned char)c))
			return error_set(err, ERROR_INVALID,
					 "Python sent a frame %.2s whose "
					 "length is no number",
					 head);
		len = len * 10 + (size_t)(c - '0'); /* at most 14 digits */
	}
	if (len > BRIDGE_PAYLOAD_MAX)
		return error_set(err, ERROR_LIMIT,
				 "Python sent a frame %.2s of %zu bytes: at "
				 "most %d are taken",
				 head, len, BRIDGE_PAYLOAD_MAX);
	*ret_len = len;
	return true;
}

bool frame_feed(struct frame_reader *reader, const char *data, size_t len,
		bridge_command_fn *fn, void *arg, struct error *err)
{
	struct strbuf *held = &reader->held;
	size_t header = CODE_LENGTH + (size_t)reader->digits;
	size_t at = 0, payload = 0;
	bool ok = true;

	strbuf_add(held, data, len);
	while (ok && held->len - at >= header) {
		char code[BRIDGE_CODE_SIZE] = {held->data[at],
					       held->data[at + 1]};
		char *text = held->data + at + header;
		char behind;

		if (!read_header(held->data + at, reader->digits, &payload,
				 err))
			return false;
		if (held->len - at - header < payload)
			break;
		if (memchr(text, '\0', payload))
			return error_set(err, ERROR_INVALID,
					 "Python sent a frame %s with a zero "
					 "byte",
					 code);
		behind = text[payload];
		text[payload] = '\0';
		ok = fn(arg, code, text, payload);
		text[payload] = behind;
		at += header + payload;
	}
	strbuf_consume(held, at);
	return ok;
}

bool frame_write(struct strbuf *out, int digits, const char *code,
		 const char *payload, size_t len, struct error *err)
{
	size_t most = 1;

	for (int i = 0; i < digits; i++)
		most *= 10;
	if (len >= most)
		return error_set(err, ERROR_LIMIT,
				 "%s of %zu bytes: this version of nni takes "
				 "less than %zu",
				 code, len, most);
	strbuf_addf(out, "%.2s", code);
	strbuf_addf(out, "%0*zu", digits, len);
	strbuf_add(out, payload, len);
	return true;
}
