/* SPDX-License-Identifier: MIT */
/*
 * `check`: everything that can be known before an experiment runs.  Nothing is
 * created or changed: a folder that does not exist yet is judged by the
 * nearest one that does.
 */
#include "base/fs.h"
#include "base/mem.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/create.h"
#include "cli/output.h"
#include "engine/assessor/assessor.h"
#include "engine/platform/kubernetes/preflight.h"
#include "engine/tuner/tuner.h"
#include "model/space.h"
#include "store/store.h"
#include "tui/format.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <netinet/in.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#define SPACE_LOW_BYTES (INT64_C(1) << 30)
#define SPACE_LEAST_BYTES (INT64_C(64) << 20)

extern char **environ;

enum verdict { VERDICT_OK, VERDICT_WARNING, VERDICT_FAILED };

struct findings {
	bool is_json;
	bool is_first;
	int status;
};

static void find(struct findings *findings, enum verdict verdict,
		 const char *what, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
static void find(struct findings *findings, enum verdict verdict,
		 const char *what, const char *format, ...)
{
	static const char *const names[] = {"ok", "warning", "failed"};
	struct strbuf out = STRBUF_INIT;
	char text[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (verdict == VERDICT_FAILED && !findings->status)
		findings->status = CLI_FAILED;
	if (findings->is_json) {
		strbuf_adds(&out, findings->is_first ? "" : ",\n");
		strbuf_addf(&out,
			    "{\"check\":\"%s\",\"status\":\"%s\",\"text\":",
			    what, names[verdict]);
		strbuf_add_json_string(&out, text);
		strbuf_addch(&out, '}');
	} else {
		strbuf_addf(&out, "%-8s %-10s ", names[verdict], what);
		format_cut(&out, text, sizeof(text), false);
		strbuf_addch(&out, '\n');
	}
	findings->is_first = false;
	output_flush(&out);
	strbuf_release(&out);
}

/* Can the shell find the command's first word, from the code directory? */
static void check_command(struct findings *findings,
			  const struct experiment_config *config)
{
	size_t len = strcspn(config->trial_command, " \t\n");
	char *word = xstrndup(config->trial_command, len);
	char *argv[] = {(char *)"sh",
			(char *)"-c",
			(char *)"command -v -- \"$1\" >/dev/null 2>&1",
			(char *)"sh",
			word,
			NULL};
	posix_spawn_file_actions_t files;
	int status = 0;
	pid_t pid;

	if (strpbrk(word, "'\"$`\\=(){}&|;<>{*?[") || !len) {
		find(findings, VERDICT_OK, "command",
		     "%.200s (a shell line, not looked into)",
		     config->trial_command);
		free(word);
		return;
	}
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addchdir_np(&files,
					     config->trial_code_directory);
	if (posix_spawn(&pid, "/bin/sh", &files, NULL, argv, environ) == 0)
		waitpid(pid, &status, 0);
	posix_spawn_file_actions_destroy(&files);
	if (status)
		find(findings, VERDICT_FAILED, "command",
		     "%s: no such command on PATH", word);
	else
		find(findings, VERDICT_OK, "command", "%.200s",
		     config->trial_command);
	free(word);
}

static void check_code(struct findings *findings,
		       const struct experiment_config *config)
{
	DIR *folder = opendir(config->trial_code_directory);

	if (!folder || access(config->trial_code_directory, X_OK) < 0)
		find(findings, VERDICT_FAILED, "code", "%s: %s",
		     config->trial_code_directory, strerror(errno));
	else
		find(findings, VERDICT_OK, "code", "%s",
		     config->trial_code_directory);
	if (folder)
		closedir(folder);
}

/* The nearest folder on the way up that exists; the caller frees it. */
static char *nearest_folder(const char *path)
{
	char *at = xstrdup(path);

	while (access(at, F_OK) < 0 && strcmp(at, "/") != 0 &&
	       strcmp(at, ".") != 0) {
		char *up = fs_folder(at);

		free(at);
		at = up;
	}
	return at;
}

static void check_folder(struct findings *findings, const char *what,
			 const char *path)
{
	struct strbuf size = STRBUF_INIT;
	char *folder = nearest_folder(path);
	const char *network = fs_network_kind(folder);
	struct statvfs fs;
	int64_t available;

	if (access(folder, W_OK | X_OK) < 0) {
		find(findings, VERDICT_FAILED, what,
		     "%s: cannot write in %s: %s", path, folder,
		     strerror(errno));
	} else if (statvfs(folder, &fs) < 0) {
		find(findings, VERDICT_FAILED, what, "%s: %s", path,
		     strerror(errno));
	} else {
		available = (int64_t)fs.f_bavail * (int64_t)fs.f_frsize;
		format_bytes(&size, available);
		find(findings,
		     available < SPACE_LEAST_BYTES ? VERDICT_FAILED
		     : available < SPACE_LOW_BYTES ? VERDICT_WARNING
						   : VERDICT_OK,
		     what, "%s, %s free%s%s", path, size.data,
		     network ? ", on " : "", network ? network : "");
	}
	strbuf_release(&size);
	free(folder);
}

static void check_database(struct findings *findings, const char *path)
{
	struct error err = {0};
	struct store *store;
	char *folder;

	if (access(path, F_OK) < 0) {
		folder = fs_folder(path);
		check_folder(findings, "database", folder);
		free(folder);
	} else if (!store_open(path, STORE_READ, &store, &err)) {
		find(findings, VERDICT_FAILED, "database", "%s", err.text);
	} else {
		store_close(store);
		if (access(path, W_OK) < 0)
			find(findings, VERDICT_FAILED, "database", "%s: %s",
			     path, strerror(errno));
		else
			find(findings, VERDICT_OK, "database", "%s", path);
	}
}

static void check_port(struct findings *findings, int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (fd < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
		find(findings, VERDICT_FAILED, "side port", "%d: %s", port,
		     strerror(errno));
	else if (port)
		find(findings, VERDICT_OK, "side port", "%d is free", port);
	else
		find(findings, VERDICT_OK, "side port", "any free one");
	if (fd >= 0)
		close(fd);
}

static void check_tuner(struct findings *findings,
			const struct experiment_config *config)
{
	const char *name = config->tuner.name;
	const struct tuner_ops *ops = name ? tuner_find(name) : NULL;
	struct tuner_context context = {
		.class_args = config->tuner.class_args,
		.objective = config->objective,
		.seed = config->seed,
		.checkpoint_root = ".", /* the file's reader has looked */
	};
	struct error err = {0};
	struct space *space = NULL;

	if (config->tuner.is_python) {
		find(findings, VERDICT_OK, "tuner", "%s, in Python",
		     name ? name : config->tuner.class_name);
		return;
	}
	if (!ops) {
		error_set(&err, ERROR_INVALID, "%s: no such tuner",
			  name			     ? name
			  : config->tuner.class_name ? config->tuner.class_name
						     : "none");
	} else if (config->search_space &&
		   space_parse(config->search_space, &space, NULL, &err)) {
		context.space = space;
		if (tuner_validate(ops, &context, &err))
			find(findings, VERDICT_OK, "tuner",
			     "%s, %zu parameters", ops->name, space->count);
	}
	if (err.code) {
		find(findings, VERDICT_FAILED, "tuner", "%s", err.text);
		findings->status = CLI_USAGE;
	}
	space_free(space);
}

static void check_assessor(struct findings *findings,
			   const struct experiment_config *config)
{
	const char *name = config->assessor.name;
	const struct assessor_ops *ops = name ? assessor_find(name) : NULL;
	struct assessor_context context = {
		.class_args = config->assessor.class_args,
		.objective = config->objective,
	};
	struct error err = {0};

	if (!name && !config->assessor.class_name)
		return;
	if (config->assessor.is_python) {
		find(findings, VERDICT_OK, "assessor", "%s, in Python",
		     name ? name : config->assessor.class_name);
		return;
	}
	if (!ops)
		error_set(&err, ERROR_INVALID, "%s: no such assessor",
			  name ? name : config->assessor.class_name);
	else if (assessor_validate(ops, &context, &err))
		find(findings, VERDICT_OK, "assessor", "%s", ops->name);
	if (err.code) {
		find(findings, VERDICT_FAILED, "assessor", "%s", err.text);
		findings->status = CLI_USAGE;
	}
}

/* Each problem of the file as a finding of its own. */
static void report_problems(struct findings *findings, char *problems,
			    const struct error *err)
{
	char *save = NULL;
	char *line = strtok_r(problems, "\n", &save);

	if (!line)
		find(findings, VERDICT_FAILED, "file", "%s", err->text);
	for (; line; line = strtok_r(NULL, "\n", &save))
		find(findings, VERDICT_FAILED, "file", "%s", line);
	findings->status = cli_status_of(err->code);
}

static void on_finding(void *arg, enum preflight_verdict verdict,
		       const char *what, const char *text)
{
	static const enum verdict verdicts[] = {
		[PREFLIGHT_OK] = VERDICT_OK,
		[PREFLIGHT_WARNING] = VERDICT_WARNING,
		[PREFLIGHT_FAILED] = VERDICT_FAILED,
	};

	find(arg, verdicts[verdict], what, "%s", text);
}

static void check_config(struct cli *cli, struct findings *findings,
			 const struct experiment_config *config)
{
	char *home = config->working_directory
			     ? xstrdup(config->working_directory)
			     : experiment_home(cli->db_path);
	bool is_local = !config->platform || !strcmp(config->platform, "local");

	find(findings, VERDICT_OK, "file", "%s, %s form", cli_argument(cli, 0),
	     config->is_first_form ? "first" : "second");
	check_tuner(findings, config);
	check_assessor(findings, config);
	/* objects of the user's own take none along */
	if (config->trial_command && config->trial_code_directory)
		check_code(findings, config);
	if (cli_option(cli, "offline")) {
		free(home);
		return;
	}
	/* what an image holds is not to be seen from here */
	if (is_local && config->trial_command && config->trial_code_directory)
		check_command(findings, config);
	check_folder(findings, "files", home);
	check_database(findings, cli->db_path);
	check_port(findings, cli->side_port);
	free(home);
	if (!is_local &&
	    !preflight_kubernetes(config, cli->side_port, on_finding, findings))
		findings->status = CLI_UNREACHABLE;
}

int command_check(struct cli *cli)
{
	struct findings findings = {.is_json = cli->is_json, .is_first = true};
	struct experiment_config config = {0};
	struct spec_overrides overrides = overrides_given(cli);
	struct strbuf problems = STRBUF_INIT;
	struct error err = {0};
	char *text, *path;

	if (cli->is_json)
		puts("[");
	if (experiment_file_load(cli_argument(cli, 0), &overrides, &config,
				 &text, &path, &problems, &err)) {
		check_config(cli, &findings, &config);
		experiment_config_release(&config);
		free(text);
		free(path);
	} else {
		report_problems(&findings, problems.data, &err);
	}
	if (cli->is_json)
		puts("\n]");
	strbuf_release(&problems);
	return findings.status;
}
