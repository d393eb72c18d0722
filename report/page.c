/* SPDX-License-Identifier: MIT */
/* The report as HTML. */
#include "report/page.h"

#include "config.h"

#include "base/mem.h"
#include "report/text.h"
#include "tui/copy.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_MAX (96u << 10)
#define REASON_MAX 400
#define NAME_MAX 200
#define FRONT_SHOWN 60

/* ---- pieces -------------------------------------------------------------- */

static void card(struct strbuf *out, const char *class, const char *value,
		 const char *label)
{
	strbuf_addf(out, "<div class=\"card%s\"><b>", class);
	html_text(out, value, 80);
	strbuf_adds(out, "</b><span>");
	html_text(out, label, 120);
	strbuf_adds(out, "</span></div>");
}

static void pair(struct strbuf *out, const char *name, const char *value)
{
	if (!value || !*value)
		return;
	strbuf_adds(out, "<tr><th>");
	html_text(out, name, 60);
	strbuf_adds(out, "</th><td>");
	html_text(out, value, 2000);
	strbuf_adds(out, "</td></tr>");
}

static void block(struct strbuf *out, const char *text, size_t max)
{
	strbuf_adds(out, "<pre>");
	html_lines(out, text, max);
	strbuf_adds(out, "</pre>\n");
}

/* ---- the head ------------------------------------------------------------ */

static const char *class_of(enum experiment_state state)
{
	if (state == EXPERIMENT_ERROR)
		return "bad";
	return experiment_state_is_terminal(state) ? "ok" : "run";
}

static void add_head(const struct report_data *data, struct strbuf *out)
{
	const struct experiment *experiment = &data->experiment;
	const char *name = experiment->name && *experiment->name
				   ? experiment->name
				   : experiment->id;

	strbuf_adds(out, "<!DOCTYPE html>\n<html lang=\"en\"><head>"
			 "<meta charset=\"utf-8\"/>"
			 "<meta name=\"viewport\" "
			 "content=\"width=device-width,initial-scale=1\"/>"
			 "<meta name=\"color-scheme\" content=\"light dark\"/>"
			 "<meta http-equiv=\"Content-Security-Policy\" "
			 "content=\"default-src 'none'; "
			 "style-src 'unsafe-inline'\"/><title>");
	html_text(out, name, NAME_MAX);
	strbuf_adds(out, "</title><style>");
	strbuf_adds(out, report_style);
	strbuf_adds(out, "</style></head>\n<body><main>\n<header><h1>");
	html_text(out, name, NAME_MAX);
	strbuf_addf(out, "<span class=\"state %s\">%s</span></h1>",
		    class_of(experiment->state),
		    experiment_state_name(experiment->state));
	strbuf_adds(out, "<p class=\"sub\">");
	html_text(out, experiment->id, 0);
	strbuf_adds(out, " \xC2\xB7 ");
	report_time(out, experiment->started_ns ? experiment->started_ns
						: experiment->created_ns);
	if (experiment->platform) {
		strbuf_adds(out, " \xC2\xB7 ");
		html_text(out, experiment->platform, 60);
	}
	if (data->tuner) {
		strbuf_adds(out, " \xC2\xB7 tuner ");
		html_text(out, data->tuner, 60);
	}
	strbuf_adds(out, "</p>");
	if (experiment->tags) {
		strbuf_adds(out, "<p class=\"sub\">");
		html_text(out, experiment->tags, 400);
		strbuf_adds(out, "</p>");
	}
	strbuf_adds(out, "</header>\n");
	if (experiment->error) {
		strbuf_adds(out, "<p>");
		html_text(out, experiment->error, 1000);
		strbuf_adds(out, "</p>");
	}
	if (experiment->note)
		block(out, experiment->note, 8000);
}

static void add_cards(const struct report_data *data, struct strbuf *out)
{
	struct strbuf value = STRBUF_INIT, label = STRBUF_INIT;
	int64_t ended = report_ended(data);

	strbuf_adds(out, "<div class=\"cards\">");
	if (data->best_count) {
		const struct report_row *best = &data->rows[data->best[0]];

		report_number(&value, best->final);
		strbuf_addf(&label, "best %s, trial #%" PRId64,
			    report_metric(data), best->sequence);
	} else {
		strbuf_adds(&value, "\xE2\x80\x93");
		strbuf_adds(&label, "no result yet");
	}
	card(out, " first", value.data, label.data);
	strbuf_clear(&value);
	strbuf_clear(&label);
	report_count(&value, ended);
	if (data->experiment.max_trials) {
		strbuf_adds(&label, "trials have ended, of ");
		report_count(&label, data->experiment.max_trials);
		strbuf_adds(&label, " at most");
	} else {
		strbuf_adds(&label, "trials have ended");
	}
	card(out, "", value.data, label.data);
	strbuf_clear(&value);
	strbuf_clear(&label);
	report_count(&value, (int64_t)data->failed);
	if (ended)
		strbuf_addf(&label, "failed, %.3g%% of those that ended",
			    100.0 * (double)data->failed / (double)ended);
	else
		strbuf_adds(&label, "failed");
	card(out, "", value.data, label.data);
	strbuf_clear(&value);
	report_duration(&value, report_duration_ns(data));
	card(out, "", value.data, "from start to end");
	strbuf_adds(out, "</div>\n");
	strbuf_release(&value);
	strbuf_release(&label);
}

/* ---- the best ------------------------------------------------------------ */

static void add_best(const struct report_data *data, struct strbuf *out)
{
	struct strbuf flags = STRBUF_INIT;
	struct trial trial;
	struct error ignored;
	char *pretty;

	if (!data->best_count ||
	    !report_data_trial(data, data->best[0], &trial))
		return;
	strbuf_addf(out, "<h2>Best parameters</h2><p>Trial #%" PRId64 " (",
		    trial.sequence);
	html_text(out, trial.id, 0);
	strbuf_adds(out, "), ");
	html_text(out, report_metric(data), 0);
	strbuf_adds(out, " ");
	report_number(out, trial.final.number);
	strbuf_adds(out, "</p>");
	pretty = report_pretty(trial.parameters);
	block(out, pretty ? pretty : trial.parameters, 16384);
	if (trial.parameters &&
	    copy_parameters(&flags, trial.parameters, COPY_FLAGS, &ignored)) {
		strbuf_adds(out, "<p class=\"note\">As flags</p>");
		block(out, flags.data, 16384);
	}
	free(pretty);
	strbuf_release(&flags);
	trial_release(&trial);
}

static void add_front(const struct report_data *data, struct strbuf *out)
{
	size_t width = data->objectives.count;
	size_t shown = data->front_count < FRONT_SHOWN ? data->front_count
						       : FRONT_SHOWN;

	if (!data->front_count)
		return;
	strbuf_adds(out, "<h2>Pareto front</h2>");
	chart_front(data, out);
	strbuf_adds(out, "<div class=\"scroll\"><table><thead><tr>"
			 "<th class=\"n\">#</th>");
	for (size_t k = 0; k < width; k++) {
		strbuf_adds(out, "<th class=\"n\">");
		html_text(out, data->objectives.items[k].metric, 60);
		strbuf_addf(out, " %s</th>",
			    data->objectives.items[k].mode == OBJECTIVE_MINIMIZE
				    ? "\xE2\x86\x93"
				    : "\xE2\x86\x91");
	}
	strbuf_adds(out, "</tr></thead><tbody>");
	for (size_t i = 0; i < shown; i++) {
		size_t row = data->front[i];

		strbuf_addf(out, "<tr><td class=\"n\">%" PRId64 "</td>",
			    data->rows[row].sequence);
		for (size_t k = 0; k < width; k++) {
			strbuf_adds(out, "<td class=\"n\">");
			report_number(out, data->metrics[row * width + k]);
			strbuf_adds(out, "</td>");
		}
		strbuf_adds(out, "</tr>");
	}
	strbuf_adds(out, "</tbody></table></div>\n");
	if (shown < data->front_count)
		strbuf_addf(out, "<p class=\"note\">%zu of %zu.</p>", shown,
			    data->front_count);
}

/* ---- all trials ---------------------------------------------------------- */

static void table_head(const struct space *space, const size_t *columns,
		       size_t count, const char *metric, struct strbuf *out)
{
	strbuf_adds(out, "<div class=\"scroll\"><table><thead><tr>"
			 "<th class=\"n\">#</th><th>state</th>"
			 "<th class=\"n\">");
	html_text(out, metric, 60);
	strbuf_adds(out, "</th><th class=\"n\">took</th>");
	for (size_t i = 0; space && i < count; i++) {
		strbuf_adds(out, "<th>");
		html_text(out, space->parameters[columns[i]].path, 40);
		strbuf_adds(out, "</th>");
	}
	strbuf_adds(out, "</tr></thead><tbody>\n");
}

static void table_row(const struct report_data *data, size_t at,
		      const size_t *columns, size_t count, struct strbuf *out)
{
	const struct report_row *row = &data->rows[at];
	struct strbuf cell = STRBUF_INIT;
	struct trial trial;
	bool is_best = data->best_count && data->best[0] == at;

	strbuf_addf(out,
		    "<tr%s><td class=\"n\">%" PRId64 "</td><td>%s</td>"
		    "<td class=\"n\">",
		    is_best ? " class=\"top\"" : "", row->sequence,
		    trial_state_name(row->state));
	report_number(out, row->final);
	strbuf_adds(out, "</td><td class=\"n\">");
	if (row->started_ns && row->ended_ns >= row->started_ns)
		report_duration(out, row->ended_ns - row->started_ns);
	else
		strbuf_adds(out, "-");
	strbuf_adds(out, "</td>");
	if (count && report_data_trial(data, at, &trial)) {
		for (size_t i = 0; i < count; i++) {
			strbuf_clear(&cell);
			space_format_cell(data->findings->space,
					  trial.parameters, columns[i], &cell);
			strbuf_adds(out, "<td>");
			html_text(out, cell.data, 40);
			strbuf_adds(out, "</td>");
		}
		trial_release(&trial);
	}
	strbuf_adds(out, "</tr>\n");
	strbuf_release(&cell);
}

static void add_trials(const struct report_data *data,
		       const struct report_importance *importance,
		       struct strbuf *out)
{
	const struct space *space =
		data->findings ? data->findings->space : NULL;
	size_t columns[REPORT_COLUMNS_MAX], shown = 0, count, *rows;

	strbuf_adds(out, "<h2>Trials</h2>");
	if (!data->count) {
		strbuf_adds(out, "<p class=\"note\">There is no trial "
				 "yet.</p>");
		return;
	}
	while (space && shown < space->count && shown < REPORT_COLUMNS_MAX) {
		columns[shown] = importance->count
					 ? importance->items[shown].parameter
					 : shown;
		shown++;
	}
	rows = report_table_rows(data, &count);
	table_head(space, columns, shown, report_metric(data), out);
	for (size_t i = 0; i < count; i++)
		table_row(data, rows[i], columns, shown, out);
	strbuf_adds(out, "</tbody></table></div><p class=\"note\">");
	report_tell_cut(data, out);
	if (space && shown < space->count)
		strbuf_addf(out, " %zu of %zu parameters have a column.", shown,
			    space->count);
	strbuf_adds(out, "</p>\n");
	free(rows);
}

static void add_failures(const struct report_data *data, struct strbuf *out)
{
	size_t shown = data->reason_count < REPORT_REASONS_MAX
			       ? data->reason_count
			       : REPORT_REASONS_MAX;

	if (!data->failed)
		return;
	strbuf_adds(out, "<h2>Failures</h2><div class=\"scroll\"><table>"
			 "<thead><tr><th class=\"n\">trials</th><th>reason"
			 "</th><th class=\"n\">such as</th></tr></thead>"
			 "<tbody>");
	for (size_t i = 0; i < shown; i++) {
		strbuf_addf(out,
			    "<tr><td class=\"n\">%zu</td><td class=\"why\">",
			    data->reasons[i].count);
		html_text(out, data->reasons[i].text, REASON_MAX);
		strbuf_addf(out, "</td><td class=\"n\">#%" PRId64 "</td></tr>",
			    data->reasons[i].example);
	}
	strbuf_adds(out, "</tbody></table></div>");
	if (shown < data->reason_count)
		strbuf_addf(out,
			    "<p class=\"note\">The %zu most frequent of %zu "
			    "reasons.</p>",
			    shown, data->reason_count);
	if (data->failures_read < data->failed)
		strbuf_addf(out,
			    "<p class=\"note\">Of %zu failures the newest %zu "
			    "were read.</p>",
			    data->failed, data->failures_read);
}

/* ---- the end ------------------------------------------------------------- */

static void add_config(const struct report_data *data, struct strbuf *out)
{
	const struct experiment *experiment = &data->experiment;
	char *config = report_pretty(experiment->config);
	char *space = report_pretty(experiment->space);
	struct strbuf text = STRBUF_INIT;

	strbuf_adds(out, "<h2>Configuration</h2><div class=\"scroll\">"
			 "<table class=\"pairs\">");
	report_time(&text, experiment->created_ns);
	pair(out, "created", text.data);
	strbuf_clear(&text);
	if (experiment->ended_ns)
		report_time(&text, experiment->ended_ns);
	pair(out, "ended", text.data);
	pair(out, "run on", experiment->owner_host);
	pair(out, "read from", experiment->source_path);
	strbuf_clear(&text);
	strbuf_addf(&text, "%" PRIu64, experiment->seed);
	pair(out, "seed", text.data);
	strbuf_clear(&text);
	if (data->code.digest[0])
		strbuf_addf(&text, "sha256:%s", data->code.digest);
	pair(out, "code", text.data);
	strbuf_adds(out, "</table></div>");
	if (config) {
		strbuf_adds(out, "<details><summary>The whole configuration"
				 "</summary>");
		block(out, config, CONFIG_MAX);
		strbuf_adds(out, "</details>");
	}
	if (space) {
		strbuf_adds(out, "<details><summary>Search space</summary>");
		block(out, space, CONFIG_MAX);
		strbuf_adds(out, "</details>");
	}
	free(config);
	free(space);
	strbuf_release(&text);
}

void report_page(const struct report_data *data,
		 const struct report_importance *importance, struct strbuf *out)
{
	add_head(data, out);
	add_cards(data, out);
	chart_finals(data, out);
	chart_curves(data, out);
	add_best(data, out);
	add_front(data, out);
	if (data->best_count && data->findings) {
		strbuf_adds(out, "<h2>Parameters</h2>");
		chart_importance(data, importance, out);
		if (!importance->count)
			strbuf_adds(out, "<p class=\"note\">There are too few "
					 "different results to say which of "
					 "them matter.</p>");
		chart_slices(data, importance, out);
	}
	add_trials(data, importance, out);
	add_failures(data, out);
	if (data->count) {
		strbuf_adds(out, "<h2>Time</h2>");
		chart_timeline(data, out);
		chart_durations(data, out);
	}
	add_config(data, out);
	strbuf_adds(out, "<footer>Written by " PACKAGE_NAME " " PACKAGE_VERSION
			 " at ");
	report_time(out, data->now_ns);
	strbuf_adds(out, ".</footer>\n</main></body></html>\n");
}
