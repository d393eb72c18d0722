/* SPDX-License-Identifier: MIT */
/*
 * What can change while an experiment runs, in one form: what is, what shall
 * be, and what would come of it, before anything is sent.  Each changed field
 * is a command of its own, so that the journal has each with its outcome.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "tui/acts.h"
#include "tui/console.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	CHANGE_CONCURRENCY,
	CHANGE_MAX_TRIALS,
	CHANGE_MAX_DURATION,
	CHANGE_MAX_TRIAL_DURATION,
	CHANGE_MAX_RETRIES,
	CHANGE_KNOBS, /* those above are knobs of COMMAND_SET */
	CHANGE_PAUSED = CHANGE_KNOBS,
	CHANGE_SPACE, /* these two are one command: the tuner begins anew */
	CHANGE_ARGUMENTS,
	CHANGE_FIELDS
};

static const struct {
	const char *knob, *label, *hint;
} rows[CHANGE_KNOBS] = {
	[CHANGE_CONCURRENCY] = {"concurrency", "concurrency",
				"trials at a time"},
	[CHANGE_MAX_TRIALS] = {"max-trials", "max trials", "a number, or none"},
	[CHANGE_MAX_DURATION] = {"max-duration", "max duration",
				 "such as 90m, 12h or 2d, or none"},
	[CHANGE_MAX_TRIAL_DURATION] = {"max-trial-duration",
				       "max trial duration",
				       "of each trial; such as 90m, or none"},
	[CHANGE_MAX_RETRIES] = {"max-retries", "max retries",
				"attempts after the first when one fails"},
};

static const char *const yes_no[] = {"no", "yes", NULL};

/* What the experiment was when the form was opened. */
struct change {
	int64_t experiment;
	int64_t values[CHANGE_KNOBS];
	int64_t trials, running, run_ns;
	char name[120];
};

/* ---- values as texts --------------------------------------------------------
 */

static void format_value(int field, int64_t value, char *ret, size_t size)
{
	static const struct {
		int64_t seconds;
		char unit;
	} units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
	bool is_duration = field == CHANGE_MAX_DURATION ||
			   field == CHANGE_MAX_TRIAL_DURATION;

	if (value == 0 && field != CHANGE_MAX_RETRIES) {
		snprintf(ret, size, "none");
		return;
	}
	if (!is_duration) {
		snprintf(ret, size, "%lld", (long long)value);
		return;
	}
	for (size_t i = 0; i < COUNT_OF(units); i++)
		if (value % units[i].seconds == 0) {
			snprintf(ret, size, "%lld%c",
				 (long long)(value / units[i].seconds),
				 units[i].unit);
			return;
		}
}

static bool parse(int field, const char *text, int64_t *ret, struct error *err)
{
	char *assignment = xasprintf("%s=%s", rows[field].knob, text);
	char name[64];
	bool ok = knob_parse(assignment, name, sizeof(name), ret, err);

	free(assignment);
	return ok;
}

/* ---- effects ----------------------------------------------------------------
 */

static void tell_concurrency(struct form *form, const struct change *change,
			     int64_t value)
{
	int64_t old = change->values[CHANGE_CONCURRENCY];

	if (value > old)
		form_effect(form, CHANGE_CONCURRENCY,
			    "up to %lld more trials start at once",
			    (long long)(value - old));
	else if (value < change->running)
		form_effect(form, CHANGE_CONCURRENCY,
			    "the %lld that run go on; none starts until fewer "
			    "than %lld do",
			    (long long)change->running, (long long)value);
	else
		form_effect(form, CHANGE_CONCURRENCY, "fewer trials at a time");
}

static void tell_max_trials(struct form *form, const struct change *change,
			    int64_t value)
{
	int64_t left = value - change->trials;

	if (value == 0)
		form_effect(form, CHANGE_MAX_TRIALS,
			    "trials start until something else ends it");
	else if (left <= 0)
		form_effect(form, CHANGE_MAX_TRIALS,
			    "there are %lld already: no more start, and it "
			    "ends when the running ones have",
			    (long long)change->trials);
	else
		form_effect(form, CHANGE_MAX_TRIALS, "%lld more trials",
			    (long long)left);
}

static void tell_max_duration(struct form *form, const struct change *change,
			      int64_t value)
{
	struct strbuf text = STRBUF_INIT;
	int64_t left_ns = value * NS_PER_S - change->run_ns;

	clock_format_duration(&text, left_ns < 0 ? -left_ns : left_ns);
	if (value == 0)
		form_effect(form, CHANGE_MAX_DURATION, "it has all the time");
	else if (left_ns <= 0)
		form_effect(form, CHANGE_MAX_DURATION,
			    "that was over %s ago: its trials are stopped, and "
			    "it ends",
			    text.data);
	else
		form_effect(form, CHANGE_MAX_DURATION, "%s are left",
			    text.data);
	strbuf_release(&text);
}

static void tell_effect(struct form *form, const struct change *change,
			size_t i, int64_t value)
{
	switch (i) {
	case CHANGE_CONCURRENCY:
		tell_concurrency(form, change, value);
		break;
	case CHANGE_MAX_TRIALS:
		tell_max_trials(form, change, value);
		break;
	case CHANGE_MAX_DURATION:
		tell_max_duration(form, change, value);
		break;
	case CHANGE_MAX_TRIAL_DURATION:
		form_effect(form, i,
			    value ? "trials that run longer are stopped, those "
				    "that run now, too"
				  : "trials may take as long as they want");
		break;
	default:
		form_effect(form, i,
			    value ? "a trial that fails is tried %lld more "
				    "time%s"
				  : "a trial that fails stays so (%lld%s)",
			    (long long)value, value == 1 ? "" : "s");
	}
}

static void check_space(struct form *form)
{
	struct space *space;
	struct error err;

	if (!space_parse(form_text(form, CHANGE_SPACE), &space, NULL, &err))
		form_problem(form, CHANGE_SPACE, false, "%.180s", err.text);
	else
		space_free(space);
}

static void check_tuner(struct form *form, size_t i,
			const struct change *change)
{
	cJSON *tree;

	if (!form_is_changed(form, i))
		return;
	if (i == CHANGE_SPACE) {
		check_space(form);
	} else {
		tree = cJSON_ParseWithOpts(form_text(form, i), NULL, true);
		if (!cJSON_IsObject(tree))
			form_problem(form, i, false, "a JSON object is needed");
		cJSON_Delete(tree);
	}
	form_effect(form, i,
		    "the tuner begins anew with the results of %lld trials, as "
		    "far as they fit; what runs goes on",
		    (long long)change->trials);
}

static void check(struct form *form, size_t i, void *arg)
{
	const struct change *change = arg;
	struct error err;
	int64_t value;

	if (i >= CHANGE_SPACE) {
		check_tuner(form, i, change);
		return;
	}

	if (i == CHANGE_PAUSED) {
		if (form_is_changed(form, i))
			form_effect(form, i,
				    strcmp(form_text(form, i), "yes") == 0
					    ? "no new trials start; what runs "
					      "goes on"
					    : "new trials start again");
		return;
	}
	if (!parse((int)i, form_text(form, i), &value, &err))
		form_problem(form, i, false, "%.180s", err.text);
	else if (value != change->values[i])
		tell_effect(form, change, i, value);
}

/* ---- sending
 * ----------------------------------------------------------------- */

/* Members that went away as null, others as they are; caller frees. */
static char *argument_changes(const char *old, const char *new)
{
	cJSON *before = cJSON_Parse(old), *after = cJSON_Parse(new);
	cJSON *out = cJSON_CreateObject();
	const cJSON *item;
	char *text;

	cJSON_ArrayForEach (item, before)
		if (!cJSON_GetObjectItemCaseSensitive(after, item->string))
			cJSON_AddNullToObject(out, item->string);
	cJSON_ArrayForEach (item, after) {
		const cJSON *was =
			cJSON_GetObjectItemCaseSensitive(before, item->string);

		if (!was || !cJSON_Compare(was, item, true))
			cJSON_AddItemToObject(out, item->string,
					      cJSON_Duplicate(item, true));
	}
	text = cJSON_PrintUnformatted(out);
	cJSON_Delete(before);
	cJSON_Delete(after);
	cJSON_Delete(out);
	return text;
}

static char *tuner_change(struct form *form)
{
	struct strbuf text = STRBUF_INIT;
	bool has_space = form_is_changed(form, CHANGE_SPACE);
	char *arguments;

	strbuf_addch(&text, '{');
	if (has_space)
		strbuf_addf(&text, "\"searchSpace\":%s",
			    form_text(form, CHANGE_SPACE));
	if (form_is_changed(form, CHANGE_ARGUMENTS)) {
		arguments = argument_changes(
			form_field(form, CHANGE_ARGUMENTS)->old,
			form_text(form, CHANGE_ARGUMENTS));
		strbuf_addf(&text, "%s\"classArgs\":%s", has_space ? "," : "",
			    arguments);
		cJSON_free(arguments);
	}
	strbuf_addch(&text, '}');
	return strbuf_detach(&text);
}

static bool accept(struct console *console, struct form *form, void *arg)
{
	const struct change *change = arg;
	struct request requests[CHANGE_FIELDS];
	char what[200];
	struct error ignored;
	size_t count = 0;

	memset(requests, 0, sizeof(requests));
	for (size_t i = 0; i < CHANGE_FIELDS; i++) {
		struct request *request = &requests[count];
		int64_t value;

		if (i == CHANGE_ARGUMENTS &&
		    form_is_changed(form, CHANGE_SPACE))
			continue; /* went with it */
		if (!form_is_changed(form, i) ||
		    (i < CHANGE_KNOBS &&
		     parse((int)i, form_text(form, i), &value, &ignored) &&
		     value == change->values[i]))
			continue;
		request->experiment = change->experiment;
		snprintf(request->what, sizeof(request->what), "change %s",
			 change->name);
		if (i == CHANGE_PAUSED) {
			request->verb = strcmp(form_text(form, i), "yes") == 0
						? COMMAND_PAUSE
						: COMMAND_RESUME;
		} else if (i >= CHANGE_SPACE) {
			request->verb = COMMAND_CHANGE;
			request->argument = tuner_change(form);
		} else {
			request->verb = COMMAND_SET;
			request->argument = xasprintf("%s=%s", rows[i].knob,
						      form_text(form, i));
		}
		count++;
	}
	snprintf(what, sizeof(what), "change %s", change->name);
	if (!count)
		console_say(console, ROLE_NORMAL, "nothing was changed");
	else
		request_send_list(console, requests, count, what);
	for (size_t i = 0; i < count; i++)
		free(requests[i].argument);
	return true;
}

/* The space or the arguments, in lines. */
static void edit(struct console *console, struct form *form, void *arg)
{
	struct strbuf back = STRBUF_INIT;
	size_t i = form->cursor;
	cJSON *tree;
	char *text, *lines;

	(void)arg;
	if (i != CHANGE_SPACE && i != CHANGE_ARGUMENTS) {
		console_say(console, ROLE_NORMAL,
			    "the search space and the tuner's arguments open "
			    "in an editor");
		return;
	}
	tree = cJSON_Parse(form_text(form, i));
	lines = tree ? cJSON_Print(tree) : NULL;
	text = xasprintf("%s\n", lines ? lines : form_text(form, i));
	if (dialog_edit(console, text, ".json", &back)) {
		cJSON_Minify(back.data);
		form_set_text(form, i, back.data);
		form_check_all(form);
	}
	free(text);
	cJSON_free(lines);
	cJSON_Delete(tree);
	strbuf_release(&back);
}

static char *class_arguments(const struct experiment *row)
{
	cJSON *config = row->config ? cJSON_Parse(row->config) : NULL;
	const cJSON *tuner = cJSON_GetObjectItemCaseSensitive(config, "tuner");
	const cJSON *arguments =
		cJSON_GetObjectItemCaseSensitive(tuner, "classArgs");
	char *text = arguments ? cJSON_PrintUnformatted(arguments) : NULL;
	char *copy = xstrdup(text ? text : "{}");

	cJSON_free(text);
	cJSON_Delete(config);
	return copy;
}

static const struct dialog_ops ops = {
	.accept = accept,
	.edit = edit,
	.release = free,
};

void act_change(struct console *console)
{
	const struct experiment *row = &console->data.experiment;
	const struct experiment_row *line = data_selected(&console->data);
	struct change *change;
	struct form *form;
	char title[200], text[64], *arguments;

	if (request_is_refused(console) || !line)
		return;
	if (!line->is_live) { /* nobody would carry it out */
		request_take_up(console);
		return;
	}
	change = xcalloc(1, sizeof(*change));
	change->experiment = row->key;
	change->values[CHANGE_CONCURRENCY] = row->concurrency;
	change->values[CHANGE_MAX_TRIALS] = row->max_trials;
	change->values[CHANGE_MAX_DURATION] = row->max_duration_s;
	change->values[CHANGE_MAX_TRIAL_DURATION] = row->max_trial_duration_s;
	change->values[CHANGE_MAX_RETRIES] = row->max_retries;
	change->trials = row->next_sequence;
	change->running = row->counts[TRIAL_RUNNING];
	change->run_ns = row->run_ns;
	snprintf(change->name, sizeof(change->name), "%.100s",
		 console_experiment_name(console));
	snprintf(title, sizeof(title), "Change %s", change->name);
	form = form_new(title, check, change);
	form->accept = "Send";
	for (int i = 0; i < CHANGE_KNOBS; i++) {
		format_value(i, change->values[i], text, sizeof(text));
		form_add(form, rows[i].label, text, text, rows[i].hint);
	}
	form_add(form, "paused", row->is_paused ? "yes" : "no",
		 row->is_paused ? "yes" : "no",
		 "Space changes it: a paused experiment starts no new trials");
	form_field(form, CHANGE_PAUSED)->choices = yes_no;
	form_add(form, "search space", row->space ? row->space : "",
		 row->space ? row->space : "", "JSON; ^E opens an editor");
	arguments = class_arguments(row);
	form_add(form, "tuner arguments", arguments, arguments,
		 "JSON; ^E opens an editor");
	free(arguments);
	dialog_open(console, form, &ops, change);
}
