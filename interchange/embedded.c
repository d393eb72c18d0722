/* SPDX-License-Identifier: MIT */
/* Experiments of ours that come back from another program's database: see
 * outlet.h. */
#include "interchange/outlet.h"
#include "interchange/reader.h"
#include "model/json_walk.h"

#include <stdlib.h>
#include <string.h>

bool embedded_span(const char *json, const char *key, struct strbuf *out)
{
	const char *at = json_walk_space(json);

	if (*at++ != '{')
		return false;
	for (;;) {
		const char *name = json_walk_space(at);
		const char *end = *name == '"' ? json_walk_string(name) : NULL;
		bool is;

		if (!end)
			return false;
		is = json_walk_equals(name, end, key);
		at = json_walk_space(end);
		if (*at++ != ':')
			return false;
		at = json_walk_space(at);
		end = json_walk_value(at);
		if (!end)
			return false;
		if (is) {
			strbuf_add(out, at, (size_t)(end - at));
			return true;
		}
		at = json_walk_space(end);
		if (*at++ != ',')
			return false;
	}
}

static bool id_of(const char *json, char ret_id[EXPERIMENT_ID_MAX + 1])
{
	struct strbuf experiment = STRBUF_INIT, quoted = STRBUF_INIT;
	struct strbuf id = STRBUF_INIT;
	bool ok;

	ok = embedded_span(json, "experiment", &experiment) &&
	     embedded_span(experiment.data, "id", &quoted) &&
	     quoted.data[0] == '"';
	if (ok)
		json_walk_decode(quoted.data, quoted.data + quoted.len, &id);
	ok = ok && experiment_id_is_valid(id.data);
	if (ok)
		memcpy(ret_id, id.data, id.len + 1);
	strbuf_release(&experiment);
	strbuf_release(&quoted);
	strbuf_release(&id);
	return ok;
}

static bool bring(struct reading *reading, const struct strbuf *json,
		  bool *ret_is_ours, const char *id, struct error *err)
{
	struct experiment row;
	struct error why = {0};
	char *origin = NULL;
	bool ok;

	if (store_experiment_find(reading->store, id, &row, &why)) {
		bool is_it = !strcmp(row.id, id);

		ok = store_preference_get(reading->store, row.key,
					  ORIGIN_PREFERENCE, &origin, err);
		*ret_is_ours = is_it && !origin;
		free(origin);
		experiment_release(&row);
		if (!ok || is_it)
			return ok;
	}
	if (!store_import(reading->store, json->data, json->len, &row, err))
		return error_prefix(err, "table trialdeck_export");
	reading->is_embedded_new = true;
	ok = store_preference_put(reading->store, row.key, ORIGIN_PREFERENCE,
				  "{}", err);
	experiment_release(&row);
	return ok;
}

bool embedded_take(struct reading *reading, const char *owner,
		   char ret_id[EXPERIMENT_ID_MAX + 1], bool *ret_is_ours,
		   struct error *err)
{
	struct strbuf json = STRBUF_INIT;
	bool ok;

	*ret_id = '\0';
	*ret_is_ours = reading->is_embedded_new = false;
	ok = outlet_read_embedded(reading->source->db, owner, &json, err);
	if (ok && json.len)
		ok = id_of(json.data, ret_id)
			     ? bring(reading, &json, ret_is_ours, ret_id, err)
			     : error_set(err, ERROR_INVALID,
					 "table trialdeck_export holds no "
					 "experiment");
	strbuf_release(&json);
	return ok;
}
