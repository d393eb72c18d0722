/* SPDX-License-Identifier: MIT */
/* Reading, choosing, writing. */
#include "report/report.h"

#include "base/mem.h"
#include "report/page.h"
#include "report/text.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum report_format report_format_of(const char *path)
{
	const char *dot = path ? strrchr(path, '.') : NULL;

	return dot && (!strcasecmp(dot, ".md") || !strcasecmp(dot, ".markdown"))
		       ? REPORT_MARKDOWN
		       : REPORT_HTML;
}

size_t *report_table_rows(const struct report_data *data, size_t *ret_count)
{
	size_t *rows = xcalloc(REPORT_TABLE_MAX, sizeof(*rows)), count = 0;

	while (count < REPORT_TABLE_MAX && count < data->best_count) {
		rows[count] = data->best[count];
		count++;
	}
	for (size_t i = data->count; i > 0 && count < REPORT_TABLE_MAX; i--)
		if (!isfinite(data->rows[i - 1].final))
			rows[count++] = i - 1;
	*ret_count = count;
	return rows;
}

void report_tell_cut(const struct report_data *data, struct strbuf *out)
{
	if (data->count <= REPORT_TABLE_MAX) {
		strbuf_adds(out, data->count == 1 ? "The only trial."
						  : "All trials, the best "
						    "first.");
		return;
	}
	strbuf_adds(out, "The best ");
	report_count(out, REPORT_TABLE_MAX);
	strbuf_adds(out, " of ");
	report_count(out, (int64_t)data->count);
	strbuf_adds(out, " trials.");
}

int64_t report_duration_ns(const struct report_data *data)
{
	int64_t started_ns = data->experiment.started_ns;

	return started_ns && data->last_ns > started_ns
		       ? data->last_ns - started_ns
		       : 0;
}

int64_t report_ended(const struct report_data *data)
{
	int64_t count = 0;

	for (size_t i = 0; i < data->count; i++)
		count += trial_state_is_terminal(data->rows[i].state);
	return count;
}

bool report_write(struct strbuf *out, struct store *store, int64_t experiment,
		  enum report_format format, int64_t now_ns, struct error *err)
{
	struct report_importance importance;
	struct report_data data;

	if (!report_data_read(&data, store, experiment, now_ns, err))
		return false;
	report_importance_compute(&data, &importance);
	if (format == REPORT_MARKDOWN)
		report_markdown(&data, &importance, out);
	else
		report_page(&data, &importance, out);
	free(importance.items);
	report_data_release(&data);
	return true;
}

static bool write_all(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

bool report_save(const char *path, struct store *store, int64_t experiment,
		 enum report_format format, int64_t now_ns, struct error *err)
{
	struct strbuf page = STRBUF_INIT;
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY,
		      0600);
	bool ok;

	if (fd < 0 && errno == EEXIST)
		return error_set(err, ERROR_CONFLICT,
				 "%s exists: choose another name, nothing is "
				 "overwritten",
				 path);
	if (fd < 0)
		return error_set_errno(err, "create %s", path);
	ok = report_write(&page, store, experiment, format, now_ns, err);
	if (ok && !write_all(fd, page.data, page.len))
		ok = error_set_errno(err, "write %s", path);
	if (close(fd) < 0 && ok)
		ok = error_set_errno(err, "write %s", path);
	if (!ok)
		unlink(path);
	strbuf_release(&page);
	return ok;
}
