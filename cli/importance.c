/* SPDX-License-Identifier: MIT */
/* `importance`: which parameters have to do with a trial being good. */
#include "insight/importance.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/insight.h"
#include "cli/json.h"
#include "cli/output.h"
#include "tui/format.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define CHANCE_ROUNDS 20
#define BAR_COLS 24
#define PAIRS_SHOWN 5
/* So many of the most important parameters are looked at in pairs. */
#define PAIRED_MAX 40
#define BEST_FEW 5 /* its authors want at least so many of the best */

struct answer {
	struct cli *cli;
	struct insight insight;
	double quantile, region;
	long pairs_wanted; /* -1: those that are more than chance */
	struct importance *importance;
	struct parameter_importance *items;
	size_t count;
	struct interaction *pairs;
	size_t pair_count;
	double total; /* of all parameters' values */
	bool is_cut;  /* not all parameters were paired */
};

static const char *name_of(const struct answer *answer, size_t parameter)
{
	return answer->insight.findings->space->parameters[parameter].path;
}

/* As a part of what there is to explain. */
static double explained(const struct answer *answer, double value)
{
	double whole = importance_variance(answer->importance);
	double part = whole > 0 ? value / whole : 0;

	return part < 1 ? part : 1;
}

static void compute(struct answer *answer)
{
	const struct observations *all = answer->insight.findings->all;
	size_t paired, *order;

	answer->count = all->space->count;
	answer->items = xcalloc(answer->count + 1, sizeof(*answer->items));
	answer->importance = importance_new(all, answer->insight.mode,
					    answer->quantile, answer->region);
	importance_against_space(answer->importance,
				 cli_option(answer->cli, "space") != NULL);
	importance_update(answer->importance);
	importance_rank(answer->importance, CHANCE_ROUNDS, answer->items);
	for (size_t i = 0; i < answer->count; i++)
		answer->total += answer->items[i].value;
	paired = answer->count < PAIRED_MAX ? answer->count : PAIRED_MAX;
	answer->is_cut = paired < answer->count;
	order = xcalloc(paired + 1, sizeof(*order));
	for (size_t i = 0; i < paired; i++)
		order[i] = answer->items[i].parameter;
	answer->pairs =
		xcalloc(paired * paired / 2 + 1, sizeof(*answer->pairs));
	if (answer->pairs_wanted)
		answer->pair_count =
			importance_pairs(answer->importance, order, paired,
					 CHANCE_ROUNDS, answer->pairs);
	free(order);
}

/* As a part of what all parameters have by themselves. */
static double share(const struct answer *answer, double value)
{
	return answer->total > 0 ? value / answer->total : 0;
}

/* ---- what to make of it -------------------------------------------------- */

typedef void note_fn(struct strbuf *out, const char *text);

static void notef(struct strbuf *out, note_fn *fn, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
static void notef(struct strbuf *out, note_fn *fn, const char *format, ...)
{
	char text[300];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	fn(out, text);
}

static void tell_notes(const struct answer *answer, struct strbuf *out,
		       note_fn *fn)
{
	const struct findings *findings = answer->insight.findings;
	size_t used = findings->counts[FINDING_USED];
	size_t best = importance_best_count(answer->importance);
	struct strbuf left_out = STRBUF_INIT;

	if (!used)
		fn(out, "no trial has a result: there is nothing to compare");
	else if (used < IMPORTANCE_LEAST)
		notef(out, fn,
		      "%zu result%s: too few to tell anything, this is worth a "
		      "look from some %d on",
		      used, used == 1 ? "" : "s", 5 * IMPORTANCE_LEAST);
	else if (best < BEST_FEW)
		notef(out, fn,
		      "only %zu trials are among the best: --quantile %g would "
		      "look at more",
		      best, fmin(2 * answer->quantile, 0.5));
	if (used > 1 && best == importance_all_count(answer->importance))
		notef(out, fn,
		      "as many results are equal, none is better than the "
		      "others: nothing to compare");
	findings_tell_left_out(findings, &left_out);
	if (left_out.len)
		fn(out, left_out.data);
	strbuf_release(&left_out);
	if (answer->insight.objectives > 1 &&
	    !cli_option(answer->cli, "metric"))
		notef(out, fn,
		      "one of %zu objectives: --metric NAME looks at another",
		      answer->insight.objectives);
	if (answer->is_cut && answer->pairs_wanted)
		notef(out, fn, "pairs of the first %d parameters only",
		      PAIRED_MAX);
}

/* ---- as text --------------------------------------------------------------
 */

static void add_bar(struct sheet *sheet, double part, bool is_ascii)
{
	static const char *const eighths[] = {"",  "▏", "▎", "▍",
					      "▌", "▋", "▊", "▉"};
	int units = (int)lrint(part * BAR_COLS * 8);
	struct strbuf bar = STRBUF_INIT;

	for (int i = 0; i < (is_ascii ? (units + 4) / 8 : units / 8); i++)
		strbuf_adds(&bar, is_ascii ? "#" : "█");
	if (!is_ascii)
		strbuf_adds(&bar, eighths[units % 8]);
	sheet_take(sheet, strbuf_detach(&bar));
}

static void add_percent(struct sheet *sheet, double part)
{
	if (part > 0 && part < 0.001)
		sheet_add(sheet, "<0.1%");
	else
		sheet_addf(sheet, "%.1f%%", 100 * part);
}

static void print_parameters(const struct answer *answer)
{
	static const struct sheet_column columns[] = {
		{"parameter", 0, true}, {"importance", 0, 0},
		{"share", true, 0},	{"chance", true, 0},
		{"best", true, 0},	{"trials", true, 0},
		{"note", 0, true},
	};
	double most = answer->count ? answer->items[0].share : 0;
	struct sheet sheet;

	sheet_init(&sheet, columns, COUNT_OF(columns));
	for (size_t i = 0; i < answer->count; i++) {
		const struct parameter_importance *item = &answer->items[i];

		sheet_add(&sheet, name_of(answer, item->parameter));
		add_bar(&sheet, most > 0 ? item->share / most : 0,
			answer->cli->is_ascii);
		add_percent(&sheet, item->share);
		add_percent(&sheet, share(answer, item->chance));
		sheet_addf(&sheet, "%zu", item->best);
		sheet_addf(&sheet, "%zu", item->all);
		sheet_add(&sheet, item->all && item->value <= item->chance_high
					  ? "no more than chance"
					  : NULL);
	}
	sheet_print(&sheet, answer->cli->is_csv);
	sheet_release(&sheet);
}

static size_t pairs_to_show(const struct answer *answer)
{
	size_t n = 0;

	if (answer->pairs_wanted >= 0)
		return (size_t)answer->pairs_wanted < answer->pair_count
			       ? (size_t)answer->pairs_wanted
			       : answer->pair_count;
	while (n < answer->pair_count && n < PAIRS_SHOWN &&
	       answer->pairs[n].value > answer->pairs[n].chance_high)
		n++;
	return n;
}

static void print_pairs(const struct answer *answer)
{
	static const struct sheet_column columns[] = {
		{"pair", 0, true},   {"together", 0, 0}, {"explains", true, 0},
		{"chance", true, 0}, {"best", true, 0},	 {"trials", true, 0},
		{"note", 0, true},
	};
	size_t count = pairs_to_show(answer);
	double most = 0;
	struct sheet sheet;

	if (!count) {
		if (answer->pairs_wanted)
			puts(answer->pair_count || answer->count < 2
				     ? "\nNo pair explains more than chance "
				       "does."
				     : "\nToo few of the best trials to look "
				       "at pairs.");
		return;
	}
	putchar('\n');
	for (size_t i = 0; i < count; i++)
		most = fmax(most, share(answer, answer->pairs[i].value));
	sheet_init(&sheet, columns, COUNT_OF(columns));
	for (size_t i = 0; i < count; i++) {
		const struct interaction *pair = &answer->pairs[i];
		double part = share(answer, pair->value);

		sheet_addf(&sheet, "%s + %s", name_of(answer, pair->a),
			   name_of(answer, pair->b));
		add_bar(&sheet, most > 0 ? part / most : 0,
			answer->cli->is_ascii);
		add_percent(&sheet, part);
		add_percent(&sheet, share(answer, pair->chance));
		sheet_addf(&sheet, "%zu", pair->best);
		sheet_addf(&sheet, "%zu", pair->all);
		sheet_add(&sheet, pair->value <= pair->chance_high
					  ? "no more than chance"
					  : NULL);
	}
	sheet_print(&sheet, false);
	sheet_release(&sheet);
}

static void print_note(struct strbuf *out, const char *text)
{
	(void)out;
	printf("note: %s\n", text);
}

static void print_text(const struct answer *answer)
{
	struct strbuf head = STRBUF_INIT, border = STRBUF_INIT;
	size_t best = importance_best_count(answer->importance);

	strbuf_addf(&head, "%s (%s): the best %zu of %zu trials",
		    answer->insight.metric,
		    answer->insight.mode == OBJECTIVE_MAXIMIZE ? "maximize"
							       : "minimize",
		    best, importance_all_count(answer->importance));
	if (best) {
		format_number(&border, importance_border(answer->importance),
			      8);
		strbuf_addf(&head, ", %s %s",
			    answer->insight.mode == OBJECTIVE_MAXIMIZE
				    ? "from"
				    : "up to",
			    border.data);
		strbuf_adds(&head, answer->insight.mode == OBJECTIVE_MAXIMIZE
					   ? " on"
					   : "");
	}
	strbuf_clear(&border);
	utf8_sanitize(&border, head.data, head.len, answer->cli->is_ascii);
	puts(border.data);
	print_parameters(answer);
	if (best)
		print_pairs(answer);
	tell_notes(answer, NULL, print_note);
	strbuf_release(&head);
	strbuf_release(&border);
}

/* ---- as JSON ---------------------------------------------------------------
 */

static void add_number(struct strbuf *out, const char *key, double value)
{
	struct metric_value number = {!isnan(value), value};

	strbuf_addf(out, ",\"%s\":", key);
	json_value(out, number);
}

static void add_note(struct strbuf *out, const char *text)
{
	if (out->data[out->len - 1] != '[')
		strbuf_addch(out, ',');
	strbuf_add_json_string(out, text);
}

static void print_json(const struct answer *answer)
{
	struct strbuf out = STRBUF_INIT;
	size_t pairs = pairs_to_show(answer);

	strbuf_addch(&out, '{');
	insight_json(&answer->insight, &out);
	add_number(&out, "quantile", answer->quantile);
	add_number(&out, "region", answer->region);
	strbuf_addf(&out, ",\"against\":\"%s\"",
		    cli_option(answer->cli, "space") ? "space" : "trials");
	strbuf_addf(&out, ",\"best\":%zu,\"compared\":%zu",
		    importance_best_count(answer->importance),
		    importance_all_count(answer->importance));
	add_number(&out, "border", importance_border(answer->importance));
	strbuf_adds(&out, ",\"parameters\":[");
	for (size_t i = 0; i < answer->count; i++) {
		const struct parameter_importance *item = &answer->items[i];

		strbuf_adds(&out, i ? ",\n{\"name\":" : "\n{\"name\":");
		json_text(&out, name_of(answer, item->parameter));
		add_number(&out, "importance", item->value);
		add_number(&out, "share", item->share);
		add_number(&out, "explained", explained(answer, item->value));
		add_number(&out, "chance", item->chance);
		add_number(&out, "chanceHigh", item->chance_high);
		strbuf_addf(&out, ",\"best\":%zu,\"trials\":%zu}", item->best,
			    item->all);
	}
	strbuf_adds(&out, "],\"pairs\":[");
	for (size_t i = 0; i < pairs; i++) {
		const struct interaction *pair = &answer->pairs[i];

		strbuf_adds(&out, i ? ",\n{\"names\":[" : "\n{\"names\":[");
		json_text(&out, name_of(answer, pair->a));
		strbuf_addch(&out, ',');
		json_text(&out, name_of(answer, pair->b));
		strbuf_addch(&out, ']');
		add_number(&out, "interaction", pair->value);
		add_number(&out, "explained", explained(answer, pair->value));
		add_number(&out, "chance", pair->chance);
		add_number(&out, "chanceHigh", pair->chance_high);
		strbuf_addf(&out, ",\"best\":%zu,\"trials\":%zu}", pair->best,
			    pair->all);
	}
	strbuf_adds(&out, "],\"notes\":[");
	tell_notes(answer, &out, add_note);
	strbuf_adds(&out, "]}\n");
	output_flush(&out);
	strbuf_release(&out);
}

int command_importance(struct cli *cli)
{
	struct answer answer = {.cli = cli};
	struct error err = {0};

	if (!insight_fraction(cli, "region", 0, 1, 1, &answer.region, &err) ||
	    !insight_fraction(cli, "quantile", 0, 1, IMPORTANCE_QUANTILE,
			      &answer.quantile, &err) ||
	    !cli_option_number(cli, "pairs", 0, 1000, -1, &answer.pairs_wanted,
			       &err))
		return cli_fail(&err);
	if (answer.quantile >= answer.region) {
		error_set(&err, ERROR_INVALID,
			  "--quantile must be below --region: the best %g of "
			  "the trials are compared with the best %g",
			  answer.quantile, answer.region);
		return cli_fail(&err);
	}
	if (!insight_open(cli, &answer.insight, &err))
		return cli_fail(&err);
	compute(&answer);
	if (cli->is_json)
		print_json(&answer);
	else if (cli->is_csv)
		print_parameters(&answer);
	else
		print_text(&answer);
	importance_free(answer.importance);
	free(answer.items);
	free(answer.pairs);
	insight_close(&answer.insight);
	return CLI_DONE;
}
