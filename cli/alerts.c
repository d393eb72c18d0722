/* SPDX-License-Identifier: MIT */
/*
 * `alerts`: whom an experiment tells what; shown, changed while it runs, tried.
 * What is said here lies over what the file says, in the database, and whoever
 * runs the experiment reads it within a second.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/output.h"
#include "engine/alert/send.h"
#include "engine/alert/watch.h"
#include "engine/spec/spec.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The file's, and over them what was said since, as an object of texts. */
static bool read_all(const struct found *found, struct alerts_config *ret,
		     cJSON **ret_said, struct error *err)
{
	struct experiment_config config;
	char *said = NULL;
	bool ok;

	if (!spec_reload(found->experiment.config, &config, err))
		return false;
	alerts_copy(ret, &config.alerts);
	experiment_config_release(&config);
	ok = store_preference_get(found->store, found->experiment.key,
				  ALERTS_PREFERENCE, &said, err) &&
	     (!said || alerts_overlay(ret, said, err));
	if (ok)
		*ret_said = said ? cJSON_Parse(said) : cJSON_CreateObject();
	else
		alerts_release(ret);
	free(said);
	return ok;
}

/* KEY=VALUE, each of them checked, laid over both. */
static bool take_all(struct cli *cli, struct alerts_config *config, cJSON *said,
		     struct error *err)
{
	for (size_t i = 1; i < cli->argument_count; i++) {
		const char *word = cli->arguments[i];
		const char *equals = strchr(word, '=');
		char *key;
		bool ok;

		if (!equals)
			return error_set(err, ERROR_INVALID,
					 "'%s' is no KEY=VALUE, such as "
					 "on=best,finished",
					 word);
		key = xstrndup(word, (size_t)(equals - word));
		ok = alerts_set(config, key, equals + 1, err);
		if (ok) {
			cJSON_DeleteItemFromObjectCaseSensitive(said, key);
			cJSON_AddStringToObject(said, key, equals + 1);
		}
		free(key);
		if (!ok)
			return false;
	}
	return true;
}

static bool save(const struct found *found, const cJSON *said,
		 struct error *err)
{
	char *text = cJSON_PrintUnformatted(said);
	bool ok = store_preference_put(found->store, found->experiment.key,
				       ALERTS_PREFERENCE, text, err);

	cJSON_free(text);
	return ok;
}

static int try_it(const struct found *found, const struct alerts_config *config)
{
	struct alert_about about = {found->experiment.id,
				    found->experiment.name,
				    found->experiment.directory};
	struct alert alert = {.kind = ALERT_FINISHED,
			      .text = "a test: this is how alerts look"};
	struct error err = {0};
	atomic_bool is_ending;
	bool ok;

	if (!alerts_are_wanted(config)) {
		error_set(&err, ERROR_INVALID,
			  "alerts: nobody is to be told: set webhook, "
			  "webhookFile or command");
		return cli_fail(&err);
	}
	atomic_init(&is_ending, false);
	ok = alert_send(config, &alert, &about, &is_ending, &err);
	if (!ok)
		return cli_fail_at(&err, "alerts");
	puts("told");
	return CLI_DONE;
}

/* A webhook's URL is a password: enough of it to know it by. */
static void hide_secret(cJSON *tree)
{
	cJSON *webhook = cJSON_GetObjectItemCaseSensitive(tree, "webhook");
	const char *slash;
	char *shown;

	if (!cJSON_IsString(webhook))
		return;
	slash = strstr(webhook->valuestring, "://");
	slash = slash ? strchr(slash + 3, '/') : NULL;
	if (!slash || !slash[1])
		return;
	shown = xasprintf("%.*s/...", (int)(slash - webhook->valuestring),
			  webhook->valuestring);
	cJSON_SetValuestring(webhook, shown);
	free(shown);
}

static void show(struct cli *cli, const struct alerts_config *config)
{
	struct strbuf json = STRBUF_INIT, line = STRBUF_INIT;
	cJSON *tree;
	char *text;

	alerts_format(config, &json);
	tree = cJSON_Parse(json.data);
	hide_secret(tree);
	if (cli->is_json) {
		text = cJSON_PrintUnformatted(tree);
		puts(text);
		cJSON_free(text);
	} else if (!alerts_are_wanted(config)) {
		puts("nobody is told anything; see trialdeck help alerts");
	}
	for (cJSON *member = cli->is_json ? NULL : tree->child; member;
	     member = member->next) {
		strbuf_addf(&line, "%-12s ", member->string);
		utf8_sanitize(&line, member->valuestring,
			      strlen(member->valuestring), false);
		strbuf_addch(&line, '\n');
	}
	output_flush(&line);
	cJSON_Delete(tree);
	strbuf_release(&line);
	strbuf_release(&json);
}

int command_alerts(struct cli *cli)
{
	bool changes = cli->argument_count > 1;
	struct alerts_config config;
	struct found found;
	struct error err = {0};
	int status = CLI_DONE;
	cJSON *said = NULL;

	if (changes && cli->is_read_only) {
		error_set(&err, ERROR_DENIED,
			  "alerts: --read-only was given, so nothing is "
			  "changed");
		return cli_fail(&err);
	}
	if (!found_experiment(cli, changes ? STORE_APPEND : STORE_READ, &found,
			      &err))
		return cli_fail(&err);
	if (!read_all(&found, &config, &said, &err)) {
		found_release(&found);
		return cli_fail_at(&err, "alerts");
	}
	if (!take_all(cli, &config, said, &err) ||
	    (changes && !save(&found, said, &err)))
		status = cli_fail_at(&err, "alerts");
	else if (cli_option(cli, "test"))
		status = try_it(&found, &config);
	else
		show(cli, &config);
	cJSON_Delete(said);
	alerts_release(&config);
	found_release(&found);
	return status;
}
