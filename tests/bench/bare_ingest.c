/* SPDX-License-Identifier: MIT */
/*
 * The bare loop that the side port is measured against: libmicrohttpd, cJSON,
 * SQLite with group commit, and nothing else.  No tokens, no limits, no
 * errors, one flat table.  Threads and suspension are as in engine/sideport,
 * and an answer means "on disk" here too.
 *
 * Usage: bare_ingest DATABASE.  Prints its port; ends when stdin does.
 */
#include <cjson/cJSON.h>
#include <microhttpd.h>
#include <poll.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define THREADS 2

struct request {
	struct request *next;
	struct MHD_Connection *connection;
	char body[512];
	size_t len;
	char name[64];
	int type;
	double sequence, value;
	bool is_done;
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t filled = PTHREAD_COND_INITIALIZER;
static struct request *first, **last = &first;
static bool is_ending;
static struct MHD_Response *ok;

static void parse(struct request *request)
{
	cJSON *tree = cJSON_ParseWithLength(request->body, request->len);
	const cJSON *name = cJSON_GetObjectItem(tree, "name");
	const cJSON *type = cJSON_GetObjectItem(tree, "type");
	const cJSON *sequence = cJSON_GetObjectItem(tree, "sequence");
	const cJSON *value = cJSON_GetObjectItem(tree, "value");

	if (cJSON_IsString(name) && cJSON_IsString(type) &&
	    cJSON_IsNumber(sequence) && cJSON_IsNumber(value)) {
		snprintf(request->name, sizeof(request->name), "%s",
			 name->valuestring);
		request->type = !strcmp(type->valuestring, "final");
		request->sequence = sequence->valuedouble;
		request->value = value->valuedouble;
	}
	cJSON_Delete(tree);
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection,
			      const char *url, const char *method,
			      const char *version, const char *data,
			      size_t *size, void **state)
{
	struct request *request = *state;

	(void)cls, (void)url, (void)method, (void)version;
	if (!request) {
		*state = calloc(1, sizeof(*request));
		return *state ? MHD_YES : MHD_NO;
	}
	if (*size) {
		if (*size > sizeof(request->body) - request->len)
			return MHD_NO;
		memcpy(request->body + request->len, data, *size);
		request->len += *size;
		*size = 0;
		return MHD_YES;
	}
	if (request->is_done)
		return MHD_queue_response(connection, MHD_HTTP_OK, ok);
	parse(request);
	request->connection = connection;
	MHD_suspend_connection(connection);
	pthread_mutex_lock(&mutex);
	if (!first)
		pthread_cond_signal(&filled);
	*last = request;
	last = &request->next;
	pthread_mutex_unlock(&mutex);
	return MHD_YES;
}

static void completed(void *cls, struct MHD_Connection *connection,
		      void **state, enum MHD_RequestTerminationCode code)
{
	(void)cls, (void)connection, (void)code;
	free(*state);
	*state = NULL;
}

static struct request *take(void)
{
	struct request *taken;

	pthread_mutex_lock(&mutex);
	while (!first && !is_ending)
		pthread_cond_wait(&filled, &mutex);
	taken = first;
	first = NULL;
	last = &first;
	pthread_mutex_unlock(&mutex);
	return taken;
}

static void run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK) {
		fprintf(stderr, "bare_ingest: %s: %s\n", sql,
			sqlite3_errmsg(db));
		exit(1);
	}
}

static void *write_all(void *arg)
{
	sqlite3 *db = arg;
	struct request *group, *request, *next;
	sqlite3_stmt *insert;

	if (sqlite3_prepare_v2(db, "INSERT INTO metric VALUES (?, ?, ?, ?)", -1,
			       &insert, NULL) != SQLITE_OK)
		exit(1);
	while ((group = take())) {
		run(db, "BEGIN IMMEDIATE");
		for (request = group; request; request = request->next) {
			sqlite3_bind_text(insert, 1, request->name, -1,
					  SQLITE_STATIC);
			sqlite3_bind_int(insert, 2, request->type);
			sqlite3_bind_int64(insert, 3,
					   (sqlite3_int64)request->sequence);
			sqlite3_bind_double(insert, 4, request->value);
			sqlite3_step(insert);
			sqlite3_reset(insert);
		}
		run(db, "COMMIT");
		for (request = group; request; request = next) {
			next = request->next;
			request->is_done = true;
			MHD_resume_connection(request->connection);
		}
	}
	sqlite3_finalize(insert);
	return NULL;
}

int main(int argc, char **argv)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	const union MHD_DaemonInfo *info;
	struct MHD_Daemon *daemon;
	pthread_t writer;
	sqlite3 *db;
	char byte;

	if (argc != 2 || sqlite3_open(argv[1], &db) != SQLITE_OK)
		return 2;
	run(db, "PRAGMA journal_mode = WAL");
	run(db, "PRAGMA synchronous = FULL");
	run(db, "CREATE TABLE metric (name TEXT, type INTEGER,"
		" sequence INTEGER, value REAL)");
	ok = MHD_create_response_from_buffer(2, (void *)(size_t) "{}",
					     MHD_RESPMEM_PERSISTENT);
	MHD_add_response_header(ok, "Content-Type", "application/json");
	daemon = MHD_start_daemon(
		MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME, 0,
		NULL, NULL, handle, NULL, MHD_OPTION_THREAD_POOL_SIZE, THREADS,
		MHD_OPTION_NOTIFY_COMPLETED, completed, NULL, MHD_OPTION_END);
	if (!ok || !daemon || pthread_create(&writer, NULL, write_all, db))
		return 1;
	info = MHD_get_daemon_info(daemon, MHD_DAEMON_INFO_BIND_PORT);
	printf("%u\n", info->port);
	fflush(stdout);
	while (poll(&input, 1, -1) < 0 || read(STDIN_FILENO, &byte, 1) > 0)
		;
	pthread_mutex_lock(&mutex);
	is_ending = true;
	pthread_cond_signal(&filled);
	pthread_mutex_unlock(&mutex);
	pthread_join(writer, NULL);
	MHD_stop_daemon(daemon);
	MHD_destroy_response(ok);
	sqlite3_close(db);
	return 0;
}
