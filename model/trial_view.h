/* SPDX-License-Identifier: MIT */
/*
 * A view of a table of trials: which, in what order, with which columns.
 *
 *     {"filter": "state:failed", "sort": "-final,lr",
 *      "columns": [{"field": "lr", "width": 9}, {"field": "reason"}]}
 *
 * That is how a view is kept (store's preferences), and the form of its parts
 * on a command line.  Names that an experiment does not know are a fault with a
 * sentence.  Pure.
 */
#ifndef MODEL_TRIAL_VIEW_H
#define MODEL_TRIAL_VIEW_H

#include "base/strbuf.h"
#include "model/trial_field.h"

#define TRIAL_SORTS_MAX 4
#define TRIAL_COLUMNS_MAX 60
#define TRIAL_COLUMN_COLS_MAX 200
#define TRIAL_VIEW_NAME_MAX 40
/* The preference that holds them, an object by name; and the table's own. */
#define TRIAL_VIEWS_PREFERENCE "trials.views"
#define TRIAL_TABLE_PREFERENCE "trials.table"

struct trial_sort {
	struct trial_field field;
	bool is_descending;
};

struct trial_column {
	struct trial_field field;
	int width_cols; /* 0: as it fits */
};

struct trial_view {
	char *filter; /* owned; "" for all */
	struct trial_sort sorts[TRIAL_SORTS_MAX];
	size_t sort_count; /* 0: by number, newest first */
	struct trial_column columns[TRIAL_COLUMNS_MAX];
	size_t column_count; /* 0: the usual ones */
};

void trial_view_release(struct trial_view *view);

/* "final,-lr": '-' descending, '+' ascending, without a sign what is looked
 * for first on top: the best value, the longest time.  Empty: none. */
bool trial_sorts_parse(const char *text, const struct field_names *names,
		       bool is_maximized, struct trial_sort *ret,
		       size_t *ret_count, struct error *err);
void trial_sorts_format(const struct trial_sort *sorts, size_t count,
			const struct field_names *names, struct strbuf *out);
/* Is it natural to see the greatest first? */
bool trial_field_descends(const struct trial_field *field, bool is_maximized);
/* "lr,acc.max,reason", or with widths "lr:9". */
bool trial_columns_parse(const char *text, const struct field_names *names,
			 struct trial_column *ret, size_t *ret_count,
			 struct error *err);

/* json is what was kept, or NULL.  A name of another version of the space is
 * left out when is_lenient, else it is a fault. */
bool trial_view_parse(const char *json, const struct field_names *names,
		      bool is_maximized, bool is_lenient,
		      struct trial_view *ret, struct error *err);
void trial_view_format(const struct trial_view *view,
		       const struct field_names *names, struct strbuf *out);

/* Views by name, in the object that is kept (NULL: none yet). */
/* The JSON of one: of an experiment's own, of those for all (either may be
 * NULL), of those that are always there; NULL: none; caller frees. */
char *trial_views_find(const char *own, const char *shared, const char *name);
/* What is to be kept with this one added, replaced, or (json NULL) removed;
 * caller frees. */
bool trial_views_put(const char *views, const char *name, const char *json,
		     char **ret, struct error *err);
typedef void trial_views_fn(const char *name, void *arg);
void trial_views_each(const char *views, trial_views_fn *fn, void *arg);
/* Views that are always there: the i-th, NULL at the end; *ret_json of it. */
const char *trial_views_builtin(size_t i, const char **ret_json);

#endif
