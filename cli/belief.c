/* SPDX-License-Identifier: MIT */
/* `belief`: what the tuner has learnt, along each parameter. */
#include "engine/belief.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "cli/cells.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/json.h"
#include "cli/output.h"
#include "tui/format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define SPARK_COLS 24
#define BAR_COLS 30

static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

struct answer {
	struct cli *cli;
	struct found found;
	struct belief *belief;
};

static const struct parameter *parameter_at(const struct answer *answer,
					    size_t i)
{
	return &answer->belief->space->parameters[i];
}

/* What the tuner goes by: the more the better. */
static double promise(const struct answer *answer,
		      const struct belief_line *line, size_t i)
{
	if (line->kind == BELIEF_DENSITIES)
		return log(line->first[i] + 1e-300) -
		       log(line->second[i] + 1e-300);
	return answer->found.experiment.objective == OBJECTIVE_MAXIMIZE
		       ? line->first[i]
		       : -line->first[i];
}

static size_t most_promising(const struct answer *answer,
			     const struct belief_line *line)
{
	size_t best = 0;

	for (size_t i = 1; i < line->count; i++)
		if (promise(answer, line, i) > promise(answer, line, best))
			best = i;
	return best;
}

/* 0 to 1 between the least and the greatest promise. */
static double height(const struct answer *answer,
		     const struct belief_line *line, size_t i)
{
	double low = INFINITY, high = -INFINITY;

	for (size_t k = 0; k < line->count; k++) {
		low = fmin(low, promise(answer, line, k));
		high = fmax(high, promise(answer, line, k));
	}
	return high > low ? (promise(answer, line, i) - low) / (high - low)
			  : 0.5;
}

static void format_value(const struct answer *answer, size_t parameter,
			 size_t at, struct strbuf *out)
{
	const struct parameter *p = parameter_at(answer, parameter);
	double number = answer->belief->lines[parameter].numbers[at];

	if (p->kind == PARAMETER_CHOICE)
		strbuf_adds(out, p->options[(size_t)number].name);
	else
		format_number(out, number, 10);
}

static char *spark(const struct answer *answer, const struct belief_line *line)
{
	size_t cols = line->count < SPARK_COLS ? line->count : SPARK_COLS;
	struct strbuf out = STRBUF_INIT;

	for (size_t col = 0; col < cols; col++) {
		size_t i = cols > 1 ? col * (line->count - 1) / (cols - 1) : 0;
		double at = height(answer, line, i);

		if (answer->cli->is_ascii)
			strbuf_addch(&out, (char)('0' + (int)(at * 9.99)));
		else
			strbuf_adds(&out, blocks[(int)(at * 7.99)]);
	}
	return strbuf_detach(&out);
}

static void add_value(struct sheet *sheet, const struct answer *answer,
		      double number)
{
	struct metric_value value = {true, number};

	if (answer->cli->is_csv)
		cell_value(sheet, value);
	else
		cell_short(sheet, value);
}

/* ---- as text ----------------------------------------------------------------
 */

static void print_all(const struct answer *answer)
{
	static const struct sheet_column columns[] = {
		{"parameter", 0, true}, {"belief", 0, 0},
		{"best", true, true},	{"there", true, 0},
		{"sure to", true, 0},
	};
	struct sheet sheet;

	sheet_init(&sheet, columns, COUNT_OF(columns));
	for (size_t i = 0; i < answer->belief->space->count; i++) {
		const struct belief_line *line = &answer->belief->lines[i];
		size_t best = most_promising(answer, line);
		struct strbuf text = STRBUF_INIT;

		sheet_add(&sheet, parameter_at(answer, i)->path);
		if (line->kind == BELIEF_NONE) {
			for (int k = 0; k < 4; k++)
				sheet_add(&sheet, "-");
			continue;
		}
		sheet_take(&sheet, spark(answer, line));
		format_value(answer, i, best, &text);
		sheet_take(&sheet, strbuf_detach(&text));
		if (line->kind == BELIEF_MEAN) {
			add_value(&sheet, answer, line->first[best]);
			add_value(&sheet, answer, line->second[best]);
		} else {
			sheet_addf(&sheet, "x%.3g",
				   line->first[best] / line->second[best]);
			sheet_add(&sheet, "-");
		}
	}
	sheet_print(&sheet, answer->cli->is_csv);
	sheet_release(&sheet);
}

static void print_one(const struct answer *answer, size_t parameter)
{
	static const struct sheet_column means[] = {{"value", true, true},
						    {"mean", true, 0},
						    {"deviation", true, 0},
						    {"promise", 0, 0}};
	static const struct sheet_column densities[] = {{"value", true, true},
							{"good", true, 0},
							{"others", true, 0},
							{"promise", 0, 0}};
	const struct belief_line *line = &answer->belief->lines[parameter];
	struct sheet sheet;

	sheet_init(&sheet, line->kind == BELIEF_MEAN ? means : densities, 4);
	for (size_t i = 0; line->kind != BELIEF_NONE && i < line->count; i++) {
		struct strbuf text = STRBUF_INIT;
		int cols = (int)lrint(height(answer, line, i) * BAR_COLS);

		format_value(answer, parameter, i, &text);
		sheet_take(&sheet, strbuf_detach(&text));
		add_value(&sheet, answer, line->first[i]);
		add_value(&sheet, answer, line->second[i]);
		strbuf_init(&text);
		for (int col = 0; col < cols; col++)
			strbuf_adds(&text, answer->cli->is_ascii ? "#" : "█");
		sheet_take(&sheet, strbuf_detach(&text));
	}
	sheet_print(&sheet, answer->cli->is_csv);
	sheet_release(&sheet);
}

static void print_text(const struct answer *answer, size_t parameter)
{
	const struct belief *belief = answer->belief;

	if (!answer->cli->is_csv) {
		printf("%s, told %zu results", belief->tuner, belief->results);
		if (belief->imported)
			printf(" and %zu of a warm start", belief->imported);
		putchar('\n');
	}
	if (belief->why_none) {
		printf("%s\n", belief->why_none);
		return;
	}
	if (parameter < belief->space->count)
		print_one(answer, parameter);
	else
		print_all(answer);
}

/* ---- as JSON
 * ------------------------------------------------------------------
 */

static void json_numbers(struct strbuf *out, const char *key,
			 const double *numbers, size_t count)
{
	strbuf_addf(out, ",\"%s\":[", key);
	for (size_t i = 0; i < count; i++) {
		struct metric_value value = {true, numbers[i]};

		strbuf_adds(out, i ? "," : "");
		json_value(out, value);
	}
	strbuf_addch(out, ']');
}

static void json_line(const struct answer *answer, size_t parameter,
		      struct strbuf *out)
{
	const struct belief_line *line = &answer->belief->lines[parameter];
	const struct parameter *p = parameter_at(answer, parameter);
	bool is_mean = line->kind == BELIEF_MEAN;

	strbuf_adds(out, "{\"name\":");
	json_text(out, p->path);
	strbuf_addf(out, ",\"kind\":%s",
		    line->kind == BELIEF_NONE ? "null"
		    : is_mean		      ? "\"mean\""
					      : "\"densities\"");
	if (line->kind != BELIEF_NONE && p->kind == PARAMETER_CHOICE) {
		strbuf_adds(out, ",\"values\":[");
		for (size_t i = 0; i < line->count; i++) {
			strbuf_adds(out, i ? "," : "");
			json_text(out, p->options[i].name);
		}
		strbuf_addch(out, ']');
	} else if (line->kind != BELIEF_NONE) {
		json_numbers(out, "values", line->numbers, line->count);
	}
	if (line->kind != BELIEF_NONE) {
		json_numbers(out, is_mean ? "mean" : "good", line->first,
			     line->count);
		json_numbers(out, is_mean ? "deviation" : "others",
			     line->second, line->count);
	}
	strbuf_addch(out, '}');
}

static void print_json(const struct answer *answer, size_t parameter)
{
	const struct belief *belief = answer->belief;
	struct strbuf out = STRBUF_INIT;
	bool is_first = true;

	strbuf_adds(&out, "{\"experiment\":");
	json_text(&out, answer->found.experiment.id);
	strbuf_adds(&out, ",\"tuner\":");
	json_text(&out, belief->tuner);
	strbuf_addf(&out, ",\"results\":%zu,\"imported\":%zu,\"none\":",
		    belief->results, belief->imported);
	json_text(&out, belief->why_none);
	strbuf_adds(&out, ",\"parameters\":[");
	for (size_t i = 0; !belief->why_none && i < belief->space->count; i++) {
		if (parameter < belief->space->count && i != parameter)
			continue;
		strbuf_adds(&out, is_first ? "\n" : ",\n");
		is_first = false;
		json_line(answer, i, &out);
	}
	strbuf_adds(&out, "]}\n");
	output_flush(&out);
	strbuf_release(&out);
}

static bool find_parameter(const struct answer *answer, size_t *ret,
			   struct error *err)
{
	const struct space *space = answer->belief->space;
	const char *name = cli_argument(answer->cli, 1), *near;
	const char **paths;

	*ret = space->count;
	for (size_t i = 0; name && i < space->count; i++)
		if (!strcmp(space->parameters[i].path, name))
			*ret = i;
	if (!name || *ret < space->count)
		return true;
	paths = xcalloc(space->count + 1, sizeof(*paths));
	for (size_t i = 0; i < space->count; i++)
		paths[i] = space->parameters[i].path;
	near = nearest_word(name, paths, space->count);
	free(paths);
	return error_set(err, ERROR_NOT_FOUND,
			 "no parameter is called \"%.100s\"%s%.100s%s", name,
			 near ? ", did you mean \"" : "", near ? near : "",
			 near ? "\"?" : "");
}

int command_belief(struct cli *cli)
{
	struct answer answer = {.cli = cli};
	struct error err = {0};
	size_t parameter;
	bool ok;

	if (!found_experiment(cli, STORE_READ, &answer.found, &err))
		return cli_fail(&err);
	answer.belief = belief_find(answer.found.store,
				    &answer.found.experiment, 0, NULL, &err);
	ok = answer.belief && find_parameter(&answer, &parameter, &err);
	if (ok && cli->is_json)
		print_json(&answer, parameter);
	else if (ok)
		print_text(&answer, parameter);
	belief_free(answer.belief);
	found_release(&answer.found);
	return ok ? CLI_DONE : cli_fail(&err);
}
