/* SPDX-License-Identifier: MIT */
/*
 * What the tuner says of itself: rungs, brackets, a population.
 *
 * Its state is a JSON object of its own making (tuner.h), so it is shown by its
 * form: single values as "name  value", a list of objects as a table.
 */
#include "base/utf8.h"
#include "model/json_text.h"
#include "tui/console.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MAX 16
#define ROWS_MAX 2000
#define CELL_MAX 40 /* bytes */

static void format_value(const cJSON *item, bool is_ascii, struct strbuf *out)
{
	char *text = NULL;
	const char *value = cJSON_IsString(item) ? item->valuestring : NULL;

	if (!value && item)
		value = text = cJSON_PrintUnformatted(item);
	if (value)
		utf8_sanitize(out, value, strlen(value), is_ascii);
	cJSON_free(text);
}

static bool is_table(const cJSON *item)
{
	const cJSON *row;

	if (!cJSON_IsArray(item) || !item->child)
		return false;
	cJSON_ArrayForEach (row, item)
		if (!cJSON_IsObject(row))
			return false;
	return true;
}

static int cell_cols(const cJSON *value, bool is_ascii)
{
	struct strbuf text = STRBUF_INIT;
	int cols;

	format_value(value, is_ascii, &text);
	cols = (int)(text.len < CELL_MAX ? text.len : CELL_MAX);
	strbuf_release(&text);
	return cols;
}

static void add_cell(struct strbuf *line, const char *text, int cols)
{
	strbuf_addf(line, "  %*.*s", cols, cols, text);
}

/* Columns are the first row's members. */
static void add_table(struct pager *pager, const cJSON *table, bool is_ascii)
{
	const char *names[COLUMNS_MAX];
	int cols[COLUMNS_MAX], count = 0, rows = 0;
	struct strbuf line = STRBUF_INIT, text = STRBUF_INIT;
	const cJSON *row, *item;

	cJSON_ArrayForEach (item, table->child)
		if (count < COLUMNS_MAX) {
			names[count] = item->string;
			cols[count] = (int)strlen(item->string);
			if (cols[count] > CELL_MAX)
				cols[count] = CELL_MAX;
			cJSON_ArrayForEach (row, table) {
				int wide = cell_cols(
					cJSON_GetObjectItemCaseSensitive(
						row, item->string),
					is_ascii);

				if (wide > cols[count])
					cols[count] = wide;
			}
			count++;
		}
	for (int i = 0; i < count; i++) {
		strbuf_clear(&text);
		utf8_sanitize(&text, names[i], strlen(names[i]), is_ascii);
		add_cell(&line, text.data, cols[i]);
	}
	pager_add(pager, ROLE_STRONG, line.data);
	cJSON_ArrayForEach (row, table) {
		if (rows++ == ROWS_MAX)
			break;
		strbuf_clear(&line);
		for (int i = 0; i < count; i++) {
			strbuf_clear(&text);
			format_value(
				cJSON_GetObjectItemCaseSensitive(row, names[i]),
				is_ascii, &text);
			add_cell(&line, text.data, cols[i]);
		}
		pager_add(pager, ROLE_NORMAL, line.data);
	}
	strbuf_release(&line);
	strbuf_release(&text);
}

static void tell(struct pager *pager, const char *json, bool is_ascii)
{
	struct strbuf line = STRBUF_INIT;
	struct error ignored;
	cJSON *state = json_parse(json, strlen(json), &ignored);
	const cJSON *item;

	cJSON_ArrayForEach (item, state) {
		const char *name = item->string ? item->string : "";

		strbuf_clear(&line);
		utf8_sanitize(&line, name, strlen(name), is_ascii);
		if (is_table(item)) {
			if (pager->count)
				pager_add(pager, ROLE_NORMAL, "");
			pager_add(pager, ROLE_HEADER, line.data);
			add_table(pager, item, is_ascii);
			continue;
		}
		strbuf_addch(&line, '\t');
		format_value(item, is_ascii, &line);
		pager_add(pager, ROLE_NORMAL, line.data);
	}
	cJSON_Delete(state);
	strbuf_release(&line);
}

static void recalc(struct console *console, unsigned changes)
{
	struct error ignored;
	char *state = NULL;

	(void)changes;
	if (console_view(console) != &view_tuner)
		return;
	pager_clear(&console->tuner);
	if (console->data.store && console->data.selected &&
	    store_tuner_state_get(console->data.store, console->data.selected,
				  &state, &ignored) &&
	    state)
		tell(&console->tuner, state, console->is_ascii);
	free(state);
}

static void repaint(struct console *console, struct rect rect, bool is_focused)
{
	struct pager *pager = &console->tuner;
	struct rect body = {.y = rect.y + 1,
			    .x = rect.x,
			    .rows = rect.rows - 1,
			    .cols = rect.cols};
	char left[300], right[64];

	snprintf(left, sizeof(left), " Tuner of %s",
		 console_experiment_name(console));
	pager_draw(pager, body);
	pager_format_place(pager, right, sizeof(right));
	if (!pager->count)
		draw_text(body.y, body.x, body.cols, ROLE_DIM,
			  "It has nothing to say of itself.");
	bars_title(rect, is_focused, left, right);
}

static bool on_action(struct console *console, enum action_id action)
{
	return pager_on_action(&console->tuner, action);
}

static bool search(struct console *console, const char *text, bool is_backward)
{
	struct pager *pager = &console->tuner;

	if (!text && !pager->pattern)
		return false;
	return pager_search(pager, text ? text : pager->pattern, is_backward,
			    !text);
}

const struct view_ops view_tuner = {
	.name = "tuner",
	.bit = VIEW_TUNER,
	.recalc = recalc,
	.repaint = repaint,
	.on_action = on_action,
	.search = search,
};
