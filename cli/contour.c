/* SPDX-License-Identifier: MIT */
/* Shades, and what stands beside them. */
#include "cli/contour.h"

#include "base/strbuf.h"
#include "base/utf8.h"
#include "tui/format.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LABEL_COLS 10
#define CELL_COLS 3 /* about square on most terminals */
#define SHADES 5

struct drawing {
	const struct insight *insight;
	size_t a, b;
	const struct contour *grid;
	bool is_ascii;
	double *ranks;
	size_t best; /* cell of the best trial; the count of cells: none */
};

static const char *const blocks[SHADES] = {"░", "▒", "▓", "█", "█"};
static const char *const letters[SHADES] = {".", ":", "+", "#", "#"};

/* What stands at this row or column. */
static void add_place(const struct drawing *drawing, size_t parameter,
		      size_t at, size_t side, struct strbuf *out)
{
	const struct observations *all = drawing->insight->findings->all;
	const struct axis *axis = &all->axes[parameter];
	const struct parameter *p = &all->space->parameters[parameter];
	struct strbuf safe = STRBUF_INIT;
	double place = axis->cells == side && side > 1
			       ? (double)at / (double)(side - 1)
			       : ((double)at + 0.5) / (double)side;

	if (!axis->is_categorical) {
		format_number(out, axis_number(axis, place), 8);
		return;
	}
	utf8_sanitize(&safe, at < p->option_count ? p->options[at].name : "...",
		      at < p->option_count ? strlen(p->options[at].name) : 3,
		      drawing->is_ascii);
	format_cut(out, safe.data, LABEL_COLS - 1, drawing->is_ascii);
	strbuf_release(&safe);
}

static void find_best(struct drawing *drawing)
{
	const struct observations *all = drawing->insight->findings->all;
	bool is_minimized = drawing->insight->mode == OBJECTIVE_MINIMIZE;
	size_t none = drawing->grid->cols * drawing->grid->rows;
	double best = NAN;

	drawing->best = none;
	for (size_t row = 0; row < all->count; row++) {
		size_t cell = contour_cell(drawing->grid, all, row, drawing->a,
					   drawing->b);
		double value = all->values[row];

		if (cell == none ||
		    (!isnan(best) &&
		     !(is_minimized ? value < best : value > best)))
			continue;
		best = value;
		drawing->best = cell;
	}
}

static void add_cell(const struct drawing *drawing, size_t cell,
		     struct strbuf *out)
{
	double rank = drawing->ranks[cell];
	int step = (int)(rank * SHADES);
	const char *shade = " ";

	if (!isnan(rank))
		shade = (drawing->is_ascii
				 ? letters
				 : blocks)[step < 0	   ? 0
					   : step < SHADES ? step
							   : SHADES - 1];
	for (int i = 0; i < CELL_COLS; i++)
		strbuf_adds(out, cell == drawing->best && i == CELL_COLS / 2
					 ? "@"
					 : shade);
}

static void add_rows(const struct drawing *drawing, struct strbuf *out)
{
	const struct contour *grid = drawing->grid;

	for (size_t row = grid->rows; row-- > 0;) {
		struct strbuf label = STRBUF_INIT;
		int wide;

		add_place(drawing, drawing->b, row, grid->rows, &label);
		wide = utf8_width(label.data, label.len);
		strbuf_addf(out, "%*s%s %s",
			    wide < LABEL_COLS ? LABEL_COLS - wide : 0, "",
			    label.data, drawing->is_ascii ? "|" : "│");
		for (size_t col = 0; col < grid->cols; col++)
			add_cell(drawing, row * grid->cols + col, out);
		strbuf_addch(out, '\n');
		strbuf_release(&label);
	}
}

/* Places below the columns, as many as there is room for. */
static void add_foot(const struct drawing *drawing, struct strbuf *out)
{
	const struct contour *grid = drawing->grid;
	int at = 0;

	strbuf_addf(out, "%*s %s", LABEL_COLS, "",
		    drawing->is_ascii ? "+" : "└");
	for (size_t i = 0; i < grid->cols * CELL_COLS; i++)
		strbuf_adds(out, drawing->is_ascii ? "-" : "─");
	strbuf_addf(out, "\n%*s", LABEL_COLS + 2, "");
	for (size_t col = 0; col < grid->cols; col++) {
		int wanted = (int)col * CELL_COLS;
		struct strbuf label = STRBUF_INIT;

		if (col && wanted < at + 2)
			continue;
		add_place(drawing, drawing->a, col, grid->cols, &label);
		strbuf_addf(out, "%*s%s", wanted - at, "", label.data);
		at = wanted + utf8_width(label.data, label.len);
		strbuf_release(&label);
	}
	strbuf_addch(out, '\n');
}

void contour_print(const struct insight *insight, size_t a, size_t b,
		   const struct contour *grid, bool is_ascii)
{
	const struct parameter *parameters =
		insight->findings->space->parameters;
	struct drawing drawing = {
		.insight = insight,
		.a = a,
		.b = b,
		.grid = grid,
		.is_ascii = is_ascii,
		.ranks = contour_ranks(grid,
				       insight->mode == OBJECTIVE_MINIMIZE)};
	struct strbuf out = STRBUF_INIT, names = STRBUF_INIT;
	struct strbuf low = STRBUF_INIT, high = STRBUF_INIT;

	find_best(&drawing);
	strbuf_addf(&names, "%s upwards, %s to the right; %s of %zu trials",
		    parameters[b].path, parameters[a].path, insight->metric,
		    grid->usable);
	utf8_sanitize(&out, names.data, names.len, is_ascii);
	strbuf_addch(&out, '\n');
	add_rows(&drawing, &out);
	add_foot(&drawing, &out);
	if (grid->usable) {
		format_number(&low, grid->low, 8);
		format_number(&high, grid->high, 8);
		strbuf_addf(&out,
			    "local averages from %s to %s, darker is better; "
			    "@ the best trial; empty: nothing was tried\n",
			    low.data, high.data);
	}
	fputs(out.data, stdout);
	strbuf_release(&out);
	strbuf_release(&names);
	strbuf_release(&low);
	strbuf_release(&high);
	free(drawing.ranks);
}
