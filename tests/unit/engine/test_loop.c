/* SPDX-License-Identifier: MIT */
/* The engine's one wait. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/clock.h"
#include "base/strbuf.h"
#include "engine/loop.h"

#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct bench {
	struct loop *loop;
	struct strbuf told;
	struct loop_watch *watches[3];
	struct loop_timer *timers[3];
	int pipes[3][2];
	int turns;
};

static int make(void **state)
{
	struct bench *bench = calloc(1, sizeof(*bench));
	struct error err;

	strbuf_init(&bench->told);
	bench->loop = loop_new(&err);
	for (int i = 0; i < 3; i++)
		if (pipe(bench->pipes[i]))
			return -1;
	*state = bench;
	return bench->loop ? 0 : -1;
}

static int destroy(void **state)
{
	struct bench *bench = *state;

	loop_free(bench->loop);
	for (int i = 0; i < 3; i++) {
		close(bench->pipes[i][0]);
		if (bench->pipes[i][1] >= 0)
			close(bench->pipes[i][1]);
	}
	strbuf_release(&bench->told);
	free(bench);
	return 0;
}

static void quit(void *arg)
{
	struct bench *bench = arg;

	loop_quit(bench->loop);
}

static void tell_b(void *arg)
{
	struct bench *bench = arg;

	strbuf_adds(&bench->told, "b");
}

/* Cancels the one that is due as well, and adds one that is due at once. */
static void tell_a(void *arg)
{
	struct bench *bench = arg;

	strbuf_adds(&bench->told, "a");
	loop_cancel(bench->loop, bench->timers[1]);
	loop_after(bench->loop, 0, tell_b, bench);
	loop_after(bench->loop, 20, quit, bench);
}

static void tell_c(void *arg)
{
	struct bench *bench = arg;

	strbuf_adds(&bench->told, "c");
}

static void test_timers_cancel_each_other(void **state)
{
	struct bench *bench = *state;

	loop_after(bench->loop, 0, tell_a, bench);
	bench->timers[1] = loop_after(bench->loop, 0, tell_c, bench);
	loop_run(bench->loop);
	assert_string_equal(bench->told.data, "ab");
}

static void test_timers_are_never_early(void **state)
{
	struct bench *bench = *state;
	int64_t start = clock_mono_ns();

	loop_after(bench->loop, 30, quit, bench);
	loop_run(bench->loop);
	assert_true(clock_mono_ns() - start >= 30 * NS_PER_MS);
}

/* Whichever is called first removes the other, and itself. */
static void on_any(int fd, short events, void *arg)
{
	struct bench *bench = arg;

	(void)fd;
	assert_true(events & POLLIN);
	strbuf_adds(&bench->told, "r");
	loop_unwatch(bench->loop, bench->watches[0]);
	loop_unwatch(bench->loop, bench->watches[1]);
	loop_after(bench->loop, 20, quit, bench);
}

static void test_watches_remove_each_other(void **state)
{
	struct bench *bench = *state;

	for (int i = 0; i < 2; i++) {
		assert_int_equal(write(bench->pipes[i][1], "x", 1), 1);
		bench->watches[i] = loop_watch_fd(
			bench->loop, bench->pipes[i][0], POLLIN, on_any, bench);
	}
	loop_run(bench->loop);
	assert_string_equal(bench->told.data, "r");
}

static void on_second(int fd, short events, void *arg)
{
	struct bench *bench = arg;
	char byte;

	(void)events;
	assert_int_equal(read(fd, &byte, 1), 1);
	strbuf_addch(&bench->told, byte);
	loop_quit(bench->loop);
}

static void on_first(int fd, short events, void *arg)
{
	struct bench *bench = arg;

	on_second(fd, events, arg);
	loop_watch_fd(bench->loop, bench->pipes[1][0], POLLIN, on_second,
		      bench);
	bench->watches[2] = loop_watch_fd(bench->loop, bench->pipes[2][0],
					  POLLIN, on_second, bench);
}

static void test_watches_add_others(void **state)
{
	struct bench *bench = *state;

	assert_int_equal(write(bench->pipes[0][1], "1", 1), 1);
	assert_int_equal(write(bench->pipes[1][1], "2", 1), 1);
	loop_watch_fd(bench->loop, bench->pipes[0][0], POLLIN, on_first, bench);
	loop_run(bench->loop);
	assert_string_equal(bench->told.data, "1");
	loop_run(bench->loop);
	assert_string_equal(bench->told.data, "12");
}

static void on_end(int fd, short events, void *arg)
{
	struct bench *bench = arg;
	char byte;

	(void)events;
	assert_int_equal(read(fd, &byte, 1), 0);
	strbuf_adds(&bench->told, "end");
	loop_quit(bench->loop);
}

/* A writer that closes says nothing but POLLHUP. */
static void test_a_hang_up_is_told(void **state)
{
	struct bench *bench = *state;

	close(bench->pipes[0][1]);
	bench->pipes[0][1] = -1;
	loop_watch_fd(bench->loop, bench->pipes[0][0], POLLIN, on_end, bench);
	loop_run(bench->loop);
	assert_string_equal(bench->told.data, "end");
}

static void *wake_it(void *arg)
{
	loop_wake(arg);
	return NULL;
}

static void on_woken(void *arg)
{
	struct bench *bench = arg;

	strbuf_adds(&bench->told, "woken");
	loop_quit(bench->loop);
}

static void on_turn(void *arg)
{
	struct bench *bench = arg;

	bench->turns++;
	strbuf_adds(&bench->told, ".");
}

static void test_another_thread_wakes_it(void **state)
{
	struct bench *bench = *state;
	pthread_t thread;

	loop_set_woken(bench->loop, on_woken, bench);
	loop_set_turn(bench->loop, on_turn, bench);
	pthread_create(&thread, NULL, wake_it, bench->loop);
	loop_run(bench->loop);
	pthread_join(thread, NULL);
	/* the turn's hook comes last, in the turn that ends it too */
	assert_string_equal(bench->told.data + bench->told.len - 6, "woken.");
}

static void wake_again(void *arg)
{
	struct bench *bench = arg;

	if (++bench->turns == 3)
		loop_quit(bench->loop);
	else
		loop_wake(bench->loop);
}

/* What a turn wakes is the next one's, at once and not lost. */
static void test_a_turn_may_wake_the_next(void **state)
{
	struct bench *bench = *state;
	int64_t start = clock_mono_ns();

	loop_set_turn(bench->loop, wake_again, bench);
	loop_wake(bench->loop);
	loop_run(bench->loop);
	assert_int_equal(bench->turns, 3);
	assert_true(clock_mono_ns() - start < 30 * NS_PER_S);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make, destroy)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_timers_cancel_each_other),
		TEST(test_timers_are_never_early),
		TEST(test_watches_remove_each_other),
		TEST(test_watches_add_others),
		TEST(test_a_hang_up_is_told),
		TEST(test_another_thread_wakes_it),
		TEST(test_a_turn_may_wake_the_next),
	};

	return cmocka_run_group_tests_name("loop", tests, NULL, NULL);
}
