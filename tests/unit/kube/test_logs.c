/* SPDX-License-Identifier: MIT */
/* A container's log through cut connections: no gaps, no doubles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engine/kube/logs.h"
#include "tests/unit/kube/rig.h"

#include <stdlib.h>
#include <string.h>

#define PATH "GET /api/v1/namespaces/n/pods/p/log?timestamps=true&container=c"
#define SINCE(second)                                                          \
	PATH "&follow=true&sinceTime=2026-11-24T23%3A53%3A" second "Z HTTP"
#define AT(rest) "2026-11-24T23:53:" rest

#define LINES(wanted, ...)                                                     \
	{                                                                      \
		.wants = wanted, .head = "200 OK", .pieces = { __VA_ARGS__ }   \
	}
#define CUT(wanted, ...)                                                       \
	{                                                                      \
		.wants = wanted, .head = "200 OK", .pieces = {__VA_ARGS__},    \
		.is_endless = true, .after = AFTER_RESET                       \
	}

struct reader {
	struct rig *rig;
	struct kube_logs *logs;
	const char *close_at; /* close when this line comes */
	struct kube_log_place place;
	size_t bytes;
};

static void on_line(void *arg, const char *line, size_t len, bool is_part,
		    const struct kube_log_place *place)
{
	struct reader *reader = arg;
	struct strbuf *told = &reader->rig->told;

	reader->place = *place;
	reader->bytes += len;
	if (len > 60)
		strbuf_addf(told, "[%zu]", len);
	else
		strbuf_add(told, line, len);
	strbuf_adds(told, is_part ? "...\n" : "\n");
	if (reader->close_at && len == strlen(reader->close_at) &&
	    !memcmp(line, reader->close_at, len)) {
		kube_logs_close(reader->logs);
		reader->logs = NULL;
	}
}

static void on_ended(void *arg, const struct error *err)
{
	struct reader *reader = arg;

	strbuf_addf(&reader->rig->told, "ended %s%s%s\n",
		    error_code_name(err->code),
		    err->code == ERROR_NONE ? "" : ": ",
		    err->code == ERROR_NONE ? "" : err->text);
	kube_logs_close(reader->logs);
	reader->logs = NULL;
}

static void open_logs(struct reader *reader, bool is_follow, bool is_previous)
{
	struct kube_logs_options options = {
		.client = reader->rig->client,
		.namespace = "n",
		.pod = "p",
		.container = "c",
		.is_follow = is_follow,
		.is_previous = is_previous,
		.place = reader->place,
		.line = on_line,
		.ended = on_ended,
		.arg = reader,
	};

	reader->logs = kube_logs_open(&options);
}

static void test_what_is_there(void **state)
{
	static const struct exchange script[] = {
		LINES(PATH " HTTP", AT("01.1Z") " one\n" AT("01.2Z") " t",
		      "wo\n", AT("01.3Z") " no newline"),
		LINES(PATH "&previous=true HTTP", AT("01.1Z") " before\n"),
	};
	struct rig *rig = *state;
	struct reader reader = {.rig = rig};

	RIG_SCRIPT(rig, script);
	open_logs(&reader, false, false);
	rig_until(rig, "one\ntwo\nno newline\nended none\n");
	assert_string_equal(reader.place.timestamp, AT("01.3Z"));
	assert_int_equal(reader.place.lines, 1);
	memset(&reader.place, 0, sizeof(reader.place));
	open_logs(&reader, false, true);
	rig_until(rig, "before\nended none\n");
}

/* It ends when asking again brings nothing new. */
static void test_follow_to_the_end(void **state)
{
	static const struct exchange script[] = {
		LINES(PATH "&follow=true HTTP", AT("01.5Z") " one\n",
		      AT("02.5Z") " two\n"),
		/* the stream had only been cut, cleanly */
		LINES(SINCE("02"),
		      AT("02.5Z") " two\n" AT("03.5Z") " three\n" AT(
			      "03.6Z") " last"),
		LINES(SINCE("03"), AT("03.5Z") " three\n" AT("03.6Z") " last"),
	};
	struct rig *rig = *state;
	struct reader reader = {.rig = rig};

	RIG_SCRIPT(rig, script);
	open_logs(&reader, true, false);
	rig_until(rig, "ended none\n");
	assert_string_equal(rig->told.data,
			    "one\ntwo\nthree\nlast\nended none\n");
}

static void test_empty_log(void **state)
{
	static const struct exchange script[] = {
		{.wants = PATH "&follow=true HTTP", .head = "200 OK"},
		{.wants = PATH "&follow=true HTTP", .head = "200 OK"},
	};
	struct rig *rig = *state;
	struct reader reader = {.rig = rig};

	RIG_SCRIPT(rig, script);
	open_logs(&reader, true, false);
	rig_until(rig, "ended none\n");
	assert_int_equal(rig->requests, 2);
}

/* Several lines of one moment, cut among them and in the middle of one; older
 * and equal timestamps in another zone. */
static void test_no_gaps_no_doubles(void **state)
{
	static const struct exchange script[] = {
		CUT(PATH "&follow=true HTTP",
		    AT("01.1Z") " a\n" AT("02.5Z") " b\n" AT("02.5Z") " c\n",
		    AT("02.5Z") " lo"),
		CUT(SINCE("02"), AT("02.1Z") " old\n",
		    AT("02.5Z") " b\n" AT("02.500Z") " c\n" AT(
			    "02.5Z") " long\n",
		    "2026-11-25T01:53:02.5+02:00 d\n"),
		LINES(SINCE("02"), AT("02.5Z") " b\n" AT("02.5Z") " c\n",
		      AT("02.5Z") " long\n" AT("02.5Z") " d\n" AT(
			      "02.5Z") " e\n" AT("03.5Z") " f\n"),
		{.wants = SINCE("03"), .head = "200 OK"},
	};
	struct rig *rig = *state;
	struct reader reader = {.rig = rig};

	RIG_SCRIPT(rig, script);
	open_logs(&reader, true, false);
	rig_until(rig, "ended none\n");
	assert_string_equal(rig->told.data,
			    "a\nb\nc\nlong\nd\ne\nf\nended none\n");
}

/* Another day: from a place that somebody remembered. */
static void test_places(void **state)
{
	static const struct exchange script[] = {
		LINES(PATH "&sinceTime=2026-11-24T23%3A53%3A02Z HTTP",
		      AT("02.1Z") " a\n" AT("02.5Z") " b\n" AT(
			      "02.5Z") " c\n" AT("02.5Z") " d\n"),
		LINES(PATH " HTTP", AT("02.1Z") " all\n"),
		/* more lines than there are now: what follows is new */
		LINES(PATH "&sinceTime=",
		      AT("02.5Z") " b\n" AT("02.6Z") " new\n"),
	};
	struct rig *rig = *state;
	struct reader reader = {
		.rig = rig,
		.place = {.timestamp = AT("02.500000000Z"), .lines = 2},
	};

	RIG_SCRIPT(rig, script);
	open_logs(&reader, false, false);
	rig_until(rig, "ended none\n");
	assert_string_equal(rig->told.data, "d\nended none\n");
	assert_int_equal(reader.place.lines, 3);
	reader.place =
		(struct kube_log_place){.timestamp = "nonsense", .lines = 9};
	open_logs(&reader, false, false);
	rig_until(rig, "all\nended none\n");
	reader.place =
		(struct kube_log_place){.timestamp = AT("02.5Z"), .lines = 7};
	open_logs(&reader, false, false);
	rig_until(rig, "new\nended none\n");
	assert_null(strstr(rig->told.data, "b\n"));
}

static void test_waits_for_the_container(void **state)
{
	static const struct exchange script[] = {
		ANSWER(PATH, NULL, "400 Bad Request",
		       "{\"kind\":\"Status\",\"message\":\"container \\\"c\\\" "
		       "in pod \\\"p\\\" is waiting to start: "
		       "ContainerCreating\",\"reason\":\"BadRequest\"}"),
		ANSWER(PATH, NULL, "500 Internal Server Error",
		       "Get \"https://node:10250/containerLogs/n/p/c\": dial "
		       "tcp: connection refused"),
		LINES(PATH, AT("01.1Z") " one\n"),
	};
	struct rig *rig = *state;
	struct reader reader = {.rig = rig};

	RIG_SCRIPT(rig, script);
	open_logs(&reader, false, false);
	rig_until(rig, "one\nended none\n");
}

static void test_refusals(void **state)
{
	static const struct exchange script[] = {
		ANSWER(PATH, NULL, "404 Not Found",
		       "{\"kind\":\"Status\",\"message\":\"pods \\\"p\\\" not "
		       "found\",\"reason\":\"NotFound\"}"),
		ANSWER(PATH, NULL, "400 Bad Request",
		       "{\"kind\":\"Status\",\"message\":\"previous terminated "
		       "container \\\"c\\\" in pod \\\"p\\\" not found\"}"),
		ANSWER(PATH, NULL, "400 Bad Request",
		       "{\"kind\":\"Status\",\"message\":\"container c is not "
		       "valid for pod p\"}"),
		ANSWER(PATH, NULL, "400 Bad Request", "odd"),
		ANSWER(PATH, NULL, "403 Forbidden", "may not"),
	};
	static const char *const ends[] = {
		"ended not-found: pods \"p\" not found\n",
		"ended not-found: previous terminated container",
		"ended not-found: container c is not valid",
		"ended invalid: odd\n",
		"ended denied: may not\n",
	};
	struct rig *rig = *state;
	struct reader reader = {.rig = rig};

	RIG_SCRIPT(rig, script);
	for (size_t i = 0; i < 5; i++) {
		strbuf_clear(&rig->told);
		open_logs(&reader, i % 2, false);
		rig_until(rig, ends[i]);
	}
}

/* What a kubelet says in place of a log is no line of the container. */
static void test_kubelet_has_no_log(void **state)
{
	static const struct exchange script[] = {
		LINES(PATH, "unable to retrieve container logs for "
			    "containerd://abc"),
		LINES(PATH, "failed to try resolving symlinks in path "
			    "\"/var/log/pods/x\"\n"),
		LINES(PATH, "failed to open log file\n" AT("01.1Z") " one\n"),
	};
	struct rig *rig = *state;
	struct reader reader = {.rig = rig};

	RIG_SCRIPT(rig, script);
	open_logs(&reader, false, false);
	rig_until(rig, "ended not-found: no log: unable to retrieve container "
		       "logs for containerd://abc\n");
	strbuf_clear(&rig->told);
	open_logs(&reader, false, false);
	rig_until(rig, "ended none\n");
	assert_string_equal(rig->told.data, "one\nended none\n");
}

static char *long_line(size_t bytes)
{
	char *text = malloc(bytes + 64);
	size_t n = strlen(AT("01.1Z") " ");

	memcpy(text, AT("01.1Z") " ", n);
	memset(text + n, 'x', bytes);
	memcpy(text + n + bytes, "\n", 2);
	return text;
}

/* Cut after two of three parts: they are not told again. */
static void test_parts_are_not_doubled(void **state)
{
	struct rig *rig = *state;
	struct reader reader = {.rig = rig};
	char *text = long_line(3u << 20);
	char *cut = strndup(text, (5u << 20) / 2);
	struct exchange script[] = {
		CUT(PATH, cut),
		LINES(PATH, text, AT("01.2Z") " next\n"),
	};

	RIG_SCRIPT(rig, script);
	open_logs(&reader, false, false);
	rig_until(rig, "...\n");
	/* the place is still before the line */
	assert_int_equal(reader.place.lines, 0);
	rig_until(rig, "next\nended none\n");
	assert_int_equal(reader.bytes, (3u << 20) + strlen("next"));
	free(text);
	free(cut);
}

static void test_close_from_the_callback(void **state)
{
	static const struct exchange script[] = {
		LINES(PATH, AT("01.1Z") " one\n" AT("01.2Z") " two\n" AT(
				    "01.3Z") " three\n"),
		LINES(PATH, AT("01.1Z") " one\n" AT("01.2Z") " two"),
	};
	struct rig *rig = *state;
	struct reader reader = {.rig = rig, .close_at = "two"};

	RIG_SCRIPT(rig, script);
	for (int i = 0; i < 2; i++) {
		strbuf_clear(&rig->told);
		memset(&reader.place, 0, sizeof(reader.place));
		open_logs(&reader, false, false);
		rig_until(rig, "two\n");
		rig_moment(rig, 20);
		assert_string_equal(rig->told.data, "one\ntwo\n");
	}
	open_logs(&reader, false, false);
	kube_logs_close(reader.logs);
	kube_logs_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_there),
		TEST(test_follow_to_the_end),
		TEST(test_empty_log),
		TEST(test_no_gaps_no_doubles),
		TEST(test_places),
		TEST(test_waits_for_the_container),
		TEST(test_refusals),
		TEST(test_kubelet_has_no_log),
		TEST(test_parts_are_not_doubled),
		TEST(test_close_from_the_callback),
	};

	return cmocka_run_group_tests_name("kube logs", tests, NULL, NULL);
}
