/* SPDX-License-Identifier: MIT */
/* Answers without end: how they end all the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "tests/unit/kube/rig.h"

#include <string.h>

static const char denied[] =
	"{\"kind\":\"Status\",\"status\":\"Failure\",\"message\":\"who are "
	"you\",\"reason\":\"Unauthorized\",\"code\":401}";

static int ms_since(int64_t start_ns)
{
	return (int)((clock_mono_ns() - start_ns) / NS_PER_MS);
}

struct listener {
	struct rig *rig;
	struct kube_call *call;
	int cut_at;    /* return false at the so-manieth piece */
	int cancel_at; /* cancel at the so-manieth piece */
	int pieces;
};

static bool on_data(void *arg, const char *data, size_t len)
{
	struct listener *listener = arg;

	if (!len)
		strbuf_adds(&listener->rig->told, "accepted\n");
	else
		strbuf_addf(&listener->rig->told, "data %.*s\n", (int)len,
			    data);
	listener->pieces += len > 0;
	if (len && listener->pieces == listener->cancel_at)
		kube_cancel(listener->call);
	return !len || listener->pieces != listener->cut_at;
}

static void on_ended(void *arg, int code, const struct kube_status *status,
		     const struct error *err)
{
	struct listener *listener = arg;

	strbuf_addf(&listener->rig->told, "ended %d %s %s\n", code,
		    error_code_name(err->code),
		    err->code == ERROR_NONE ? "" : err->text);
	if (status)
		strbuf_addf(&listener->rig->told, "status %d\n", status->code);
}

static struct kube_call *listen_to(struct listener *listener, const char *path,
				   int silence_ms)
{
	struct kube_stream_request request = {
		.path = path,
		.silence_ms = silence_ms,
		.data = on_data,
		.ended = on_ended,
		.arg = listener,
	};

	listener->pieces = 0;
	listener->call = kube_stream(listener->rig->client, &request);
	return listener->call;
}

static void test_stream_ends(void **state)
{
	static const struct exchange script[] = {
		{.wants = "GET /clean",
		 .head = "200 OK",
		 .pieces = {"one", "two"}},
		{.wants = "GET /cut",
		 .head = "200 OK",
		 .pieces = {"three"},
		 .is_endless = true,
		 .after = AFTER_CLOSE},
		ANSWER("GET /gone", NULL, "410 Gone",
		       "{\"kind\":\"Status\",\"message\":\"too old\","
		       "\"reason\":\"Expired\"}"),
		ANSWER("GET /again", NULL, "401 Unauthorized", denied),
		{.wants = "GET /again", .head = "200 OK", .pieces = {"four"}},
	};
	struct rig *rig = *state;
	struct listener listener = {.rig = rig};

	RIG_SCRIPT(rig, script);
	listen_to(&listener, "/clean", 0);
	rig_until(rig, "accepted\ndata one\ndata two\nended 200 none \n");
	strbuf_clear(&rig->told);
	listen_to(&listener, "/cut", 0);
	rig_until(rig, "accepted\ndata three\nended 0 unavailable ");
	assert_non_null(strstr(rig->told.data, ": connection lost\n"));
	listen_to(&listener, "/gone", 0);
	rig_until(rig, "ended 410 invalid too old\nstatus 410\n");
	listen_to(&listener, "/again", 0);
	rig_until(rig, "data four\nended 200 none \n");
	assert_null(strstr(rig->told.data, "server:"));
}

static void test_stream_silence(void **state)
{
	static const struct exchange script[] = {
		{.wants = "GET /s",
		 .head = "200 OK",
		 .pieces = {"1", "2", "3", "4"},
		 .is_endless = true,
		 .after = AFTER_HANG},
		{.wants = "GET /s", .is_silent = true, .after = AFTER_HANG},
	};
	struct rig *rig = *state;
	struct listener listener = {.rig = rig};
	int64_t start = clock_mono_ns();

	RIG_SCRIPT(rig, script);
	listen_to(&listener, "/s", 200);
	rig_until(rig, "data 4\nended 0 timeout ");
	assert_in_range(ms_since(start), 200, 5000);
	strbuf_clear(&rig->told);
	listen_to(&listener, "/s", 200);
	rig_until(rig, "ended 0 timeout ");
	assert_null(strstr(rig->told.data, "accepted"));
}

static void test_stream_cut_by_its_user(void **state)
{
	static const struct exchange endless = {
		.wants = "GET /s",
		.head = "200 OK",
		.pieces = {"1", "2"},
		.is_endless = true,
		.after = AFTER_HANG,
	};
	struct exchange script[] = {endless, endless};
	struct rig *rig = *state;
	struct listener listener = {.rig = rig, .cut_at = 2};

	RIG_SCRIPT(rig, script);
	listen_to(&listener, "/s", 0);
	rig_until(rig, "data 1\ndata 2\nended 200 none \n");
	strbuf_clear(&rig->told);
	listener.cut_at = 0;
	listener.cancel_at = 2;
	listen_to(&listener, "/s", 0);
	rig_until(rig, "data 2\n");
	rig_moment(rig, 20);
	assert_null(strstr(rig->told.data, "ended"));
	/* what is open at the end goes with the client */
	strbuf_clear(&rig->told);
	rig_stop_server(rig);
	listen_to(&listener, "/s", 0);
	rig_until(rig, "ended 0 unavailable ");
	listen_to(&listener, "/s", 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_open, rig_close)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_stream_ends),
		TEST(test_stream_silence),
		TEST(test_stream_cut_by_its_user),
	};

	return cmocka_run_group_tests_name("kube stream", tests, NULL, NULL);
}
