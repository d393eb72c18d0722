/* SPDX-License-Identifier: MIT */
/*
 * How many metrics a second get to the disk.
 *
 * Measured in turn, several short runs each, medians compared, because on a
 * busy machine only ratios of neighbours mean something:
 *   bare         tests/bench/bare_ingest, one metric a request
 *   sideport     side port and store with a minimal engine between them
 *   engine       a whole trialdeck with as many trials as connections
 *   sqlite       SQLite alone: 100 rows a transaction into one table
 * or, with --url and --tokens, any running trialdeck (tokens: one a line, from
 * the column token of the table attempt).  One JSON line per measurement, the
 * medians and ratios last.
 */
#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "base/strbuf.h"
#include "tests/bench/load.h"
#include "tests/bench/whole_engine.h"

#include <getopt.h>
#include <libgen.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BATCH 100
#define RUNS_MAX 32

struct server {
	pid_t pid;
	int input; /* closing it ends the server */
	uint16_t port;
	const char *const *tokens; /* NULL: bench.tokens */
	int64_t sequences[1024];
};

struct series {
	const char *name;
	int batch;
	double rates[RUNS_MAX];	 /* metrics a second */
	double cpu_us[RUNS_MAX]; /* the server's, per request */
	int count;
};

static struct {
	double seconds;
	int runs, connections;
	int batch;     /* --url: only this one; 0: both */
	int64_t start; /* --url: of the sequence numbers */
	const char *url, *tokens_path;
	char folder[64], programs[4096];
	const char **tokens;
	int token_count;
} bench = {.seconds = 3, .runs = 3, .connections = 64};

static void fail(const char *what)
{
	fprintf(stderr, "ingest: %s\n", what);
	exit(1);
}

static int compare_rates(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

static double median_of(const double *values, int count)
{
	double sorted[RUNS_MAX];

	memcpy(sorted, values, (size_t)count * sizeof(double));
	qsort(sorted, (size_t)count, sizeof(double), compare_rates);
	return sorted[count / 2];
}

static double median(const struct series *series)
{
	return median_of(series->rates, series->count);
}

static double median_cpu(const struct series *series)
{
	return median_of(series->cpu_us, series->count);
}

static void start_server(struct server *server, const char *program)
{
	int input[2], output[2];
	char path[8192], database[128], count[16], line[16];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%s", bench.programs, program);
	snprintf(database, sizeof(database), "%s/%s.db", bench.folder, program);
	snprintf(count, sizeof(count), "%d", bench.connections);
	if (pipe(input) || pipe(output))
		fail("pipe");
	server->pid = fork();
	if (!server->pid) {
		dup2(input[0], STDIN_FILENO);
		dup2(output[1], STDOUT_FILENO);
		for (int fd = 3; fd < 64; fd++)
			close(fd);
		execl(path, path, database,
		      strcmp(program, "bare_ingest") ? count : NULL,
		      (char *)NULL);
		perror(path);
		_exit(127);
	}
	close(input[0]);
	close(output[1]);
	server->input = input[1];
	n = read(output[0], line, sizeof(line) - 1);
	if (n <= 0)
		fail("a server did not start");
	line[n] = '\0';
	server->port = (uint16_t)atoi(line);
	close(output[0]);
}

/* Peak resident memory of a process, in kB. */
static long memory_kb(pid_t pid)
{
	char path[64], line[256];
	long kb = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "VmHWM: %ld", &kb);
	if (file)
		fclose(file);
	return kb;
}

/* User and system time of all threads of a process, so far. */
static double cpu_seconds(pid_t pid)
{
	struct timespec time;
	clockid_t clock;

	if (!pid || clock_getcpuclockid(pid, &clock) ||
	    clock_gettime(clock, &time))
		return 0;
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void stop_server(struct server *server)
{
	close(server->input);
	waitpid(server->pid, NULL, 0);
}

static void measure(struct series *series, struct server *server)
{
	struct load load = {
		.port = server->port,
		.connections = bench.connections,
		.batch = series->batch,
		.seconds = bench.seconds,
		.tokens = server->tokens ? server->tokens : bench.tokens,
		.token_count = bench.token_count,
		.sequences = server->sequences,
	};
	struct load_result result;
	double rate, cpu_us;

	cpu_us = -1e6 * cpu_seconds(server->pid);
	load_run(&load, &result);
	rate = (double)(result.requests - result.failures) * series->batch /
	       result.seconds;
	cpu_us += 1e6 * cpu_seconds(server->pid);
	cpu_us /= (double)result.requests;
	series->cpu_us[series->count] = cpu_us;
	series->rates[series->count++] = rate;
	printf("{\"bench\":\"ingest\",\"mode\":\"%s\",\"batch\":%d,"
	       "\"connections\":%d,\"seconds\":%.2f,\"requests_per_s\":%.0f,"
	       "\"metrics_per_s\":%.0f,\"failures\":%lld,\"p50_ms\":%.2f,"
	       "\"p99_ms\":%.2f,\"server_cpu_us_per_request\":%.2f,"
	       "\"server_peak_kb\":%ld}\n",
	       series->name, series->batch, bench.connections, result.seconds,
	       (double)result.requests / result.seconds, rate,
	       (long long)result.failures, result.p50_ms, result.p99_ms, cpu_us,
	       server->pid ? memory_kb(server->pid) : 0);
	fflush(stdout);
	if (result.failures)
		fail("requests failed");
}

/* ---- SQLite alone ------------------------------------------------------- */

static void run_sql(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail(sqlite3_errmsg(db));
}

static sqlite3 *open_plain(void)
{
	char path[128];
	sqlite3 *db;

	snprintf(path, sizeof(path), "%s/plain.db", bench.folder);
	if (sqlite3_open(path, &db) != SQLITE_OK)
		fail("open a database");
	run_sql(db, "PRAGMA journal_mode = WAL");
	run_sql(db, "PRAGMA synchronous = FULL");
	run_sql(db, "CREATE TABLE metric (trial INTEGER, name INTEGER,"
		    " sequence INTEGER, at_ns INTEGER, value REAL,"
		    " PRIMARY KEY (trial, name, sequence)) WITHOUT ROWID");
	return db;
}

static void measure_sqlite(struct series *series, sqlite3 *db,
			   int64_t *sequence)
{
	int64_t start_ns = clock_mono_ns(), rows = 0;
	sqlite3_stmt *insert;
	double seconds;

	sqlite3_prepare_v2(db, "INSERT INTO metric VALUES (?, 1, ?, ?, ?)", -1,
			   &insert, NULL);
	do {
		run_sql(db, "BEGIN");
		for (int i = 0; i < BATCH; i++) {
			sqlite3_bind_int64(insert, 1,
					   rows / BATCH % bench.connections);
			sqlite3_bind_int64(insert, 2, (*sequence)++);
			sqlite3_bind_int64(insert, 3, start_ns);
			sqlite3_bind_double(insert, 4, 0.125);
			sqlite3_step(insert);
			if (sqlite3_reset(insert) != SQLITE_OK)
				fail(sqlite3_errmsg(db));
			rows++;
		}
		run_sql(db, "COMMIT");
		seconds = (double)(clock_mono_ns() - start_ns) / 1e9;
	} while (seconds < bench.seconds);
	sqlite3_finalize(insert);
	series->rates[series->count++] = (double)rows / seconds;
	printf("{\"bench\":\"ingest\",\"mode\":\"sqlite\",\"batch\":%d,"
	       "\"seconds\":%.2f,\"metrics_per_s\":%.0f}\n",
	       BATCH, seconds, (double)rows / seconds);
	fflush(stdout);
}

/* ---- the two programmes ------------------------------------------------- */

static void print_medians(const struct series *bare,
			  const struct series *single,
			  const struct series *batch,
			  const struct series *sqlite)
{
	printf("{\"bench\":\"ingest\",\"median\":true,\"mode\":\"%s\","
	       "\"bare_per_s\":%.0f,\"single_per_s\":%.0f,"
	       "\"single_to_bare\":%.3f,\"bare_cpu_us\":%.2f,"
	       "\"single_cpu_us\":%.2f,\"batch_per_s\":%.0f,"
	       "\"batch_cpu_us\":%.2f,\"sqlite_per_s\":%.0f,"
	       "\"batch_to_sqlite\":%.3f}\n",
	       single->name, median(bare), median(single),
	       median(single) / median(bare), median_cpu(bare),
	       median_cpu(single), median(batch), median_cpu(batch),
	       median(sqlite), median(batch) / median(sqlite));
}

static void run_comparison(void)
{
	static struct server bare, sideport, whole;
	struct series bare_single = {.name = "bare", .batch = 1};
	struct series single = {.name = "sideport", .batch = 1};
	struct series batch = {.name = "sideport", .batch = BATCH};
	struct series engine_single = {.name = "engine", .batch = 1};
	struct series engine_batch = {.name = "engine", .batch = BATCH};
	struct series sqlite = {.name = "sqlite", .batch = BATCH};
	struct whole_engine engine;
	sqlite3 *plain = open_plain();
	int64_t sequence = 0;
	char program[8192];

	snprintf(program, sizeof(program), "%s/../../trialdeck",
		 bench.programs);
	start_server(&bare, "bare_ingest");
	start_server(&sideport, "sideport_ingest");
	whole_engine_start(&engine, program, bench.folder, bench.connections);
	whole.pid = engine.pid;
	whole.port = engine.port;
	whole.tokens = engine.tokens;
	for (int i = 0; i < bench.runs; i++) {
		measure(&bare_single, &bare);
		measure(&engine_single, &whole);
		measure(&single, &sideport);
		measure(&engine_batch, &whole);
		measure(&batch, &sideport);
		measure_sqlite(&sqlite, plain, &sequence);
	}
	whole_engine_stop(&engine);
	stop_server(&bare);
	stop_server(&sideport);
	sqlite3_close(plain);
	print_medians(&bare_single, &single, &batch, &sqlite);
	print_medians(&bare_single, &engine_single, &engine_batch, &sqlite);
}

static void read_tokens(void)
{
	struct strbuf text = STRBUF_INIT;
	struct error err;
	int capacity = 0;

	if (!fs_read_file(bench.tokens_path, 1 << 20, &text, &err))
		fail(err.text);
	bench.token_count = 0;
	bench.tokens = NULL;
	for (char *token = strtok(text.data, "\n"); token;
	     token = strtok(NULL, "\n")) {
		ARRAY_RESERVE(bench.tokens, bench.token_count, capacity);
		bench.tokens[bench.token_count++] = token;
	}
	if (!bench.token_count)
		fail("there are no tokens in the file");
}

/* Several connections of one trial must not count the same. */
static void spread_sequences(struct server *server)
{
	for (int i = 0; i < bench.connections; i++)
		server->sequences[i] =
			bench.start +
			(int64_t)(i / bench.token_count) * 10000000;
}

static void run_url(void)
{
	static struct server server;
	struct series single = {.name = "url", .batch = 1};
	struct series batch = {.name = "url", .batch = BATCH};
	const char *port = strrchr(bench.url, ':');

	if (!port)
		fail("--url: http://127.0.0.1:PORT was expected");
	server.port = (uint16_t)atoi(port + 1);
	read_tokens();
	spread_sequences(&server);
	if (bench.batch)
		batch.batch = bench.batch;
	for (int i = 0; i < bench.runs; i++) {
		if (!bench.batch)
			measure(&single, &server);
		measure(&batch, &server);
	}
	if (bench.batch)
		printf("{\"bench\":\"ingest\",\"median\":true,"
		       "\"batch\":%d,\"metrics_per_s\":%.0f}\n",
		       bench.batch, median(&batch));
	else
		printf("{\"bench\":\"ingest\",\"median\":true,"
		       "\"single_per_s\":%.0f,\"batch_per_s\":%.0f}\n",
		       median(&single), median(&batch));
}

static void usage(void)
{
	fputs("usage: ingest [--seconds S] [--runs N] [--connections N]\n"
	      "              [--url http://127.0.0.1:PORT --tokens FILE"
	      " [--batch N] [--start N]]\n",
	      stderr);
	exit(2);
}

static void parse_options(int argc, char **argv)
{
	static const struct option options[] = {
		{"seconds", required_argument, NULL, 's'},
		{"runs", required_argument, NULL, 'r'},
		{"connections", required_argument, NULL, 'c'},
		{"batch", required_argument, NULL, 'b'},
		{"url", required_argument, NULL, 'u'},
		{"start", required_argument, NULL, 'f'},
		{"tokens", required_argument, NULL, 't'},
		{0}};
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (c) {
		case 's':
			bench.seconds = atof(optarg);
			break;
		case 'r':
			bench.runs = atoi(optarg);
			break;
		case 'c':
			bench.connections = atoi(optarg);
			break;
		case 'b':
			bench.batch = atoi(optarg);
			break;
		case 'u':
			bench.url = optarg;
			break;
		case 'f':
			bench.start = atoll(optarg);
			break;
		case 't':
			bench.tokens_path = optarg;
			break;
		default:
			usage();
		}
	}
	if (bench.runs < 1 || bench.runs > RUNS_MAX || bench.connections < 1 ||
	    bench.connections > 1024 || bench.batch < 0 ||
	    bench.batch > 10000 || !bench.url != !bench.tokens_path)
		usage();
}

int main(int argc, char **argv)
{
	struct error err;
	char *self;

	parse_options(argc, argv);
	signal(SIGPIPE, SIG_IGN);
	if (bench.url) {
		run_url();
		return 0;
	}
	self = xstrdup(argv[0]);
	snprintf(bench.programs, sizeof(bench.programs), "%s", dirname(self));
	free(self);
	bench.token_count = bench.connections;
	bench.tokens = xcalloc((size_t)bench.token_count, sizeof(char *));
	for (int i = 0; i < bench.token_count; i++)
		bench.tokens[i] = xasprintf("bench%d", i);
	/* here and not in /tmp, which may be memory: this is about disks */
	strcpy(bench.folder, "ingest-bench-XXXXXX");
	if (!mkdtemp(bench.folder))
		fail("cannot make a folder here");
	run_comparison();
	if (!fs_remove_tree(bench.folder, &err))
		fail(err.text);
	return 0;
}
