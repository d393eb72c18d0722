/* SPDX-License-Identifier: MIT */
/*
 * Tables in text and CSV.  In text every column is as wide as its widest cell;
 * when that exceeds the terminal, elastic columns give way, the widest first,
 * down to ELASTIC_MIN.
 */
#include "cli/output.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define GAP_COLS 2
#define ELASTIC_MIN 8

void table_init(struct table *table, const struct table_column *columns,
		size_t column_count)
{
	memset(table, 0, sizeof(*table));
	table->columns = columns;
	table->column_count = column_count;
}

void table_release(struct table *table)
{
	for (size_t i = 0; i < table->cell_count; i++)
		free(table->cells[i]);
	free(table->cells);
	memset(table, 0, sizeof(*table));
}

void table_take(struct table *table, char *text)
{
	ARRAY_RESERVE(table->cells, table->cell_count, table->capacity);
	table->cells[table->cell_count++] = text;
}

void table_add(struct table *table, const char *text)
{
	table_take(table, xstrdup_or_null(text));
}

void table_addf(struct table *table, const char *format, ...)
{
	struct strbuf buf = STRBUF_INIT;
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	strbuf_adds(&buf, text);
	table_take(table, strbuf_detach(&buf));
}

/* Safe text of one cell. */
static const char *safe(const char *text, struct strbuf *buf)
{
	strbuf_clear(buf);
	if (text)
		utf8_sanitize(buf, text, strlen(text), false);
	return buf->data;
}

static void measure(const struct table *table, int *widths)
{
	struct strbuf buf = STRBUF_INIT;

	for (size_t i = 0; i < table->column_count; i++)
		widths[i] = (int)strlen(table->columns[i].title);
	for (size_t i = 0; i < table->cell_count; i++) {
		const char *text = safe(table->cells[i], &buf);
		int width = utf8_width(text, strlen(text));

		if (width > widths[i % table->column_count])
			widths[i % table->column_count] = width;
	}
	strbuf_release(&buf);
}

static void squeeze(const struct table *table, int *widths, int limit)
{
	int total = -GAP_COLS;

	for (size_t i = 0; i < table->column_count; i++)
		total += widths[i] + GAP_COLS;
	while (total > limit) {
		size_t widest = table->column_count;

		for (size_t i = 0; i < table->column_count; i++)
			if (table->columns[i].is_elastic &&
			    widths[i] > ELASTIC_MIN &&
			    (widest == table->column_count ||
			     widths[i] > widths[widest]))
				widest = i;
		if (widest == table->column_count)
			return;
		widths[widest]--;
		total--;
	}
}

static void add_spaces(struct strbuf *out, int count)
{
	while (count-- > 0)
		strbuf_addch(out, ' ');
}

static void add_cell(const struct table *table, size_t column, const char *text,
		     int width, struct strbuf *out)
{
	bool is_last = column + 1 == table->column_count;
	size_t len = strlen(text);
	int cols = utf8_width(text, len);

	if (cols > width) {
		size_t kept = utf8_prefix(text, len, width - 1, &cols);

		strbuf_add(out, text, kept);
		strbuf_adds(out, "~");
		cols++;
	} else if (table->columns[column].is_right) {
		add_spaces(out, width - cols);
		strbuf_add(out, text, len);
		cols = width;
	} else {
		strbuf_add(out, text, len);
	}
	if (!is_last)
		add_spaces(out, width - cols + GAP_COLS);
}

void table_format_text(const struct table *table, int width_cols,
		       struct strbuf *out)
{
	int *widths = xcalloc(table->column_count, sizeof(*widths));
	struct strbuf buf = STRBUF_INIT;

	measure(table, widths);
	if (width_cols > 0)
		squeeze(table, widths, width_cols);
	for (size_t i = 0; i < table->column_count; i++) {
		strbuf_clear(&buf);
		for (const char *c = table->columns[i].title; *c; c++)
			strbuf_addch(&buf, (char)toupper((unsigned char)*c));
		add_cell(table, i, buf.data, widths[i], out);
	}
	strbuf_addch(out, '\n');
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t column = i % table->column_count;

		add_cell(table, column, safe(table->cells[i], &buf),
			 widths[column], out);
		if (column + 1 == table->column_count)
			strbuf_addch(out, '\n');
	}
	strbuf_release(&buf);
	free(widths);
}

void table_format_csv(const struct table *table, struct strbuf *out)
{
	for (size_t i = 0; i < table->column_count; i++) {
		if (i)
			strbuf_addch(out, ',');
		strbuf_add_csv(out, table->columns[i].title);
	}
	strbuf_addch(out, '\n');
	for (size_t i = 0; i < table->cell_count; i++) {
		size_t column = i % table->column_count;

		if (column)
			strbuf_addch(out, ',');
		if (table->cells[i])
			strbuf_add_csv(out, table->cells[i]);
		if (column + 1 == table->column_count)
			strbuf_addch(out, '\n');
	}
}

void table_print(const struct table *table, bool is_csv)
{
	struct strbuf out = STRBUF_INIT;

	if (is_csv)
		table_format_csv(table, &out);
	else
		table_format_text(table, output_width(), &out);
	output_flush(&out);
	strbuf_release(&out);
}

int output_width(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col;
}

void output_paragraph(FILE *file, const char *text, int indent, int width)
{
	int at = 0;

	while (*text) {
		size_t len = strcspn(text, " ");

		if (at && at + 1 + (int)len > width) {
			fputc('\n', file);
			at = 0;
		}
		if (at)
			fputc(' ', file);
		else
			fprintf(file, "%*s", indent, "");
		at += (at ? 1 : indent) + (int)len;
		fwrite(text, 1, len, file);
		text += len;
		text += strspn(text, " ");
	}
	fputc('\n', file);
}

void output_flush(struct strbuf *buf)
{
	fwrite(buf->data, 1, buf->len, stdout);
	strbuf_clear(buf);
}
