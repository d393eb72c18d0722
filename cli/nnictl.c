/* SPDX-License-Identifier: MIT */
/* A table of nnictl's commands, and how each is said here. */
#include "cli/nnictl.h"

#include "base/mem.h"
#include "base/nearest.h"
#include "base/strbuf.h"
#include "cli/command.h"
#include "cli/commands.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define OPTIONS_MAX 6
#define WORDS_MAX 64

/* An option of nnictl's and where its value goes. */
struct nni_option {
	const char *name;
	char letter;
	bool has_value;
	/* ours with its dashes, value following; "" leaves it out; ending in
	 * '=' one word with the value; NULL: the value alone, after the
	 * experiment */
	const char *ours;
	bool is_required;
};

enum naming {
	NAMES_NOTHING,
	NAMES_ONE,     /* it must say which experiment */
	NAMES_RUNNING, /* else the only one that runs */
};

struct nni_command {
	const char *words;   /* "trial ls" */
	const char *ours[4]; /* our words; [0] NULL: there is no counterpart */
	enum naming naming;
	struct nni_option options[OPTIONS_MAX];
	const char *instead; /* why there is none, and what to do */
};

#define UNUSED(name, letter, has_value)                                        \
	{                                                                      \
		name, letter, has_value, "", false                             \
	}

/* clang-format off */
static const struct nni_command table[] = {
	{"create", {"run", "--detach", "--as-nnictl"}, NAMES_NOTHING, {
		{"config", 'c', true, NULL, true},
		{"port", 'p', true, "--port=", false},
		{"foreground", 'f', false, "--headless", false},
		UNUSED("debug", 'd', false),
		UNUSED("url_prefix", 'u', true)}, NULL},
	{"resume", {"resume", "--detach", "--as-nnictl"}, NAMES_ONE, {
		{"port", 'p', true, "--port=", false},
		{"foreground", 'f', false, "--headless", false},
		{"experiment_dir", 'e', true, "", false},
		UNUSED("debug", 'd', false)}, NULL},
	{"view", {"view"}, NAMES_ONE, {
		UNUSED("port", 'p', true),
		UNUSED("experiment_dir", 'e', true)}, NULL},
	{"stop", {"stop"}, NAMES_RUNNING, {
		{"all", 'a', false, "--all", false},
		UNUSED("port", 'p', true)}, NULL},
	{"update concurrency", {"set"}, NAMES_RUNNING, {
		{"value", 'v', true, "concurrency=", true}}, NULL},
	{"update duration", {"set"}, NAMES_RUNNING, {
		{"value", 'v', true, "max-duration=", true}}, NULL},
	{"update trialnum", {"set"}, NAMES_RUNNING, {
		{"value", 'v', true, "max-trials=", true}}, NULL},
	{"update searchspace", {NULL}, NAMES_RUNNING, {{0}},
		"a space cannot be changed under its tuner: start a new experiment with "
		"trialdeck run --warm-start EXPERIMENT FILE, which goes on from these results"},
	{"trial ls", {"nni-trials"}, NAMES_RUNNING, {
		{"head", 0, true, "--head=", false},
		{"tail", 0, true, "--tail=", false}}, NULL},
	{"trial kill", {"kill"}, NAMES_RUNNING, {
		{"trial_id", 'T', true, NULL, true}}, NULL},
	{"experiment show", {"nni-profile"}, NAMES_RUNNING, {{0}}, NULL},
	{"experiment status", {"nni-status"}, NAMES_RUNNING, {{0}}, NULL},
	{"experiment list", {"nni-list"}, NAMES_NOTHING, {
		{"all", 0, false, "--all", false}}, NULL},
	{"experiment delete", {"delete"}, NAMES_ONE, {{0}}, NULL},
	{"experiment export", {"export"}, NAMES_RUNNING, {
		{"type", 't', true, "--format=", true},
		{"filename", 'f', true, "--output=", true},
		{"intermediate", 'i', false, "--intermediates", false}}, NULL},
	{"experiment import", {NULL}, NAMES_RUNNING, {{0}},
		"results of elsewhere are given at the beginning: trialdeck run "
		"--warm-start FILE EXPERIMENT.yaml"},
	{"experiment save", {"export"}, NAMES_RUNNING, {
		{"path", 'p', true, "--output=", true},
		UNUSED("saveCodeDir", 's', false)}, NULL},
	{"experiment load", {"import"}, NAMES_NOTHING, {
		{"path", 'p', true, NULL, true},
		UNUSED("codeDir", 'c', true),
		UNUSED("logDir", 'l', true),
		UNUSED("searchSpacePath", 's', true)}, NULL},
	{"config show", {"nni-config"}, NAMES_RUNNING, {{0}}, NULL},
	{"webui url", {NULL}, NAMES_RUNNING, {{0}},
		"there is no web page: trialdeck, in this terminal, shows everything"},
	{"log stdout", {"events"}, NAMES_RUNNING, {
		{"tail", 'T', true, "--tail=", false},
		UNUSED("head", 'H', true),
		UNUSED("path", 0, false)}, NULL},
	{"log stderr", {"events"}, NAMES_RUNNING, {
		{"tail", 'T', true, "--tail=", false},
		UNUSED("head", 'H', true),
		UNUSED("path", 0, false)}, NULL},
	{"log trial", {"nni-trial-log"}, NAMES_RUNNING, {
		{"trial_id", 'T', true, NULL, false}}, NULL},
	{"top", {"top"}, NAMES_NOTHING, {
		{"time", 't', true, "--interval=", false}}, NULL},
	{"tensorboard start", {"tensorboard"}, NAMES_RUNNING, {
		{"port", 0, true, "--at=", false},
		{"trial_id", 'T', true, NULL, false}}, NULL},
	{"tensorboard stop", {"tensorboard", "--stop"}, NAMES_RUNNING, {{0}}, NULL},
	{"algo list", {"tuners", "--python"}, NAMES_NOTHING, {{0}}, NULL},
	{"algo show", {NULL}, NAMES_NOTHING, {{0}},
		"trialdeck tuners NAME shows one's arguments"},
	{"algo register", {NULL}, NAMES_NOTHING, {{0}},
		"name the class in the experiment file: tuner: {className: module.Class, "
		"codeDirectory: DIR}"},
	{"algo unregister", {NULL}, NAMES_NOTHING, {{0}},
		"nothing is registered here: the experiment file names the class"},
	{"package install", {NULL}, NAMES_NOTHING, {{0}},
		"SMAC, BOHB and the others need no package here: trialdeck tuners"},
	{"package list", {"tuners"}, NAMES_NOTHING, {{0}}, NULL},
	{"platform clean", {NULL}, NAMES_NOTHING, {{0}},
		"trialdeck files --clean EXPERIMENT removes what trials left"},
	{"trainingservice list", {NULL}, NAMES_NOTHING, {{0}},
		"trialdeck check FILE says whether a platform is one"},
	{"ss_gen", {NULL}, NAMES_NOTHING, {{0}},
		"annotations are not read: write the search space into the file"},
	{"hello", {NULL}, NAMES_NOTHING, {{0}},
		"examples/quickstart of trialdeck is a first experiment"},
	{"jupyter-extension install", {NULL}, NAMES_NOTHING, {{0}},
		"there is no extension: this is a program for terminals"},
};
/* clang-format on */

/* ---- is it meant -------------------------------------------------------- */

static bool takes_value(const char *word)
{
	for (const struct cli_option *option = cli_global_options; option->name;
	     option++)
		if (!strcmp(option->name, word + 2))
			return option->value;
	return false;
}

bool nnictl_is_meant(int argc, char **argv, int *ret_first)
{
	const char *slash = argc > 0 ? strrchr(argv[0], '/') : NULL;
	int i = 1;

	*ret_first = 1;
	if (argc > 0 && !strcmp(slash ? slash + 1 : argv[0], "nnictl"))
		return true;
	while (i < argc && argv[i][0] == '-')
		i += !strncmp(argv[i], "--", 2) && takes_value(argv[i]) ? 2 : 1;
	*ret_first = i + 1;
	return i < argc && !strcmp(argv[i], "nnictl");
}

/* ---- the translation ---------------------------------------------------- */

struct translation {
	char **argv;
	int argc;
	char **tail; /* what comes after the experiment */
	int tail_count;
};

static void say(struct translation *translation, const char *word)
{
	translation->argv[translation->argc++] = (char *)word;
}

static void say_later(struct translation *translation, const char *word)
{
	translation->tail[translation->tail_count++] = (char *)word;
}

/* How many of the words the command's name takes; 0: it is another. */
static int match(const struct nni_command *command, int argc, char **argv)
{
	const char *space = strchr(command->words, ' ');

	if (argc < 1)
		return 0;
	if (!space)
		return strcmp(argv[0], command->words) ? 0 : 1;
	if (strlen(argv[0]) != (size_t)(space - command->words) ||
	    memcmp(argv[0], command->words, strlen(argv[0])) != 0)
		return 0;
	return argc > 1 && !strcmp(argv[1], space + 1) ? 2 : 0;
}

static bool refuse(int argc, char **argv, struct error *err)
{
	const char *words[WORDS_MAX];
	struct strbuf said = STRBUF_INIT;
	const char *near;

	for (size_t i = 0; i < COUNT_OF(table); i++)
		words[i] = table[i].words;
	for (int i = 0; i < argc && i < 2 && argv[i][0] != '-'; i++)
		strbuf_addf(&said, "%s%s", i ? " " : "", argv[i]);
	if (!said.len) {
		strbuf_release(&said);
		return error_set(err, ERROR_INVALID,
				 "nnictl: a command is needed, such as create, "
				 "trial ls, experiment list, stop");
	}
	near = nearest_word(said.data, words, COUNT_OF(table));
	error_set(err, ERROR_INVALID,
		  near ? "nnictl %s: no such command, did you mean '%s'?"
		       : "nnictl %s: no such command",
		  said.data, near);
	strbuf_release(&said);
	return false;
}

static const struct nni_option *find_option(const struct nni_command *command,
					    const char *word)
{
	size_t len = strcspn(word, "=");

	for (size_t i = 0; i < OPTIONS_MAX && command->options[i].name; i++) {
		const struct nni_option *option = &command->options[i];

		if (word[1] != '-'
			    ? option->letter && word[1] == option->letter
			    : strlen(option->name) == len - 2 &&
				      !memcmp(option->name, word + 2, len - 2))
			return option;
	}
	return NULL;
}

/* "--name value", "--name=value", "-n value", "-nvalue"; *i stands on it. */
static bool take_option(struct translation *translation,
			const struct nni_command *command, int argc,
			char **argv, int *i, unsigned *given, struct error *err)
{
	const char *word = argv[*i];
	const struct nni_option *option = find_option(command, word);
	const char *value = NULL;

	if (!option)
		return error_set(err, ERROR_INVALID,
				 "nnictl %s: %s: no such option",
				 command->words, word);
	*given |= 1u << (option - command->options);
	if (option->has_value) {
		if (word[1] == '-' && strchr(word, '='))
			value = strchr(word, '=') + 1;
		else if (word[1] != '-' && word[2])
			value = word + 2;
		else if (*i + 1 < argc)
			value = argv[++*i];
		else
			return error_set(err, ERROR_INVALID,
					 "nnictl %s: %s needs a value",
					 command->words, word);
	}
	if (!option->ours)
		say_later(translation, value);
	else if (!option->ours[0])
		; /* nothing here depends on it */
	else if (!option->has_value)
		say(translation, option->ours);
	else if (option->ours[0] == '-')
		say(translation,
		    xasprintf("%s%s", option->ours,
			      !strcmp(option->name, "type") &&
					      !strcmp(value, "json")
				      ? "nni-json"
				      : value));
	else
		say_later(translation, xasprintf("%s%s", option->ours, value));
	return true;
}

static bool check_given(const struct nni_command *command, unsigned given,
			struct error *err)
{
	for (size_t i = 0; i < OPTIONS_MAX && command->options[i].name; i++)
		if (command->options[i].is_required && !(given & 1u << i))
			return error_set(
				err, ERROR_INVALID, "nnictl %s: --%s is needed",
				command->words, command->options[i].name);
	return true;
}

/* nnictl takes "prefix*", too, where a prefix is enough here. */
static const char *without_star(const char *name)
{
	size_t len = strlen(name);

	return len > 1 && name[len - 1] == '*' ? xstrndup(name, len - 1) : name;
}

static bool say_experiment(struct translation *translation,
			   const struct nni_command *command, const char *name,
			   unsigned given, struct error *err)
{
	bool is_all = command->options[0].name && given & 1 &&
		      !strcmp(command->options[0].name, "all");

	if (command->naming == NAMES_NOTHING && name)
		return error_set(err, ERROR_INVALID,
				 "nnictl %s: '%s' is one argument too many",
				 command->words, name);
	if (command->naming == NAMES_ONE && !name)
		return error_set(err, ERROR_INVALID,
				 "nnictl %s: the experiment's id is needed",
				 command->words);
	if (name)
		say(translation, without_star(name));
	else if (command->naming == NAMES_RUNNING && !is_all)
		say(translation, "running");
	return true;
}

static bool translate(struct translation *translation,
		      const struct nni_command *command, int argc, char **argv,
		      struct error *err)
{
	const char *name = NULL;
	unsigned given = 0;

	if (!command->ours[0])
		return error_set(err, ERROR_INVALID, "nnictl %s: %s",
				 command->words, command->instead);
	for (int i = 0; i < 4 && command->ours[i]; i++)
		say(translation, command->ours[i]);
	for (int i = 0; i < argc; i++) {
		if (argv[i][0] == '-' && argv[i][1]) {
			if (!take_option(translation, command, argc, argv, &i,
					 &given, err))
				return false;
		} else if (name) {
			return error_set(err, ERROR_INVALID,
					 "nnictl %s: '%s' is one argument too "
					 "many",
					 command->words, argv[i]);
		} else {
			name = argv[i];
		}
	}
	return check_given(command, given, err) &&
	       say_experiment(translation, command, name, given, err);
}

bool nnictl_translate(int argc, char **argv, int first, int *ret_argc,
		      char ***ret_argv, struct error *err)
{
	struct translation translation = {
		.argv = xcalloc((size_t)argc * 2 + 16, sizeof(char *)),
		.tail = xcalloc((size_t)argc + 1, sizeof(char *)),
	};
	bool ok = false;
	int used = 0;

	for (int i = 0; i < first && strcmp(argv[i], "nnictl") != 0; i++)
		say(&translation, argv[i]);
	if (!translation.argc)
		say(&translation, argv[0]);
	argc -= first;
	argv += first;
	if (argc > 0 &&
	    (!strcmp(argv[0], "--version") || !strcmp(argv[0], "-v"))) {
		say(&translation, "version");
		ok = true;
	} else if (!argc || !strcmp(argv[0], "--help") ||
		   !strcmp(argv[0], "-h")) {
		say(&translation, "help");
		say(&translation, "nnictl");
		ok = true;
	} else {
		size_t i = 0;

		while (i < COUNT_OF(table) &&
		       !(used = match(&table[i], argc, argv)))
			i++;
		ok = i < COUNT_OF(table)
			     ? translate(&translation, &table[i], argc - used,
					 argv + used, err)
			     : refuse(argc, argv, err);
	}
	for (int i = 0; i < translation.tail_count; i++)
		say(&translation, translation.tail[i]);
	free(translation.tail);
	*ret_argc = translation.argc;
	*ret_argv = translation.argv;
	return ok;
}

/* Reached by `trialdeck help nnictl` alone: main translates everything else. */
int command_nnictl(struct cli *cli)
{
	(void)cli;
	for (size_t i = 0; i < COUNT_OF(table); i++)
		if (table[i].ours[0])
			printf("nnictl %s\n", table[i].words);
	return CLI_DONE;
}
