/* SPDX-License-Identifier: MIT */
/*
 * Rows of the table of commands: what acts on a running experiment.  A part of
 * registry.c, which includes it within the table.
 */
/* clang-format off */
	{
		.name = "kill", .synopsis = "EXPERIMENT TRIAL... | --all EXPERIMENT | --filter TEXT EXPERIMENT",
		.help = "kill trials",
		.arguments = {EXPERIMENT_ARGUMENT, TRIAL_ARGUMENT}, .least = 1, .most = -1,
		.options = {
			FLAG("all", 'a', "every trial that waits or runs"),
			COLUMNS("filter", 'f', "TEXT", "those of them that a filter matches; asks first, unless --yes"),
		},
		.needs_write = true,
		.run = command_kill,
	},
	{
		.name = "restart", .synopsis = "EXPERIMENT TRIAL... | --failed EXPERIMENT | --filter TEXT EXPERIMENT",
		.help = "run finished trials again with the same parameters",
		.arguments = {EXPERIMENT_ARGUMENT, TRIAL_ARGUMENT}, .least = 1, .most = -1,
		.options = {
			FLAG("failed", 0, "every trial that failed"),
			COLUMNS("filter", 'f', "TEXT", "every one that ended and a filter matches; asks first, unless --yes"),
		},
		.needs_write = true,
		.run = command_restart,
	},
	{
		.name = "act", .synopsis = "EXPERIMENT ACTION TRIAL...",
		.help = "suspend, resume, stop or terminate what a trial runs",
		.text = "For kinds of job that know such things: a workflow is suspended "
			"(running steps go on, no other begins), resumed (gates open, too), "
			"stopped in order (its exit handler runs) or terminated at once. A "
			"trial that is stopped so counts as canceled. retry runs a trial that "
			"is over again as a whole, as restart does.",
		.arguments = {EXPERIMENT_ARGUMENT,
			{"ACTION", CLI_WORDS_LIST, "suspend resume stop terminate retry"},
			TRIAL_ARGUMENT},
		.least = 3, .most = -1,
		.needs_write = true,
		.run = command_act,
	},
	{
		.name = "stop", .synopsis = "[--leave] EXPERIMENT | --all",
		.help = "cancel an experiment's trials and end it",
		.text = "With --leave nothing is canceled but what waits for a place: trials that "
			"were submitted finish, and the experiment is STOPPED when the last "
			"one has. A second stop without --leave cancels them after all.",
		.arguments = {EXPERIMENT_ARGUMENT}, .most = 1,
		.options = {
			FLAG("leave", 'l', "let its trials finish, but start no more"),
			FLAG("all", 'a', "every experiment that runs"),
		},
		.needs_write = true,
		.run = command_stop,
	},
	{
		.name = "pause", .synopsis = "EXPERIMENT",
		.help = "start no new trials for now",
		.arguments = {EXPERIMENT_ARGUMENT}, .least = 1, .most = 1,
		.needs_write = true,
		.run = command_pause,
	},
	{
		.name = "unpause", .synopsis = "EXPERIMENT",
		.help = "start new trials again",
		.arguments = {EXPERIMENT_ARGUMENT}, .least = 1, .most = 1,
		.needs_write = true,
		.run = command_unpause,
	},
	{
		.name = "set", .synopsis = "EXPERIMENT KNOB=VALUE...",
		.help = "change an experiment while it runs",
		.text = "Knobs: concurrency, max-trials, max-duration, max-trial-duration, "
			"max-retries. Durations are seconds, or a number with s, m, h or d; 0 "
			"means no limit.",
		.arguments = {EXPERIMENT_ARGUMENT, {"KNOB=VALUE", CLI_WORDS_LIST,
			"concurrency= max-trials= max-duration= max-trial-duration= max-retries="}},
		.least = 2, .most = -1,
		.needs_write = true,
		.run = command_set,
	},
	{
		.name = "change", .synopsis = "[--space FILE] [--tuner-args JSON] EXPERIMENT",
		.help = "give a running experiment another search space or tuner arguments",
		.text = "The tuner begins anew with the results so far, as far as they fit the new "
			"space; trials that run go on as they are. --tuner-args is laid over the "
			"arguments there are, null takes one away. What is to be optimised does "
			"not change, nor do tuners with budgets, checkpoints or lists. One in Python "
			"is told its new space, as NNI tells it, and cannot be given arguments.",
		.arguments = {EXPERIMENT_ARGUMENT}, .least = 1, .most = 1,
		.options = {
			{"space", 0, "FILE", "search space as JSON", CLI_WORDS_FILE, NULL, false},
			VALUE("tuner-args", 0, "JSON", "such as '{\"gamma\": 0.3}'"),
		},
		.needs_write = true,
		.run = command_change,
	},
	{
		.name = "add", .synopsis = "EXPERIMENT PARAMETERS...",
		.help = "add trials with parameters of one's own",
		.text = "PARAMETERS is a JSON object, such as '{\"lr\": 0.1}'. The trial waits for "
			"a free place, counts like the others, and the tuner learns its result.",
		.arguments = {EXPERIMENT_ARGUMENT, {"PARAMETERS", CLI_WORDS_NONE, NULL}},
		.least = 2, .most = -1,
		.needs_write = true,
		.run = command_add,
	},
