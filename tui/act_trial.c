/* SPDX-License-Identifier: MIT */
/*
 * A trial of one's own: another one's parameters, edited, or new ones.
 *
 * A field per parameter of the search space.  What is outside the space may be
 * asked for, after a question; what is no value at all may not.
 */
#include "base/mem.h"
#include "model/space_edit.h"
#include "tui/acts.h"
#include "tui/console.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct own_trial {
	struct space *space; /* its own: the shown one may go away; or NULL */
	char *extra;	     /* JSON object with members beside the space's */
	char *parameters;    /* what would be sent, while it is asked */
	int64_t experiment;
	char what[120];
};

static void release(void *arg)
{
	struct own_trial *own = arg;

	space_free(own->space);
	free(own->extra);
	free(own->parameters);
	free(own);
}

/* ---- checking ------------------------------------------------------------ */

static const char **texts_of(const struct form *form)
{
	const char **texts = xcalloc(form->count + 1, sizeof(*texts));

	for (size_t i = 0; i < form->count; i++)
		texts[i] = form_text(form, i);
	return texts;
}

/* Options of a nested choice decide which of the others apply. */
static void follow_options(struct form *form, const struct space *space)
{
	const char **texts = texts_of(form);
	bool *active = xcalloc(space->count + 1, sizeof(*active));

	space_active_texts(space, texts, active);
	for (size_t i = 0; i < space->count; i++) {
		struct form_field *field = form_field(form, i);
		struct strbuf text = STRBUF_INIT;

		/* it begins to apply: something to start from */
		if (active[i] && field->is_left_out && !*form_text(form, i)) {
			space_default_text(&space->parameters[i], &text);
			form_set_text(form, i, text.data);
		}
		field->is_left_out = !active[i];
		strbuf_release(&text);
	}
	free(active);
	free(texts);
}

static void check_json(struct form *form)
{
	cJSON *tree = cJSON_ParseWithOpts(form_text(form, 0), NULL, true);

	if (!cJSON_IsObject(tree))
		form_problem(form, 0, false, "a JSON object is needed");
	cJSON_Delete(tree);
}

static void check(struct form *form, size_t i, void *arg)
{
	const struct own_trial *own = arg;
	enum space_fit fit;
	char why[160];

	if (!own->space) {
		check_json(form);
		return;
	}
	if (own->space->parameters[i].is_nested)
		follow_options(form, own->space);
	if (form_field(form, i)->is_left_out)
		return;
	fit = space_check_text(own->space, i, form_text(form, i), why,
			       sizeof(why));
	if (fit != SPACE_FITS)
		form_problem(form, i, fit == SPACE_OUTSIDE, "%s", why);
}

/* ---- sending ------------------------------------------------------------- */

static void send_it(struct console *console, const struct own_trial *own)
{
	request_add_to(console, own->experiment, own->parameters, own->what);
}

static void on_outside(struct console *console, int key)
{
	if (!console->dialog.form)
		return;
	if (key != 'y' && key != 'Y') {
		console_say(console, ROLE_NORMAL,
			    "not sent: change it, or Esc");
		return;
	}
	send_it(console, console->dialog.state);
	dialog_close(console);
}

static bool accept(struct console *console, struct form *form, void *arg)
{
	struct own_trial *own = arg;
	const char **texts = texts_of(form);
	struct error err = {0};
	size_t outside;

	free(own->parameters);
	own->parameters =
		own->space ? space_build(own->space, texts, own->extra, &err)
			   : xstrdup(texts[0]);
	free(texts);
	if (!own->parameters) {
		console_say(console, ROLE_ERROR, "%s", err.text);
		return false;
	}
	outside = form_first_problem(form, true);
	if (outside < form->count) {
		console_ask(console, on_outside,
			    "%.60s: %.100s. Run it all the same? [y/N] ",
			    form_field(form, outside)->label,
			    form_field(form, outside)->problem);
		return false;
	}
	send_it(console, own);
	return true;
}

/* ---- the editor -----------------------------------------------------------
 */

static void fill(struct form *form, struct own_trial *own, const char *json)
{
	if (!own->space) {
		form_set_text(form, 0, json);
		return;
	}
	for (size_t i = 0; i < own->space->count; i++) {
		struct strbuf cell = STRBUF_INIT;

		space_format_cell(own->space, json, i, &cell);
		form_set_text(form, i, cell.data);
		strbuf_release(&cell);
	}
	free(own->extra);
	own->extra = xstrdup(json);
}

static char *pretty(struct form *form, const struct own_trial *own)
{
	const char **texts = texts_of(form);
	struct error ignored;
	char *json = own->space ? space_build(own->space, texts, own->extra,
					      &ignored)
				: xstrdup(texts[0]);
	cJSON *tree = json ? cJSON_Parse(json) : NULL;
	char *text = tree ? cJSON_Print(tree) : NULL;
	char *whole = xasprintf("%s\n", text	     ? text
					: own->extra ? own->extra
						     : "{}");

	cJSON_Delete(tree);
	cJSON_free(text);
	free(json);
	free(texts);
	return whole;
}

static void edit(struct console *console, struct form *form, void *arg)
{
	struct own_trial *own = arg;
	struct strbuf back = STRBUF_INIT;
	char *text = pretty(form, own), *compact;
	cJSON *tree;

	if (dialog_edit(console, text, ".json", &back)) {
		tree = cJSON_ParseWithOpts(back.data, NULL, true);
		if (cJSON_IsObject(tree)) {
			compact = xstrdup(back.data);
			cJSON_Minify(compact);
			fill(form, own, compact);
			form_check_all(form);
			free(compact);
		} else {
			console_say(console, ROLE_ERROR,
				    "that is no JSON object: the form is as "
				    "it was");
		}
		cJSON_Delete(tree);
	}
	free(text);
	strbuf_release(&back);
}

static const struct dialog_ops ops = {
	.accept = accept,
	.edit = edit,
	.release = release,
};

/* ---- opening --------------------------------------------------------------
 */

static void add_fields(struct form *form, const struct own_trial *own,
		       const char *parameters, bool has_old)
{
	const struct space *space = own->space;

	if (!space) {
		form_field(form, form_add(form, "parameters",
					  has_old ? parameters : NULL,
					  parameters ? parameters : "{}",
					  "a JSON object; ^E opens an editor"));
		return;
	}
	for (size_t i = 0; i < space->count; i++) {
		struct strbuf text = STRBUF_INIT, hint = STRBUF_INIT;

		if (parameters)
			space_format_cell(space, parameters, i, &text);
		else
			space_default_text(&space->parameters[i], &text);
		space_describe(&space->parameters[i], &hint);
		form_add(form, space->parameters[i].path,
			 has_old ? text.data : NULL, text.data, hint.data);
		strbuf_release(&text);
		strbuf_release(&hint);
	}
}

static struct own_trial *own_trial_new(struct console *console)
{
	const struct experiment *row = &console->data.experiment;
	struct own_trial *own = xcalloc(1, sizeof(*own));
	struct error ignored;

	own->experiment = console->data.selected;
	if (row->space &&
	    (!space_parse(row->space, &own->space, NULL, &ignored) ||
	     own->space->count == 0 || own->space->is_list)) {
		/* of a list: the object itself may be what a trial gets */
		space_free(own->space);
		own->space = NULL;
	}
	return own;
}

static void open_form(struct console *console, const char *title,
		      struct own_trial *own, const char *parameters,
		      bool has_old)
{
	struct form *form = form_new(title, check, own);

	form->accept = "Run it";
	own->extra = xstrdup_or_null(parameters);
	add_fields(form, own, parameters, has_old);
	dialog_open(console, form, &ops, own);
}

void act_clone(struct console *console)
{
	const struct trial_row *row = console_trial(console);
	struct own_trial *own;
	struct trial trial;
	struct error err;
	char title[300];

	if (request_is_refused(console))
		return;
	if (!row) {
		console_say(console, ROLE_WARNING, "there is no trial here");
		return;
	}
	if (!store_trial_get(console->data.store, row->key, &trial, &err)) {
		console_say(console, ROLE_ERROR, "%s", err.text);
		return;
	}
	own = own_trial_new(console);
	snprintf(title, sizeof(title), "Clone trial #%lld (%s) of %s",
		 (long long)trial.sequence, trial.id,
		 console_experiment_name(console));
	snprintf(own->what, sizeof(own->what), "clone trial #%lld (%s)",
		 (long long)trial.sequence, trial.id);
	open_form(console, title, own,
		  trial.parameters ? trial.parameters : "{}", true);
	trial_release(&trial);
}

void act_add(struct console *console)
{
	struct own_trial *own;
	char title[300];

	if (request_is_refused(console))
		return;
	own = own_trial_new(console);
	snprintf(title, sizeof(title), "Add a trial to %s",
		 console_experiment_name(console));
	snprintf(own->what, sizeof(own->what), "add a trial to %.80s",
		 console_experiment_name(console));
	open_form(console, title, own, NULL, false);
}
