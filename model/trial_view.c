/* SPDX-License-Identifier: MIT */
/* Views as JSON and as words of a command line. */
#include "model/trial_view.h"

#include "base/mem.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#define VIEWS_MAX 100

static const struct {
	const char *name, *json;
} builtins[] = {
	{"all", "{}"},
	{"best", "{\"filter\":\"has:final\",\"sort\":\"final\"}"},
	{"failed", "{\"filter\":\"state:failed\",\"sort\":\"-ended\","
		   "\"columns\":[{\"field\":\"number\"},{\"field\":\"id\"},"
		   "{\"field\":\"state\"},"
		   "{\"field\":\"try\"},{\"field\":\"exit\"},"
		   "{\"field\":\"time\"},{\"field\":\"ended\"},"
		   "{\"field\":\"reason\"}]}"},
	{"live", "{\"filter\":\"is:live\",\"columns\":[{\"field\":\"number\"},"
		 "{\"field\":\"id\"},"
		 "{\"field\":\"state\"},{\"field\":\"last\"},"
		 "{\"field\":\"steps\"},{\"field\":\"time\"},"
		 "{\"field\":\"waited\"},{\"field\":\"node\"},"
		 "{\"field\":\"reason\"}]}"},
};

const char *trial_views_builtin(size_t i, const char **ret_json)
{
	if (i >= COUNT_OF(builtins))
		return NULL;
	if (ret_json)
		*ret_json = builtins[i].json;
	return builtins[i].name;
}

void trial_view_release(struct trial_view *view)
{
	free(view->filter);
	memset(view, 0, sizeof(*view));
}

bool trial_field_descends(const struct trial_field *field, bool is_maximized)
{
	switch (field->kind) {
	case FIELD_FINAL:
	case FIELD_BEST:
	case FIELD_LAST:
		return is_maximized;
	case FIELD_METRIC:
		return field->stat != STAT_MIN;
	case FIELD_NUMBER:
	case FIELD_TRY:
	case FIELD_STEPS:
	case FIELD_TIME:
	case FIELD_WAITED:
	case FIELD_SUBMITTED:
	case FIELD_STARTED:
	case FIELD_ENDED:
	case FIELD_RESTARTS:
	case FIELD_CPU:
	case FIELD_MEMORY:
	case FIELD_GPUS:
	case FIELD_CPU_USED:
	case FIELD_MEMORY_USED:
		return true;
	default:
		return false;
	}
}

/* ---- words ----------------------------------------------------------------
 */

static bool add_sort(const char *word, size_t len,
		     const struct field_names *names, bool is_maximized,
		     struct trial_sort *ret, struct error *err)
{
	char sign = len && (*word == '-' || *word == '+') ? *word : 0;
	char *name = xstrndup(word + (sign != 0), len - (sign != 0));
	bool is_ok = trial_field_parse(name, names, &ret->field, err);

	free(name);
	if (!is_ok)
		return false;
	if (ret->field.kind == FIELD_PARAMETERS)
		return error_set(err, ERROR_INVALID,
				 "\"parameters\" has no order: sort by one of "
				 "them");
	ret->is_descending =
		sign ? sign == '-'
		     : trial_field_descends(&ret->field, is_maximized);
	return true;
}

bool trial_sorts_parse(const char *text, const struct field_names *names,
		       bool is_maximized, struct trial_sort *ret,
		       size_t *ret_count, struct error *err)
{
	size_t count = 0;

	while (*text) {
		size_t len = strcspn(text, ",");

		if (len > 0 && count == TRIAL_SORTS_MAX)
			return error_set(err, ERROR_LIMIT,
					 "at most %d columns to sort by",
					 TRIAL_SORTS_MAX);
		if (len > 0 && !add_sort(text, len, names, is_maximized,
					 &ret[count++], err))
			return false;
		text += len;
		text += *text == ',';
	}
	*ret_count = count;
	return true;
}

void trial_sorts_format(const struct trial_sort *sorts, size_t count,
			const struct field_names *names, struct strbuf *out)
{
	size_t i;

	for (i = 0; i < count; i++) {
		if (i > 0)
			strbuf_addch(out, ',');
		strbuf_addch(out, sorts[i].is_descending ? '-' : '+');
		trial_field_format(&sorts[i].field, names, out);
	}
}

static bool add_column(const char *name, double width,
		       const struct field_names *names,
		       struct trial_column *columns, size_t *count,
		       struct error *err)
{
	struct trial_column *column = &columns[*count];
	size_t i;

	if (*count == TRIAL_COLUMNS_MAX)
		return error_set(err, ERROR_LIMIT, "at most %d columns",
				 TRIAL_COLUMNS_MAX);
	if (!trial_field_parse(name, names, &column->field, err))
		return false;
	column->width_cols =
		width >= 1 && width <= TRIAL_COLUMN_COLS_MAX ? (int)width : 0;
	for (i = 0; i < *count; i++)
		if (trial_field_is_same(&columns[i].field, &column->field))
			return true; /* once is enough */
	(*count)++;
	return true;
}

bool trial_columns_parse(const char *text, const struct field_names *names,
			 struct trial_column *ret, size_t *ret_count,
			 struct error *err)
{
	*ret_count = 0;
	while (*text) {
		size_t len = strcspn(text, ",");
		char *word = xstrndup(text, len);
		char *colon = strrchr(word, ':');
		double width = 0;
		bool is_ok;

		if (colon && colon[1] &&
		    strspn(colon + 1, "0123456789") == strlen(colon + 1)) {
			width = strtod(colon + 1, NULL);
			*colon = '\0';
		}
		is_ok = !*word ||
			add_column(word, width, names, ret, ret_count, err);
		free(word);
		if (!is_ok)
			return false;
		text += len;
		text += *text == ',';
	}
	return true;
}

/* ---- JSON -----------------------------------------------------------------
 */

static bool read_columns(const cJSON *list, const struct field_names *names,
			 bool is_lenient, struct trial_view *view,
			 struct error *err)
{
	const cJSON *item;

	cJSON_ArrayForEach (item, list) {
		const cJSON *name =
			cJSON_IsString(item)
				? item
				: cJSON_GetObjectItem(item, "field");
		const cJSON *width = cJSON_GetObjectItem(item, "width");

		if (!cJSON_IsString(name))
			continue;
		if (!add_column(name->valuestring,
				cJSON_IsNumber(width) ? width->valuedouble : 0,
				names, view->columns, &view->column_count,
				err) &&
		    !is_lenient)
			return false;
	}
	return true;
}

static bool read_view(const cJSON *tree, const struct field_names *names,
		      bool is_maximized, bool is_lenient,
		      struct trial_view *view, struct error *err)
{
	const cJSON *filter = cJSON_GetObjectItem(tree, "filter");
	const cJSON *sort = cJSON_GetObjectItem(tree, "sort");

	if (cJSON_IsString(filter)) {
		free(view->filter);
		view->filter = xstrdup(filter->valuestring);
	}
	if (cJSON_IsString(sort) &&
	    !trial_sorts_parse(sort->valuestring, names, is_maximized,
			       view->sorts, &view->sort_count, err)) {
		view->sort_count = 0;
		if (!is_lenient)
			return false;
	}
	return read_columns(cJSON_GetObjectItem(tree, "columns"), names,
			    is_lenient, view, err);
}

bool trial_view_parse(const char *json, const struct field_names *names,
		      bool is_maximized, bool is_lenient,
		      struct trial_view *ret, struct error *err)
{
	cJSON *tree = json ? cJSON_Parse(json) : NULL;
	bool is_ok = true;

	memset(ret, 0, sizeof(*ret));
	ret->filter = xstrdup("");
	if (tree)
		is_ok = read_view(tree, names, is_maximized, is_lenient, ret,
				  err);
	cJSON_Delete(tree);
	if (!is_ok)
		trial_view_release(ret);
	return is_ok;
}

void trial_view_format(const struct trial_view *view,
		       const struct field_names *names, struct strbuf *out)
{
	struct strbuf text = STRBUF_INIT;
	size_t i;

	strbuf_adds(out, "{\"filter\":");
	strbuf_add_json_string(out, view->filter ? view->filter : "");
	trial_sorts_format(view->sorts, view->sort_count, names, &text);
	strbuf_adds(out, ",\"sort\":");
	strbuf_add_json_string(out, text.data);
	strbuf_adds(out, ",\"columns\":[");
	for (i = 0; i < view->column_count; i++) {
		strbuf_clear(&text);
		trial_field_format(&view->columns[i].field, names, &text);
		strbuf_adds(out, i ? ",{\"field\":" : "{\"field\":");
		strbuf_add_json_string(out, text.data);
		if (view->columns[i].width_cols)
			strbuf_addf(out, ",\"width\":%d",
				    view->columns[i].width_cols);
		strbuf_addch(out, '}');
	}
	strbuf_adds(out, "]}");
	strbuf_release(&text);
}

static char *find_kept(const char *views, const char *name)
{
	cJSON *tree = views ? cJSON_Parse(views) : NULL;
	const cJSON *item =
		tree ? cJSON_GetObjectItemCaseSensitive(tree, name) : NULL;
	char *found = NULL;

	if (cJSON_IsObject(item)) {
		char *text = cJSON_PrintUnformatted(item);

		found = xstrdup_or_null(text);
		cJSON_free(text);
	}
	cJSON_Delete(tree);
	return found;
}

char *trial_views_find(const char *own, const char *shared, const char *name)
{
	char *found = find_kept(own, name);
	size_t i;

	if (!found)
		found = find_kept(shared, name);
	for (i = 0; !found && i < COUNT_OF(builtins); i++)
		if (strcmp(builtins[i].name, name) == 0)
			found = xstrdup(builtins[i].json);
	return found;
}

static bool check_name(const char *name, struct error *err)
{
	size_t len = strlen(name), i;

	if (len == 0 || len > TRIAL_VIEW_NAME_MAX)
		return error_set(err, ERROR_INVALID,
				 "a view's name has 1 to %d bytes",
				 TRIAL_VIEW_NAME_MAX);
	for (i = 0; i < len; i++)
		if ((unsigned char)name[i] <= ' ' || name[i] == 127)
			return error_set(err, ERROR_INVALID,
					 "a view's name is one word");
	return true;
}

bool trial_views_put(const char *views, const char *name, const char *json,
		     char **ret, struct error *err)
{
	cJSON *tree = views ? cJSON_Parse(views) : NULL;
	cJSON *value = json ? cJSON_Parse(json) : NULL;
	char *text;

	if (!check_name(name, err)) {
		cJSON_Delete(tree);
		cJSON_Delete(value);
		return false;
	}
	if (!cJSON_IsObject(tree)) {
		cJSON_Delete(tree);
		tree = cJSON_CreateObject();
	}
	cJSON_DeleteItemFromObjectCaseSensitive(tree, name);
	if (value && cJSON_GetArraySize(tree) >= VIEWS_MAX) {
		cJSON_Delete(tree);
		cJSON_Delete(value);
		return error_set(err, ERROR_LIMIT, "at most %d views",
				 VIEWS_MAX);
	}
	if (value)
		cJSON_AddItemToObject(tree, name, value);
	text = cJSON_PrintUnformatted(tree);
	cJSON_Delete(tree);
	*ret = xstrdup(text ? text : "{}");
	cJSON_free(text);
	return true;
}

void trial_views_each(const char *views, trial_views_fn *fn, void *arg)
{
	cJSON *tree = views ? cJSON_Parse(views) : NULL;
	const cJSON *item;

	if (cJSON_IsObject(tree))
		cJSON_ArrayForEach (item, tree)
			if (item->string)
				fn(item->string, arg);
	cJSON_Delete(tree);
}
