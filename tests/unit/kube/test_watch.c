/* SPDX-License-Identifier: MIT */
/* List and watch through everything a server may do to them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "engine/kube/watch_private.h"
#include "tests/unit/kube/rig.h"

#include <stdlib.h>
#include <string.h>

#define OBJECT(name, version)                                                  \
	"{\"metadata\":{\"name\":\"" name "\",\"resourceVersion\":\"" version  \
	"\"}}"
#define EVENT(type, name, version)                                             \
	"{\"type\":\"" type "\",\"object\":" OBJECT(name, version) "}\n"
#define BOOKMARK(version) EVENT("BOOKMARK", "", version)
#define LIST(version, token, items)                                            \
	"{\"kind\":\"XList\",\"metadata\":{\"resourceVersion\":\"" version     \
	"\",\"continue\":\"" token "\"},\"items\":[" items "]}"
#define EXPIRED                                                                \
	"{\"kind\":\"Status\",\"code\":410,\"reason\":\"Expired\","            \
	"\"message\":\"too old resource version: 1 (9)\"}"

#define LISTED(version, items)                                                 \
	ANSWER("GET /x?limit=500 ", NULL, "200 OK", LIST(version, "", items))
/* Nothing more comes, so this is where a test's script ends. */
#define QUIET(version)                                                         \
	{                                                                      \
		.wants = "GET /x?watch=true&allowWatchBookmarks=true&",        \
		.has = "&resourceVersion=" version " ", .head = "200 OK",      \
		.is_endless = true, .after = AFTER_HANG                        \
	}
#define EVENTS(version, ...)                                                   \
	{                                                                      \
		.wants = "GET /x?watch=true&",                                 \
		.has = "&resourceVersion=" version " ", .head = "200 OK",      \
		.pieces = {                                                    \
			__VA_ARGS__                                            \
		}                                                              \
	}

struct watcher {
	struct rig *rig;
	struct kube_watch *watch;
	const char *close_at; /* close when this is told */
};

static void tell(struct watcher *watcher, const char *what, const char *text)
{
	strbuf_addf(&watcher->rig->told, "%s%s\n", what, text);
	if (watcher->close_at && !strcmp(what, watcher->close_at)) {
		kube_watch_close(watcher->watch);
		watcher->watch = NULL;
		strbuf_adds(&watcher->rig->told, "closed\n");
	}
}

static void on_listing(void *arg)
{
	tell(arg, "listing", "");
}

static void on_listed(void *arg)
{
	tell(arg, "listed", "");
}

static void on_object(void *arg, enum kube_change change, const cJSON *object)
{
	static const char *const names[] = {"+", "=", "-"};

	tell(arg, names[change],
	     cJSON_GetStringValue(cJSON_GetObjectItem(
		     cJSON_GetObjectItem(object, "metadata"), "name")));
}

static void on_fault(void *arg, const char *text)
{
	tell(arg, "fault: ", text ? text : "none");
}

static struct watcher *open_watch(struct rig *rig, const char *labels,
				  const char *close_at)
{
	static struct watcher watcher;
	struct kube_watch_options options = {
		.client = rig->client,
		.path = "/x",
		.label_selector = labels,
		.object_max = 200,
		.listing = on_listing,
		.object = on_object,
		.listed = on_listed,
		.fault = on_fault,
		.arg = &watcher,
	};

	watcher.rig = rig;
	watcher.close_at = close_at;
	watcher.watch = kube_watch_open(&options);
	return &watcher;
}

/* Runs the script to its last request, lets it rest, and closes. */
static void run(struct rig *rig, const struct exchange *script, int count)
{
	struct watcher *watcher;
	int64_t deadline = clock_mono_ns() + 20 * NS_PER_S;

	rig_script(rig, script, count);
	watcher = open_watch(rig, NULL, NULL);
	while (rig->requests < count && clock_mono_ns() < deadline)
		rig_moment(rig, 5);
	rig_moment(rig, 30);
	kube_watch_close(watcher->watch);
}

#define RUN(rig, script)                                                       \
	run(rig, script, (int)(sizeof(script) / sizeof((script)[0])))

static void test_pages_then_events(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /x?limit=500 HTTP", NULL, "200 OK",
		       LIST("7", "more/1", OBJECT("a", "1"))),
		ANSWER("GET /x?limit=500&continue=more%2F1 HTTP", NULL,
		       "200 OK", LIST("7", "", OBJECT("b", "2"))),
		EVENTS("7", EVENT("ADDED", "c", "8"),
		       EVENT("MODIFIED", "a", "9"),
		       EVENT("UNKNOWN", "z", "10") EVENT("DELETED", "b", "11"),
		       BOOKMARK("20")),
		QUIET("20"),
	};
	struct rig *rig = *state;

	RUN(rig, script);
	assert_string_equal(rig->told.data, "listing\n+a\n+b\nlisted\n"
					    "+c\n=a\n-b\n");
}

static void test_selectors(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /x?limit=500&labelSelector=a%3Db%2Cc HTTP", NULL,
		       "200 OK", LIST("7", "", "")),
		{.wants = "GET /x?watch",
		 .has = "&resourceVersion=7&labelSelector=a%3Db%2Cc HTTP",
		 .head = "200 OK",
		 .pieces = {EVENT("ADDED", "a", "8")},
		 .is_endless = true,
		 .after = AFTER_HANG},
	};
	struct rig *rig = *state;
	struct watcher *watcher;

	RIG_SCRIPT(rig, script);
	watcher = open_watch(rig, "a=b,c", NULL);
	rig_until(rig, "+a\n");
	kube_watch_close(watcher->watch);
}

/* Cut in the middle of a line: it comes again, once. */
static void test_lines_cut(void **state)
{
	static const struct exchange script[] = {
		LISTED("7", ""),
		{.wants = "GET /x?watch",
		 .has = "resourceVersion=7 ",
		 .head = "200 OK",
		 .pieces = {EVENT("ADDED", "a", "8") "{\"type\":\"MO",
			    "DIFIED\",\"object\":" OBJECT("a", "9"), "}\n{\"ty",
			    "pe\":\"DELETED\",\"object\":{"},
		 .is_endless = true,
		 .after = AFTER_RESET},
		/* cleanly, but in the middle of a line as well */
		EVENTS("9", EVENT("MODIFIED", "b", "10") "{\"type\":\"DELETED"),
		EVENTS("10", EVENT("DELETED", "a", "11")),
		QUIET("11"),
	};
	struct rig *rig = *state;

	RUN(rig, script);
	assert_string_equal(rig->told.data,
			    "listing\nlisted\n+a\n=a\n=b\n-a\n");
}

static void test_410_everywhere(void **state)
{
	static const struct exchange script[] = {
		/* while paging */
		ANSWER("GET /x?limit=500 ", NULL, "200 OK",
		       LIST("5", "t", OBJECT("a", "1"))),
		ANSWER("GET /x?limit=500&continue=t", NULL, "410 Gone",
		       EXPIRED),
		LISTED("7", OBJECT("a", "1")),
		/* inside a 200 */
		EVENTS("7", EVENT("ADDED", "b", "8"),
		       "{\"type\":\"ERROR\",\"object\":" EXPIRED "}\n",
		       EVENT("ADDED", "never", "9")),
		LISTED("17", OBJECT("c", "1")),
		EVENTS("17", EVENT("ADDED", "d", "18")),
		/* as a status */
		ANSWER("GET /x?watch", "resourceVersion=18 ", "410 Gone",
		       EXPIRED),
		LISTED("27", ""),
		QUIET("27"),
	};
	struct rig *rig = *state;

	RUN(rig, script);
	assert_string_equal(rig->told.data,
			    "listing\n+a\nlisting\n+a\nlisted\n+b\n"
			    "listing\n+c\nlisted\n+d\nlisting\nlisted\n");
}

/* Pages that expire again and again: at last all at once. */
static void test_410_twice_while_paging(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /x?limit=500 ", NULL, "200 OK", LIST("5", "t", "")),
		ANSWER("GET /x?limit=500&continue=t", NULL, "410 Gone", ""),
		ANSWER("GET /x?limit=500 ", NULL, "200 OK", LIST("6", "u", "")),
		ANSWER("GET /x?limit=500&continue=u", NULL, "410 Gone", ""),
		ANSWER("GET /x? ", NULL, "200 OK", LIST("7", "", "")),
		QUIET("7"),
	};
	struct rig *rig = *state;

	RUN(rig, script);
	assert_non_null(strstr(rig->told.data, "listed\n"));
}

static void test_version_too_large(void **state)
{
	static const struct exchange script[] = {
		LISTED("7", ""),
		ANSWER("GET /x?watch", "resourceVersion=7 ",
		       "504 Gateway Timeout",
		       "{\"kind\":\"Status\",\"reason\":\"Timeout\","
		       "\"message\":"
		       "\"Too large resource version\",\"details\":{\"causes\":"
		       "[{\"reason\":\"ResourceVersionTooLarge\"}],"
		       "\"retryAfterSeconds\":1}}"),
		EVENTS("7", EVENT("ADDED", "a", "8")),
		QUIET("8"),
	};
	struct rig *rig = *state;
	int64_t start = clock_mono_ns();

	RUN(rig, script);
	assert_true(clock_mono_ns() - start >= NS_PER_S);
	assert_string_equal(rig->told.data, "listing\nlisted\n+a\n");
}

static void test_overload(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /x?limit=500 ", NULL,
		       "429 Too Many Requests\r\nRetry-After: 1", "slowly"),
		LISTED("7", ""),
		ANSWER("GET /x?watch", NULL,
		       "429 Too Many Requests\r\nRetry-After: 1", "slowly"),
		EVENTS("7", EVENT("ADDED", "a", "8")),
		QUIET("8"),
	};
	struct rig *rig = *state;
	int64_t start = clock_mono_ns();

	RUN(rig, script);
	assert_true(clock_mono_ns() - start >= 2 * NS_PER_S);
	assert_string_equal(rig->told.data,
			    "listing\nfault: list x: slowly\n"
			    "listing\nlisted\n"
			    "fault: watch x: slowly\nfault: none\n+a\n");
}

/* An end at once and without events is not answered with haste. */
static void test_ends_as_soon_as_it_begins(void **state)
{
	static const struct exchange script[] = {
		LISTED("7", ""),
		{.wants = "GET /x?watch", .head = "200 OK"},
		{.wants = "GET /x?watch", .head = "200 OK"},
		EVENTS("7", EVENT("ADDED", "a", "8")),
		QUIET("8"),
	};
	struct rig *rig = *state;
	int64_t start = clock_mono_ns();

	RUN(rig, script);
	/* 0.8 and 1.6 s, less a quarter; none after the one with an event */
	assert_in_range((clock_mono_ns() - start) / NS_PER_MS, 1800, 5000);
}

#define X10 "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10

static void test_large_objects(void **state)
{
	static const struct exchange script[] = {
		LISTED("7", OBJECT("a", "1") "," OBJECT(
				    X100 X100, "2") "," OBJECT("b", "3")),
		EVENTS("7", EVENT("ADDED", "c", "8"),
		       EVENT("ADDED", X100 X100, "9"),
		       EVENT("ADDED", "d", "10")),
		QUIET("10"),
	};
	struct rig *rig = *state;

	RUN(rig, script);
	assert_string_equal(
		rig->told.data,
		"listing\n+a\n+b\n"
		"fault: x: 1 objects larger than 200 bytes are not shown\n"
		"listed\nfault: none\n+c\n"
		"fault: x: an object larger than 200 bytes is not shown\n"
		"+d\nfault: none\n");
}

static void test_garbage(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /x?limit=500 ", NULL, "200 OK", "<html>login"),
		LISTED("7", ""),
		EVENTS("7", EVENT("ADDED", "a", "8"), "{\"type\":[[[\n"),
		LISTED("9", ""),
		QUIET("9"),
	};
	struct rig *rig = *state;

	RUN(rig, script);
	assert_non_null(strstr(rig->told.data, "fault: list x: not an object"));
	assert_non_null(strstr(rig->told.data, "+a\nfault: watch x: a line of "
					       "the watch cannot be read: "));
	assert_non_null(strstr(rig->told.data, "listed\nfault: none\n"));
}

static void test_error_events(void **state)
{
	static const struct exchange script[] = {
		LISTED("7", ""),
		EVENTS("7", EVENT("ADDED", "a", "8"),
		       "{\"type\":\"ERROR\",\"object\":{\"kind\":\"Status\","
		       "\"code\":500,\"message\":\"etcd\033 is ill\"}}\n"),
		LISTED("9", ""),
		QUIET("9"),
	};
	struct rig *rig = *state;

	RUN(rig, script);
	assert_string_equal(rig->told.data,
			    "listing\nlisted\n+a\n"
			    "fault: watch x: etcd\xEF\xBF\xBD is ill\n"
			    "listing\nlisted\nfault: none\n");
}

static void test_list_is_forbidden(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /x?limit=500 ", NULL, "403 Forbidden",
		       "{\"kind\":\"Status\",\"message\":\"may not list\"}"),
		LISTED("7", ""),
		QUIET("7"),
	};
	struct rig *rig = *state;

	RUN(rig, script);
	assert_string_equal(rig->told.data, "listing\n"
					    "fault: list x: may not list\n"
					    "listing\nlisted\nfault: none\n");
}

/* May list, may not watch: lists again and again, and says so throughout. */
static void test_watch_is_forbidden(void **state)
{
	static const struct exchange forbidden =
		ANSWER("GET /x?watch", NULL, "403 Forbidden",
		       "{\"kind\":\"Status\",\"message\":\"may not watch\"}");
	static const struct exchange list = LISTED("7", OBJECT("a", "1"));
	static const struct exchange quiet = QUIET("7");
	struct rig *rig = *state;
	struct exchange script[40];
	struct watcher *watcher;
	int count = 0;

	script[count++] = list;
	script[count++] = forbidden;
	for (int i = 0; i < 14; i++)
		script[count++] = list;
	script[count++] = (struct exchange)ANSWER(
		"GET /x?limit=500 ", NULL, "500 Internal Server Error", "ill");
	for (int i = 0; i < 16; i++)
		script[count++] = list;
	script[count++] = quiet; /* after thirty times it may */
	rig_script(rig, script, count);
	watcher = open_watch(rig, NULL, NULL);
	watcher->watch->poll_ms = 5;
	rig_until(rig, "fault: none\n");
	kube_watch_close(watcher->watch);
	assert_int_equal(rig->requests, count);
	assert_non_null(strstr(rig->told.data,
			       "listing\n+a\nlisted\n"
			       "fault: watch x: may not watch; looking every 0 "
			       "s instead\nlisting\n+a\nlisted\nlisting\n"));
	assert_non_null(strstr(rig->told.data,
			       "listing\nfault: list x: ill\n"
			       "listing\n+a\nlisted\n"
			       "fault: watch x: may not watch; "));
}

static void test_silence(void **state)
{
	static const struct exchange script[] = {
		LISTED("7", ""),
		EVENTS("7", BOOKMARK("8")),
		QUIET("8"),
		QUIET("8"),
	};
	struct rig *rig = *state;
	struct watcher *watcher;
	int64_t start = clock_mono_ns();

	RIG_SCRIPT(rig, script);
	watcher = open_watch(rig, NULL, NULL);
	watcher->watch->silence_ms = 100;
	while (rig->requests < 4 && clock_mono_ns() - start < 20 * NS_PER_S)
		rig_moment(rig, 5);
	/* the first could be told from nothing new, so it was cut; the
	 * second had no bookmark and may stay */
	rig_moment(rig, 250);
	assert_int_equal(rig->requests, 4);
	assert_string_equal(rig->told.data, "listing\nlisted\n");
	kube_watch_close(watcher->watch);
}

static void test_pages_too_large(void **state)
{
	static const struct exchange script[] = {
		LISTED("7", OBJECT("a", "1") "," OBJECT("b", "2")),
		ANSWER("GET /x?limit=100 ", NULL, "200 OK",
		       LIST("7", "t", OBJECT("a", "1"))),
		ANSWER("GET /x?limit=100&continue=t ", NULL, "200 OK",
		       LIST("7", "", OBJECT("b", "2"))),
		QUIET("7"),
	};
	struct rig *rig = *state;
	struct watcher *watcher;

	RIG_SCRIPT(rig, script);
	watcher = open_watch(rig, NULL, NULL);
	watcher->watch->page_bytes = 130;
	rig_until(rig, "listing\n+a\n+b\nlisted\n");
	kube_watch_close(watcher->watch);
}

static void test_server_goes_and_comes(void **state)
{
	static const struct exchange script[] = {
		LISTED("7", ""),
		{.wants = "GET /x?watch",
		 .head = "200 OK",
		 .pieces = {EVENT("ADDED", "a", "8")},
		 .is_endless = true,
		 .after = AFTER_HANG},
		EVENTS("8", EVENT("ADDED", "b", "9")),
		QUIET("9"),
	};
	struct rig *rig = *state;
	struct watcher *watcher;
	int64_t back;

	RIG_SCRIPT(rig, script);
	watcher = open_watch(rig, NULL, NULL);
	rig_until(rig, "+a\n");
	rig_stop_server(rig);
	rig_until(rig, ": connection refused\n");
	rig_moment(rig, 1500);
	rig_start_server(rig);
	/* whoever reaches the server first wakes the others */
	back = clock_mono_ns();
	rig_until(rig, "+b\n");
	assert_true(clock_mono_ns() - back < 5 * NS_PER_S);
	rig_until(rig, "server: well\n");
	assert_non_null(strstr(rig->told.data, "fault: none\n+b\n"));
	kube_watch_close(watcher->watch);
}

static void test_recovery_wakes_those_who_wait(void **state)
{
	static const struct exchange script[] = {
		ANSWER("GET /poke", NULL, "200 OK", "poked"),
		LISTED("7", ""),
		QUIET("7"),
	};
	struct rig *rig = *state;
	struct watcher *watcher;

	RIG_SCRIPT(rig, script);
	rig_stop_server(rig);
	watcher = open_watch(rig, NULL, NULL);
	watcher->watch->failures = 5; /* half a minute */
	rig_until(rig, "fault: list x: ");
	rig_start_server(rig);
	rig_call(rig, KUBE_GET, "/poke", NULL, 0);
	rig_until(rig, "fault: none\n");
	kube_watch_close(watcher->watch);
}

static void test_close_from_callbacks(void **state)
{
	static const char *const moments[] = {"listing", "+", "listed",
					      "=",	 "-", "fault: "};
	static const struct exchange script[] = {
		LISTED("7", OBJECT("a", "1") "," OBJECT("b", "2")),
		EVENTS("7",
		       EVENT("MODIFIED", "a", "8")
			       EVENT("DELETED", "b", "9") "garbage\n",
		       EVENT("DELETED", "never", "10")),
	};
	struct rig *rig = *state;

	for (size_t i = 0; i < 6; i++) {
		strbuf_clear(&rig->told);
		RIG_SCRIPT(rig, script);
		open_watch(rig, NULL, moments[i]);
		rig_until(rig, "closed\n");
		rig_moment(rig, 20);
		assert_string_equal(rig->told.data + rig->told.len - 7,
				    "closed\n");
	}
	/* and before anything has happened, and with its client */
	kube_watch_close(open_watch(rig, NULL, NULL)->watch);
	kube_watch_close(NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_pages_then_events),
		TEST(test_selectors),
		TEST(test_lines_cut),
		TEST(test_410_everywhere),
		TEST(test_410_twice_while_paging),
		TEST(test_version_too_large),
		TEST(test_overload),
		TEST(test_ends_as_soon_as_it_begins),
		TEST(test_large_objects),
		TEST(test_garbage),
		TEST(test_error_events),
		TEST(test_list_is_forbidden),
		TEST(test_watch_is_forbidden),
		TEST(test_silence),
		TEST(test_pages_too_large),
		TEST(test_server_goes_and_comes),
		TEST(test_recovery_wakes_those_who_wait),
		TEST(test_close_from_callbacks),
	};

	return cmocka_run_group_tests_name("kube watch", tests, NULL, NULL);
}
