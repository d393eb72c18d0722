/* SPDX-License-Identifier: MIT */
/* The examples; a command's own row of registry.c says what it takes. */
#include "cli/example.h"

#include <string.h>

/* clang-format off */
static const struct cli_example examples[] = {
	{"", "browse, and steer what runs"},
	{"new first", "two small files that run as they are"},
	{"run first/experiment.yaml", "run it and watch"},
	{"run --headless exp.yaml", "without a screen, until it ends"},
	{"run --detach --warm-start latest exp.yaml", "in the background, knowing the last one's results"},
	{"resume latest", "take the newest up again"},
	{"view resnet", "look at the one of this name"},
	{"open nni.sqlite", "a database of NNI or Optuna, as it is"},
	{"check exp.yaml", "before running it"},
	{"convert old.yaml", "print it in the second form"},
	{"list", "what there is, and each one's best"},
	{"list --all", "archived ones, too"},
	{"show resnet", "an experiment"},
	{"show latest 3", "trial 3 of the newest, with the reason why it failed"},
	{"watch latest >>progress.txt", "a line in a file at each step"},
	{"top --interval 10", "what runs, every ten seconds"},
	{"trials --state FAILED latest", "which failed, and why"},
	{"trials --sort final --limit 10 latest", "the ten best"},
	{"trials --csv resnet", "all, for a spreadsheet"},
	{"nodes running", "where trials of the only one that runs are"},
	{"metrics --name default latest 3", "the curve of trial 3"},
	{"log latest 3", "what trial 3 printed"},
	{"log --follow --role stderr latest 3", "its errors as they come"},
	{"files latest 3", "what it left behind"},
	{"files latest 3 --get --to results", "fetch it"},
	{"tensorboard latest 3", "on a free port of this machine"},
	{"events --tail 20 latest", "the last things that happened"},
	{"best resnet", "the best trial and its parameters"},
	{"best --parameters latest", "the parameters alone, as JSON"},
	{"importance latest", "which parameters matter"},
	{"progress latest", "when it got better"},
	{"slice latest rate", "results along one parameter"},
	{"slice latest rate units", "over two"},
	{"contour latest rate units", "over two, as a picture"},
	{"belief latest rate", "where the tuner expects good results"},
	{"kill --filter state:waiting latest", "what waits, after a question"},
	{"kill latest 3 7", "two trials"},
	{"kill --all latest", "all that wait or run"},
	{"restart latest 3", "again with the same parameters"},
	{"restart --failed latest", "all that failed"},
	{"act latest suspend 3", "hold a workflow"},
	{"stop latest", "end it now"},
	{"stop --leave latest", "once its trials are through"},
	{"pause latest", "no new trials"},
	{"unpause latest", "go on"},
	{"set latest concurrency=4 max-trials=100", "more at once, and more in all"},
	{"change --tuner-args '{\"gamma\": 0.3}' latest", "while it runs"},
	{"change --space space.json latest", "another search space"},
	{"add latest '{\"rate\": 0.1, \"units\": 8}'", "a trial of your own"},
	{"diff latest 3 7", "two trials"},
	{"diff resnet resnet-wide", "two experiments"},
	{"tag resnet +paper", "an experiment"},
	{"tag resnet 3 +good -slow", "a trial"},
	{"note -m 'with the old data' resnet", "write it down"},
	{"note resnet", "read it, and those of its trials"},
	{"archive resnet", "list shows it no more"},
	{"archive --undo resnet", "take it out"},
	{"alerts latest webhookFile=~/.slack on=best,finished", "tell a channel"},
	{"alerts --test latest", "to see that it works"},
	{"report --output moons.html moons", "a page to hand on"},
	{"export --format csv --output trials.csv resnet", "one row a trial"},
	{"import resnet.json", "what export wrote"},
	{"delete resnet", "asks first"},
	{"tuners", "all of them"},
	{"tuners TPE", "what it takes"},
	{"bench-tuner --functions smooth TPE GP", "two on smooth functions"},
	{"nnictl create --config exp.yaml", "as a script of nnictl's has it"},
	{"config", "all settings, and where each comes from"},
	{"config set theme light", "one of them, from now on"},
	{"completion bash >~/.local/share/bash-completion/completions/trialdeck", "for new shells"},
	{"version", "which this is"},
	{"help trials", "all about one command"},
};
/* clang-format on */

const struct cli_example *cli_example(const char *command, size_t i)
{
	size_t len = strlen(command);

	for (size_t at = 0; at < sizeof(examples) / sizeof(examples[0]); at++) {
		const char *line = examples[at].line;

		if (strncmp(line, command, len) ||
		    (line[len] && (line[len] != ' ' || !len)))
			continue;
		if (i-- == 0)
			return &examples[at];
	}
	return NULL;
}
