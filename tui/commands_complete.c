/* SPDX-License-Identifier: MIT */
/* What Tab offers in the ':' and filter prompts. */
#include "tui/commands.h"

#include "base/mem.h"
#include "tui/picture.h"

#include <stdlib.h>
#include <string.h>

static void offer_names(struct prompt *prompt)
{
	size_t i;

	for (i = 0; i < commands_count; i++)
		prompt_offer(prompt, console_commands[i].name);
	for (i = 0; i < ACTION_COUNT; i++) {
		size_t k;

		for (k = 0; k < commands_count; k++)
			if (strcmp(console_commands[k].name, actions[i].name) ==
			    0)
				break;
		if (k == commands_count)
			prompt_offer(prompt, actions[i].name);
	}
}

/* "theme=dark", "mouse=on", ...: one a value. */
static void offer_settings(struct prompt *prompt)
{
	size_t i;

	for (i = 0; i < SETTING_COUNT; i++) {
		const char *values = settings_table[i].values;

		while (*values) {
			size_t n = strcspn(values, " ");
			char *word =
				xasprintf("%s=%.*s", settings_table[i].name,
					  (int)n, values);

			prompt_offer(prompt, word);
			free(word);
			values += n;
			values += strspn(values, " ");
		}
	}
}

static void offer(const char *candidate, void *arg)
{
	prompt_offer(arg, candidate);
}

static void offer_arguments(struct console *console, enum completion completion)
{
	static const char *const knobs[] = {
		"concurrency=",	       "max-trials=",  "max-duration=",
		"max-trial-duration=", "max-retries=", "nomouse"};
	static const char *const roles[] = {"stdout", "stderr", "keeper",
					    "previous", "all"};
	struct prompt *prompt = &console->prompt;
	struct field_names names;
	size_t i;

	switch (completion) {
	case COMPLETE_ACT:
		for (i = 0; i < KIND_ACTIONS; i++)
			prompt_offer(prompt,
				     kind_action_name((enum kind_action)i));
		break;
	case COMPLETE_COLUMN:
		names = data_names(&console->data);
		trial_field_each(&names, true, offer, prompt);
		break;
	case COMPLETE_FILTER:
		trials_complete_filter(console,
				       strcspn(prompt->text.data, " "));
		break;
	case COMPLETE_VIEW:
		trials_each_view(console, offer, prompt);
		break;
	case COMPLETE_KNOB:
		for (i = 0; i < COUNT_OF(knobs); i++)
			prompt_offer(prompt, knobs[i]);
		offer_settings(prompt);
		break;
	case COMPLETE_EXPERIMENT:
		for (i = 0; i < console->data.experiment_count; i++) {
			prompt_offer(prompt, console->data.experiments[i].name);
			prompt_offer(prompt, console->data.experiments[i].id);
		}
		break;
	case COMPLETE_ACTION:
		for (i = 0; i < ACTION_COUNT; i++)
			prompt_offer(prompt, actions[i].name);
		break;
	case COMPLETE_ROLE:
		for (i = 0; i < COUNT_OF(roles); i++)
			prompt_offer(prompt, roles[i]);
		for (i = 0; log_pane_part(console, i); i++)
			prompt_offer(prompt, log_pane_part(console, i));
		break;
	case COMPLETE_SAVE:
		prompt_offer(prompt, "shown");
		prompt_offer(prompt, "all");
		break;
	case COMPLETE_LOG_TIMES:
		prompt_offer(prompt, "off");
		prompt_offer(prompt, "absolute");
		prompt_offer(prompt, "relative");
		break;
	case COMPLETE_PICTURE:
		for (i = 0; pictures_at(i); i++)
			prompt_offer(prompt, pictures_at(i)->name);
		break;
	case COMPLETE_COPY:
		for (i = 0; console_copy_name(i); i++)
			prompt_offer(prompt, console_copy_name(i));
		break;
	case COMPLETE_LAYOUT:
		prompt_offer(prompt, "usual");
		prompt_offer(prompt, "save");
		prompt_offer(prompt, "drop");
		for (i = 0; (int)i < console->remembered.layout_count; i++)
			prompt_offer(prompt,
				     console->remembered.layouts[i].name);
		break;
	case COMPLETE_THEME:
		for (i = 0; i < THEME_COUNT; i++)
			prompt_offer(prompt, theme_name((enum theme)i));
		break;
	case COMPLETE_STOP:
		prompt_offer(prompt, "kill");
		prompt_offer(prompt, "leave");
		break;
	default:
		break;
	}
}

void commands_complete(struct console *console)
{
	struct prompt *prompt = &console->prompt;
	size_t len = strcspn(prompt->text.data, " "), i;

	if (prompt->kind == PROMPT_FILTER || prompt->kind == PROMPT_MARK) {
		trials_complete_filter(console, 0);
	} else if (prompt->kind == PROMPT_COMMAND && prompt->word_start == 0) {
		offer_names(prompt);
	} else if (prompt->kind == PROMPT_COMMAND) {
		for (i = 0; i < commands_count; i++)
			if (strlen(console_commands[i].name) == len &&
			    strncmp(console_commands[i].name, prompt->text.data,
				    len) == 0)
				offer_arguments(console,
						console_commands[i].completion);
	}
	prompt_complete(prompt);
}
