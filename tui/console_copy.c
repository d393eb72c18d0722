/* SPDX-License-Identifier: MIT */
/* The copy menu: what is copied, and what is said about it. */
#include "base/mem.h"
#include "tui/console.h"
#include "tui/copy.h"
#include "tui/term.h"

#include <stdlib.h>
#include <string.h>

enum what {
	WHAT_JSON,
	WHAT_YAML,
	WHAT_FLAGS,
	WHAT_ID,
	WHAT_KUBECTL,
	WHAT_BEST
};

static const struct {
	char key;
	const char *name;
} whats[] = {
	[WHAT_JSON] = {'j', "json"},	   [WHAT_YAML] = {'y', "yaml"},
	[WHAT_FLAGS] = {'f', "flags"},	   [WHAT_ID] = {'i', "id"},
	[WHAT_KUBECTL] = {'k', "kubectl"}, [WHAT_BEST] = {'b', "best"},
};

/* The trial meant: the one under the cursor, or the experiment's best. */
static bool read_trial(struct console *console, enum what what,
		       struct trial *trial, struct error *err)
{
	const struct trial_row *row = console_trial(console);
	int64_t key = what == WHAT_BEST ? console->data.experiment.best_trial
		      : row		? row->key
					: 0;

	if (!console->data.store || !key)
		return error_set(err, ERROR_UNAVAILABLE,
				 what == WHAT_BEST
					 ? "no trial has a final result yet"
					 : "there is no trial here to copy "
					   "from");
	return store_trial_get(console->data.store, key, trial, err);
}

bool console_kubectl(struct console *console, const struct trial *trial,
		     struct strbuf *out, struct error *err)
{
	struct attempt attempt = {0};
	struct trial_place place;
	struct error ignored;
	bool has_attempt, has_place, is_ok;

	has_attempt = store_attempt_get(console->data.store, trial->key,
					trial->attempt, &attempt, &ignored);
	has_place = store_place_get(console->data.store, trial->key, &place,
				    &ignored);
	is_ok = copy_kubectl(out, &console->data.experiment, trial,
			     has_attempt ? &attempt : NULL,
			     has_place ? &place : NULL, err);
	attempt_release(&attempt);
	return is_ok;
}

static bool make(struct console *console, enum what what,
		 const struct trial *trial, struct strbuf *out,
		 struct error *err)
{
	switch (what) {
	case WHAT_ID:
		strbuf_adds(out, trial->id);
		return true;
	case WHAT_KUBECTL:
		return console_kubectl(console, trial, out, err);
	case WHAT_YAML:
		return copy_parameters(out, trial->parameters, COPY_YAML, err);
	case WHAT_FLAGS:
		return copy_parameters(out, trial->parameters, COPY_FLAGS, err);
	default:
		return copy_parameters(out, trial->parameters, COPY_JSON, err);
	}
}

/* Short texts are shown whole; of long ones how long they are. */
static void tell(struct console *console, enum what what,
		 const struct trial *trial, const struct strbuf *text)
{
	long long number = trial->sequence;

	if (what == WHAT_ID || what == WHAT_KUBECTL)
		console_say(console, ROLE_MESSAGE, "copied: %s", text->data);
	else
		console_say(console, ROLE_MESSAGE,
			    "copied the parameters of %s#%lld as %s, %zu bytes",
			    what == WHAT_BEST ? "the best trial " : "trial ",
			    number,
			    what == WHAT_YAML	 ? "YAML"
			    : what == WHAT_FLAGS ? "flags"
						 : "JSON",
			    text->len);
}

static void copy(struct console *console, enum what what)
{
	struct strbuf text = STRBUF_INIT;
	struct trial trial = {0};
	struct error err;

	if (!read_trial(console, what, &trial, &err) ||
	    !make(console, what, &trial, &text, &err) ||
	    !term_copy(text.data, text.len, &err))
		console_say(console, ROLE_ERROR, "%s", err.text);
	else
		tell(console, what, &trial, &text);
	trial_release(&trial);
	strbuf_release(&text);
}

void console_copy(struct console *console, const char *name)
{
	size_t i;

	for (i = 0; i < COUNT_OF(whats); i++) {
		if (strcmp(whats[i].name, name) == 0) {
			copy(console, (enum what)i);
			return;
		}
	}
	console_say(console, ROLE_ERROR,
		    "copy: json, yaml, flags, id, kubectl or best, not \"%s\"",
		    name);
}

static void on_answer(struct console *console, int key)
{
	size_t i;

	for (i = 0; i < COUNT_OF(whats); i++)
		if (key == whats[i].key)
			copy(console, (enum what)i);
}

void console_copy_menu(struct console *console)
{
	bool is_narrow = draw_cols() < 80;

	console_ask(console, on_answer,
		    is_narrow ? "[j]son [y]aml [f]lags [i]d [k]ube [b] "
			      : "copy parameters as [j]son [y]aml [f]lags, "
				"trial [i]d, [k]ubectl line, [b]est's? ");
}

const char *console_copy_name(size_t i)
{
	return i < COUNT_OF(whats) ? whats[i].name : NULL;
}
