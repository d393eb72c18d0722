/* SPDX-License-Identifier: MIT */
/*
 * A form: labelled fields to fill in, OK and cancel.
 *
 * A field shows what is (if there is such a thing), what shall be, and what is
 * wrong with it; the line below tells more of the field under the cursor: its
 * problem, else what would come of it, else what it takes.  It scrolls, works
 * at 40x10, and shows text from anywhere safely.  It knows nothing of what it
 * asks for: `check` does.  Thread: ui.
 *
 *     struct form *form = form_new("Add a trial", check, state);
 *     form_add(form, "lr", NULL, "0.1", "0.0001 to 1");
 *     ... form_on_key(form, key) ... form_draw(form, rect, is_ascii) ...
 */
#ifndef TUI_FORM_H
#define TUI_FORM_H

#include "tui/draw.h"
#include "tui/line.h"

#include <stdbool.h>
#include <stddef.h>

#define FORM_TEXT_MAX (64 * 1024) /* of one field */

struct form;

struct form_field {
	char *label; /* owned, as all texts here */
	char *old;   /* what is; NULL: nothing to compare with */
	struct line line;
	char *hint; /* what it takes; or NULL */
	/* Words to choose from, in turn by <Space>, <Left>, <Right>; NULL ends;
	 * borrowed.  NULL: any text. */
	const char *const *choices;
	bool is_fixed;	   /* shown, but not edited */
	bool is_left_out;  /* does not apply now: dim, passed over */
	bool is_in_editor; /* long: opens in $EDITOR with <Enter> or ^E */
	/* set by check */
	char problem[200]; /* empty: it is well */
	bool is_warning;   /* it may be so all the same */
	char effect[200];  /* what will come of it */
};

/* Look at a field (and others it bears on) after its text changed: set
 * problem, effect, is_left_out.  Called for every field at first. */
typedef void form_check_fn(struct form *form, size_t field, void *arg);

struct form {
	char *title;
	struct form_field *fields;
	size_t count, capacity;
	size_t cursor; /* field; count: OK; count + 1: cancel */
	size_t top;
	int rows; /* fields in view, from the last drawing */
	form_check_fn *check;
	void *arg;
	const char *accept; /* the first button: "OK"; borrowed */
};

enum form_result {
	FORM_OPEN,
	FORM_DONE, /* OK, and no field has a problem that is no warning */
	FORM_CANCELED,
	FORM_EDITOR, /* the field under the cursor, or all, in $EDITOR */
};

struct form *form_new(const char *title, form_check_fn *check, void *arg);
void form_free(struct form *form);
/* Returns its number.  old, hint may be NULL. */
size_t form_add(struct form *form, const char *label, const char *old,
		const char *text, const char *hint);
struct form_field *form_field(struct form *form, size_t i);
const char *form_text(const struct form *form, size_t i);
void form_set_text(struct form *form, size_t i, const char *text);
void form_problem(struct form *form, size_t i, bool is_warning,
		  const char *format, ...)
	__attribute__((format(printf, 4, 5)));
void form_effect(struct form *form, size_t i, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/* Check every field; once when all are added, and after form_set_text. */
void form_check_all(struct form *form);
/* Does it differ from what is?  Never when there is no old one. */
bool form_is_changed(const struct form *form, size_t i);
/* The first field with a problem (a warning, if so asked), or count. */
size_t form_first_problem(const struct form *form, bool is_warning);

enum form_result form_on_key(struct form *form, int key);
/* Pasted text into the field. */
void form_paste(struct form *form, int key);
/* Paint it into a rectangle, or in the middle of it when that is larger. */
void form_draw(struct form *form, struct rect rect);

#endif
