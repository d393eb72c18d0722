/* SPDX-License-Identifier: MIT */
/* The report as Markdown: what of it is words, numbers and bars. */
#include "report/page.h"

#include "config.h"

#include "base/mem.h"
#include "report/text.h"
#include "tui/copy.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BAR_COLS 30
#define IMPROVEMENTS_MAX 40
#define FRONT_SHOWN 60
#define CONFIG_MAX (96u << 10)
#define REASON_MAX 400

static void add_head(const struct report_data *data, struct strbuf *out)
{
	const struct experiment *experiment = &data->experiment;

	strbuf_adds(out, "# ");
	markdown_text(out,
		      experiment->name && *experiment->name ? experiment->name
							    : experiment->id,
		      200);
	strbuf_adds(out, "\n\n`");
	strbuf_adds(out, experiment->id);
	strbuf_addf(out, "` \xC2\xB7 %s \xC2\xB7 ",
		    experiment_state_name(experiment->state));
	report_time(out, experiment->started_ns ? experiment->started_ns
						: experiment->created_ns);
	if (data->tuner) {
		strbuf_adds(out, " \xC2\xB7 tuner ");
		markdown_text(out, data->tuner, 60);
	}
	strbuf_adds(out, "\n\n");
	if (experiment->error) {
		markdown_text(out, experiment->error, 1000);
		strbuf_adds(out, "\n\n");
	}
	if (experiment->note)
		markdown_block(out, "", experiment->note, 8000);
}

static void add_summary(const struct report_data *data, struct strbuf *out)
{
	strbuf_adds(out, "| | |\n|---|---|\n| best ");
	markdown_text(out, report_metric(data), 60);
	strbuf_adds(out, " | ");
	if (data->best_count) {
		report_number(out, data->rows[data->best[0]].final);
		strbuf_addf(out, " (#%" PRId64 ")",
			    data->rows[data->best[0]].sequence);
	} else {
		strbuf_adds(out, "no result yet");
	}
	strbuf_adds(out, " |\n| trials that ended | ");
	report_count(out, report_ended(data));
	strbuf_adds(out, " |\n| failed | ");
	report_count(out, (int64_t)data->failed);
	strbuf_adds(out, " |\n| from start to end | ");
	report_duration(out, report_duration_ns(data));
	strbuf_adds(out, " |\n\n");
}

static void add_best(const struct report_data *data, struct strbuf *out)
{
	struct strbuf flags = STRBUF_INIT;
	struct trial trial;
	struct error ignored;
	char *pretty;

	if (!data->best_count ||
	    !report_data_trial(data, data->best[0], &trial))
		return;
	strbuf_adds(out, "## Best parameters\n\n");
	pretty = report_pretty(trial.parameters);
	markdown_block(out, "json", pretty ? pretty : trial.parameters, 16384);
	if (trial.parameters &&
	    copy_parameters(&flags, trial.parameters, COPY_FLAGS, &ignored))
		markdown_block(out, "", flags.data, 16384);
	free(pretty);
	strbuf_release(&flags);
	trial_release(&trial);
}

/* In place of the curve: each time it got better. */
static void add_progress(const struct report_data *data, struct strbuf *out)
{
	struct metric_value best = {0};
	size_t *better, count = 0, first;

	if (!data->best_count)
		return;
	better = xcalloc(data->best_count, sizeof(*better));
	for (size_t i = 0; i < data->count; i++) {
		struct metric_value value = {true, data->rows[i].final};

		if (!isfinite(value.number) ||
		    (best.is_set &&
		     !objective_is_better(data->mode, value, best)))
			continue;
		best = value;
		better[count++] = i;
	}
	first = count > IMPROVEMENTS_MAX ? count - IMPROVEMENTS_MAX : 0;
	strbuf_adds(out, "## Best so far\n\n| trial | ");
	markdown_text(out, report_metric(data), 60);
	strbuf_adds(out, " |\n|---:|---:|\n");
	for (size_t i = first; i < count; i++) {
		strbuf_addf(out, "| %" PRId64 " | ",
			    data->rows[better[i]].sequence);
		report_number(out, data->rows[better[i]].final);
		strbuf_adds(out, " |\n");
	}
	strbuf_addch(out, '\n');
	if (first)
		strbuf_addf(out, "The last %d of %zu improvements.\n\n",
			    IMPROVEMENTS_MAX, count);
	free(better);
}

static void add_front(const struct report_data *data, struct strbuf *out)
{
	size_t width = data->objectives.count;
	size_t shown = data->front_count < FRONT_SHOWN ? data->front_count
						       : FRONT_SHOWN;

	if (!data->front_count)
		return;
	strbuf_adds(out, "## Pareto front\n\n| trial |");
	for (size_t k = 0; k < width; k++) {
		strbuf_addch(out, ' ');
		markdown_text(out, data->objectives.items[k].metric, 60);
		strbuf_adds(out, " |");
	}
	strbuf_adds(out, "\n|---:|");
	for (size_t k = 0; k < width; k++)
		strbuf_adds(out, "---:|");
	strbuf_addch(out, '\n');
	for (size_t i = 0; i < shown; i++) {
		strbuf_addf(out, "| %" PRId64 " |",
			    data->rows[data->front[i]].sequence);
		for (size_t k = 0; k < width; k++) {
			strbuf_addch(out, ' ');
			report_number(
				out, data->metrics[data->front[i] * width + k]);
			strbuf_adds(out, " |");
		}
		strbuf_addch(out, '\n');
	}
	strbuf_addf(out, "\n%zu of %zu results that no other one beats.\n\n",
		    shown, data->front_count);
}

static void add_importance(const struct report_data *data,
			   const struct report_importance *importance,
			   struct strbuf *out)
{
	if (!importance->count)
		return;
	strbuf_adds(out, "## What matters\n\n| parameter | | share |\n"
			 "|---|---|---:|\n");
	for (size_t i = 0; i < importance->count && i < 20; i++) {
		const struct parameter_importance *item = &importance->items[i];
		int cols = (int)lrint(item->share * BAR_COLS);

		strbuf_adds(out, "| ");
		markdown_text(
			out,
			data->findings->space->parameters[item->parameter].path,
			60);
		strbuf_adds(out, " | ");
		for (int k = 0; k < cols; k++)
			strbuf_adds(out, "\xE2\x96\x88");
		strbuf_addf(out, " | %.0f%%%s |\n", 100 * item->share,
			    item->value <= item->chance_high ? " (as chance)"
							     : "");
	}
	strbuf_addch(out, '\n');
}

static void add_trials(const struct report_data *data,
		       const struct report_importance *importance,
		       struct strbuf *out)
{
	const struct space *space =
		data->findings ? data->findings->space : NULL;
	size_t columns[REPORT_COLUMNS_MAX], shown = 0, count, *rows;
	struct strbuf cell = STRBUF_INIT;

	strbuf_adds(out, "## Trials\n\n");
	if (!data->count) {
		strbuf_adds(out, "There is no trial yet.\n\n");
		return;
	}
	while (space && shown < space->count && shown < REPORT_COLUMNS_MAX) {
		columns[shown] = importance->count
					 ? importance->items[shown].parameter
					 : shown;
		shown++;
	}
	strbuf_adds(out, "| # | state | ");
	markdown_text(out, report_metric(data), 60);
	strbuf_adds(out, " | took |");
	for (size_t i = 0; i < shown; i++) {
		strbuf_addch(out, ' ');
		markdown_text(out, space->parameters[columns[i]].path, 40);
		strbuf_adds(out, " |");
	}
	strbuf_adds(out, "\n|---:|---|---:|---:|");
	for (size_t i = 0; i < shown; i++)
		strbuf_adds(out, "---|");
	strbuf_addch(out, '\n');
	rows = report_table_rows(data, &count);
	for (size_t i = 0; i < count; i++) {
		const struct report_row *row = &data->rows[rows[i]];
		struct trial trial;

		strbuf_addf(out, "| %" PRId64 " | %s | ", row->sequence,
			    trial_state_name(row->state));
		report_number(out, row->final);
		strbuf_adds(out, " | ");
		if (row->started_ns && row->ended_ns >= row->started_ns)
			report_duration(out, row->ended_ns - row->started_ns);
		strbuf_adds(out, " |");
		if (shown && report_data_trial(data, rows[i], &trial)) {
			for (size_t k = 0; k < shown; k++) {
				strbuf_clear(&cell);
				space_format_cell(space, trial.parameters,
						  columns[k], &cell);
				strbuf_addch(out, ' ');
				markdown_text(out, cell.data, 40);
				strbuf_adds(out, " |");
			}
			trial_release(&trial);
		}
		strbuf_addch(out, '\n');
	}
	strbuf_addch(out, '\n');
	report_tell_cut(data, out);
	strbuf_adds(out, "\n\n");
	strbuf_release(&cell);
	free(rows);
}

static void add_failures(const struct report_data *data, struct strbuf *out)
{
	size_t shown = data->reason_count < REPORT_REASONS_MAX
			       ? data->reason_count
			       : REPORT_REASONS_MAX;

	if (!data->failed)
		return;
	strbuf_adds(out, "## Failures\n\n| trials | reason | such as |\n"
			 "|---:|---|---:|\n");
	for (size_t i = 0; i < shown; i++) {
		strbuf_addf(out, "| %zu | ", data->reasons[i].count);
		markdown_text(out, data->reasons[i].text, REASON_MAX);
		strbuf_addf(out, " | \\#%" PRId64 " |\n",
			    data->reasons[i].example);
	}
	strbuf_addch(out, '\n');
	if (shown < data->reason_count || data->failures_read < data->failed)
		strbuf_addf(out,
			    "%zu of %zu reasons, of the newest %zu of %zu "
			    "failures.\n\n",
			    shown, data->reason_count, data->failures_read,
			    data->failed);
}

void report_markdown(const struct report_data *data,
		     const struct report_importance *importance,
		     struct strbuf *out)
{
	char *config = report_pretty(data->experiment.config);
	char *space = report_pretty(data->experiment.space);

	add_head(data, out);
	add_summary(data, out);
	add_best(data, out);
	add_progress(data, out);
	add_front(data, out);
	add_importance(data, importance, out);
	add_trials(data, importance, out);
	add_failures(data, out);
	strbuf_adds(out, "## Configuration\n\n");
	if (data->code.digest[0])
		strbuf_addf(out, "Code: `sha256:%s`\n\n", data->code.digest);
	if (config)
		markdown_block(out, "json", config, CONFIG_MAX);
	if (space)
		markdown_block(out, "json", space, CONFIG_MAX);
	strbuf_adds(out, "Written by " PACKAGE_NAME " " PACKAGE_VERSION " at ");
	report_time(out, data->now_ns);
	strbuf_adds(out, ".\n");
	free(config);
	free(space);
}
