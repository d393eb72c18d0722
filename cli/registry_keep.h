/* SPDX-License-Identifier: MIT */
/*
 * Rows of the table of commands: what is kept of experiments, and handed on.  A
 * part of registry.c, which includes it within the table.
 */
/* clang-format off */
	{
		.name = "diff", .synopsis = "[--all] EXPERIMENT TRIAL TRIAL... | EXPERIMENT EXPERIMENT...",
		.help = "show how trials, or experiments, differ",
		.text = "Of trials: state, parameters, results, times, places and metrics; of "
			"experiments: results, limits, search space and configuration. Two names "
			"are two experiments.",
		.arguments = {EXPERIMENT_ARGUMENT, TRIAL_ARGUMENT}, .least = 2, .most = -1,
		.options = {FLAG("all", 'a', "what is the same, too")},
		.run = command_diff,
	},
	{
		.name = "tag", .synopsis = "EXPERIMENT [TRIAL] [+TAG|-TAG]...",
		.help = "tag experiments and trials, or tell their tags",
		.text = "A tag is one word to find things by. +TAG adds it, -TAG takes it away; "
			"with neither the tags are told: of an experiment those of its trials, "
			"too. Works whether somebody runs the experiment or not, and the "
			"journal keeps who did it. Short options stand before EXPERIMENT here.",
		.arguments = {EXPERIMENT_ARGUMENT, TRIAL_ARGUMENT, {"+TAG|-TAG", CLI_WORDS_NONE, NULL}},
		.least = 1, .most = -1, .has_signed = true,
		.run = command_tag,
	},
	{
		.name = "note", .synopsis = "[--message TEXT | --remove] EXPERIMENT [TRIAL]",
		.help = "write a note on an experiment or a trial, or tell it",
		.text = "--message - reads it from standard input. Without an option the notes "
			"are told: of an experiment those of its trials, too.",
		.arguments = {EXPERIMENT_ARGUMENT, TRIAL_ARGUMENT}, .least = 1, .most = 2,
		.options = {
			VALUE("message", 'm', "TEXT", "the note; replaces the one that is there"),
			FLAG("remove", 0, "remove the note"),
		},
		.run = command_note,
	},
	{
		.name = "archive", .synopsis = "[--undo] EXPERIMENT...",
		.help = "put experiments aside: list shows them with --all",
		.arguments = {EXPERIMENT_ARGUMENT}, .least = 1, .most = -1,
		.options = {FLAG("undo", 'u', "take them out of the archive")},
		.needs_write = true,
		.run = command_archive,
	},
	{
		.name = "alerts", .synopsis = "[--test] EXPERIMENT [KEY=VALUE...]",
		.help = "say whom an experiment tells what, also while it runs",
		.text = "Keys: on (best, failure, burst, stuck, finished, all or none), webhook (a "
			"URL, Slack's or one that takes JSON), webhookFile (a file that holds it), "
			"format, command (for the shell; the alert is JSON on its standard input), "
			"stuckAfter, burst (\"5 in 10m\"), bestEvery. They lie over the key alerts "
			"of the experiment file; an empty value is the default. --test tells "
			"somebody now.",
		.arguments = {EXPERIMENT_ARGUMENT, {"KEY=VALUE", CLI_WORDS_LIST,
			"on= webhook= webhookFile= format= command= stuckAfter= burst= bestEvery="}},
		.least = 1, .most = -1,
		.options = {FLAG("test", 0, "tell somebody now, to see that it works")},
		.run = command_alerts,
	},
	{
		.name = "export", .synopsis = "[--format FORMAT] [--output FILE] [--force] [EXPERIMENT]",
		.help = "write an experiment out",
		.text = "json is the whole experiment, for import; csv is one row a trial; optuna is "
			"an SQLite storage that Optuna 3.2 and later opens, with one study; nni is a "
			"database of NNI's: FILE.sqlite alone, or, where FILE is a folder, an "
			"experiment in it as nnictl view wants it in ~/nni-experiments; nni-json is "
			"what nnictl experiment export --type json writes. What Optuna and NNI have no "
			"place for travels along in a table of trialdeck's: import takes it back, with "
			"what they added since. A file that exists stays (status 1) without --force.",
		.arguments = {EXPERIMENT_ARGUMENT}, .most = 1,
		.options = {
			CHOICE("format", 'f', "FORMAT", "json (default), csv, optuna, nni or nni-json", "json csv optuna nni nni-json"),
			{"output", 'o', "FILE", "write here rather than to standard output", CLI_WORDS_FILE, NULL, false},
			FLAG("intermediates", 'i', "with intermediate results (nni-json, csv)"),
			FLAG("force", 0, "replace a file that exists"),
		},
		.run = command_export,
	},
	{
		.name = "report", .synopsis = "[--format FORMAT] [--output FILE] [EXPERIMENT]",
		.help = "write an experiment as one page: curves, best parameters, table",
		.text = "The HTML page needs nothing else: pictures are inside, it is light or dark "
			"as the reader has it, and prints well. It has the final results and the "
			"best so far, curves of the best trials, the best parameters as JSON and "
			"as flags, which parameters matter, results along each, the front of "
			"several objectives, the best 200 trials, failures by reason, when "
			"trials ran and how long, and the configuration. Markdown has what of it "
			"is words and numbers. A file that is there is not overwritten.",
		.arguments = {EXPERIMENT_ARGUMENT}, .most = 1,
		.options = {
			CHOICE("format", 'f', "FORMAT", "html (default) or md; else as FILE ends", "html md"),
			{"output", 'o', "FILE", "write here rather than to standard output", CLI_WORDS_FILE, NULL, false},
		},
		.run = command_report,
	},
	{
		.name = "import", .synopsis = "[--study NAME | --experiment ID] FILE",
		.help = "make the experiments of another database or an export yours",
		.text = "FILE is what export --format json wrote, a copy of one of trialdeck's "
			"databases, an nni.sqlite of NNI 1.3 to 3.0 or the folder of such an "
			"experiment (~/nni-experiments/ID), or an SQLite storage of Optuna 2 to 5. "
			"All of it is imported, or nothing. A second import brings up to date "
			"what came before, and says so: one line an experiment. The file is not "
			"touched. Trials that were running are SYS_CANCELED here; to go on, begin "
			"with the results: trialdeck run --warm-start ID FILE.",
		.arguments = {FILE_ARGUMENT}, .least = 1, .most = 1,
		.options = {
			VALUE("study", 0, "NAME", "only this study of an Optuna storage"),
			VALUE("experiment", 0, "ID", "only this experiment"),
		},
		.needs_write = true,
		.run = command_import,
	},
	{
		.name = "delete", .synopsis = "[--yes] EXPERIMENT...",
		.help = "remove experiments with all their rows and files",
		.text = "Asks first, unless --yes is given; without a terminal to ask on, --yes "
			"is needed. An experiment that a process runs is refused.",
		.arguments = {EXPERIMENT_ARGUMENT}, .least = 1, .most = -1,
		.options = {
			FLAG("keep-files", 0, "remove only the rows"),
			FLAG("outputs", 0, "remove what lies on its storage, too: outputs and code"),
			FLAG("force", 0, "even when trials may still be running"),
		},
		.needs_write = true,
		.run = command_delete,
	},
