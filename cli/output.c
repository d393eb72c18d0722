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

void sheet_init(struct sheet *sheet, const struct sheet_column *columns,
		size_t column_count)
{
	memset(sheet, 0, sizeof(*sheet));
	sheet->columns = columns;
	sheet->column_count = column_count;
}

void sheet_release(struct sheet *sheet)
{
	for (size_t i = 0; i < sheet->cell_count; i++)
		free(sheet->cells[i]);
	free(sheet->cells);
	memset(sheet, 0, sizeof(*sheet));
}

void sheet_take(struct sheet *sheet, char *text)
{
	ARRAY_RESERVE(sheet->cells, sheet->cell_count, sheet->capacity);
	sheet->cells[sheet->cell_count++] = text;
}

void sheet_add(struct sheet *sheet, const char *text)
{
	sheet_take(sheet, xstrdup_or_null(text));
}

void sheet_addf(struct sheet *sheet, const char *format, ...)
{
	struct strbuf buf = STRBUF_INIT;
	char text[256];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	strbuf_adds(&buf, text);
	sheet_take(sheet, strbuf_detach(&buf));
}

/* Safe text of one cell. */
static const char *safe(const char *text, struct strbuf *buf)
{
	strbuf_clear(buf);
	if (text)
		utf8_sanitize(buf, text, strlen(text), false);
	return buf->data;
}

static void measure(const struct sheet *sheet, int *widths)
{
	struct strbuf buf = STRBUF_INIT;

	for (size_t i = 0; i < sheet->column_count; i++)
		widths[i] = (int)strlen(sheet->columns[i].title);
	for (size_t i = 0; i < sheet->cell_count; i++) {
		const char *text = safe(sheet->cells[i], &buf);
		int width = utf8_width(text, strlen(text));

		if (width > widths[i % sheet->column_count])
			widths[i % sheet->column_count] = width;
	}
	strbuf_release(&buf);
}

static void squeeze(const struct sheet *sheet, int *widths, int limit)
{
	int total = -GAP_COLS;

	for (size_t i = 0; i < sheet->column_count; i++)
		total += widths[i] + GAP_COLS;
	while (total > limit) {
		size_t widest = sheet->column_count;

		for (size_t i = 0; i < sheet->column_count; i++)
			if (sheet->columns[i].is_elastic &&
			    widths[i] > ELASTIC_MIN &&
			    (widest == sheet->column_count ||
			     widths[i] > widths[widest]))
				widest = i;
		if (widest == sheet->column_count)
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

static void add_cell(const struct sheet *sheet, size_t column, const char *text,
		     int width, struct strbuf *out)
{
	bool is_last = column + 1 == sheet->column_count;
	size_t len = strlen(text);
	int cols = utf8_width(text, len);

	if (cols > width) {
		size_t kept = utf8_prefix(text, len, width - 1, &cols);

		strbuf_add(out, text, kept);
		strbuf_adds(out, "~");
		cols++;
	} else if (sheet->columns[column].is_right) {
		add_spaces(out, width - cols);
		strbuf_add(out, text, len);
		cols = width;
	} else {
		strbuf_add(out, text, len);
	}
	if (!is_last)
		add_spaces(out, width - cols + GAP_COLS);
}

/* Without the blanks that empty last cells leave. */
static void end_line(struct strbuf *out)
{
	size_t len = out->len;

	while (len && out->data[len - 1] == ' ')
		len--;
	strbuf_truncate(out, len);
	strbuf_addch(out, '\n');
}

void sheet_format_text(const struct sheet *sheet, int width_cols,
		       struct strbuf *out)
{
	int *widths = xcalloc(sheet->column_count, sizeof(*widths));
	struct strbuf buf = STRBUF_INIT;

	measure(sheet, widths);
	if (width_cols > 0)
		squeeze(sheet, widths, width_cols);
	for (size_t i = 0; i < sheet->column_count; i++) {
		strbuf_clear(&buf);
		for (const char *c = sheet->columns[i].title; *c; c++)
			strbuf_addch(&buf, sheet->has_names
						   ? *c
						   : (char)toupper((
							     unsigned char)*c));
		add_cell(sheet, i, buf.data, widths[i], out);
	}
	end_line(out);
	for (size_t i = 0; i < sheet->cell_count; i++) {
		size_t column = i % sheet->column_count;

		add_cell(sheet, column, safe(sheet->cells[i], &buf),
			 widths[column], out);
		if (column + 1 == sheet->column_count)
			end_line(out);
	}
	strbuf_release(&buf);
	free(widths);
}

void sheet_format_csv(const struct sheet *sheet, struct strbuf *out)
{
	for (size_t i = 0; i < sheet->column_count; i++) {
		if (i)
			strbuf_addch(out, ',');
		strbuf_add_csv(out, sheet->columns[i].title);
	}
	strbuf_addch(out, '\n');
	for (size_t i = 0; i < sheet->cell_count; i++) {
		size_t column = i % sheet->column_count;

		if (column)
			strbuf_addch(out, ',');
		if (sheet->cells[i])
			strbuf_add_csv(out, sheet->cells[i]);
		if (column + 1 == sheet->column_count)
			strbuf_addch(out, '\n');
	}
}

/* CSV for programs carries text as it is; a terminal must not see that. */
static void make_safe(struct strbuf *text)
{
	struct strbuf safe = STRBUF_INIT;
	const char *line = text->data;

	while (*line) {
		size_t len = strcspn(line, "\n");

		utf8_sanitize(&safe, line, len, false);
		line += len;
		if (*line) {
			strbuf_addch(&safe, '\n');
			line++;
		}
	}
	strbuf_release(text);
	*text = safe;
}

void sheet_print(const struct sheet *sheet, bool is_csv)
{
	struct strbuf out = STRBUF_INIT;

	if (is_csv)
		sheet_format_csv(sheet, &out);
	else
		sheet_format_text(sheet, output_width(), &out);
	if (is_csv && isatty(STDOUT_FILENO))
		make_safe(&out);
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
