/* SPDX-License-Identifier: MIT */
/*
 * Rows of the table of commands: what can be learnt of results.  A part of
 * registry.c, which includes it within the table.
 */
/* clang-format off */
	{
		.name = "importance", .synopsis = "[--metric NAME] [--pairs N] [EXPERIMENT]",
		.help = "tell which parameters matter for a good result",
		.text = "By PED-ANOVA: along each parameter, where the best trials lie is "
			"compared with where all lie; with --space, with the whole search "
			"space: a tuner that has found what matters tries little else. share is "
			"a parameter's part of what all of them explain, chance what as many "
			"trials picked at random would have. Pairs are told where two parameters "
			"explain something together that neither does by itself, in the same "
			"measure. Works for any experiment with results, ended and imported ones, too.",
		.arguments = {EXPERIMENT_ARGUMENT}, .most = 1,
		.options = {
			VALUE("pairs", 0, "N", "the N strongest pairs (default: at most 5, where they are more than chance)"),
			VALUE("quantile", 0, "PART", "who is among the best (default: 0.1 of the trials)"),
			FLAG("space", 0, "compare with the whole space, not with what was tried"),
			VALUE("region", 0, "PART", "compare within the best PART (default: 1, all)"),
			METRIC_OPTIONS,
		},
		.run = command_importance,
	},
	{
		.name = "progress", .synopsis = "[--optimum VALUE] [--metric NAME] [EXPERIMENT]",
		.help = "list when the best result so far was bettered",
		.text = "Results count in the order in which the trials ended. With --optimum each "
			"line says how much is missing to it (the regret); so it does when the "
			"console was told one (`:optimum`).",
		.arguments = {EXPERIMENT_ARGUMENT}, .most = 1,
		.options = {
			VALUE("optimum", 0, "VALUE", "the best result there can be, when it is known"),
			METRIC_OPTIONS,
		},
		.run = command_progress,
	},
	{
		.name = "slice", .synopsis = "[--bins N] [--metric NAME] EXPERIMENT PARAMETER [PARAMETER]",
		.help = "show results along one parameter, or over two",
		.text = "Of one parameter: for each part of its range, or each option, how many trials "
			"lie there and what came of them. Of two: the local average over a grid of "
			"them, empty where there are no trials.",
		.arguments = {EXPERIMENT_ARGUMENT, {"PARAMETER", CLI_WORDS_NONE, NULL},
			{"PARAMETER", CLI_WORDS_NONE, NULL}},
		.least = 2, .most = 3,
		.options = {
			VALUE("bins", 'b', "N", "parts of the range (default: 10)"),
			METRIC_OPTIONS,
		},
		.run = command_slice,
	},
	{
		.name = "contour", .synopsis = "[--bins N] [--metric NAME] EXPERIMENT PARAMETER PARAMETER",
		.help = "draw results over two parameters",
		.text = "The first to the right, the second upwards: the darker, the better the "
			"trials around; empty where nothing was tried. As JSON and CSV the averages "
			"themselves, as `slice` of two parameters.",
		.arguments = {EXPERIMENT_ARGUMENT, {"PARAMETER", CLI_WORDS_NONE, NULL},
			{"PARAMETER", CLI_WORDS_NONE, NULL}},
		.least = 3, .most = 3,
		.options = {
			VALUE("bins", 'b', "N", "cells to a side (default: 16)"),
			METRIC_OPTIONS,
		},
		.run = command_contour,
	},
	{
		.name = "belief", .synopsis = "[EXPERIMENT [PARAMETER]]",
		.help = "show what the tuner believes of the parameters",
		.text = "The experiment's history is told to a fresh tuner, which is asked: GP, Metis and "
			"SMAC for the result they expect along each parameter, all else as in the "
			"best trial, and how sure they are; TPE where good trials are, and where the "
			"others. Nothing is changed, and nothing needs to run. With PARAMETER all values "
			"of that one.",
		.arguments = {EXPERIMENT_ARGUMENT, {"PARAMETER", CLI_WORDS_NONE, NULL}},
		.most = 2,
		.run = command_belief,
	},
