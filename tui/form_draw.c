/* SPDX-License-Identifier: MIT */
/*
 * Painting a form: as large as it must be, never larger than its rectangle.
 *
 *      Change digits                                      2/8
 *                       now          then
 *      concurrency      4            8
 *    ! max trials       100          x
 *      "x" is no number
 *      [ OK ]  [ Cancel ]
 */
#include "tui/form.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

#define COLS_MOST 100
#define LABEL_MOST 32
#define OLD_LEAST 8
#define OLD_MOST 28

struct shape {
	struct rect rect;
	int label_cols, old_cols, new_x, new_cols;
	int header_rows, hint_rows, field_rows;
	bool has_old;
};

static int cols_of(const char *text)
{
	return utf8_width(text, strlen(text));
}

static int within(int value, int least, int most)
{
	return value < least ? least : value > most ? most : value;
}

static void measure(const struct form *form, struct rect rect,
		    struct shape *ret)
{
	int label = 4, old = 0, wanted;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < form->count; i++) {
		const struct form_field *field = &form->fields[i];

		if (cols_of(field->label) > label)
			label = cols_of(field->label);
		if (field->old) {
			ret->has_old = true;
			if (cols_of(field->old) > old)
				old = cols_of(field->old);
		}
	}
	ret->rect = rect;
	if (rect.cols > COLS_MOST) {
		ret->rect.cols = COLS_MOST;
		ret->rect.x += (rect.cols - COLS_MOST) / 2;
	}
	ret->header_rows = ret->has_old;
	ret->hint_rows = rect.rows >= 12 ? 2 : 1;
	wanted = 1 + ret->header_rows + (int)form->count + ret->hint_rows + 1;
	if (wanted < rect.rows) {
		ret->rect.rows = wanted;
		ret->rect.y += (rect.rows - wanted) / 3;
	}
	ret->field_rows =
		ret->rect.rows - 2 - ret->header_rows - ret->hint_rows;
	ret->label_cols =
		within(label, 4, within(ret->rect.cols / 3, 4, LABEL_MOST));
	if (ret->has_old)
		ret->old_cols =
			within(old, OLD_LEAST,
			       within(ret->rect.cols / 4, OLD_LEAST, OLD_MOST));
	ret->new_x = 2 + ret->label_cols + 1 +
		     (ret->has_old ? ret->old_cols + 1 : 0);
	ret->new_cols = ret->rect.cols - ret->new_x - 1;
	if (ret->new_cols < 1)
		ret->new_cols = 1;
}

static void scroll(struct form *form, const struct shape *shape)
{
	size_t rows = shape->field_rows > 0 ? (size_t)shape->field_rows : 1;
	size_t at = form->cursor < form->count ? form->cursor
		    : form->count	       ? form->count - 1
					       : 0;

	form->rows = (int)rows;
	if (at < form->top)
		form->top = at;
	if (at >= form->top + rows)
		form->top = at - rows + 1;
	if (form->top + rows > form->count)
		form->top = form->count > rows ? form->count - rows : 0;
}

/* The text with the cursor in view. */
static void draw_line(const struct form_field *field, int y, int x, int cols,
		      bool is_here)
{
	const char *text = field->line.text.data;
	int before = utf8_width(text, field->line.at), skip = 0;
	enum role role = field->is_left_out	     ? ROLE_DIM
			 : is_here && field->choices ? ROLE_SELECTED
			 : field->problem[0] && field->is_warning ? ROLE_WARNING
			 : field->problem[0]			  ? ROLE_ERROR
			 : field->old && strcmp(field->old, text) ? ROLE_STRONG
								  : ROLE_NORMAL;

	if (is_here && before > cols - 1)
		skip = before - (cols - 1);
	if (is_here && !field->choices) {
		draw_slice(y, x, cols, role, text, field->line.text.len, skip);
		draw_cursor(y, x + before - skip);
	} else {
		draw_text(y, x, cols, role, text);
	}
}

static void draw_field(const struct form *form, size_t i,
		       const struct shape *shape, int y)
{
	const struct form_field *field = &form->fields[i];
	int x = shape->rect.x;
	bool is_here = i == form->cursor;
	enum role role = field->is_left_out ? ROLE_DIM : ROLE_LABEL;

	draw_fill(y, x, shape->rect.cols, ROLE_NORMAL, ' ');
	if (field->problem[0] && !field->is_left_out)
		draw_point(y, x, field->is_warning ? ROLE_WARNING : ROLE_ERROR,
			   field->is_warning ? '?' : '!');
	else if (is_here)
		draw_point(y, x, ROLE_STRONG, '>');
	draw_text(y, x + 2, shape->label_cols, role, field->label);
	if (shape->has_old && field->old)
		draw_text(y, x + 2 + shape->label_cols + 1, shape->old_cols,
			  ROLE_DIM, field->old);
	draw_line(field, y, x + shape->new_x, shape->new_cols, is_here);
}

/* What there is to say of the field under the cursor. */
static void draw_hint(const struct form *form, const struct shape *shape, int y)
{
	struct rect rect = {.y = y,
			    .x = shape->rect.x + 2,
			    .rows = shape->hint_rows,
			    .cols = shape->rect.cols - 3};
	const struct form_field *field;

	for (int i = 0; i < shape->hint_rows; i++)
		draw_fill(y + i, shape->rect.x, shape->rect.cols, ROLE_NORMAL,
			  ' ');
	if (form->cursor >= form->count)
		return;
	field = &form->fields[form->cursor];
	if (field->problem[0])
		draw_wrapped(rect,
			     field->is_warning ? ROLE_WARNING : ROLE_ERROR,
			     field->problem);
	else if (field->effect[0])
		draw_wrapped(rect, ROLE_MESSAGE, field->effect);
	else if (field->hint)
		draw_wrapped(rect, ROLE_DIM, field->hint);
}

static void draw_buttons(const struct form *form, const struct shape *shape,
			 int y)
{
	int x = shape->rect.x + 2, left = shape->rect.cols - 2;
	char text[64];
	int used;

	draw_fill(y, shape->rect.x, shape->rect.cols, ROLE_NORMAL, ' ');
	snprintf(text, sizeof(text), "[ %s ]", form->accept);
	used = draw_part(y, x, left,
			 form->cursor == form->count ? ROLE_SELECTED
						     : ROLE_STRONG,
			 text) +
	       2;
	draw_part(y, x + used, left - used,
		  form->cursor == form->count + 1 ? ROLE_SELECTED : ROLE_NORMAL,
		  "[ Cancel ]");
}

void form_draw(struct form *form, struct rect rect)
{
	char right[48] = "";
	struct shape shape;
	int y, x, i;

	measure(form, rect, &shape);
	scroll(form, &shape);
	for (i = 0; i < rect.rows; i++)
		draw_fill(rect.y + i, rect.x, rect.cols, ROLE_NORMAL, ' ');
	draw_cursor(-1, 0);
	y = shape.rect.y;
	x = shape.rect.x;
	if (form->count > (size_t)shape.field_rows)
		snprintf(right, sizeof(right), "%zu/%zu ",
			 form->cursor < form->count ? form->cursor + 1
						    : form->count,
			 form->count);
	draw_fill(y, x, shape.rect.cols, ROLE_TITLE_FOCUSED, ' ');
	draw_text(y, x + 2, shape.rect.cols - 2 - (int)strlen(right),
		  ROLE_TITLE_FOCUSED, form->title);
	draw_right(y, x + shape.rect.cols - (int)strlen(right),
		   (int)strlen(right), ROLE_TITLE_FOCUSED, right);
	y++;
	if (shape.header_rows) {
		draw_fill(y, x, shape.rect.cols, ROLE_HEADER, ' ');
		draw_text(y, x + 2 + shape.label_cols + 1, shape.old_cols,
			  ROLE_HEADER, "now");
		draw_text(y, x + shape.new_x, shape.new_cols, ROLE_HEADER,
			  "then");
		y++;
	}
	for (i = 0; i < shape.field_rows; i++)
		if (form->top + (size_t)i < form->count)
			draw_field(form, form->top + (size_t)i, &shape, y + i);
	y += shape.field_rows;
	draw_hint(form, &shape, y);
	draw_buttons(form, &shape, y + shape.hint_rows);
}
