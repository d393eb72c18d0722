/* SPDX-License-Identifier: MIT */
/* Rows of nodes and of where trials are. */
#include "tests/unit/store/support.h"

#include "base/clock.h"
#include "base/strbuf.h"

#include <stdio.h>

static struct cluster_node make_node(const char *name)
{
	struct cluster_node node = {
		.is_ready = true,
		.is_cordoned = true,
		.gpu_model = "NVIDIA A100",
		.taints = "dedicated=ml:NoSchedule",
		.allocatable = {8000, INT64_C(64) << 30, 4},
		.requested = {2500, INT64_C(9) << 30, 1},
		.used = {1700, INT64_C(5) << 30, -1},
		.pods = 11,
		.pods_max = 110,
		.trials = 2,
		.at_ns = 77,
	};

	snprintf(node.name, sizeof(node.name), "%s", name);
	return node;
}

static struct trial_place make_place(int64_t trial, const char *node)
{
	struct trial_place place = {
		.trial = trial,
		.attempt = 2,
		.pod = "nni-exp-one-trial-abcde-2-x7k2p",
		.restarts = 1,
		.requested = {100, 64 << 20, 0},
		.used = CLUSTER_AMOUNT_UNKNOWN,
		.at_ns = 88,
	};

	snprintf(place.node, sizeof(place.node), "%s", node);
	return place;
}

static bool note_node(const struct cluster_node *node, void *arg)
{
	strbuf_addf(arg, "%s ", node->name);
	return true;
}

static bool keep_node(const struct cluster_node *node, void *arg)
{
	*(struct cluster_node *)arg = *node;
	return false;
}

static bool note_place(const struct trial_place *place, void *arg)
{
	strbuf_addf(arg, "%d:%s ", (int)(place->trial & 0xffff), place->node);
	return true;
}

static void nodes_are_replaced(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment one = add_experiment(store, "one", NULL);
	struct experiment two = add_experiment(store, "two", NULL);
	struct cluster_node nodes[] = {make_node("gpu-2"), make_node("gpu-1"),
				       make_node("gpu-2")};
	struct strbuf notes = STRBUF_INIT;
	struct cluster_node node;
	int64_t before, after;

	assert_error(store_cluster_replace(store, one.key, nodes, 3, err),
		     ERROR_INVALID, "no transaction");
	assert_ok(store_version(store, &before, err));
	assert_ok(store_begin(store, err));
	assert_ok(store_cluster_replace(store, one.key, nodes, 3, err));
	assert_ok(store_cluster_replace(store, two.key, nodes, 1, err));
	assert_ok(store_commit(store, err));
	/* whoever watches the version sees it */
	assert_ok(store_version(store, &after, err));
	assert_int_equal(after, before + 1);
	assert_ok(store_cluster_each(store, one.key, note_node, &notes, err));
	expect(&notes, "gpu-1 gpu-2 ");
	assert_ok(store_cluster_each(store, one.key, keep_node, &node, err));
	assert_memory_equal(&node, &nodes[1], sizeof(node));

	/* a node is gone */
	assert_ok(store_begin(store, err));
	assert_ok(store_cluster_replace(store, one.key, nodes, 1, err));
	assert_ok(store_commit(store, err));
	assert_ok(store_cluster_each(store, one.key, note_node, &notes, err));
	expect(&notes, "gpu-2 ");
	assert_ok(store_begin(store, err));
	assert_ok(store_cluster_replace(store, one.key, NULL, 0, err));
	assert_ok(store_commit(store, err));
	assert_ok(store_cluster_each(store, one.key, note_node, &notes, err));
	expect(&notes, "");
	assert_ok(store_cluster_each(store, two.key, note_node, &notes, err));
	expect(&notes, "gpu-2 ");

	strbuf_release(&notes);
	experiment_release(&one);
	experiment_release(&two);
	store_close(store);
}

static void looks_are_remembered(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct cluster_node node = make_node("gpu-1");
	struct strbuf notes = STRBUF_INIT;
	struct cluster_look look;

	assert_ok(store_cluster_look(store, row.key, &look, err));
	assert_true(!look.at_ns && !look.failed_ns && !look.problem[0]);
	assert_ok(store_begin(store, err));
	assert_ok(
		store_cluster_failed(store, row.key, "nodes: forbidden", err));
	assert_ok(store_cluster_look(store, row.key, &look, err));
	assert_true(!look.at_ns && look.failed_ns);
	assert_string_equal(look.problem, "nodes: forbidden");
	assert_ok(store_cluster_replace(store, row.key, &node, 1, err));
	assert_ok(store_cluster_look(store, row.key, &look, err));
	assert_true(look.at_ns && !look.failed_ns && !look.problem[0]);
	assert_ok(store_cluster_failed(store, row.key, "gone", err));
	assert_ok(store_cluster_look(store, row.key, &look, err));
	assert_true(look.at_ns && look.failed_ns);
	assert_string_equal(look.problem, "gone");
	assert_ok(store_commit(store, err));
	/* what was known stays known */
	assert_ok(store_cluster_each(store, row.key, note_node, &notes, err));
	expect(&notes, "gpu-1 ");
	strbuf_release(&notes);
	experiment_release(&row);
	store_close(store);
}

static void places_follow_trials(void **state)
{
	struct store *store = store_at(*state, STORE_WRITE);
	struct experiment one = add_experiment(store, "one", NULL);
	struct experiment two = add_experiment(store, "two", NULL);
	struct strbuf notes = STRBUF_INIT;
	struct trial_place place, back;
	struct trial trials[2], other;

	assert_ok(store_begin(store, err));
	trials[0] = add_trial(store, one.key);
	trials[1] = add_trial(store, one.key);
	other = add_trial(store, two.key);
	place = make_place(other.key, "gpu-9");
	assert_ok(store_place_set(store, &place, err));
	place = make_place(trials[1].key, "gpu-2");
	assert_ok(store_place_set(store, &place, err));
	assert_error(store_place_get(store, trials[0].key, &back, err),
		     ERROR_NOT_FOUND, "not known where");
	place = make_place(trials[0].key, "gpu-1");
	assert_ok(store_place_set(store, &place, err));
	assert_ok(store_place_get(store, trials[0].key, &back, err));
	assert_memory_equal(&back, &place, sizeof(back));
	assert_ok(store_places_each(store, one.key, note_place, &notes, err));
	expect(&notes, "0:gpu-1 1:gpu-2 ");
	/* moved */
	place = make_place(trials[0].key, "gpu-7");
	assert_ok(store_place_set(store, &place, err));
	assert_ok(store_place_delete(store, trials[1].key, err));
	assert_ok(store_place_delete(store, trials[1].key, err));
	assert_ok(store_places_each(store, one.key, note_place, &notes, err));
	expect(&notes, "0:gpu-7 ");
	assert_ok(store_places_each(store, two.key, note_place, &notes, err));
	expect(&notes, "0:gpu-9 ");
	/* over: off the list, but not forgotten */
	trials[0].state = TRIAL_FAILED;
	assert_ok(store_trial_update(store, &trials[0], err));
	assert_ok(store_places_each(store, one.key, note_place, &notes, err));
	expect(&notes, "");
	assert_ok(store_place_get(store, trials[0].key, &back, err));
	assert_string_equal(back.node, "gpu-7");
	/* of no trial */
	place.trial = 77;
	assert_error(store_place_set(store, &place, err), ERROR_CONFLICT, "");
	assert_ok(store_commit(store, err));
	strbuf_release(&notes);
	experiment_release(&one);
	experiment_release(&two);
	store_close(store);
}

static void deletion_takes_them_along(void **state)
{
	const struct place *place = *state;
	struct store *store = store_at(place, STORE_WRITE);
	struct experiment row = add_experiment(store, "one", NULL);
	struct cluster_node node = make_node("gpu-1");
	struct trial_place where;
	struct trial trial;

	assert_ok(store_begin(store, err));
	trial = add_trial(store, row.key);
	where = make_place(trial.key, "gpu-1");
	assert_ok(store_place_set(store, &where, err));
	assert_ok(store_cluster_replace(store, row.key, &node, 1, err));
	assert_ok(store_commit(store, err));
	assert_ok(store_begin(store, err));
	assert_ok(store_experiment_delete(store, row.key, err));
	assert_ok(store_commit(store, err));
	store_close(store);
	assert_int_equal(query_int(place->path,
				   "SELECT (SELECT count(*) FROM cluster_node)"
				   " + (SELECT count(*) FROM cluster_look)"
				   " + (SELECT count(*) FROM trial_place)"),
			 0);
	experiment_release(&row);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define TEST(name)                                                             \
	cmocka_unit_test_setup_teardown(name, place_make, place_remove)
		TEST(nodes_are_replaced),
		TEST(looks_are_remembered),
		TEST(places_follow_trials),
		TEST(deletion_takes_them_along),
	};

	return cmocka_run_group_tests_name("cluster rows", tests, NULL, NULL);
}
