/* SPDX-License-Identifier: MIT */
/*
 * How far logs have been read, and what has been counted in them, as lines of
 * text:
 *
 *     size 1234
 *     POD CONTAINER INSTANCE TIMESTAMP LINES COMPLETE UID
 *     count i 12 loss
 *
 * A count belongs to the source before it: the next number of a name's
 * intermediate (i) or final (f) results.  And the numbers of sources that
 * report beside others, a uid a line, in a file of their own that only grows:
 * a number is written down before it is used.
 */
#include "engine/platform/kubernetes/logfile_private.h"

#include "base/fs.h"
#include "base/mem.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PLACE_MAX_BYTES (4u << 20)
#define NUMBERS_MAX 1000

/* ---- reading ------------------------------------------------------------ */

static bool read_source(const char *line, struct logfile_source *ret)
{
	int complete;

	memset(ret, 0, sizeof(*ret));
	/* the uid was not written down always */
	if (sscanf(line, "%253s %63s %d %39s %d %d %39s", ret->pod,
		   ret->container, &ret->instance, ret->place.timestamp,
		   &ret->place.lines, &complete, ret->uid) < 6 ||
	    ret->instance < 0 || ret->place.lines < 0)
		return false;
	ret->is_complete = complete;
	if (!strcmp(ret->place.timestamp, "-"))
		ret->place.timestamp[0] = '\0';
	return true;
}

static bool read_count(const char *line, struct logfile_source *source)
{
	struct logfile_counter *counter;
	int64_t next;
	char type;
	int at = 0;

	if (sscanf(line, "count %c %" SCNd64 " %n", &type, &next, &at) != 2 ||
	    !at || next < 0 || strlen(line + at) > METRIC_NAME_MAX)
		return false;
	ARRAY_RESERVE(source->counters, source->counter_count,
		      source->counter_capacity);
	counter = &source->counters[source->counter_count++];
	*counter = (struct logfile_counter){
		.type = type == 'f' ? METRIC_FINAL : METRIC_INTERMEDIATE,
		.next = next,
	};
	snprintf(counter->name, sizeof(counter->name), "%s", line + at);
	return true;
}

bool logfile_place_read(const char *path, int64_t *ret_size,
			logfile_each_fn *each, void *arg)
{
	struct strbuf text = STRBUF_INIT;
	struct logfile_source source;
	bool has_source = false;
	struct error ignored;
	char *save = NULL;
	char *line;

	*ret_size = 0;
	if (!fs_read_file(path, PLACE_MAX_BYTES, &text, &ignored))
		goto out;
	line = strtok_r(text.data, "\n", &save);
	if (!line || sscanf(line, "size %" SCNd64, ret_size) != 1)
		goto out;
	while ((line = strtok_r(NULL, "\n", &save))) {
		if (has_source && !strncmp(line, "count ", 6)) {
			read_count(line, &source);
			continue;
		}
		if (has_source)
			each(arg, &source);
		has_source = read_source(line, &source);
	}
	if (has_source)
		each(arg, &source);
out:
	strbuf_release(&text);
	return *ret_size > 0;
}

/* ---- writing ------------------------------------------------------------ */

void logfile_place_format(struct strbuf *out, int64_t size,
			  const struct logfile_source *const *sources,
			  size_t count)
{
	strbuf_addf(out, "size %" PRId64 "\n", size);
	for (size_t i = 0; i < count; i++) {
		const struct logfile_source *at = sources[i];

		strbuf_addf(out, "%s %s %d %s %d %d %s\n", at->pod,
			    at->container, at->instance,
			    at->place.timestamp[0] ? at->place.timestamp : "-",
			    at->place.lines, at->is_complete, at->uid);
		for (size_t j = 0; j < at->counter_count; j++)
			strbuf_addf(out, "count %c %" PRId64 " %s\n",
				    at->counters[j].type == METRIC_FINAL ? 'f'
									 : 'i',
				    at->counters[j].next, at->counters[j].name);
	}
}

/* ---- numbers ------------------------------------------------------------ */

static int find_number(const char *text, const char *uid)
{
	size_t len = strlen(uid);
	int number = 0;

	for (; *text && number < NUMBERS_MAX; number++) {
		size_t line = strcspn(text, "\n");

		if (line == len && !memcmp(text, uid, len))
			return number;
		text += line + (text[line] != '\0');
	}
	return -1 - number;
}

int logfile_number(struct logfile *file, const char *uid)
{
	struct error ignored;
	char *folder;
	int number, fd;

	if (!file->numbers.len)
		fs_read_file(file->numbers_path, 65536, &file->numbers,
			     &ignored);
	number = find_number(file->numbers.data, uid);
	if (number >= 0)
		return number;
	strbuf_addf(&file->numbers, "%s\n", uid);
	/* the log's own first lines may be waiting still */
	folder = fs_folder(file->numbers_path);
	fs_make_folders(folder, &ignored);
	free(folder);
	/* a failure costs no more than a wrong number after a crash */
	fd = open(file->numbers_path,
		  O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW |
			  O_NONBLOCK,
		  0600);
	if (fd >= 0) {
		ssize_t n = write(fd, uid, strlen(uid));

		if (n >= 0)
			n = write(fd, "\n", 1);
		close(fd);
	}
	return -1 - number;
}
