/* SPDX-License-Identifier: MIT */
/* What attempts consist of: kept as the platform tells it, and settled when
 * the attempt is over. */
#include "engine/state.h"

static void put(struct engine *engine, struct live *live,
		const struct part_list *parts)
{
	bool is_news = false;
	struct error err;

	if (!store_parts_put(engine->store, live->trial.key,
			     live->attempt.number, parts, &is_news, &err)) {
		turn_fail(engine, &err);
		return;
	}
	if (!is_news)
		return;
	engine->is_versioned = true;
	live_changed(engine, live); /* lists tell of its parts as well */
}

void parts_told(struct engine *engine, struct live *live,
		const struct part_list *parts)
{
	if (turn_begin(engine))
		put(engine, live, parts);
}

/* Nobody tells any more what became of them; they must not seem to run for
 * ever. */
void parts_settle(struct engine *engine, struct live *live)
{
	bool is_good = live->attempt.state == TRIAL_SUCCEEDED;
	struct part_list parts = {0};
	struct error err;

	if (!turn_begin(engine))
		return;
	if (!store_parts_get(engine->store, live->trial.key,
			     live->attempt.number, &parts, &err)) {
		turn_fail(engine, &err);
		return;
	}
	if (part_list_settle(&parts, is_good ? PART_SUCCEEDED : PART_FAILED,
			     live->attempt.ended_ns, "ended with the attempt"))
		put(engine, live, &parts);
	part_list_release(&parts);
}
