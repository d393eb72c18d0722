/* SPDX-License-Identifier: MIT */
/*
 * What a pod's log gets to see: whole lines, markers between them and never
 * inside one, and nobody waits for a reader that does not read.
 */
#include "base/mem.h"
#include "base/strbuf.h"
#include "keeper/clock.h"
#include "keeper/echo.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

struct bench {
	int out[2], err[2]; /* pipes; we read from [0] */
	struct tee tee;
	struct spool spool;
	struct deliver deliver;
	struct echo echo;
	struct strbuf seen;
	char folder[64];
	int dir_fd;
};

/* What the delivering thread would say. */
static struct deliver_state delivery;

struct deliver_state deliver_state(struct deliver *deliver)
{
	(void)deliver;
	return delivery;
}

static int set_up(void **state)
{
	struct bench *bench = xcalloc(1, sizeof(*bench));

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(pipe2(bench->out, O_CLOEXEC), 0);
	assert_int_equal(pipe2(bench->err, O_CLOEXEC), 0);
	fcntl(bench->out[0], F_SETFL, O_NONBLOCK);
	fcntl(bench->err[0], F_SETFL, O_NONBLOCK);
	tee_init(&bench->tee, bench->out[1], bench->err[1]);
	snprintf(bench->folder, sizeof(bench->folder),
		 "/tmp/trialdeck-tee-XXXXXX");
	assert_non_null(mkdtemp(bench->folder));
	bench->dir_fd = open(bench->folder, O_RDONLY | O_DIRECTORY);
	assert_true(spool_open(&bench->spool, bench->dir_fd));
	strbuf_init(&bench->seen);
	delivery = (struct deliver_state){0};
	*state = bench;
	return 0;
}

static int tear_down(void **state)
{
	struct bench *bench = *state;

	for (int i = 0; i < 2; i++) {
		buffer_release(&bench->tee.streams[i].queue);
		buffer_release(&bench->tee.streams[i].partial);
		close(bench->out[i]);
		close(bench->err[i]);
	}
	buffer_release(&bench->spool.pending);
	buffer_release(&bench->echo.lines);
	close(bench->spool.fd);
	assert_int_equal(unlinkat(bench->dir_fd, "spool.ndjson", 0), 0);
	assert_int_equal(rmdir(bench->folder), 0);
	close(bench->dir_fd);
	strbuf_release(&bench->seen);
	free(bench);
	return 0;
}

static void say(struct bench *bench, int stream, const char *text)
{
	tee_feed(&bench->tee, stream, text, strlen(text));
}

/* Everything that has come out so far. */
static const char *read_all(struct bench *bench, int fd)
{
	char data[65536];
	ssize_t n;

	strbuf_clear(&bench->seen);
	do {
		tee_pump(&bench->tee);
		n = read(fd, data, sizeof(data));
		if (n > 0)
			strbuf_add(&bench->seen, data, (size_t)n);
	} while (n > 0);
	return bench->seen.data;
}

static void mark(struct bench *bench, const char *text)
{
	assert_true(tee_takes_marker(&bench->tee));
	tee_marker(&bench->tee, text, strlen(text));
}

static void holds_unfinished_lines_back(void **state)
{
	struct bench *bench = *state;
	int64_t begin = mono_ms();

	say(bench, 0, "one\ntw");
	assert_string_equal(read_all(bench, bench->out[0]), "one\n");
	mark(bench, "@trialdeck:metric 1");
	say(bench, 0, "o\n");
	assert_string_equal(read_all(bench, bench->out[0]),
			    "@trialdeck:metric 1\ntwo\n");
	/* but not for ever */
	say(bench, 0, "prompt> ");
	while (!*read_all(bench, bench->out[0]))
		usleep(5000);
	assert_true(mono_ms() - begin >= TEE_PARTIAL_MS);
	assert_string_equal(bench->seen.data, "prompt> ");
	/* a marker after that ends the line first */
	mark(bench, "@trialdeck:metric 2");
	say(bench, 0, "yes\n");
	assert_string_equal(read_all(bench, bench->out[0]),
			    "\n@trialdeck:metric 2\nyes\n");
	say(bench, 0, "last");
	tee_end(&bench->tee, 0);
	mark(bench, "@trialdeck:end {}");
	assert_string_equal(read_all(bench, bench->out[0]),
			    "last\n@trialdeck:end {}\n");
}

static void lets_long_lines_go(void **state)
{
	struct bench *bench = *state;
	static char text[TEE_PARTIAL_MAX + 100];

	memset(text, 'x', sizeof(text) - 1);
	say(bench, 0, text);
	assert_string_equal(read_all(bench, bench->out[0]), text);
	say(bench, 0, "end\n");
	assert_string_equal(read_all(bench, bench->out[0]), "end\n");
}

/* Both streams end up in one log. */
static void markers_mind_the_other_stream(void **state)
{
	struct bench *bench = *state;

	say(bench, 1, "progress 10%");
	tee_end(&bench->tee, 1);
	assert_string_equal(read_all(bench, bench->err[0]), "progress 10%");
	mark(bench, "@trialdeck:metric 1");
	assert_string_equal(read_all(bench, bench->err[0]), "\n");
	assert_string_equal(read_all(bench, bench->out[0]),
			    "@trialdeck:metric 1\n");
}

static void commands_cannot_write_markers(void **state)
{
	static const char line[] = "@trialdeck:metric {\"name\":\"a\"}\n";
	struct bench *bench = *state;

	for (int stream = 0; stream < 2; stream++) {
		int fd = stream ? bench->err[0] : bench->out[0];

		/* in one piece, and cut anywhere */
		for (size_t cut = 1; cut < sizeof(line) - 1; cut++) {
			tee_feed(&bench->tee, stream, line, cut);
			tee_feed(&bench->tee, stream, line + cut,
				 sizeof(line) - 1 - cut);
			read_all(bench, fd);
			assert_int_equal(bench->seen.data[0], ' ');
			assert_string_equal(bench->seen.data + 1, line);
			/* and passed on before its end */
			tee_feed(&bench->tee, stream, line, cut);
			tee_end(&bench->tee, stream);
			tee_feed(&bench->tee, stream, line + cut,
				 sizeof(line) - 1 - cut);
			read_all(bench, fd);
			assert_int_equal(bench->seen.data[0], ' ');
			assert_string_equal(bench->seen.data + 1, line);
		}
	}
	/* a line that a marker has cut in two */
	say(bench, 0, "x");
	tee_end(&bench->tee, 0);
	mark(bench, "@trialdeck:metric 1");
	say(bench, 0, line);
	assert_string_equal(read_all(bench, bench->out[0]),
			    "x\n@trialdeck:metric 1\n "
			    "@trialdeck:metric {\"name\":\"a\"}\n");
	/* innocent lines stay as they are */
	say(bench, 0, "@tri\n@\n @trialdeck:\nx@trialdeck:\n");
	assert_string_equal(read_all(bench, bench->out[0]),
			    "@tri\n@\n @trialdeck:\nx@trialdeck:\n");
}

static void waits_for_a_slow_reader_only_so_long(void **state)
{
	struct bench *bench = *state;
	struct tee_stream *stream = &bench->tee.streams[0];
	static char text[4097];
	int64_t left_out;

	memset(text, 'x', sizeof(text) - 1);
	text[4095] = '\n';
	while (tee_has_room(&bench->tee, 0)) {
		say(bench, 0, text);
		tee_pump(&bench->tee);
	}
	/* full: the command waits, and markers do too */
	assert_true(stream->queue.len >= TEE_ROOM_BYTES);
	assert_false(tee_takes_marker(&bench->tee));
	/* as if nobody had read for long */
	stream->progress_ms -= TEE_STALL_MS;
	tee_pump(&bench->tee);
	assert_true(tee_has_room(&bench->tee, 0));
	assert_false(tee_takes_marker(&bench->tee));
	for (int i = 0; i < 1000; i++)
		say(bench, 0, text);
	left_out = stream->left_out;
	assert_int_equal(left_out, 4096 * 1000);
	assert_true(stream->queue.len < TEE_ROOM_BYTES + 8192);
	/* the reader is back */
	read_all(bench, bench->out[0]);
	assert_non_null(strstr(bench->seen.data,
			       "\n[4096000 bytes of output are left out here: "
			       "nobody read]\n"));
	assert_true(tee_takes_marker(&bench->tee));
	say(bench, 0, "again\n");
	assert_string_equal(read_all(bench, bench->out[0]), "again\n");
}

static void survives_a_closed_descriptor(void **state)
{
	struct bench *bench = *state;

	close(bench->out[0]);
	bench->out[0] = -1;
	say(bench, 0, "nobody\n");
	tee_pump(&bench->tee);
	assert_int_equal(bench->tee.streams[0].fd, -1);
	say(bench, 0, "listens\n");
	mark(bench, "@trialdeck:metric 1");
	assert_true(tee_has_room(&bench->tee, 0));
	assert_true(tee_drain(&bench->tee));
	say(bench, 1, "here\n");
	assert_string_equal(read_all(bench, bench->err[0]), "here\n");
}

/* ---- echo ------------------------------------------------------------------
 */

static void begin_echo(struct bench *bench, enum echo_mode mode)
{
	echo_init(&bench->echo, mode, &bench->spool, &bench->deliver,
		  &bench->tee);
}

static void spool(struct bench *bench, const char *line)
{
	buffer_add(&bench->spool.pending, line, strlen(line));
	spool_flush(&bench->spool);
}

static void echoes_always(void **state)
{
	struct bench *bench = *state;

	begin_echo(bench, ECHO_ALWAYS);
	delivery.delivered = 1000; /* does not matter */
	spool(bench, "{1}\n{2}\n");
	assert_false(echo_pump(&bench->echo));
	assert_string_equal(read_all(bench, bench->out[0]),
			    "@trialdeck:metric {1}\n@trialdeck:metric {2}\n");
	assert_false(echo_pump(&bench->echo));
	assert_string_equal(read_all(bench, bench->out[0]), "");
	delivery.is_complete = true;
	assert_false(echo_finish(&bench->echo));
	echo_end(&bench->echo, 7);
	assert_string_equal(read_all(bench, bench->out[0]),
			    "@trialdeck:end {\"code\":7}\n");
}

static void echoes_only_what_is_not_delivered(void **state)
{
	struct bench *bench = *state;

	begin_echo(bench, ECHO_AUTO);
	spool(bench, "{1}\n{2}\n");
	assert_false(echo_pump(&bench->echo));
	assert_string_equal(read_all(bench, bench->out[0]), "");
	delivery.delivered = 4;
	delivery.is_failing = true;
	echo_pump(&bench->echo);
	assert_string_equal(read_all(bench, bench->out[0]),
			    "@trialdeck:metric {2}\n");
	spool(bench, "{3}\n");
	echo_pump(&bench->echo);
	assert_string_equal(read_all(bench, bench->out[0]),
			    "@trialdeck:metric {3}\n");
	delivery.is_failing = false;
	delivery.delivered = 12;
	spool(bench, "{4}\n{5}\n");
	echo_pump(&bench->echo);
	assert_string_equal(read_all(bench, bench->out[0]), "");
	/* the end came before the last was delivered */
	delivery.delivered = 16;
	assert_false(echo_finish(&bench->echo));
	echo_end(&bench->echo, 0);
	assert_string_equal(
		read_all(bench, bench->out[0]),
		"@trialdeck:metric {5}\n@trialdeck:end {\"code\":0}\n");
}

static void is_silent_when_all_is_well(void **state)
{
	struct bench *bench = *state;

	begin_echo(bench, ECHO_AUTO);
	spool(bench, "{1}\n");
	echo_pump(&bench->echo);
	delivery = (struct deliver_state){
		.delivered = 4, .is_done = true, .is_complete = true};
	assert_false(echo_finish(&bench->echo));
	echo_end(&bench->echo, 0);
	assert_string_equal(read_all(bench, bench->out[0]), "");
	/* all metrics arrived, but the status did not */
	delivery.is_complete = false;
	assert_false(echo_finish(&bench->echo));
	echo_end(&bench->echo, 0);
	assert_string_equal(read_all(bench, bench->out[0]),
			    "@trialdeck:end {\"code\":0}\n");
}

/* Put the pieces together as the console does. */
static char *join_pieces(const char *log, int *ret_pieces)
{
	static const char more[] = "@trialdeck:more ";
	static const char last[] = "@trialdeck:metric ";
	struct strbuf line = STRBUF_INIT;

	*ret_pieces = 0;
	while (*log) {
		const char *end = strchr(log, '\n');
		bool is_more = !strncmp(log, more, sizeof(more) - 1);
		size_t head = is_more ? sizeof(more) - 1 : sizeof(last) - 1;

		assert_non_null(end);
		assert_true(end - log <= (int)(ECHO_PIECE_MAX + head));
		assert_true(is_more || !strncmp(log, last, sizeof(last) - 1));
		/* each piece begins with a character */
		assert_true((log[head] & 0xc0) != 0x80);
		strbuf_add(&line, log + head, (size_t)(end - log) - head);
		++*ret_pieces;
		log = end + 1;
		assert_true(is_more || !*log);
	}
	return strbuf_detach(&line);
}

static void cuts_long_lines_into_pieces(void **state)
{
	static const size_t sizes[] = {ECHO_PIECE_MAX - 1, ECHO_PIECE_MAX,
				       ECHO_PIECE_MAX + 1, 100000, 1000000};
	struct bench *bench = *state;

	begin_echo(bench, ECHO_ALWAYS);
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct strbuf line = STRBUF_INIT;
		char *joined;
		int pieces;

		while (line.len + 3 <= sizes[i])
			strbuf_add(&line, "\xe2\x82\xac", 3);
		while (line.len < sizes[i])
			strbuf_add(&line, "x", 1);
		buffer_add(&bench->spool.pending, line.data, line.len);
		spool(bench, "\n");
		assert_false(echo_pump(&bench->echo));
		joined = join_pieces(read_all(bench, bench->out[0]), &pieces);
		assert_string_equal(joined, line.data);
		assert_true(pieces >= (int)(sizes[i] / ECHO_PIECE_MAX));
		assert_true(pieces <=
			    (int)(sizes[i] / (ECHO_PIECE_MAX - 3)) + 1);
		free(joined);
		strbuf_release(&line);
	}
}

/* More than the tee takes at once. */
static void echoes_as_there_is_room(void **state)
{
	struct bench *bench = *state;
	int count = 0;
	char line[64];

	begin_echo(bench, ECHO_ALWAYS);
	for (int i = 0; i < 20000; i++) {
		snprintf(line, sizeof(line), "{\"name\":\"a\",\"value\":%d}\n",
			 i);
		spool(bench, line);
	}
	assert_true(echo_pump(&bench->echo));
	assert_true(bench->tee.streams[0].queue.len < TEE_ROOM_BYTES + 4096);
	for (bool more = true; more;) {
		more = echo_finish(&bench->echo);
		for (const char *at = read_all(bench, bench->out[0]); *at;
		     count++) {
			snprintf(line, sizeof(line),
				 "@trialdeck:metric "
				 "{\"name\":\"a\",\"value\":%d}\n",
				 count);
			assert_memory_equal(at, line, strlen(line));
			at += strlen(line);
		}
	}
	assert_int_equal(count, 20000);
}

/* A full disk keeps metrics out of the spool; the log gets them. */
static void echoes_what_never_reached_the_spool(void **state)
{
	struct bench *bench = *state;

	begin_echo(bench, ECHO_AUTO);
	spool(bench, "{1}\n");
	delivery.delivered = 4;
	buffer_add(&bench->spool.pending, "{2}\n", 4);
	while (echo_finish(&bench->echo))
		tee_pump(&bench->tee);
	echo_end(&bench->echo, 0);
	assert_string_equal(
		read_all(bench, bench->out[0]),
		"@trialdeck:metric {2}\n@trialdeck:end {\"code\":0}\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(holds_unfinished_lines_back),
		TEST(lets_long_lines_go),
		TEST(markers_mind_the_other_stream),
		TEST(commands_cannot_write_markers),
		TEST(waits_for_a_slow_reader_only_so_long),
		TEST(survives_a_closed_descriptor),
		TEST(echoes_always),
		TEST(echoes_only_what_is_not_delivered),
		TEST(is_silent_when_all_is_well),
		TEST(cuts_long_lines_into_pieces),
		TEST(echoes_as_there_is_room),
		TEST(echoes_what_never_reached_the_spool),
	};

	return cmocka_run_group_tests_name("tee", tests, NULL, NULL);
}
