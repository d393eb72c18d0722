/* SPDX-License-Identifier: MIT */
/*
 * The commands.  Everything the program says about its command line is read
 * from here: parsing, help, completion, the manual.  The order is the order of
 * `trialdeck help`.
 */
#include "cli/command.h"
#include "cli/commands.h"
#include "tui/settings.h"

#define EXPERIMENT_ARGUMENT                                                    \
	{                                                                      \
		"EXPERIMENT", CLI_WORDS_EXPERIMENT, NULL                       \
	}
#define TRIAL_ARGUMENT                                                         \
	{                                                                      \
		"TRIAL", CLI_WORDS_TRIAL, NULL                                 \
	}
#define FILE_ARGUMENT                                                          \
	{                                                                      \
		"FILE", CLI_WORDS_FILE, NULL                                   \
	}
#define FLAG(name, letter, help)                                               \
	{                                                                      \
		name, letter, NULL, help, CLI_WORDS_NONE, NULL, false          \
	}
#define VALUE(name, letter, value, help)                                       \
	{                                                                      \
		name, letter, value, help, CLI_WORDS_NONE, NULL, false         \
	}
#define COLUMNS(name, letter, value, help)                                     \
	{                                                                      \
		name, letter, value, help, CLI_WORDS_COLUMN, NULL, false       \
	}
#define CHOICE(name, letter, value, help, list)                                \
	{                                                                      \
		name, letter, value, help, CLI_WORDS_LIST, list, false         \
	}

/* in place of what the file's trainingService says */
#define CLUSTER_OPTIONS                                                        \
	{"kubeconfig",	 0,    "FILE", "credentials of the cluster",           \
	 CLI_WORDS_FILE, NULL, false},                                         \
		VALUE("context", 0, "NAME", "context of the kubeconfig"),      \
		VALUE("namespace", 0, "NAME", "namespace of the trials")

/* what counts as a result */
#define METRIC_OPTIONS                                                         \
	VALUE("metric", 'm', "NAME",                                           \
	      "of this metric (default: the primary objective)"),              \
		CHOICE("mode", 0, "MODE",                                      \
		       "minimize or maximize (default: as the experiment)",    \
		       "minimize maximize")

#define SETTING_NAME(id, name, values, fallback, help) name " "

#define STATES                                                                 \
	"WAITING RUNNING SUCCEEDED FAILED USER_CANCELED SYS_CANCELED "         \
	"EARLY_STOPPED UNKNOWN"

/* clang-format off */
const struct cli_command cli_commands[] = {
	{
		.name = "", .synopsis = "",
		.help = "browse everything the database holds",
		.text = "Opens the console on the newest experiment. Experiments that other "
			"processes run are shown live, and can be driven from here.",
		.needs_write = false,
		.run = command_browse,
	},
	{
		.name = "new", .synopsis = "[FOLDER]",
		.help = "write an experiment to begin with",
		.text = "Writes experiment.yaml and train.py into FOLDER (default: first): "
			"a small experiment that runs at once, on this machine, with nothing but "
			"Python, to be changed into one's own. Files that are there are left alone.",
		.arguments = {{"FOLDER", CLI_WORDS_FILE, NULL}}, .most = 1,
		.run = command_new,
	},
	{
		.name = "run", .synopsis = "[--headless | --detach] [--warm-start EXPERIMENT]... [--context NAME] [--namespace NAME] FILE",
		.help = "run an experiment file",
		.text = "Checks the file, records the experiment, runs it and shows it. Leaving "
			"the console does not end the experiment: it goes on in the "
			"background. With --headless there is no console: the first line on "
			"standard output is the experiment's id, and the command ends with the "
			"experiment: status 0 when it is DONE, 1 otherwise. SIGTERM and SIGINT "
			"then let go of the experiment with its trials running (status 1); "
			"SIGHUP is ignored. --detach starts that in the background, prints the id and "
			"ends as soon as it runs. --warm-start tells the tuner the results of an "
			"experiment (id, name, or latest for the newest before this one), or of "
			"a file that nnictl experiment export wrote, before it proposes anything; "
			"it may be given several times. What is no point of this search space is "
			"left out, and how many were taken is told. --kubeconfig, --context and --namespace take the "
			"place of the file's keys of these names, and are recorded with it.",
		.arguments = {FILE_ARGUMENT}, .most = 1,
		.options = {
			FLAG("headless", 0, "without a screen, until the experiment ends"),
			FLAG("detach", 'd', "without a screen, in the background"),
			{"as-nnictl", 0, NULL, "", CLI_WORDS_NONE, NULL, true},
			{"warm-start", 0, "EXPERIMENT", "begin with the results of this one, or of a file (NNI's or Optuna's database, too)",
			 CLI_WORDS_EXPERIMENT, NULL, false},
			CLUSTER_OPTIONS,
		},
		.needs_write = true,
		.run = command_run,
	},
	{
		.name = "resume", .synopsis = "[--headless | --detach] EXPERIMENT",
		.help = "take a stopped, crashed or detached experiment up again",
		.text = "Trials that are still running are adopted, and what they reported "
			"meanwhile is taken in. When another process runs the experiment, the "
			"console is opened on it.",
		.arguments = {EXPERIMENT_ARGUMENT}, .least = 1, .most = 1,
		.options = {
			FLAG("headless", 0, "without a screen, until the experiment ends"),
			FLAG("detach", 'd', "without a screen, in the background"),
			{"as-nnictl", 0, NULL, "", CLI_WORDS_NONE, NULL, true},
		},
		.needs_write = true,
		.run = command_resume,
	},
	{
		.name = "view", .synopsis = "[EXPERIMENT]",
		.help = "look at an experiment, touching nothing",
		.arguments = {EXPERIMENT_ARGUMENT}, .most = 1,
		.run = command_view,
	},
	{
		.name = "open", .synopsis = "FILE [EXPERIMENT]",
		.help = "look at a database as it is: a copy, NNI's or Optuna's",
		.text = "FILE is a copy of one of trialdeck's, an nni.sqlite of NNI 1.3 to 3.0 "
			"or the folder of such an experiment, or an SQLite storage of Optuna 2 to 5. "
			"It is never written to, and no file appears beside it. Every command "
			"that only looks takes such a file, too: trialdeck --db FILE trials. "
			"What is read of it, import says.",
		.arguments = {FILE_ARGUMENT, EXPERIMENT_ARGUMENT}, .least = 1, .most = 2,
		.run = command_open,
	},
	{
		.name = "check", .synopsis = "[--offline] FILE",
		.help = "ask before running: file, space, rights, side port",
		.text = "One line for each thing that was looked at; status 2 when the file is "
			"invalid, 1 when something else is in the way.",
		.arguments = {FILE_ARGUMENT}, .least = 1, .most = 1,
		.options = {
			FLAG("offline", 0, "the file alone: no machine, no cluster"),
			CLUSTER_OPTIONS,
		},
		.run = command_check,
	},
	{
		.name = "convert", .synopsis = "FILE",
		.help = "print an experiment file in NNI's second form",
		.text = "Any file that runs here, in the form of NNI 2 and 3, with absolute paths "
			"and the search space in it; nothing is created. What NNI cannot say "
			"stays as keys of trialdeck's, which is told on standard error and in "
			"the file's first lines. With --json it is what the database keeps.",
		.arguments = {FILE_ARGUMENT}, .least = 1, .most = 1,
		.run = command_convert,
	},
	{
		.name = "list", .synopsis = "",
		.help = "list experiments, the newest first",
		.options = {FLAG("all", 'a', "archived ones too")},
		.run = command_list,
	},
	{
		.name = "show", .synopsis = "[EXPERIMENT [TRIAL]]",
		.help = "show an experiment or a trial in full",
		.arguments = {EXPERIMENT_ARGUMENT, TRIAL_ARGUMENT}, .most = 2,
		.run = command_show,
	},
	{
		.name = "watch", .synopsis = "[--interval SECONDS] [EXPERIMENT]",
		.help = "print a line whenever an experiment gets on",
		.text = "For logs and scripts: one line for each change, until the experiment "
			"ends; status 0 when it is DONE, 1 otherwise. With --json each line is "
			"the experiment as list has it.",
		.arguments = {EXPERIMENT_ARGUMENT}, .most = 1,
		.options = {VALUE("interval", 't', "SECONDS", "look this often (default 1)")},
		.run = command_watch,
	},
	{
		.name = "top", .synopsis = "[--interval SECONDS]",
		.help = "show what runs, again and again",
		.text = "Every experiment that runs and its newest trials; once, where standard "
			"output is no terminal. trialdeck without a command is the console.",
		.options = {VALUE("interval", 't', "SECONDS", "show it this often (default 3)")},
		.run = command_top,
	},
	{
		.name = "trials", .synopsis = "[--filter TEXT] [--sort COLUMNS] [--columns COLUMNS] [EXPERIMENT]",
		.help = "list the trials of an experiment",
		.text = "A filter is terms such as 'state:failed lr<1e-3' or 'acc.max>=0.9 and not "
			"(tag:bad or time<10m)'; the guide has all of it. Columns are parameters, "
			"metrics (acc, acc.max, acc.min, .mean, .first, .last, .final, .count) and "
			"what every trial has: number, id, state, try, final, best, last, steps, "
			"time, waited, submitted, started, ended, exit, source, reason, tag, note, "
			"node, pod, restarts, cpu, memory, gpus, cpu-used, memory-used. A view is "
			"what V in the console saves by a name: filter, order and columns; all, "
			"best, failed and live are always there.",
		.arguments = {EXPERIMENT_ARGUMENT}, .most = 1,
		.options = {
			CHOICE("state", 's', "STATE[,STATE...]", "only trials in these states", STATES),
			COLUMNS("filter", 'f', "TEXT", "only trials that a filter matches"),
			COLUMNS("sort", 0, "COLUMN[,COLUMN...]", "in this order: -COLUMN descends, +COLUMN ascends"),
			COLUMNS("columns", 'c', "COLUMN[,COLUMN...]", "these columns; in JSON as the member columns"),
			VALUE("view", 0, "NAME", "filter, order and columns by the name of a view"),
			VALUE("limit", 'n', "N", "only the first N"),
		},
		.run = command_trials,
	},
	{
		.name = "nodes", .synopsis = "[EXPERIMENT]",
		.help = "list the nodes of the cluster an experiment runs in",
		.text = "Whoever runs the experiment is asked to look, which takes a moment; "
			"when nobody does, or with --read-only, what was seen last is told.",
		.arguments = {EXPERIMENT_ARGUMENT}, .most = 1,
		.run = command_nodes,
	},
	{
		.name = "metrics", .synopsis = "[--name NAME] [--type TYPE] [EXPERIMENT [TRIAL]]",
		.help = "list the metrics that trials reported",
		.arguments = {EXPERIMENT_ARGUMENT, TRIAL_ARGUMENT}, .most = 2,
		.options = {
			VALUE("name", 'n', "NAME", "only metrics of this name"),
			CHOICE("type", 't', "TYPE", "only intermediate or final ones", "intermediate final"),
			VALUE("attempt", 0, "N", "only of this attempt (default: all)"),
			COLUMNS("filter", 'f', "TEXT", "only of trials that a filter matches, as in trials"),
		},
		.run = command_metrics,
	},
	{
		.name = "log", .synopsis = "[-f] [--role ROLE] [--grep RE] [--since TIME] EXPERIMENT TRIAL | --tuner|--assessor EXPERIMENT",
		.help = "print what a trial wrote, or an algorithm in Python",
		.text = "With -f it follows until the trial has ended.",
		.arguments = {EXPERIMENT_ARGUMENT, TRIAL_ARGUMENT}, .least = 1, .most = 2,
		.options = {
			FLAG("follow", 'f', "go on as the log grows, until the trial ends"),
			CHOICE("role", 'r', "ROLE", "stdout (default), stderr, keeper, previous, trial (NNI's SDK), or a part of it as show has them: worker-1", "stdout stderr keeper previous trial"),
			VALUE("attempt", 0, "N", "of this attempt (default: the newest)"),
			FLAG("tuner", 0, "dispatcher.log of the tuner or advisor in Python"),
			FLAG("assessor", 0, "the same of the assessor"),
			VALUE("tail", 'n', "N", "only the last N lines"),
			FLAG("previous", 0, "what containers wrote before they were started again"),
			VALUE("grep", 'g', "RE", "only lines that match the regular expression (Perl's); case counts with a capital in it"),
			FLAG("invert", 0, "only lines that do not match"),
			VALUE("context", 'C', "N", "N lines around those that match"),
			VALUE("since", 0, "TIME", "only what came since 5m ago, or since 14:03 (UTC)"),
			FLAG("timestamps", 't', "when each line came, to a fifth of a second"),
			FLAG("path", 0, "print the log file's path instead"),
		},
		.run = command_log,
	},
	{
		.name = "files",
		.synopsis = "EXPERIMENT [TRIAL [--get [PATH...] --to DIR | --cat PATH]] | --clean EXPERIMENT",
		.help = "list, fetch or remove what trials left behind",
		.text = "Of an experiment: how much each trial left, and where; of a trial: its "
			"files. --get brings them into a folder, several at once; what is "
			"there already is left alone, and a fetch that was cut short goes on. "
			"PATH is a file, a folder or a pattern. This works for experiments "
			"that ended long ago, wherever their storage can be reached. --clean "
			"shows what the experiment's rule (its key outputs), or --keep, "
			"--older-than and --failed in its place, would remove, and asks; --yes "
			"does not.",
		.arguments = {EXPERIMENT_ARGUMENT, TRIAL_ARGUMENT, {"PATH", CLI_WORDS_NONE, NULL}},
		.least = 1, .most = -1,
		.options = {
			FLAG("get", 'g', "fetch files: all of them, or those named"),
			{"to", 't', "DIR", "with --get: into this folder", CLI_WORDS_FILE, NULL, false},
			VALUE("cat", 0, "PATH", "print one file on standard output"),
			VALUE("attempt", 0, "N", "of this attempt (default: the newest)"),
			FLAG("clean", 0, "remove outputs, after a preview"),
			VALUE("keep", 0, "WHICH", "with --clean: \"best N\", all or none"),
			VALUE("older-than", 0, "AGE", "with --clean: remove what ended longer ago, such as 30d"),
			FLAG("failed", 0, "with --clean: remove those of trials that failed, too"),
		},
		.run = command_files,
	},
	{
		.name = "tensorboard",
		.synopsis = "[--stop] EXPERIMENT [TRIAL...]",
		.help = "show what trials wrote for TensorBoard",
		.text = "Where their outputs can be read from here TensorBoard runs as a process "
			"of this machine, and its address is printed; where only pods can read "
			"them it is a pod of the cluster that mounts the storage, for 12 hours at "
			"most, and the kubectl line that brings its port here is printed. What no "
			"pod can mount is fetched first.",
		.arguments = {EXPERIMENT_ARGUMENT, TRIAL_ARGUMENT},
		.least = 1, .most = -1,
		.options = {
			FLAG("stop", 0, "end it"),
			VALUE("at", 0, "PORT", "of this machine (default: any free one)"),
			FLAG("in-cluster", 0, "as a pod, although it could run here"),
			VALUE("image", 0, "IMAGE", "of the pod (default: the file's tensorboardImage)"),
			VALUE("command", 0, "LINE", "of the pod, in place of tensorboard"),
		},
		.run = command_tensorboard,
	},
	{
		.name = "events", .synopsis = "[--tail N] [EXPERIMENT [TRIAL]]",
		.help = "list what happened, and who asked for it",
		.arguments = {EXPERIMENT_ARGUMENT, TRIAL_ARGUMENT}, .most = 2,
		.options = {VALUE("tail", 'n', "N", "only the newest N")},
		.run = command_events,
	},
	{
		.name = "best", .synopsis = "[EXPERIMENT]",
		.help = "show the trial with the best final result",
		.text = "Of an experiment with several objectives or with constraints: all trials whose results no "
			"other one beats in every objective, within the constraints, and the "
			"volume that they dominate. With --parameters it is the trial that is "
			"best in the primary objective.",
		.arguments = {EXPERIMENT_ARGUMENT}, .most = 1,
		.options = {FLAG("parameters", 'p', "only its parameters, as JSON")},
		.run = command_best,
	},
#include "cli/registry_insight.h"

#include "cli/registry_acts.h"

#include "cli/registry_keep.h"
	{
		.name = "tuners", .synopsis = "[NAME] | --python",
		.help = "list tuners and assessors, or one's arguments",
		.text = "--python lists those that nni has in the interpreter that would run "
			"them: $TRIALDECK_PYTHON, else the active virtual environment's, else "
			"python3.  An experiment file asks for one with engine: nni.",
		.arguments = {{"NAME", CLI_WORDS_NONE, NULL}}, .most = 1,
		.options = {
			FLAG("python", 0, "those of the installed nni"),
		},
		.run = command_tuners,
	},
	{
		.name = "bench-tuner", .synopsis = "[--functions LIST] [--seeds N] [--evaluations N] [--workers N] [TUNER...]",
		.help = "compare tuners on functions whose optima are known",
		.text = "Each tuner minimises each function once per seed, in simulated time: "
			"trials take as long as chance says and nobody waits for them. Printed "
			"is the simple regret, how far the true value of the trial that would be "
			"recommended lies above the least there is: its mean, deviation and "
			"median over the seeds, and the best of them; then each tuner's mean rank. "
			"--functions takes names, groups (smooth, mixed, conditional, noisy, "
			"table, budget, front), held-out, or all, separated by commas. With "
			"--json each run's regret after every evaluation is told. A trial with a "
			"part of the budget counts as that part of an evaluation. "
			"--evaluate answers lines of JSON, for programs with tuners of their own.",
		.arguments = {{"TUNER", CLI_WORDS_NONE, NULL}}, .most = -1,
		.options = {
			VALUE("functions", 'f', "LIST", "on these (default: all of one objective and budget)"),
			VALUE("seeds", 0, "N", "runs of each tuner on each function (default: 10)"),
			VALUE("evaluations", 'n', "N", "trials of a run (default: 50)"),
			VALUE("workers", 'w', "N", "trials at once (default: 1)"),
			VALUE("starts", 0, "N", "first points drawn alike for all tuners (default: 0)"),
			VALUE("args", 0, "JSON", "classArgs of the tuners"),
			FLAG("list", 'l', "list the functions"),
			VALUE("evaluate", 0, "FUNCTION", "answer with this function's values"),
		},
		.run = command_bench_tuner,
	},
#include "cli/registry_nnictl.h"
	{
		.name = "config", .synopsis = "[show | check [FILE] | path | edit | set NAME VALUE | unset NAME]",
		.help = "the console's settings: show, check, change",
		.text = "Without an argument every setting with its value and where it comes "
			"from: built in, the file, the environment, the command line. The file "
			"is $XDG_CONFIG_HOME/trialdeck/config, else ~/.config/trialdeck/config; "
			"its lines are set NAME VALUE, map KEY ACTION and comments. check names "
			"each wrong line (status 2); edit opens the file in $VISUAL or $EDITOR, a "
			"new one with every setting in it; set changes one line and leaves the "
			"others as they are.",
		.arguments = {
			{"ACTION", CLI_WORDS_LIST, "show check path edit set unset"},
			{"NAME", CLI_WORDS_LIST, SETTINGS(SETTING_NAME)},
			{"VALUE", CLI_WORDS_LIST, "on off auto"},
		},
		.most = 3,
		.run = command_config,
	},
	{
		.name = "completion", .synopsis = "SHELL",
		.help = "print the completion script for bash, zsh or fish",
		.arguments = {{"SHELL", CLI_WORDS_LIST, "bash zsh fish"}}, .least = 1, .most = 1,
		.run = command_completion,
	},
	{
		.name = "man", .synopsis = "",
		.help = "print the manual page's source",
		.is_hidden = true,
		.run = command_man,
	},
	{
		.name = "words", .synopsis = "KIND [EXPERIMENT]",
		.help = "print what a shell may complete to",
		.arguments = {{"KIND", CLI_WORDS_LIST, "experiments trials columns"}, EXPERIMENT_ARGUMENT},
		.least = 1, .most = 2,
		.is_hidden = true,
		.run = command_words,
	},
	{
		.name = "version", .synopsis = "",
		.help = "show the version",
		.run = command_version,
	},
	{
		.name = "help", .synopsis = "[COMMAND]",
		.help = "show help",
		.arguments = {{"COMMAND", CLI_WORDS_COMMAND, NULL}}, .most = 1,
		.run = command_help,
	},
	{.name = NULL},
};
/* clang-format on */
