/* SPDX-License-Identifier: MIT */
/*
 * `nodes`: the cluster an experiment runs in.
 *
 * Nodes are not watched: whoever runs the experiment looks at them while
 * somebody wishes to see them (store/interest.h).  So does this, and waits a
 * moment for the answer.
 */
#include "base/clock.h"
#include "base/mem.h"
#include "cli/cells.h"
#include "cli/command.h"
#include "cli/commands.h"
#include "cli/find.h"
#include "cli/json.h"
#include "cli/output.h"
#include "store/interest.h"
#include "tui/format.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#define FRESH_NS (10 * NS_PER_S) /* a look this young will do */
#define WAIT_NS (5 * NS_PER_S)
#define LOOK_EVERY_NS (50 * NS_PER_MS)

struct listing {
	const struct cli *cli;
	struct sheet sheet;
	struct strbuf json;
	bool has_any;
};

static const struct sheet_column text_columns[] = {
	{"node", false, true},	 {"state", false, false}, {"gpu", true, false},
	{"model", false, true},	 {"cpu", true, false},	  {"used", true, false},
	{"memory", true, false}, {"used", true, false},	  {"pods", true, false},
	{"trials", true, false}, {"taints", false, true},
};

static const struct sheet_column csv_columns[] = {
	{"name", 0, 0},
	{"ready", 0, 0},
	{"cordoned", 0, 0},
	{"gpu_model", 0, 0},
	{"taints", 0, 0},
	{"allocatable_cpu", 0, 0},
	{"allocatable_memory", 0, 0},
	{"allocatable_gpus", 0, 0},
	{"requested_cpu", 0, 0},
	{"requested_memory", 0, 0},
	{"requested_gpus", 0, 0},
	{"used_cpu", 0, 0},
	{"used_memory", 0, 0},
	{"pods", 0, 0},
	{"pods_max", 0, 0},
	{"trials", 0, 0},
	{"time", 0, 0},
};

static void add_share(struct sheet *sheet, amount_fn *format, int64_t part,
		      int64_t whole)
{
	struct strbuf cell = STRBUF_INIT;

	format_share(&cell, format, part, whole);
	sheet_take(sheet, strbuf_detach(&cell));
}

static void add_one(struct sheet *sheet, amount_fn *format, int64_t amount)
{
	struct strbuf cell = STRBUF_INIT;

	format(&cell, amount);
	sheet_take(sheet, strbuf_detach(&cell));
}

static void add_text_row(struct sheet *sheet, const struct cluster_node *node)
{
	sheet_add(sheet, node->name);
	sheet_add(sheet, !node->is_ready     ? "NOT READY"
			 : node->is_cordoned ? "cordoned"
					     : "ready");
	add_share(sheet, format_gpus, node->requested.gpus,
		  node->allocatable.gpus);
	sheet_add(sheet, node->gpu_model);
	add_share(sheet, format_cpu, node->requested.cpu_milli,
		  node->allocatable.cpu_milli);
	add_one(sheet, format_cpu, node->used.cpu_milli);
	add_share(sheet, format_memory, node->requested.memory_bytes,
		  node->allocatable.memory_bytes);
	add_one(sheet, format_memory, node->used.memory_bytes);
	add_share(sheet, format_count, node->pods, node->pods_max);
	cell_known(sheet, node->trials);
	sheet_add(sheet, node->taints);
}

static void add_amount(struct sheet *sheet, const struct cluster_amount *amount)
{
	cell_thousandths(sheet, amount->cpu_milli);
	cell_known(sheet, amount->memory_bytes);
}

static void add_csv_row(struct sheet *sheet, const struct cluster_node *node)
{
	sheet_add(sheet, node->name);
	sheet_add(sheet, node->is_ready ? "true" : "false");
	sheet_add(sheet, node->is_cordoned ? "true" : "false");
	sheet_add(sheet, node->gpu_model);
	sheet_add(sheet, node->taints);
	add_amount(sheet, &node->allocatable);
	cell_known(sheet, node->allocatable.gpus);
	add_amount(sheet, &node->requested);
	cell_known(sheet, node->requested.gpus);
	add_amount(sheet, &node->used);
	cell_known(sheet, node->pods);
	cell_known(sheet, node->pods_max);
	cell_known(sheet, node->trials);
	cell_time(sheet, node->at_ns);
}

static bool add_node(const struct cluster_node *node, void *arg)
{
	struct listing *listing = arg;

	if (listing->cli->is_json) {
		strbuf_adds(&listing->json, listing->has_any ? ",\n" : "\n");
		json_node(&listing->json, node);
	} else if (listing->cli->is_csv) {
		add_csv_row(&listing->sheet, node);
	} else {
		add_text_row(&listing->sheet, node);
	}
	listing->has_any = true;
	return true;
}

static bool is_local(const struct experiment *experiment)
{
	return !experiment_has_cluster(experiment);
}

/* Has somebody looked, or tried to, since then? */
static bool has_looked(const struct found *found, int64_t since_ns)
{
	struct cluster_look look;
	struct error ignored;

	return !store_cluster_look(found->store, found->experiment.key, &look,
				   &ignored) ||
	       look.at_ns >= since_ns || look.failed_ns >= since_ns;
}

/* Wish for a look, if there is somebody to grant it. */
static void ask_for_look(const struct cli *cli, const struct found *found)
{
	const struct timespec pause = {0, LOOK_EVERY_NS};
	int64_t since_ns = clock_wall_ns() - FRESH_NS;
	int64_t until_ns = clock_mono_ns() + WAIT_NS;
	int64_t asked_ns = 0;

	if (cli->is_read_only || is_local(&found->experiment) ||
	    !store_experiment_is_live(cli->db_path, found->experiment.id, NULL))
		return;
	while (!has_looked(found, since_ns) && clock_mono_ns() < until_ns) {
		if (clock_mono_ns() - asked_ns >=
		    INTEREST_RENEW_MS * NS_PER_MS) {
			asked_ns = clock_mono_ns();
			interest_declare(found->experiment.directory,
					 "cluster");
		}
		nanosleep(&pause, NULL);
	}
}

/* Why there are none, or how old they are. */
static void tell_look(const struct found *found)
{
	struct strbuf text = STRBUF_INIT;
	struct cluster_look look;
	struct error err = {0};

	if (is_local(&found->experiment)) {
		fprintf(stderr,
			"trialdeck: experiment %s has no cluster: its trials "
			"run on this machine\n",
			found->experiment.id);
		return;
	}
	if (!store_cluster_look(found->store, found->experiment.key, &look,
				&err))
		return;
	if (look.problem[0])
		error_set(&err, ERROR_UNAVAILABLE, "%s", look.problem);
	else if (!look.at_ns)
		error_set(&err, ERROR_UNAVAILABLE,
			  "nobody has looked at the cluster yet");
	if (err.code) {
		cli_fail_at(&err, "nodes");
	} else if (clock_wall_ns() - look.at_ns > FRESH_NS) {
		format_elapsed(&text, look.at_ns, clock_wall_ns());
		fprintf(stderr, "trialdeck: seen %s ago\n", text.data);
	}
	strbuf_release(&text);
}

int command_nodes(struct cli *cli)
{
	struct listing listing = {.cli = cli, .json = STRBUF_INIT};
	struct found found;
	struct error err = {0};
	bool ok;

	if (!found_experiment(cli, STORE_READ, &found, &err))
		return cli_fail(&err);
	ask_for_look(cli, &found);
	sheet_init(&listing.sheet, cli->is_csv ? csv_columns : text_columns,
		   cli->is_csv ? COUNT_OF(csv_columns)
			       : COUNT_OF(text_columns));
	strbuf_addch(&listing.json, '[');
	ok = store_cluster_each(found.store, found.experiment.key, add_node,
				&listing, &err);
	if (ok && cli->is_json) {
		strbuf_adds(&listing.json, listing.has_any ? "\n]\n" : "]\n");
		output_flush(&listing.json);
	} else if (ok && (listing.has_any || cli->is_csv)) {
		sheet_print(&listing.sheet, cli->is_csv);
	}
	if (ok)
		tell_look(&found);
	strbuf_release(&listing.json);
	sheet_release(&listing.sheet);
	found_release(&found);
	return ok ? CLI_DONE : cli_fail(&err);
}
