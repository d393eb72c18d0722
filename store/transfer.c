/* SPDX-License-Identifier: MIT */
/* Export: the choice of format, and our own. */
#include "store/transfer.h"

#include "base/clock.h"
#include "base/mem.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define POINTS_PER_ELEMENT 10000
#define AFTER_MAX_NS 9e15 /* a JSON number holds this exactly: 104 days */
#define TEXT_PER_ELEMENT ((size_t)4 << 20)

bool transfer_check_size(const struct strbuf *out, struct error *err)
{
	return out->len <= TRANSFER_SIZE_MAX ||
	       error_set(err, ERROR_LIMIT,
			 "the export is larger than %zu MiB: copy the "
			 "database file instead",
			 TRANSFER_SIZE_MAX >> 20);
}

void transfer_add_time(struct strbuf *out, int64_t at_ns)
{
	int64_t rest = at_ns % NS_PER_S;
	time_t seconds = at_ns / NS_PER_S - (rest < 0);
	char text[32];
	struct tm tm;

	if (!at_ns || !gmtime_r(&seconds, &tm)) {
		strbuf_adds(out, "null");
		return;
	}
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	strbuf_addf(out, "\"%s.%09dZ\"", text,
		    (int)(rest < 0 ? rest + NS_PER_S : rest));
}

bool transfer_parse_time(const char *text, int64_t *ret_ns)
{
	struct tm tm = {0};
	int64_t fraction = 0, unit = NS_PER_S;
	int64_t seconds;
	int used = 0;

	if (sscanf(text, "%4d-%2d-%2dT%2d:%2d:%2d%n", &tm.tm_year, &tm.tm_mon,
		   &tm.tm_mday, &tm.tm_hour, &tm.tm_min, &tm.tm_sec,
		   &used) != 6 ||
	    tm.tm_year < 1700 || tm.tm_year >= 2200 || tm.tm_mon < 1 ||
	    tm.tm_mon > 12 || tm.tm_mday < 1 || tm.tm_mday > 31 ||
	    tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return false;
	text += used;
	if (*text == '.')
		for (text++; *text >= '0' && *text <= '9' && unit > 1; text++)
			fraction += (*text - '0') * (unit /= 10);
	if (strcmp(text, "Z"))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	seconds = timegm(&tm);
	*ret_ns = seconds * NS_PER_S + fraction;
	return *ret_ns >= TRANSFER_TIME_MIN && *ret_ns < TRANSFER_TIME_END;
}

void transfer_add_number(struct strbuf *out, double value)
{
	if (isnan(value))
		strbuf_adds(out, "\"NaN\"");
	else if (isinf(value))
		strbuf_adds(out, value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
	else
		strbuf_add_json_number(out, value);
}

/* ---- members: each begins with its comma -------------------------------- */

static void add_text(struct strbuf *out, const char *key, const char *text)
{
	strbuf_addf(out, ",\"%s\":", key);
	if (text)
		strbuf_add_json_string(out, text);
	else
		strbuf_adds(out, "null");
}

static void add_int(struct strbuf *out, const char *key, int64_t value)
{
	strbuf_addf(out, ",\"%s\":%" PRId64, key, value);
}

static void add_bool(struct strbuf *out, const char *key, bool value)
{
	strbuf_addf(out, ",\"%s\":%s", key, value ? "true" : "false");
}

static void add_time(struct strbuf *out, const char *key, int64_t at_ns)
{
	strbuf_addf(out, ",\"%s\":", key);
	transfer_add_time(out, at_ns);
}

static void add_value(struct strbuf *out, const char *key,
		      struct metric_value value)
{
	strbuf_addf(out, ",\"%s\":", key);
	if (value.is_set)
		transfer_add_number(out, value.number);
	else
		strbuf_adds(out, "null");
}

/* Texts may be anything: the sequence number is what names a trial. */
static void add_trial_number(struct strbuf *out, int64_t trial)
{
	if (trial)
		add_int(out, "trial", trial & 0xffffffff);
	else
		strbuf_adds(out, ",\"trial\":null");
}

static void write_experiment(struct strbuf *out, const struct experiment *row)
{
	strbuf_adds(out, "{\"id\":");
	strbuf_add_json_string(out, row->id);
	add_text(out, "name", row->name);
	add_text(out, "state", experiment_state_name(row->state));
	add_bool(out, "paused", row->is_paused);
	add_bool(out, "archived", row->is_archived);
	add_text(out, "platform", row->platform);
	add_text(out, "error", row->error);
	add_text(out, "objective",
		 row->objective == OBJECTIVE_MAXIMIZE ? "maximize"
						      : "minimize");
	/* 64 bits do not fit a JSON number */
	strbuf_addf(out, ",\"seed\":\"%" PRIu64 "\"", row->seed);
	add_int(out, "concurrency", row->concurrency);
	add_int(out, "max_trials", row->max_trials);
	add_int(out, "max_duration_s", row->max_duration_s);
	add_int(out, "max_trial_duration_s", row->max_trial_duration_s);
	add_int(out, "max_retries", row->max_retries);
	add_time(out, "created", row->created_ns);
	add_time(out, "started", row->started_ns);
	add_time(out, "ended", row->ended_ns);
	add_int(out, "run_ns", row->run_ns);
	add_value(out, "best", row->best);
	strbuf_adds(out, ",\"best_trial\":");
	if (row->best_trial)
		strbuf_addf(out, "%" PRId64, row->best_trial & 0xffffffff);
	else
		strbuf_adds(out, "null");
	add_text(out, "directory", row->directory);
	add_text(out, "source_path", row->source_path);
	add_text(out, "source", row->source);
	add_text(out, "config", row->config);
	add_text(out, "space", row->space);
	strbuf_addch(out, '}');
}

/* ---- lists -------------------------------------------------------------- */

struct writer {
	struct store *store;
	struct strbuf *out;
	struct error *err;
	bool is_first; /* of the list at hand */
	bool has_failed;
};

static void begin_element(struct writer *writer)
{
	strbuf_adds(writer->out, writer->is_first ? "\n{" : ",\n{");
	writer->is_first = false;
}

static bool write_attempt(const struct attempt *row, void *arg)
{
	struct writer *writer = arg;
	struct strbuf *out = writer->out;

	strbuf_addf(out, "%s{\"number\":%d", row->number > 1 ? "," : "",
		    row->number);
	add_text(out, "state", trial_state_name(row->state));
	add_int(out, "exit_code", row->exit_code);
	add_time(out, "submitted", row->submitted_ns);
	add_time(out, "started", row->started_ns);
	add_time(out, "ended", row->ended_ns);
	add_text(out, "job", row->job);
	add_text(out, "directory", row->directory);
	add_text(out, "reason", row->reason);
	strbuf_addch(out, '}');
	return true;
}

static bool write_trial(const struct trial *row, void *arg)
{
	struct writer *writer = arg;
	struct strbuf *out = writer->out;
	char source[2] = {row->source, '\0'};

	begin_element(writer);
	strbuf_addf(out, "\"sequence\":%" PRId64, row->sequence);
	add_text(out, "id", row->id);
	add_text(out, "state", trial_state_name(row->state));
	add_int(out, "attempt", row->attempt);
	add_int(out, "exit_code", row->exit_code);
	add_time(out, "submitted", row->submitted_ns);
	add_time(out, "started", row->started_ns);
	add_time(out, "ended", row->ended_ns);
	add_value(out, "final", row->final);
	add_value(out, "last", row->last);
	add_value(out, "best", row->best);
	add_int(out, "intermediates", row->intermediates);
	add_text(out, "source", source);
	add_text(out, "parameters", row->parameters);
	add_text(out, "reason", row->reason);
	strbuf_adds(out, ",\"attempts\":[");
	writer->has_failed =
		!store_attempts_each(writer->store, row->key, write_attempt,
				     writer, writer->err) ||
		!transfer_check_size(out, writer->err);
	strbuf_adds(out, "]}");
	return !writer->has_failed;
}

static bool write_event(const struct event *row, void *arg)
{
	static const char *const levels[] = {"info", "warning", "error"};
	struct writer *writer = arg;

	begin_element(writer);
	strbuf_addf(writer->out, "\"level\":\"%s\"", levels[row->level]);
	add_text(writer->out, "kind", row->kind);
	add_trial_number(writer->out, row->trial);
	add_int(writer->out, "attempt", row->attempt);
	add_time(writer->out, "time", row->at_ns);
	add_text(writer->out, "text", row->text);
	strbuf_addch(writer->out, '}');
	writer->has_failed = !transfer_check_size(writer->out, writer->err);
	return !writer->has_failed;
}

static bool write_history(const struct history *row, void *arg)
{
	static const char *const kinds[] = {"suggested", "observed", "ended",
					    "imported",	 "prepared", "changed"};
	struct writer *writer = arg;

	begin_element(writer);
	strbuf_addf(writer->out, "\"kind\":\"%s\"", kinds[row->kind]);
	add_trial_number(writer->out, row->trial);
	add_int(writer->out, "number", row->number);
	add_text(writer->out, "state", trial_state_name(row->state));
	add_value(writer->out, "value",
		  (struct metric_value){true, row->value});
	add_text(writer->out, "parameters", row->parameters);
	if (row->point)
		add_text(writer->out, "point", row->point);
	if (row->extra)
		add_text(writer->out, "extra", row->extra);
	if (row->values)
		add_text(writer->out, "values", row->values);
	if (row->violation != 0)
		add_value(writer->out, "violation",
			  (struct metric_value){true, row->violation});
	if (row->budget != 0)
		add_value(writer->out, "budget",
			  (struct metric_value){true, row->budget});
	if (row->has_parent)
		add_int(writer->out, "parent", row->parent);
	strbuf_addch(writer->out, '}');
	writer->has_failed = !transfer_check_size(writer->out, writer->err);
	return !writer->has_failed;
}

/* ---- metrics as columns ---------------------------------------------------
 */

/* One piece of one curve, as it grows. */
struct piece {
	int64_t trial;
	int64_t name, type, source, attempt; /* same for every point */
	int64_t first_ns;
	int count;
	bool has_text;
	struct strbuf head, sequences, after, values, texts;
};

static void end_piece(struct writer *writer, struct piece *piece)
{
	struct strbuf *out = writer->out;

	if (!piece->count)
		return;
	begin_element(writer);
	strbuf_add(out, piece->head.data, piece->head.len);
	strbuf_addf(out, ",\"sequences\":[%s],\"after_ns\":[%s]",
		    piece->sequences.data, piece->after.data);
	strbuf_addf(out, ",\"values\":[%s]", piece->values.data);
	if (piece->has_text)
		strbuf_addf(out, ",\"texts\":[%s]", piece->texts.data);
	strbuf_addch(out, '}');
	piece->count = 0;
}

static void begin_piece(struct piece *piece, const char *name)
{
	piece->has_text = false;
	strbuf_clear(&piece->head);
	strbuf_clear(&piece->sequences);
	strbuf_clear(&piece->after);
	strbuf_clear(&piece->values);
	strbuf_clear(&piece->texts);
	strbuf_addf(&piece->head, "\"trial\":%" PRId64 ",\"attempt\":%" PRId64,
		    piece->trial & 0xffffffff, piece->attempt);
	add_text(&piece->head, "name", name);
	add_text(&piece->head, "type",
		 piece->type == METRIC_FINAL ? "final" : "intermediate");
	add_int(&piece->head, "source", piece->source);
	add_time(&piece->head, "time", piece->first_ns);
}

static void add_point(struct piece *piece, int64_t sequence, int64_t at_ns,
		      double value, const char *text)
{
	const char *comma = piece->count++ ? "," : "";

	strbuf_addf(&piece->sequences, "%s%" PRId64, comma, sequence);
	strbuf_addf(&piece->after, "%s%" PRId64, comma,
		    at_ns - piece->first_ns);
	strbuf_adds(&piece->values, comma);
	transfer_add_number(&piece->values, value);
	strbuf_adds(&piece->texts, comma);
	if (text) {
		strbuf_add_json_string(&piece->texts, text);
		piece->has_text = true;
	} else {
		strbuf_adds(&piece->texts, "null");
	}
}

static bool write_point(struct writer *writer, struct piece *piece,
			struct sql *sql)
{
	struct piece now = *piece;
	const char *text, *name;
	int64_t sequence, at_ns;
	double value;

	now.trial = sql_int(sql);
	now.attempt = sql_int(sql);
	now.name = sql_int(sql);
	now.type = sql_int(sql);
	now.source = sql_int(sql);
	sequence = sql_int(sql);
	at_ns = sql_int(sql);
	value = sql_double(sql);
	text = sql_text(sql);
	name = sql_text(sql);
	if (now.trial != piece->trial || now.attempt != piece->attempt ||
	    now.name != piece->name || now.type != piece->type ||
	    now.source != piece->source || piece->count == POINTS_PER_ELEMENT ||
	    fabs((double)at_ns - (double)piece->first_ns) > AFTER_MAX_NS ||
	    piece->texts.len > TEXT_PER_ELEMENT) {
		end_piece(writer, piece);
		now.count = 0;
		now.first_ns = at_ns;
	}
	*piece = now;
	if (!piece->count)
		begin_piece(piece, name);
	add_point(piece, sequence, at_ns, value, text);
	return transfer_check_size(writer->out, writer->err);
}

static bool write_metrics(struct writer *writer, int64_t experiment)
{
	struct piece piece = {
		.head = STRBUF_INIT,
		.sequences = STRBUF_INIT,
		.after = STRBUF_INIT,
		.values = STRBUF_INIT,
		.texts = STRBUF_INIT,
	};
	struct sql sql;
	bool ok;

	if (!sql_open(&sql, writer->store,
		      "SELECT m.trial, m.attempt, m.name, m.type, m.source,"
		      " m.sequence, m.at_ns, m.value, m.text, n.name"
		      " FROM metric_all m CROSS JOIN metric_name n"
		      " ON n.key = m.name WHERE m.trial"
		      " BETWEEN ?1 << 32 AND (?1 << 32) + 4294967295"
		      " ORDER BY m.trial, m.attempt, m.name, m.type, m.source,"
		      " m.sequence",
		      writer->err))
		return false;
	sql_bind_int(&sql, experiment);
	while (sql_next(&sql, &ok, writer->err)) {
		ok = write_point(writer, &piece, &sql);
		if (!ok)
			break;
	}
	end_piece(writer, &piece);
	sql_close(&sql);
	strbuf_release(&piece.head);
	strbuf_release(&piece.sequences);
	strbuf_release(&piece.after);
	strbuf_release(&piece.values);
	strbuf_release(&piece.texts);
	return ok;
}

static void begin_list(struct writer *writer, const char *key)
{
	strbuf_addf(writer->out, ",\n\"%s\":[", key);
	writer->is_first = true;
}

/* Lists that have a file of their own. */
static const struct {
	const char *key;
	bool (*write)(struct store *store, int64_t experiment,
		      struct strbuf *out, struct error *err);
} lists[] = {
	{"parts", transfer_write_parts}, {"outputs", transfer_write_outputs},
	{"code", transfer_write_code},	 {"tags", transfer_write_tags},
	{"notes", transfer_write_notes},
};

bool transfer_write_json(struct store *store,
			 const struct experiment *experiment,
			 struct strbuf *out, struct error *err)
{
	struct writer writer = {.store = store, .out = out, .err = err};
	int64_t key = experiment->key;

	strbuf_addf(out, "{\"format\":\"%s\",\"version\":%d,\n\"experiment\":",
		    TRANSFER_FORMAT, TRANSFER_VERSION);
	write_experiment(out, experiment);
	begin_list(&writer, "trials");
	if (!store_trials_each(store, key, 0, STORE_TRIAL_WHOLE, write_trial,
			       &writer, err) ||
	    writer.has_failed)
		return false;
	strbuf_adds(out, "]");
	begin_list(&writer, "metrics");
	if (!write_metrics(&writer, key))
		return false;
	strbuf_adds(out, "]");
	for (size_t i = 0; i < COUNT_OF(lists); i++) {
		begin_list(&writer, lists[i].key);
		if (!lists[i].write(store, key, out, err))
			return false;
		strbuf_adds(out, "]");
	}
	begin_list(&writer, "events");
	if (!store_events_each(store, key, 0, 0, 0, write_event, &writer,
			       err) ||
	    writer.has_failed)
		return false;
	strbuf_adds(out, "]");
	begin_list(&writer, "history");
	if (!store_history_each(store, key, write_history, &writer, err) ||
	    writer.has_failed)
		return false;
	strbuf_adds(out, "]}\n");
	return true;
}

bool store_export(struct store *store, int64_t experiment,
		  enum transfer_format format, bool intermediates,
		  struct strbuf *out, struct error *err)
{
	/* a writer sees its own transaction: it has no other snapshot */
	bool needs_snapshot = !store->in_transaction && !store->in_snapshot;
	size_t start = out->len;
	struct experiment row;
	bool ok;

	if (needs_snapshot && !store_snapshot_begin(store, err))
		return false;
	ok = store_experiment_get(store, experiment, &row, err);
	if (ok) {
		if (format == TRANSFER_JSON)
			ok = transfer_write_json(store, &row, out, err);
		else if (format == TRANSFER_NNI_JSON)
			ok = transfer_write_nni(store, &row, intermediates, out,
						err);
		else
			ok = transfer_write_csv(store, &row, intermediates, out,
						err);
		experiment_release(&row);
	}
	if (needs_snapshot)
		store_snapshot_end(store);
	if (!ok)
		strbuf_truncate(out, start);
	return ok;
}
