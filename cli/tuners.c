/* SPDX-License-Identifier: MIT */
/* `tuners`: the algorithms there are, and what each can be told. */
#include "base/mem.h"
#include "base/nearest.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/output.h"
#include "engine/assessor/assessor.h"
#include "engine/bridge/probe.h"
#include "engine/tuner/tuner.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define WORDS_MAX 64

/* What tuners and assessors have in common. */
struct algorithm {
	const char *kind;
	const char *name;
	const char *help;
	const char *const *aliases; /* or NULL */
	const struct tuner_argument *arguments;
};

/* Fill `ret` with all there are; returns how many. */
static size_t collect(struct algorithm *ret)
{
	const struct assessor_ops *const *assessor = assessor_registry();
	const struct tuner_ops *const *tuner = tuner_registry();
	size_t count = 0;

	for (; *tuner && count < WORDS_MAX; tuner++)
		ret[count++] = (struct algorithm){
			"tuner", (*tuner)->name, (*tuner)->help,
			(*tuner)->aliases, (*tuner)->arguments};
	for (; *assessor && count < WORDS_MAX; assessor++)
		ret[count++] = (struct algorithm){"assessor", (*assessor)->name,
						  (*assessor)->help, NULL,
						  (*assessor)->arguments};
	return count;
}

static void add_text(struct strbuf *out, const char *key, const char *text)
{
	strbuf_addf(out, "\"%s\":", key);
	if (text)
		strbuf_add_json_string(out, text);
	else
		strbuf_adds(out, "null");
}

static void add_json(struct strbuf *out, const struct algorithm *algorithm)
{
	const struct tuner_argument *argument = algorithm->arguments;

	strbuf_addch(out, '{');
	add_text(out, "kind", algorithm->kind);
	strbuf_addch(out, ',');
	add_text(out, "name", algorithm->name);
	strbuf_addch(out, ',');
	add_text(out, "help", algorithm->help);
	strbuf_adds(out, ",\"arguments\":[");
	for (; argument && argument->name; argument++) {
		strbuf_adds(out, argument == algorithm->arguments ? "{" : ",{");
		add_text(out, "name", argument->name);
		strbuf_addch(out, ',');
		add_text(out, "type", argument->type);
		strbuf_addch(out, ',');
		add_text(out, "default", argument->default_text);
		strbuf_addch(out, ',');
		add_text(out, "help", argument->help);
		strbuf_addch(out, '}');
	}
	strbuf_adds(out, "]}");
}

static void print_all(struct cli *cli, const struct algorithm *all,
		      size_t count)
{
	static const struct sheet_column columns[] = {
		{"name", 0, 0}, {"kind", 0, 0}, {"help", 0, true}};
	struct strbuf json = STRBUF_INIT;
	struct sheet sheet;

	sheet_init(&sheet, columns, COUNT_OF(columns));
	strbuf_addch(&json, '[');
	for (size_t i = 0; i < count; i++) {
		sheet_add(&sheet, all[i].name);
		sheet_add(&sheet, all[i].kind);
		sheet_add(&sheet, all[i].help);
		strbuf_adds(&json, i ? ",\n" : "\n");
		add_json(&json, &all[i]);
	}
	strbuf_adds(&json, "\n]\n");
	if (cli->is_json)
		output_flush(&json);
	else
		sheet_print(&sheet, cli->is_csv);
	sheet_release(&sheet);
	strbuf_release(&json);
}

static void print_one(struct cli *cli, const struct algorithm *algorithm)
{
	static const struct sheet_column columns[] = {{"argument", 0, 0},
						      {"type", 0, 0},
						      {"default", 0, 0},
						      {"help", 0, true}};
	const struct tuner_argument *argument = algorithm->arguments;
	struct strbuf json = STRBUF_INIT;
	struct sheet sheet;

	if (cli->is_json) {
		add_json(&json, algorithm);
		strbuf_addch(&json, '\n');
		output_flush(&json);
		strbuf_release(&json);
		return;
	}
	sheet_init(&sheet, columns, COUNT_OF(columns));
	for (; argument && argument->name; argument++) {
		sheet_add(&sheet, argument->name);
		sheet_add(&sheet, argument->type);
		sheet_add(&sheet, argument->default_text);
		sheet_add(&sheet, argument->help);
	}
	if (!cli->is_csv)
		printf("%s (%s): %s\n", algorithm->name, algorithm->kind,
		       algorithm->help);
	if (sheet.cell_count || cli->is_csv)
		sheet_print(&sheet, cli->is_csv);
	else
		puts("It takes no arguments.");
	sheet_release(&sheet);
}

static bool is_called(const struct algorithm *algorithm, const char *name)
{
	const char *const *alias = algorithm->aliases;

	if (!strcasecmp(algorithm->name, name))
		return true;
	for (; alias && *alias; alias++)
		if (!strcasecmp(*alias, name))
			return true;
	return false;
}

/* What the installed nni has, as it says so itself. */
static int print_python(struct cli *cli)
{
	static const struct sheet_column columns[] = {
		{"name", 0, 0}, {"kind", 0, 0}, {"class", 0, true}};
	struct strbuf json = STRBUF_INIT;
	struct error err = {0};
	const cJSON *item;
	struct sheet sheet;
	cJSON *list;

	if (!probe_algorithms(NULL, &json, &err)) {
		strbuf_release(&json);
		return cli_fail(&err);
	}
	if (cli->is_json) {
		output_flush(&json);
		strbuf_release(&json);
		return CLI_DONE;
	}
	list = cJSON_Parse(json.data);
	sheet_init(&sheet, columns, COUNT_OF(columns));
	cJSON_ArrayForEach (item, list) {
		static const char *const keys[] = {"name", "kind", "class"};

		for (size_t i = 0; i < COUNT_OF(keys); i++) {
			const cJSON *text =
				cJSON_GetObjectItemCaseSensitive(item, keys[i]);

			sheet_add(&sheet, cJSON_IsString(text)
						  ? text->valuestring
						  : "");
		}
	}
	sheet_print(&sheet, cli->is_csv);
	sheet_release(&sheet);
	cJSON_Delete(list);
	strbuf_release(&json);
	return CLI_DONE;
}

int command_tuners(struct cli *cli)
{
	struct algorithm all[2 * WORDS_MAX];
	const char *words[2 * WORDS_MAX];
	const char *name = cli_argument(cli, 0);
	size_t count = collect(all);
	struct error err = {0};
	const char *near;

	if (cli_option(cli, "python"))
		return print_python(cli);
	if (!name) {
		print_all(cli, all, count);
		return CLI_DONE;
	}
	for (size_t i = 0; i < count; i++) {
		if (is_called(&all[i], name)) {
			print_one(cli, &all[i]);
			return CLI_DONE;
		}
		words[i] = all[i].name;
	}
	near = nearest_word(name, words, count);
	error_set(&err, ERROR_NOT_FOUND,
		  "no tuner or assessor is called '%s'%s%s%s", name,
		  near ? ", did you mean '" : "", near ? near : "",
		  near ? "'?" : "");
	return cli_fail(&err);
}
