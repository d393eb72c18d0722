/* SPDX-License-Identifier: MIT */
/* Forms: fields, their cursor, keys. form_draw.c paints them. */
#include "tui/form.h"

#include "base/mem.h"
#include "tui/keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct form *form_new(const char *title, form_check_fn *check, void *arg)
{
	struct form *form = xcalloc(1, sizeof(*form));

	form->title = xstrdup(title);
	form->check = check;
	form->arg = arg;
	form->accept = "OK";
	return form;
}

void form_free(struct form *form)
{
	if (!form)
		return;
	for (size_t i = 0; i < form->count; i++) {
		struct form_field *field = &form->fields[i];

		free(field->label);
		free(field->old);
		free(field->hint);
		line_release(&field->line);
	}
	free(form->fields);
	free(form->title);
	free(form);
}

size_t form_add(struct form *form, const char *label, const char *old,
		const char *text, const char *hint)
{
	struct form_field *field;

	ARRAY_RESERVE(form->fields, form->count, form->capacity);
	field = &form->fields[form->count];
	memset(field, 0, sizeof(*field));
	field->label = xstrdup(label);
	field->old = xstrdup_or_null(old);
	field->hint = xstrdup_or_null(hint);
	strbuf_init(&field->line.text);
	line_set(&field->line, text ? text : "");
	return form->count++;
}

struct form_field *form_field(struct form *form, size_t i)
{
	return &form->fields[i];
}

const char *form_text(const struct form *form, size_t i)
{
	return form->fields[i].line.text.data;
}

void form_set_text(struct form *form, size_t i, const char *text)
{
	if (strlen(text) <= FORM_TEXT_MAX)
		line_set(&form->fields[i].line, text);
}

void form_problem(struct form *form, size_t i, bool is_warning,
		  const char *format, ...)
{
	struct form_field *field = &form->fields[i];
	va_list args;

	va_start(args, format);
	vsnprintf(field->problem, sizeof(field->problem), format, args);
	va_end(args);
	field->is_warning = is_warning;
}

void form_effect(struct form *form, size_t i, const char *format, ...)
{
	struct form_field *field = &form->fields[i];
	va_list args;

	va_start(args, format);
	vsnprintf(field->effect, sizeof(field->effect), format, args);
	va_end(args);
}

static void check_one(struct form *form, size_t i)
{
	form->fields[i].problem[0] = '\0';
	form->fields[i].effect[0] = '\0';
	if (form->check)
		form->check(form, i, form->arg);
}

void form_check_all(struct form *form)
{
	for (size_t i = 0; i < form->count; i++)
		check_one(form, i);
	while (form->cursor < form->count &&
	       (form->fields[form->cursor].is_left_out ||
		form->fields[form->cursor].is_fixed))
		form->cursor++;
}

bool form_is_changed(const struct form *form, size_t i)
{
	const struct form_field *field = &form->fields[i];

	return field->old && !field->is_left_out &&
	       strcmp(field->old, field->line.text.data) != 0;
}

size_t form_first_problem(const struct form *form, bool is_warning)
{
	size_t i;

	for (i = 0; i < form->count; i++)
		if (form->fields[i].problem[0] &&
		    !form->fields[i].is_left_out &&
		    form->fields[i].is_warning == is_warning)
			break;
	return i;
}

static bool can_stand(const struct form *form, size_t at)
{
	return at >= form->count ||
	       (!form->fields[at].is_left_out && !form->fields[at].is_fixed);
}

static void step(struct form *form, bool is_back)
{
	size_t stops = form->count + 2;

	do
		form->cursor =
			(form->cursor + (is_back ? stops - 1 : 1)) % stops;
	while (!can_stand(form, form->cursor));
}

static void page(struct form *form, bool is_back)
{
	for (int i = 0; i < (form->rows > 1 ? form->rows - 1 : 1); i++) {
		if (is_back ? form->cursor == 0 : form->cursor >= form->count)
			break;
		step(form, is_back);
	}
}

static void next_choice(struct form_field *field, bool is_back)
{
	size_t count = 0, at = 0;

	for (; field->choices[count]; count++)
		if (strcmp(field->choices[count], field->line.text.data) == 0)
			at = count;
	if (count)
		line_set(&field->line,
			 field->choices[(at + (is_back ? count - 1 : 1)) %
					count]);
}

static enum form_result accept(struct form *form)
{
	size_t at;

	form_check_all(form);
	at = form_first_problem(form, false);
	if (at == form->count)
		return FORM_DONE;
	form->cursor = at;
	return FORM_OPEN;
}

static void edit(struct form *form, int key)
{
	struct form_field *field = &form->fields[form->cursor];
	bool is_changed = false;

	if (field->choices) {
		if (key == TK_SPACE || key == TK_RIGHT || key == TK_LEFT) {
			next_choice(field, key == TK_LEFT);
			is_changed = true;
		}
	} else {
		line_on_key(&field->line, key, FORM_TEXT_MAX, &is_changed);
	}
	if (is_changed) /* others may follow from it */
		form_check_all(form);
}

enum form_result form_on_key(struct form *form, int key)
{
	switch (key) {
	case TK_ESC:
	case TK_CTRL('c'):
	case TK_CTRL('g'):
		return FORM_CANCELED;
	case TK_TAB:
	case TK_DOWN:
	case TK_CTRL('n'):
		step(form, false);
		return FORM_OPEN;
	case TK_BACK_TAB:
	case TK_UP:
	case TK_CTRL('p'):
		step(form, true);
		return FORM_OPEN;
	case TK_PAGE_DOWN:
	case TK_PAGE_UP:
		page(form, key == TK_PAGE_UP);
		return FORM_OPEN;
	case TK_CTRL('e'):
		return FORM_EDITOR;
	case TK_ENTER:
		if (form->cursor == form->count + 1)
			return FORM_CANCELED;
		if (form->cursor < form->count &&
		    form->fields[form->cursor].is_in_editor)
			return FORM_EDITOR;
		return accept(form);
	default:
		break;
	}
	if (form->cursor < form->count)
		edit(form, key);
	else if (key == TK_LEFT || key == TK_RIGHT)
		form->cursor = form->count + (form->cursor == form->count);
	return FORM_OPEN;
}

void form_paste(struct form *form, int key)
{
	if (form->cursor < form->count && key >= 32 && key < TK_BASE &&
	    key != TK_BACKSPACE && !form->fields[form->cursor].choices)
		edit(form, key);
}
