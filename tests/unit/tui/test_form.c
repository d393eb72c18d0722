/* SPDX-License-Identifier: MIT */
/* Forms by key: fields, choices, what is wrong, and when it is OK. */
#include "tui/form.h"

#include "tui/keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char *const choices[] = {"no", "yes", NULL};

/* Field 0 wants a digit, field 1 applies when field 2 says yes. */
static void check(struct form *form, size_t i, void *arg)
{
	++*(int *)arg;
	if (i == 0 && !strchr("0123456789", form_text(form, 0)[0]))
		form_problem(form, 0, false, "no digit");
	if (i == 0 && form_text(form, 0)[0] == '9')
		form_problem(form, 0, true, "is much");
	if (i == 2)
		form_field(form, 1)->is_left_out =
			strcmp(form_text(form, 2), "yes") != 0;
}

static struct form *make(int *calls)
{
	struct form *form = form_new("test", check, calls);

	form_add(form, "number", "1", "1", NULL);
	form_add(form, "more", NULL, "", "a hint");
	form_field(form, form_add(form, "really", "no", "no", NULL))->choices =
		choices;
	form_check_all(form);
	form_check_all(form);
	return form;
}

static void type(struct form *form, const char *text)
{
	for (; *text; text++)
		assert_int_equal(form_on_key(form, *text), FORM_OPEN);
}

static void fields_are_filled_in(void **state)
{
	int calls = 0;
	struct form *form = make(&calls);

	(void)state;
	assert_false(form_is_changed(form, 0));
	assert_int_equal(form_on_key(form, TK_BACKSPACE), FORM_OPEN);
	type(form, "x");
	assert_string_equal(form_text(form, 0), "x");
	assert_true(form_is_changed(form, 0));
	/* not while a field is wrong; the cursor goes there */
	form_on_key(form, TK_TAB);
	assert_int_equal(form->cursor, 2); /* 1 does not apply */
	assert_int_equal(form_on_key(form, TK_ENTER), FORM_OPEN);
	assert_int_equal(form->cursor, 0);
	form_on_key(form, TK_CTRL('u'));
	type(form, "9");
	/* a warning is not in the way */
	assert_int_equal(form_first_problem(form, true), 0);
	assert_int_equal(form_on_key(form, TK_ENTER), FORM_DONE);
	form_free(form);
}

static void choices_go_round(void **state)
{
	int calls = 0;
	struct form *form = make(&calls);

	(void)state;
	form_on_key(form, TK_DOWN);
	form_on_key(form, TK_SPACE);
	assert_string_equal(form_text(form, 2), "yes");
	assert_false(form_field(form, 1)->is_left_out);
	form_on_key(form, TK_UP);
	assert_int_equal(form->cursor, 1);
	type(form, "a\xC3"); /* not a whole character: no key is one */
	form_on_key(form, 0xE9);
	form_on_key(form, TK_LEFT);
	form_on_key(form, TK_DELETE);
	assert_string_equal(form_text(form, 1), "a");
	form_on_key(form, TK_DOWN);
	form_on_key(form, TK_RIGHT);
	assert_string_equal(form_text(form, 2), "no");
	form_on_key(form, 'z');
	assert_string_equal(form_text(form, 2), "no");
	form_free(form);
}

static void buttons(void **state)
{
	int calls = 0;
	struct form *form = make(&calls);

	(void)state;
	form_on_key(form, TK_BACK_TAB);
	assert_int_equal(form->cursor, 4);
	assert_int_equal(form_on_key(form, TK_ENTER), FORM_CANCELED);
	form_on_key(form, TK_LEFT);
	assert_int_equal(form->cursor, 3);
	assert_int_equal(form_on_key(form, TK_ENTER), FORM_DONE);
	assert_int_equal(form_on_key(form, TK_ESC), FORM_CANCELED);
	assert_int_equal(form_on_key(form, TK_CTRL('e')), FORM_EDITOR);
	form_on_key(form, TK_TAB);
	form_on_key(form, TK_TAB);
	form_field(form, 0)->is_in_editor = true;
	assert_int_equal(form->cursor, 0);
	assert_int_equal(form_on_key(form, TK_ENTER), FORM_EDITOR);
	form_free(form);
}

static void text_is_bounded(void **state)
{
	int calls = 0;
	struct form *form = make(&calls);

	(void)state;
	form_field(form, 2)->choices = NULL;
	form->cursor = 2;
	form->check = NULL;
	for (int i = 0; i < FORM_TEXT_MAX + 10; i++)
		form_paste(form, 'x');
	assert_int_equal(strlen(form_text(form, 2)), FORM_TEXT_MAX);
	form_paste(form, '\r');
	form_paste(form, 0x202E);
	form_free(form);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_filled_in),
		cmocka_unit_test(choices_go_round),
		cmocka_unit_test(buttons),
		cmocka_unit_test(text_is_bounded),
	};

	return cmocka_run_group_tests_name("form", tests, NULL, NULL);
}
