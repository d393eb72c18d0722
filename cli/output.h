/* SPDX-License-Identifier: MIT */
/*
 * What commands print: aligned tables, CSV, wrapped text.  Cells hold raw
 * text; it is made safe on the way to a terminal or a pipe, and left as it is
 * in CSV, where programs read it.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include "base/strbuf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct sheet_column {
	const char *title; /* CSV header as it is; upper case in text */
	bool is_right;
	bool is_elastic; /* cut when the terminal is too narrow */
};

struct sheet {
	const struct sheet_column *columns;
	size_t column_count;
	char **cells; /* owned, row by row; NULL is an empty cell */
	size_t cell_count, capacity;
	/* titles are as they are in text, too; they must be safe */
	bool has_names;
};

void sheet_init(struct sheet *sheet, const struct sheet_column *columns,
		size_t column_count);
void sheet_release(struct sheet *sheet);
/* Add the next cell, left to right, row by row; takes text (or NULL). */
void sheet_take(struct sheet *sheet, char *text);
/* The same with a copy. */
void sheet_add(struct sheet *sheet, const char *text);
void sheet_addf(struct sheet *sheet, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Append as text, at most width_cols wide (0: as wide as it is). */
void sheet_format_text(const struct sheet *sheet, int width_cols,
		       struct strbuf *out);
void sheet_format_csv(const struct sheet *sheet, struct strbuf *out);
/* Print on standard output: CSV, or text as wide as the terminal. */
void sheet_print(const struct sheet *sheet, bool is_csv);

/* Columns of the terminal on standard output; 0 when it is none. */
int output_width(void);
/* Print words wrapped at width columns, indented. */
void output_paragraph(FILE *file, const char *text, int indent, int width);
/* Print a whole buffer and empty it. */
void output_flush(struct strbuf *buf);

#endif
