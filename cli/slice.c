/* SPDX-License-Identifier: MIT */
/* `slice` and `contour`: results along one parameter, averages over two. */
#include "insight/slice.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "cli/cells.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/contour.h"
#include "cli/insight.h"
#include "cli/json.h"
#include "cli/output.h"
#include "tui/format.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define BINS 10
#define CONTOUR_BINS 16
#define BINS_MAX 200
#define REACH 0.7 /* cells around, of numbers */

struct answer {
	struct cli *cli;
	struct insight insight;
	size_t a, b; /* b: the space's count when there is none */
	size_t bins;
	bool is_drawn; /* `contour`: with shades */
};

static const struct parameter *parameter_at(const struct answer *answer,
					    size_t i)
{
	return &answer->insight.findings->space->parameters[i];
}

static bool is_choice(const struct answer *answer, size_t i)
{
	return answer->insight.findings->all->axes[i].is_categorical;
}

/* "relu", or "others". */
static const char *option_name(const struct answer *answer, size_t i,
			       size_t option)
{
	const struct parameter *p = parameter_at(answer, i);

	return option < p->option_count ? p->options[option].name : "others";
}

static void add_number(struct sheet *sheet, const struct answer *answer,
		       bool is_set, double number)
{
	struct metric_value value = {is_set, number};

	if (answer->cli->is_csv)
		cell_value(sheet, value);
	else
		cell_short(sheet, value);
}

static void print_note(const struct answer *answer)
{
	struct strbuf left_out = STRBUF_INIT;

	findings_tell_left_out(answer->insight.findings, &left_out);
	if (left_out.len)
		printf("note: %s\n", left_out.data);
	strbuf_release(&left_out);
}

/* ---- one parameter ---------------------------------------------------------
 */

static const struct sheet_column slice_columns[] = {
	{"from", true, 0},   {"to", true, 0},	 {"trials", true, 0},
	{"failed", true, 0}, {"mean", true, 0},	 {"deviation", true, 0},
	{"least", true, 0},  {"lower", true, 0}, {"median", true, 0},
	{"upper", true, 0},  {"most", true, 0},
};

static const struct sheet_column option_columns[] = {
	{"option", 0, true}, {"trials", true, 0},    {"failed", true, 0},
	{"mean", true, 0},   {"deviation", true, 0}, {"least", true, 0},
	{"lower", true, 0},  {"median", true, 0},    {"upper", true, 0},
	{"most", true, 0},
};

static void print_slice(const struct answer *answer, const struct slice *slice)
{
	bool has_options = is_choice(answer, answer->a);
	struct sheet sheet;

	if (has_options)
		sheet_init(&sheet, option_columns, COUNT_OF(option_columns));
	else
		sheet_init(&sheet, slice_columns, COUNT_OF(slice_columns));
	for (size_t i = 0; i < slice->count; i++) {
		const struct slice_bin *bin = &slice->bins[i];
		const double values[] = {bin->mean,  bin->deviation, bin->least,
					 bin->lower, bin->middle,    bin->upper,
					 bin->most};

		if (has_options) {
			sheet_add(&sheet,
				  option_name(answer, answer->a, bin->option));
		} else {
			add_number(&sheet, answer, true, bin->low);
			add_number(&sheet, answer, true, bin->high);
		}
		sheet_addf(&sheet, "%zu", bin->count);
		sheet_addf(&sheet, "%zu", bin->failed);
		for (size_t k = 0; k < COUNT_OF(values); k++)
			add_number(&sheet, answer, bin->count > 0, values[k]);
	}
	sheet_print(&sheet, answer->cli->is_csv);
	sheet_release(&sheet);
	if (answer->cli->is_csv)
		return;
	if (slice->inactive)
		printf("note: %zu trials do not have it: their parent has "
		       "another option\n",
		       slice->inactive);
	print_note(answer);
}

static void json_slice(const struct answer *answer, const struct slice *slice,
		       struct strbuf *out)
{
	static const char *const keys[] = {"mean",  "deviation", "least",
					   "lower", "median",	 "upper",
					   "most"};

	strbuf_addf(out, ",\"inactive\":%zu,\"bins\":[", slice->inactive);
	for (size_t i = 0; i < slice->count; i++) {
		const struct slice_bin *bin = &slice->bins[i];
		const double values[] = {bin->mean,  bin->deviation, bin->least,
					 bin->lower, bin->middle,    bin->upper,
					 bin->most};

		strbuf_adds(out, i ? ",\n{" : "\n{");
		if (is_choice(answer, answer->a)) {
			strbuf_adds(out, "\"option\":");
			json_text(out,
				  bin->option < parameter_at(answer, answer->a)
							  ->option_count
					  ? option_name(answer, answer->a,
							bin->option)
					  : NULL);
		} else {
			struct metric_value low = {true, bin->low};
			struct metric_value high = {true, bin->high};

			strbuf_adds(out, "\"low\":");
			json_value(out, low);
			strbuf_adds(out, ",\"high\":");
			json_value(out, high);
		}
		strbuf_addf(out, ",\"trials\":%zu,\"failed\":%zu", bin->count,
			    bin->failed);
		for (size_t k = 0; k < COUNT_OF(values); k++) {
			struct metric_value value = {bin->count > 0, values[k]};

			strbuf_addf(out, ",\"%s\":", keys[k]);
			json_value(out, value);
		}
		strbuf_addch(out, '}');
	}
	strbuf_addch(out, ']');
}

/* ---- two -------------------------------------------------------------------
 */

/* What stands at a row or column of the grid: an option, or the middle of its
 * part of the range. */
static void format_place(const struct answer *answer, size_t parameter,
			 size_t at, size_t side, int cols, struct strbuf *out)
{
	const struct axis *axis =
		&answer->insight.findings->all->axes[parameter];
	double place = axis->cells == side && side > 1
			       ? (double)at / (double)(side - 1)
			       : ((double)at + 0.5) / (double)side;

	if (axis->is_categorical)
		strbuf_adds(out, side == axis->cells
					 ? option_name(answer, parameter, at)
					 : "...");
	else
		format_number(out, axis_number(axis, place), cols);
}

static void make_safe(char **text)
{
	struct strbuf safe = STRBUF_INIT;

	utf8_sanitize(&safe, *text, strlen(*text), true);
	free(*text);
	*text = strbuf_detach(&safe);
}

static void print_contour(const struct answer *answer,
			  const struct contour *grid)
{
	struct sheet_column *columns =
		xcalloc(grid->cols + 1, sizeof(*columns));
	struct strbuf text = STRBUF_INIT;
	struct sheet sheet;
	char **titles = xcalloc(grid->cols + 1, sizeof(*titles));

	titles[0] = xasprintf("%s \\ %s", parameter_at(answer, answer->b)->path,
			      parameter_at(answer, answer->a)->path);
	for (size_t col = 0; col < grid->cols; col++) {
		format_place(answer, answer->a, col, grid->cols, 8, &text);
		titles[col + 1] = strbuf_detach(&text);
	}
	for (size_t col = 0; col <= grid->cols && !answer->cli->is_csv; col++)
		make_safe(&titles[col]);
	for (size_t col = 0; col <= grid->cols; col++)
		columns[col] = (struct sheet_column){titles[col], true, false};
	sheet_init(&sheet, columns, grid->cols + 1);
	sheet.has_names = true;
	for (size_t row = grid->rows; row-- > 0;) {
		format_place(answer, answer->b, row, grid->rows, 8, &text);
		sheet_take(&sheet, strbuf_detach(&text));
		for (size_t col = 0; col < grid->cols; col++) {
			double mean = grid->means[row * grid->cols + col];

			add_number(&sheet, answer, !isnan(mean), mean);
		}
	}
	sheet_print(&sheet, answer->cli->is_csv);
	sheet_release(&sheet);
	for (size_t col = 0; col <= grid->cols; col++)
		free(titles[col]);
	free(titles);
	free(columns);
	if (answer->cli->is_csv)
		return;
	printf("%zu trials; local averages, empty where nothing was tried\n",
	       grid->usable);
	print_note(answer);
}

static void json_side(const struct answer *answer, size_t parameter,
		      size_t side, struct strbuf *out)
{
	const struct axis *axis =
		&answer->insight.findings->all->axes[parameter];

	strbuf_addch(out, '[');
	for (size_t i = 0; i < side; i++) {
		double place = axis->cells == side && side > 1
				       ? (double)i / (double)(side - 1)
				       : ((double)i + 0.5) / (double)side;
		struct metric_value value = {true, axis_number(axis, place)};

		strbuf_adds(out, i ? "," : "");
		if (axis->is_categorical)
			json_text(out,
				  side == axis->cells
					  ? option_name(answer, parameter, i)
					  : NULL);
		else
			json_value(out, value);
	}
	strbuf_addch(out, ']');
}

static void json_contour(const struct answer *answer,
			 const struct contour *grid, struct strbuf *out)
{
	strbuf_adds(out, ",\"x\":");
	json_side(answer, answer->a, grid->cols, out);
	strbuf_adds(out, ",\"y\":");
	json_side(answer, answer->b, grid->rows, out);
	strbuf_adds(out, ",\"means\":[");
	for (size_t row = 0; row < grid->rows; row++) {
		strbuf_adds(out, row ? ",\n[" : "\n[");
		for (size_t col = 0; col < grid->cols; col++) {
			double mean = grid->means[row * grid->cols + col];
			struct metric_value value = {!isnan(mean), mean};

			strbuf_adds(out, col ? "," : "");
			json_value(out, value);
		}
		strbuf_addch(out, ']');
	}
	strbuf_adds(out, "],\"counts\":[");
	for (size_t row = 0; row < grid->rows; row++) {
		strbuf_adds(out, row ? ",\n[" : "\n[");
		for (size_t col = 0; col < grid->cols; col++)
			strbuf_addf(
				out, "%s%u", col ? "," : "",
				(unsigned)grid->counts[row * grid->cols + col]);
		strbuf_addch(out, ']');
	}
	strbuf_addch(out, ']');
}

/* ---- the command
 * -------------------------------------------------------------
 */

static void tell(const struct answer *answer)
{
	const struct observations *all = answer->insight.findings->all;
	bool is_pair = answer->b < all->space->count;
	struct strbuf out = STRBUF_INIT;
	struct contour grid;
	struct slice slice;

	if (is_pair)
		contour_compute(all, answer->a, answer->b, answer->bins,
				answer->bins,
				answer->is_drawn ? contour_reach(answer->bins,
								 answer->bins,
								 all->usable)
						 : REACH,
				&grid);
	else
		slice_compute(all, answer->a, answer->bins, &slice);
	if (answer->is_drawn && !answer->cli->is_json && !answer->cli->is_csv) {
		contour_print(&answer->insight, answer->a, answer->b, &grid,
			      answer->cli->is_ascii);
		print_note(answer);
	} else if (!answer->cli->is_json && is_pair) {
		print_contour(answer, &grid);
	} else if (!answer->cli->is_json) {
		print_slice(answer, &slice);
	} else {
		strbuf_addch(&out, '{');
		insight_json(&answer->insight, &out);
		strbuf_adds(&out, ",\"parameters\":[");
		json_text(&out, parameter_at(answer, answer->a)->path);
		if (is_pair) {
			strbuf_addch(&out, ',');
			json_text(&out, parameter_at(answer, answer->b)->path);
		}
		strbuf_addch(&out, ']');
		if (is_pair)
			json_contour(answer, &grid, &out);
		else
			json_slice(answer, &slice, &out);
		strbuf_adds(&out, "}\n");
		output_flush(&out);
	}
	strbuf_release(&out);
	if (is_pair)
		contour_release(&grid);
	else
		slice_release(&slice);
}

static int look(struct cli *cli, bool is_drawn, long bins_usual)
{
	struct answer answer = {.cli = cli, .is_drawn = is_drawn};
	struct error err = {0};
	long bins;
	bool ok;

	if (!cli_option_number(cli, "bins", 2, BINS_MAX, bins_usual, &bins,
			       &err) ||
	    !insight_open(cli, &answer.insight, &err))
		return cli_fail(&err);
	answer.bins = (size_t)bins;
	answer.b = answer.insight.findings->space->count;
	ok = insight_parameter(&answer.insight, cli, 1, &answer.a, &err) &&
	     (!cli_argument(cli, 2) ||
	      insight_parameter(&answer.insight, cli, 2, &answer.b, &err));
	if (ok && answer.a == answer.b)
		ok = error_set(
			&err, ERROR_INVALID,
			"two parameters are needed: \"%.100s\" was named "
			"twice",
			cli_argument(cli, 1));
	if (ok)
		tell(&answer);
	insight_close(&answer.insight);
	return ok ? CLI_DONE : cli_fail(&err);
}

int command_slice(struct cli *cli)
{
	return look(cli, false, BINS);
}

int command_contour(struct cli *cli)
{
	return look(cli, true, CONTOUR_BINS);
}
