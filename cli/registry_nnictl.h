/* SPDX-License-Identifier: MIT */
/*
 * Rows of the table of commands: nnictl and what stands behind it.  A part of
 * registry.c, which includes it within the table.
 */
/* clang-format off */
	{
		.name = "nnictl", .synopsis = "COMMAND [ARGUMENT...]",
		.help = "take nnictl's command line",
		.text = "The commands, arguments and options of NNI's nnictl, so that scripts go "
			"on: create, resume, view, stop, update, trial ls, trial kill, experiment "
			"show, status, list, delete, export, save, load, config show, log, top, "
			"tensorboard. What scripts read (trial ls, experiment show, status and "
			"list, config show) has nnictl's shape. Where nnictl takes the only "
			"experiment that runs, so does this. A link to trialdeck by the name "
			"nnictl does the same.",
		.arguments = {{"COMMAND", CLI_WORDS_LIST,
			"create resume view stop update trial experiment config log top tensorboard"}},
		.most = -1,
		.run = command_nnictl,
	},
	{
		.name = "nni-trials", .synopsis = "[EXPERIMENT]", .help = "nnictl trial ls",
		.arguments = {EXPERIMENT_ARGUMENT}, .most = 1,
		.options = {VALUE("head", 0, "N", ""), VALUE("tail", 0, "N", "")},
		.is_hidden = true,
		.run = command_nni_trials,
	},
	{
		.name = "nni-trial-log", .synopsis = "[EXPERIMENT [TRIAL]]", .help = "nnictl log trial",
		.arguments = {EXPERIMENT_ARGUMENT, TRIAL_ARGUMENT}, .most = 2,
		.is_hidden = true,
		.run = command_nni_trial_log,
	},
	{
		.name = "nni-profile", .synopsis = "[EXPERIMENT]", .help = "nnictl experiment show",
		.arguments = {EXPERIMENT_ARGUMENT}, .most = 1,
		.is_hidden = true,
		.run = command_nni_profile,
	},
	{
		.name = "nni-status", .synopsis = "[EXPERIMENT]", .help = "nnictl experiment status",
		.arguments = {EXPERIMENT_ARGUMENT}, .most = 1,
		.is_hidden = true,
		.run = command_nni_status,
	},
	{
		.name = "nni-config", .synopsis = "[EXPERIMENT]", .help = "nnictl config show",
		.arguments = {EXPERIMENT_ARGUMENT}, .most = 1,
		.is_hidden = true,
		.run = command_nni_config,
	},
	{
		.name = "nni-list", .synopsis = "", .help = "nnictl experiment list",
		.options = {FLAG("all", 0, "")},
		.is_hidden = true,
		.run = command_nni_list,
	},
