/* SPDX-License-Identifier: MIT */
/*
 * `log`: what a trial wrote.  On a terminal the text is made safe line by
 * line; into a pipe or file the bytes go as they are.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/output.h"
#include "engine/platform/platform.h"
#include "store/interest.h"

#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define CHUNK_BYTES 65536
#define LOOK_EVERY_NS 100000000L

struct reader {
	int fd;
	bool is_terminal;
	struct strbuf pending; /* terminal only: a line not yet ended */
};

static void print_line(const char *text, size_t len)
{
	struct strbuf safe = STRBUF_INIT;

	utf8_sanitize(&safe, text, len, false);
	output_flush(&safe);
	strbuf_release(&safe);
}

static void print_chunk(struct reader *reader, const char *data, size_t len)
{
	struct strbuf *pending = &reader->pending;
	const char *end;

	if (!reader->is_terminal) {
		fwrite(data, 1, len, stdout);
		return;
	}
	while ((end = memchr(data, '\n', len))) {
		strbuf_add(pending, data, (size_t)(end - data));
		print_line(pending->data, pending->len);
		putchar('\n');
		strbuf_clear(pending);
		len -= (size_t)(end - data) + 1;
		data = end + 1;
	}
	strbuf_add(pending, data, len);
	if (pending->len >= CHUNK_BYTES) {
		print_line(pending->data, pending->len);
		strbuf_clear(pending);
	}
}

/* Print up to the present end of the file. */
static bool drain(struct reader *reader, struct error *err)
{
	char *chunk = xmalloc(CHUNK_BYTES);
	ssize_t n;

	while ((n = read(reader->fd, chunk, CHUNK_BYTES)) > 0)
		print_chunk(reader, chunk, (size_t)n);
	free(chunk);
	fflush(stdout);
	if (n < 0)
		return error_set_errno(err, "read log");
	return true;
}

/* Place the descriptor before the last `lines` lines. */
static void seek_tail(int fd, long lines)
{
	off_t at = lseek(fd, 0, SEEK_END);
	char *chunk = xmalloc(CHUNK_BYTES);
	off_t end = at;

	while (at > 0) {
		size_t len = at < CHUNK_BYTES ? (size_t)at : CHUNK_BYTES;
		ssize_t n = pread(fd, chunk, len, at - (off_t)len);

		if (n != (ssize_t)len)
			break;
		at -= (off_t)len;
		for (size_t i = len; i > 0; i--) {
			/* the newline that ends the file ends a line */
			if (chunk[i - 1] != '\n' || at + (off_t)i == end)
				continue;
			if (--lines == 0) {
				lseek(fd, at + (off_t)i, SEEK_SET);
				free(chunk);
				return;
			}
		}
	}
	lseek(fd, 0, SEEK_SET);
	free(chunk);
}

static bool is_over(struct store *store, int64_t trial, int number)
{
	struct error ignored = {0};
	struct attempt attempt;
	bool over;

	if (!store_attempt_get(store, trial, number, &attempt, &ignored))
		return true;
	over = trial_state_is_terminal(attempt.state);
	attempt_release(&attempt);
	return over;
}

static char *find_path(const struct experiment *experiment,
		       const struct attempt *attempt, const char *role)
{
	const struct platform_ops *ops =
		platform_find(experiment->platform ? experiment->platform : "");

	if (ops)
		return ops->log_path(attempt, role);
	/* of a platform that this program lacks: where all have them */
	return attempt->directory ? fs_join(attempt->directory, role) : NULL;
}

static bool is_local(const struct experiment *experiment)
{
	return !experiment->platform || !strcmp(experiment->platform, "local");
}

/* The log of a pod is fetched while somebody says that he looks at it. */
static void ask_for_log(const struct cli *cli, const struct found *found,
			int64_t *asked_ns)
{
	int64_t now_ns = clock_mono_ns();
	char name[32];

	if (cli->is_read_only || is_local(&found->experiment) ||
	    (*asked_ns && now_ns - *asked_ns < INTEREST_RENEW_MS * NS_PER_MS))
		return;
	*asked_ns = now_ns;
	snprintf(name, sizeof(name), "log-%s", found->trial.id);
	interest_declare(found->experiment.directory, name);
}

static bool has_no_log(const struct found *found, const struct attempt *attempt,
		       const char *role, struct error *err)
{
	error_set(err, ERROR_NOT_FOUND, "trial %s: attempt %d has no %s log",
		  found->trial.id, attempt->number, role);
	if (is_local(&found->experiment))
		return false;
	if (!strcmp(role, "stderr") || !strcmp(role, "keeper"))
		return error_set(err, ERROR_NOT_FOUND,
				 "trial %s: a pod has one log, with stdout and "
				 "stderr in it: --role stdout",
				 found->trial.id);
	if (!trial_state_is_terminal(attempt->state))
		return error_set(err, ERROR_NOT_FOUND,
				 "trial %s: its log has not been fetched, "
				 "which log -f asks for",
				 found->trial.id);
	return false;
}

/* With follow, a log that is not there yet is waited for. */
static int print_log(const struct cli *cli, struct found *found,
		     const struct attempt *attempt, const char *role, long tail)
{
	bool follow = cli_option(cli, "follow");
	const struct timespec pause = {0, LOOK_EVERY_NS};
	struct reader reader = {.fd = -1, .pending = STRBUF_INIT};
	struct error err = {0};
	int64_t asked_ns = 0;
	bool ok = true, over = false;

	reader.is_terminal = isatty(STDOUT_FILENO);
	while (ok) {
		/* asked before reading, so that nothing written in between
		 * is missed */
		over = !follow ||
		       is_over(found->store, attempt->trial, attempt->number);
		if (reader.fd < 0) {
			char *path =
				find_path(&found->experiment, attempt, role);

			if (path)
				reader.fd = open(path, O_RDONLY | O_CLOEXEC);
			free(path);
			if (reader.fd >= 0 && tail)
				seek_tail(reader.fd, tail);
		}
		if (reader.fd >= 0)
			ok = drain(&reader, &err);
		if (over)
			break;
		ask_for_log(cli, found, &asked_ns);
		nanosleep(&pause, NULL);
	}
	if (ok && reader.fd < 0)
		ok = has_no_log(found, attempt, role, &err);
	if (reader.pending.len) {
		print_line(reader.pending.data, reader.pending.len);
		putchar('\n');
	}
	if (reader.fd >= 0)
		close(reader.fd);
	strbuf_release(&reader.pending);
	return ok ? CLI_DONE : cli_fail(&err);
}

static bool is_role(const char *role)
{
	static const char *const roles[] = {"stdout", "stderr", "keeper",
					    "trial"};

	for (size_t i = 0; i < COUNT_OF(roles); i++)
		if (!strcmp(role, roles[i]))
			return true;
	return false;
}

static int print_path(struct found *found, const struct attempt *attempt,
		      const char *role)
{
	char *path = find_path(&found->experiment, attempt, role);
	struct error err = {0};

	if (!path) {
		has_no_log(found, attempt, role, &err);
		return cli_fail(&err);
	}
	puts(path);
	free(path);
	return CLI_DONE;
}

int command_log(struct cli *cli)
{
	const char *role = cli_option(cli, "role");
	struct attempt attempt;
	struct found found;
	struct error err = {0};
	long number, tail;
	int status;

	if (!role)
		role = "stdout";
	if (!is_role(role)) {
		error_set(&err, ERROR_INVALID,
			  "--role: 'stdout', 'stderr', 'keeper' or 'trial' is "
			  "needed, not '%s'",
			  role);
		return cli_fail(&err);
	}
	if (!cli_option_number(cli, "attempt", 1, INT_MAX, 0, &number, &err) ||
	    !cli_option_number(cli, "tail", 1, LONG_MAX, 0, &tail, &err) ||
	    !found_trial(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	if (!store_attempt_get(found.store, found.trial.key, (int)number,
			       &attempt, &err)) {
		status = cli_fail(&err);
	} else {
		if (cli_option(cli, "path"))
			status = print_path(&found, &attempt, role);
		else
			status = print_log(cli, &found, &attempt, role, tail);
		attempt_release(&attempt);
	}
	found_release(&found);
	return status;
}
