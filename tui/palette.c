/* SPDX-License-Identifier: MIT */
/* Collecting, matching, choosing. */
#include "tui/palette.h"

#include "base/mem.h"
#include "base/utf8.h"
#include "tui/commands.h"
#include "tui/format.h"
#include "tui/fuzzy.h"
#include "tui/keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define SHOWN_MAX 200
#define ROWS_MAX 13 /* the title with it */
#define KIND_COLS 11

enum kind {
	KIND_EXPERIMENT,
	KIND_TRIAL,
	KIND_ACTION,
	KIND_COMMAND,
	KIND_SETTING
};

/* What can be chosen, but for trials. */
struct entry {
	enum kind kind;
	int64_t id;   /* experiment's key, action, command, setting */
	char *text;   /* owned; what is matched first; safe to draw */
	char *detail; /* owned; matched when text does not; may be NULL */
	bool is_here; /* of the view beneath */
};

struct result {
	int score;
	enum kind kind;
	int64_t id; /* index of the entry; sequence number of a trial */
};

struct palette {
	struct entry *entries;
	size_t count, capacity;
	struct result results[SHOWN_MAX];
	size_t shown;
	long long matched;
	size_t cursor, top;
};

static const char *const kind_names[] = {"experiment", "trial", "key",
					 "command", "setting"};

struct palette *palette_new(void)
{
	return xcalloc(1, sizeof(struct palette));
}

static void clear(struct palette *palette)
{
	size_t i;

	for (i = 0; i < palette->count; i++) {
		free(palette->entries[i].text);
		free(palette->entries[i].detail);
	}
	palette->count = 0;
}

void palette_free(struct palette *palette)
{
	if (!palette)
		return;
	clear(palette);
	free(palette->entries);
	free(palette);
}

/* ---- what there is ------------------------------------------------------- */

/* Takes text and detail. */
static void add(struct palette *palette, enum kind kind, int64_t id, char *text,
		char *detail, bool is_here)
{
	ARRAY_RESERVE(palette->entries, palette->count, palette->capacity);
	palette->entries[palette->count++] = (struct entry){
		.kind = kind,
		.id = id,
		.text = text,
		.detail = detail,
		.is_here = is_here,
	};
}

static void collect_experiments(struct console *console)
{
	struct palette *palette = console->palette;
	size_t i;

	for (i = 0; i < console->data.experiment_count; i++) {
		const struct experiment_row *row =
			&console->data.experiments[i];
		enum role role;

		add(palette, KIND_EXPERIMENT, row->key,
		    xstrdup(row->name && *row->name ? row->name : row->id),
		    xasprintf("%s %s", row->id,
			      bars_experiment_state(row, &role)),
		    false);
	}
}

static void collect_actions(struct console *console, unsigned view)
{
	int i;

	for (i = 0; i < ACTION_COUNT; i++) {
		const struct action *action = &actions[i];

		if (i == ACTION_PALETTE || (console->data.is_read_only &&
					    (action->flags & DOES_COMMAND)))
			continue;
		add(console->palette, KIND_ACTION, i, xstrdup(action->name),
		    xstrdup(action->help),
		    (action->views & view) && action->group != GROUP_MOVE);
	}
}

static void collect_commands(struct palette *palette)
{
	size_t i;

	for (i = 0; i < commands_count; i++) {
		const struct console_command *command = &console_commands[i];

		/* without arguments it is what the key does */
		if (action_find(command->name) != ACTION_NONE &&
		    !*command->arguments)
			continue;
		add(palette, KIND_COMMAND, (int64_t)i,
		    xasprintf(":%s %s", command->name, command->arguments),
		    xstrdup(command->help), false);
	}
}

static void collect_settings(struct console *console)
{
	size_t i;

	for (i = 0; i < SETTING_COUNT; i++) {
		const char *values = settings_table[i].values;

		while (*values) {
			size_t n = strcspn(values, " ");
			char *text =
				xasprintf("%s=%.*s", settings_table[i].name,
					  (int)n, values);
			bool is_now = settings_is(&console->settings,
						  (enum setting_id)i,
						  strchr(text, '=') + 1);

			add(console->palette, KIND_SETTING, (int64_t)i, text,
			    xasprintf("%s%s", is_now ? "(now) " : "",
				      settings_table[i].help),
			    false);
			values += n;
			values += strspn(values, " ");
		}
	}
}

void palette_open(struct console *console)
{
	unsigned view = console_view(console)->bit;

	clear(console->palette);
	collect_experiments(console);
	collect_actions(console, view);
	collect_commands(console->palette);
	collect_settings(console);
	prompt_open(&console->prompt, PROMPT_PALETTE, "");
	palette_match(console);
}

/* ---- matching ------------------------------------------------------------ */

/* Keep the best; of equals those that came first. */
static void offer(struct palette *palette, int score, enum kind kind,
		  int64_t id)
{
	size_t at = palette->shown;

	palette->matched++;
	if (palette->shown == SHOWN_MAX) {
		if (palette->results[SHOWN_MAX - 1].score >= score)
			return;
		at = SHOWN_MAX - 1;
	} else {
		palette->shown++;
	}
	while (at > 0 && palette->results[at - 1].score < score) {
		palette->results[at] = palette->results[at - 1];
		at--;
	}
	palette->results[at] =
		(struct result){.score = score, .kind = kind, .id = id};
}

static void match_entries(struct palette *palette, const char *words)
{
	size_t i;

	for (i = 0; i < palette->count; i++) {
		const struct entry *entry = &palette->entries[i];
		int score = fuzzy_score(words, entry->text);

		if (score == FUZZY_NONE && entry->detail && *words) {
			struct strbuf both = STRBUF_INIT;

			strbuf_addf(&both, "%s %s", entry->text, entry->detail);
			score = fuzzy_score(words, both.data);
			/* letters strewn over a sentence mean nothing */
			score = score < 50 ? FUZZY_NONE : score / 2;
			strbuf_release(&both);
		}
		if (score == FUZZY_NONE)
			continue;
		if (entry->is_here)
			score += 9;
		offer(palette, score, entry->kind, (int64_t)i);
	}
}

/* How well do digits name a number?  All of it, or how it begins. */
static int score_number(int64_t number, int64_t wanted)
{
	int score = 140;

	for (; number > wanted; number /= 10)
		score = score == 140 ? 100 : score - 4;
	return number == wanted ? score : FUZZY_NONE;
}

static bool has_id(const char *id, const char *word, size_t len)
{
	size_t i;

	for (i = 0; id[i]; i++)
		if (strncasecmp(id + i, word, len) == 0)
			return true;
	return false;
}

/* One word: "12", "#12", or a part of an id of at least two letters. */
static void match_trials(struct console *console, const char *words)
{
	const struct trial_index *index = &console->data.trials;
	const char *word = words + strspn(words, " ");
	size_t len;
	int64_t wanted = -1, sequence;
	bool is_number;

	if (strncmp(word, "trial ", 6) == 0)
		word += 6;
	word += *word == '#';
	len = strcspn(word, " ");
	if (len == 0 || word[len + strspn(word + len, " ")])
		return;
	is_number = strspn(word, "0123456789") == len && len < 10;
	if (is_number)
		wanted = strtoll(word, NULL, 10);
	for (sequence = (int64_t)index->count - 1; sequence >= 0; sequence--) {
		int score =
			is_number ? score_number(sequence, wanted) : FUZZY_NONE;

		if (score == FUZZY_NONE && len >= 2 &&
		    has_id(index->rows[sequence].id, word, len))
			score = index->rows[sequence].id[len] ? 70 : 130;
		if (score != FUZZY_NONE)
			offer(console->palette, score, KIND_TRIAL, sequence);
	}
}

void palette_match(struct console *console)
{
	struct palette *palette = console->palette;
	const char *words = console->prompt.text.data;

	palette->shown = palette->cursor = palette->top = 0;
	palette->matched = 0;
	match_trials(console, words);
	match_entries(palette, words);
}

/* ---- choosing ------------------------------------------------------------ */

bool palette_on_key(struct console *console, int key)
{
	struct palette *palette = console->palette;

	switch (key) {
	case TK_UP:
	case TK_CTRL('p'):
	case TK_BACK_TAB:
		palette->cursor -= palette->cursor > 0;
		return true;
	case TK_DOWN:
	case TK_CTRL('n'):
	case TK_TAB:
		palette->cursor += palette->cursor + 1 < palette->shown;
		return true;
	case TK_PAGE_DOWN:
		palette->cursor += ROWS_MAX - 2;
		if (palette->cursor >= palette->shown)
			palette->cursor =
				palette->shown ? palette->shown - 1 : 0;
		return true;
	case TK_PAGE_UP:
		palette->cursor -= palette->cursor < ROWS_MAX - 2
					   ? palette->cursor
					   : ROWS_MAX - 2;
		return true;
	default:
		return false;
	}
}

static void go_to_trial(struct console *console, int64_t sequence)
{
	struct error ignored;

	console_focus(console, PANE_TRIALS);
	if (trials_go(console, sequence))
		return;
	trials_set_filter(console, "", &ignored);
	trial_index_arrange(&console->data.trials);
	if (trials_go(console, sequence))
		console_say(console, ROLE_NORMAL,
			    "the filter hid trial #%lld: it is off now",
			    (long long)sequence);
}

static void run_command(struct console *console, int64_t id)
{
	const struct console_command *command = &console_commands[id];
	char *text;

	if (command->most == 0) {
		commands_run(console, command->name);
		return;
	}
	text = xasprintf("%s ", command->name);
	prompt_open(&console->prompt, PROMPT_COMMAND, text);
	free(text);
}

void palette_choose(struct console *console)
{
	struct palette *palette = console->palette;
	const struct result *result = &palette->results[palette->cursor];
	const struct entry *entry;

	prompt_close(&console->prompt);
	if (palette->cursor >= palette->shown)
		return;
	if (result->kind == KIND_TRIAL) {
		go_to_trial(console, result->id);
		return;
	}
	entry = &palette->entries[result->id];
	switch (entry->kind) {
	case KIND_EXPERIMENT:
		console_select(console, entry->id);
		console_focus(console, PANE_TRIALS);
		break;
	case KIND_ACTION:
		console_do(console, (enum action_id)entry->id);
		break;
	case KIND_COMMAND:
		run_command(console, entry->id);
		break;
	default:
		console_settings_set(console, entry->text, NULL);
	}
}

/* ---- painting ------------------------------------------------------------ */

static void format_trial(const struct console *console, int64_t sequence,
			 struct strbuf *text, struct strbuf *detail)
{
	const struct trial_row *row =
		trial_index_find(&console->data.trials, sequence);

	strbuf_addf(text, "#%lld %s", (long long)sequence, row ? row->id : "");
	if (!row)
		return;
	strbuf_adds(detail, trial_state_name((enum trial_state)row->state));
	if (row->flags & ROW_HAS_FINAL) {
		strbuf_adds(detail, "  final ");
		format_number(detail, row->final, 9);
	}
}

/* The letters that matched stand out. */
static void draw_matched(int y, int x, int cols, enum role role,
			 const char *words, const char *text)
{
	uint64_t mask;
	int i;

	draw_text(y, x, cols, role, text);
	fuzzy_mask(words, text, &mask);
	for (i = 0; mask && i < 64 && i < cols && text[i]; i++, mask >>= 1) {
		if (text[i] & 0x80)
			return; /* bytes are no columns any more */
		if (mask & 1)
			draw_role(y, x + i, 1, ROLE_MATCH);
	}
}

static void draw_result(struct console *console, struct rect rect,
			const struct result *result, bool is_chosen)
{
	const char *words = console->prompt.text.data, *keys = "";
	const struct entry *entry = NULL;
	struct strbuf text = STRBUF_INIT, detail = STRBUF_INIT;
	enum role role = is_chosen ? ROLE_SELECTED : ROLE_NORMAL;
	int x = rect.x, width, keys_cols, kind_cols;

	if (result->kind == KIND_TRIAL) {
		format_trial(console, result->id, &text, &detail);
	} else {
		entry = &console->palette->entries[result->id];
		strbuf_adds(&text, entry->text);
		strbuf_adds(&detail, entry->detail ? entry->detail : "");
		if (entry->kind == KIND_ACTION)
			keys = actions[entry->id].keys;
	}
	kind_cols = rect.cols >= 60 ? KIND_COLS : 3;
	draw_textf(rect.y, x, kind_cols, is_chosen ? role : ROLE_DIM, " %.*s",
		   kind_cols > 3 ? 20 : 1, kind_names[result->kind]);
	x += kind_cols;
	keys_cols = *keys ? utf8_width(keys, strlen(keys)) + 1 : 0;
	width = rect.cols - kind_cols - keys_cols;
	if (width > 50) {
		draw_matched(rect.y, x, 26, role, words, text.data);
		draw_text(rect.y, x + 26, width - 26,
			  is_chosen ? role : ROLE_DIM, detail.data);
	} else {
		draw_matched(rect.y, x, width, role, words, text.data);
	}
	draw_textf(rect.y, x + width, keys_cols, is_chosen ? role : ROLE_STRONG,
		   " %s", keys);
	strbuf_release(&text);
	strbuf_release(&detail);
}

void palette_draw(struct console *console, struct rect body)
{
	struct palette *palette = console->palette;
	int rows = body.rows < ROWS_MAX ? body.rows : ROWS_MAX, y, i;
	size_t visible = (size_t)rows - 1;
	char right[64];

	y = body.y + body.rows - rows;
	if (palette->cursor < palette->top)
		palette->top = palette->cursor;
	if (palette->cursor >= palette->top + visible)
		palette->top = palette->cursor - visible + 1;
	snprintf(right, sizeof(right), "%zu/%lld ",
		 palette->shown ? palette->cursor + 1 : 0, palette->matched);
	bars_title((struct rect){y, body.x, 1, body.cols}, true,
		   body.cols < 60 ? " Go to, do"
				  : " Go to, do: type a few letters of it; "
				    "Enter does it, Esc leaves",
		   right);
	for (i = 1; i < rows; i++) {
		size_t at = palette->top + (size_t)i - 1;
		struct rect line = {y + i, body.x, 1, body.cols};

		if (at < palette->shown)
			draw_result(console, line, &palette->results[at],
				    at == palette->cursor);
		else
			draw_text(line.y, line.x, line.cols, ROLE_DIM,
				  at == 0 ? " nothing is called that" : "");
	}
}
