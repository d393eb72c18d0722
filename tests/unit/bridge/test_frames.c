/* SPDX-License-Identifier: MIT */
/* What goes over the pipe and the WebSocket, byte by byte. */
#include "engine/bridge/message.h"
#include "engine/bridge/process.h"
#include "engine/bridge/websocket.h"

#include "base/fs.h"
#include "base/mem.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static bool tell(void *arg, const char code[BRIDGE_CODE_SIZE],
		 const char *payload, size_t len)
{
	assert_int_equal(strlen(payload), len);
	strbuf_addf(arg, "%s(%s)", code, payload);
	return true;
}

/* --- pipes ---------------------------------------------------------------- */

static void expect_frames(int digits, const char *bytes, const char *told)
{
	size_t len = strlen(bytes);

	for (size_t step = 1; step <= len; step++) {
		struct frame_reader reader;
		struct strbuf out = STRBUF_INIT;
		struct error err = {0};

		frame_reader_init(&reader, digits);
		for (size_t at = 0; at < len; at += step) {
			size_t n = len - at < step ? len - at : step;

			assert_true(frame_feed(&reader, bytes + at, n, tell,
					       &out, &err));
		}
		assert_string_equal(out.data, told);
		frame_reader_release(&reader);
		strbuf_release(&out);
	}
}

static void expect_no_frames(int digits, const char *bytes, size_t len,
			     enum error_code code, const char *part)
{
	struct frame_reader reader;
	struct strbuf out = STRBUF_INIT;
	struct error err = {0};

	frame_reader_init(&reader, digits);
	assert_false(frame_feed(&reader, bytes, len, tell, &out, &err));
	assert_int_equal(err.code, code);
	assert_non_null(strstr(err.text, part));
	frame_reader_release(&reader);
	strbuf_release(&out);
}

static void frames_are_read_however_cut(void **state)
{
	(void)state;
	expect_frames(14, "ID00000000000000TR00000000000003{1}", "ID()TR({1})");
	expect_frames(6, "ID000000KI000007\"Xa12b\"", "ID()KI(\"Xa12b\")");
	expect_frames(14, "NO0000000000000", ""); /* half a header */
	expect_frames(14, "TR00000000000009{", "");
}

static void what_is_no_frame_is_refused(void **state)
{
	(void)state;
	expect_no_frames(14, "Traceback (most recent", 22, ERROR_INVALID,
			 "no frame");
	expect_no_frames(14, "TR0000000000-003{1}", 19, ERROR_INVALID,
			 "no number");
	/* at once, not when so much has come */
	expect_no_frames(14, "TR99999999999999", 16, ERROR_LIMIT,
			 "99999999999999 bytes");
	expect_no_frames(6, "TR000003a\0b", 11, ERROR_INVALID, "zero byte");
}

static void frames_are_written(void **state)
{
	struct strbuf out = STRBUF_INIT;
	char *much = xcalloc(1000000, 1);
	struct error err;

	(void)state;
	assert_true(frame_write(&out, 14, "GE", "2", 1, &err));
	assert_true(frame_write(&out, 6, "TE", "", 0, &err));
	assert_string_equal(out.data, "GE000000000000012TE000000");
	assert_true(frame_write(&out, 6, "FD", much, 999999, &err));
	assert_false(frame_write(&out, 6, "FD", much, 1000000, &err));
	assert_int_equal(err.code, ERROR_LIMIT);
	free(much);
	strbuf_release(&out);
}

static void the_version_decides(void **state)
{
	static const struct {
		const char *version;
		enum bridge_framing framing;
	} all[] = {
		{"0.9.1.1", FRAMING_PIPE_6},
		{"1.5", FRAMING_PIPE_6},
		{"1.6", FRAMING_PIPE_14},
		{"1.9", FRAMING_PIPE_14},
		{"2.0", FRAMING_PIPE_14},
		{"2.7", FRAMING_PIPE_14},
		{"2.8", FRAMING_WEBSOCKET},
		{"2.10.1", FRAMING_WEBSOCKET},
		{"3.0", FRAMING_WEBSOCKET_JSON},
		{"3.0rc1", FRAMING_WEBSOCKET_JSON},
		{"999.dev0", FRAMING_WEBSOCKET_JSON},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++)
		assert_int_equal(bridge_framing_of(all[i].version),
				 all[i].framing);
}

/* --- WebSockets ----------------------------------------------------------- */

/* RFC 6455's own example */
static const char hello[] =
	"GET /s3cret/tuner HTTP/1.1\r\nHost: 127.0.0.1:1\r\n"
	"upgrade: WebSocket\r\nConnection: Upgrade\r\n"
	"Sec-WebSocket-Key:  dGhlIHNhbXBsZSBub25jZQ== \r\n"
	"Sec-WebSocket-Version: 13\r\n\r\n";

static void add_masked(struct strbuf *out, int first, const char *text,
		       size_t len)
{
	static const char mask[4] = {0x11, 0x22, 0x33, 0x44};

	strbuf_addch(out, (char)first);
	if (len < 126) {
		strbuf_addch(out, (char)(0x80 | len));
	} else {
		strbuf_addch(out, (char)(0x80 | 126));
		strbuf_addch(out, (char)(len >> 8));
		strbuf_addch(out, (char)len);
	}
	strbuf_add(out, mask, 4);
	for (size_t i = 0; i < len; i++)
		strbuf_addch(out, (char)(text[i] ^ mask[i % 4]));
}

static bool take_text(void *arg, const char *text, size_t len)
{
	assert_int_equal(strlen(text), len);
	strbuf_addf(arg, "<%s>", text);
	return true;
}

/* After a handshake; with == NULL: it must be taken. */
static void expect_socket(const struct strbuf *bytes, size_t step,
			  const char *told, const char *answered,
			  const char *problem)
{
	struct strbuf out = STRBUF_INIT, got = STRBUF_INIT;
	struct websocket socket;
	struct error err = {0};
	bool ok = true;

	websocket_init(&socket, "/s3cret/tuner", 1000);
	assert_true(websocket_feed(&socket, hello, strlen(hello), &out,
				   take_text, &got, &err));
	strbuf_clear(&out);
	for (size_t at = 0; ok && at < bytes->len; at += step)
		ok = websocket_feed(&socket, bytes->data + at,
				    bytes->len - at < step ? bytes->len - at
							   : step,
				    &out, take_text, &got, &err);
	assert_int_equal(ok, !problem);
	if (problem)
		assert_non_null(strstr(err.text, problem));
	assert_string_equal(got.data, told);
	if (answered)
		assert_string_equal(out.data, answered);
	websocket_release(&socket);
	strbuf_release(&out);
	strbuf_release(&got);
}

static void hands_are_shaken(void **state)
{
	for (size_t step = 1; step <= strlen(hello); step += 7) {
		struct strbuf out = STRBUF_INIT;
		struct websocket socket;
		struct error err = {0};

		(void)state;
		websocket_init(&socket, "/s3cret/tuner", 1000);
		for (size_t at = 0; at < strlen(hello); at += step) {
			assert_false(socket.is_open);
			assert_true(websocket_feed(
				&socket, hello + at,
				strlen(hello) - at < step ? strlen(hello) - at
							  : step,
				&out, take_text, NULL, &err));
		}
		assert_true(socket.is_open);
		assert_non_null(strstr(out.data, "HTTP/1.1 101 "));
		assert_non_null(strstr(out.data,
				       "Sec-WebSocket-Accept: "
				       "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
		websocket_release(&socket);
		strbuf_release(&out);
	}
}

static void strangers_are_turned_away(void **state)
{
	static const struct {
		const char *path, *part;
		enum error_code code;
	} all[] = {
		{"/s3creT/tuner", "403", ERROR_DENIED},
		{"/s3cret/tune", "403", ERROR_DENIED},
		{"/s3cret/tuner/", "403", ERROR_DENIED},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct strbuf out = STRBUF_INIT;
		struct websocket socket;
		struct error err = {0};

		websocket_init(&socket, all[i].path, 1000);
		assert_false(websocket_feed(&socket, hello, strlen(hello), &out,
					    take_text, NULL, &err));
		assert_int_equal(err.code, all[i].code);
		assert_non_null(strstr(out.data, all[i].part));
		websocket_release(&socket);
		strbuf_release(&out);
	}
}

static void messages_come_whole(void **state)
{
	struct strbuf bytes = STRBUF_INIT;
	char longer[301];

	(void)state;
	memset(longer, 'x', 300);
	longer[300] = '\0';
	add_masked(&bytes, 0x81, "TR{}", 4);
	add_masked(&bytes, 0x02, "T",
		   1); /* in fragments, with a ping between */
	add_masked(&bytes, 0x89, "p", 1);
	add_masked(&bytes, 0x80, "R2", 2);
	add_masked(&bytes, 0x8a, "", 0);
	add_masked(&bytes, 0x81, longer, 300);
	for (size_t step = 1; step <= bytes.len; step += 13) {
		char *told = xasprintf("<TR{}><TR2><%s>", longer);

		expect_socket(&bytes, step, told, "\x8a\x01p", NULL);
		free(told);
	}
	strbuf_clear(&bytes);
	add_masked(&bytes, 0x88, "\x03\xe8", 2);
	add_masked(&bytes, 0x81, "late", 4);
	expect_socket(&bytes, bytes.len, "", "\x88\x02\x03\xe8", NULL);
	strbuf_release(&bytes);
}

static void the_protocol_is_kept(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *problem;
	} all[] = {
		{"\x81\x02hi", 4, "without a mask"},
		{"\xc1\x80\0\0\0\0", 6, "extension"},
		{"\x83\x80\0\0\0\0", 6, "unknown kind"},
		{"\x80\x80\0\0\0\0", 6, "disorder"},
		{"\x09\x80\0\0\0\0", 6, "control frame"},
		{"\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14,
		 "too long"},
		{"\x81\xff\xff\xff\xff\xff\xff\xff\xff\xff\0\0\0\0", 14,
		 "too long"},
		{"\x81\x81\0\0\0\0\0", 7, "zero byte"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		struct strbuf bytes = STRBUF_INIT;

		strbuf_add(&bytes, all[i].bytes, all[i].len);
		expect_socket(&bytes, 1, "", NULL, all[i].problem);
		strbuf_release(&bytes);
	}
}

/* --- messages ------------------------------------------------------------- */

static void expect_message(enum bridge_framing framing, const char *text,
			   const char *told, bool bye)
{
	struct strbuf out = STRBUF_INIT;
	struct error err = {0};
	bool says_bye;

	assert_int_equal(message_read(framing, text, strlen(text), tell, &out,
				      &says_bye, &err),
			 told != NULL);
	if (told)
		assert_string_equal(out.data, told);
	else
		assert_int_not_equal(err.code, ERROR_NONE);
	assert_int_equal(says_bye, bye);
	strbuf_release(&out);
}

static void messages_are_unpacked(void **state)
{
	enum bridge_framing json = FRAMING_WEBSOCKET_JSON;

	(void)state;
	expect_message(FRAMING_WEBSOCKET, "TR{\"a\": 1}", "TR({\"a\": 1})",
		       false);
	expect_message(FRAMING_WEBSOCKET, "ID", "ID()", false);
	expect_message(FRAMING_WEBSOCKET, "T", NULL, false);
	expect_message(FRAMING_WEBSOCKET, "{}", NULL, false);
	expect_message(json,
		       "{\"type\": \"TR\", \"content\": \"{\\\"x\\\": "
		       "NaN}\"}",
		       "TR({\"x\": NaN})", false);
	expect_message(json, "{\"type\": \"ID\"}", "ID()", false);
	expect_message(json, "{\"type\": \"_nop_\"}", "", false);
	expect_message(json, "{\"type\": \"_bye_\", \"reason\": \"x\"}", "",
		       true);
	expect_message(json, "{\"type\": \"TRX\"}", NULL, false);
	expect_message(json, "{\"content\": \"\"}", NULL, false);
	expect_message(json, "[1]", NULL, false);
	expect_message(json, "TR{}", NULL, false);
}

static void messages_are_packed(void **state)
{
	struct strbuf out = STRBUF_INIT;
	struct error err;

	(void)state;
	assert_true(message_write(&out, FRAMING_WEBSOCKET, "GE", "2", 1, &err));
	assert_string_equal(out.data, "\x81\x03GE2");
	strbuf_clear(&out);
	assert_true(message_write(&out, FRAMING_WEBSOCKET_JSON, "IN", "{\"a\"}",
				  5, &err));
	assert_string_equal(out.data + 2, "{\"type\": \"IN\", \"content\": "
					  "\"{\\\"a\\\"}\"}");
	strbuf_release(&out);
}

/* --- last words ------------------------------------------------------------
 */

static void expect_words(const char *log, int64_t from, const char *words)
{
	char path[] = "/tmp/td-words.XXXXXX";
	struct strbuf out = STRBUF_INIT;
	int fd = mkstemp(path);

	assert_int_equal(write(fd, log, strlen(log)), strlen(log));
	close(fd);
	process_last_words(path, from, &out);
	assert_string_equal(out.data, words);
	unlink(path);
	strbuf_release(&out);
}

static void last_words_are_the_exception(void **state)
{
	(void)state;
	expect_words("Traceback (most recent call last):\n  File \"a\", line "
		     "1\n    f()\nKeyError: 3\n[..] INFO exiting\n",
		     0, "KeyError: 3");
	expect_words("old: words\none\ntwo\n\nthree\n", 11, "two  three");
	expect_words("x", 100, "x"); /* it was cut meanwhile */
	expect_words("", 0, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_read_however_cut),
		cmocka_unit_test(what_is_no_frame_is_refused),
		cmocka_unit_test(frames_are_written),
		cmocka_unit_test(the_version_decides),
		cmocka_unit_test(hands_are_shaken),
		cmocka_unit_test(strangers_are_turned_away),
		cmocka_unit_test(messages_come_whole),
		cmocka_unit_test(the_protocol_is_kept),
		cmocka_unit_test(messages_are_unpacked),
		cmocka_unit_test(messages_are_packed),
		cmocka_unit_test(last_words_are_the_exception),
	};

	return cmocka_run_group_tests_name("frames", tests, NULL, NULL);
}
