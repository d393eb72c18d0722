/* SPDX-License-Identifier: MIT */
/*
 * What an attempt consists of, as lines of text: a tree with the columns that
 * there is room for.  For the console and for `show`.  Texts come out safe.
 */
#ifndef TUI_PART_TABLE_H
#define TUI_PART_TABLE_H

#include "base/strbuf.h"
#include "model/part.h"

struct part_style {
	int cols;	    /* 0: as many as it takes */
	bool is_ascii;	    /* and states as words rather than signs */
	bool has_words;	    /* states as words */
	const char *indent; /* before a reason on a line of its own */
	int64_t now_ns;	    /* wall time: how long what runs has been running */
};

/* part: the line is about it; NULL: column titles, or how many more there are.
 */
typedef void part_line_fn(const char *text, const struct trial_part *part,
			  void *arg);
void part_table_each(const struct part_list *list,
		     const struct part_style *style, part_line_fn *fn,
		     void *arg);

/* "●" for running; one column. */
const char *part_state_sign(enum part_state state);
/* Is there more to it than the one pod that says it all? */
bool part_list_is_worth_showing(const struct part_list *list);
/* Append "4: 2 running, 1 waiting, 1 failed". */
void part_format_counts(struct strbuf *out, const struct part_list *list);
/* Append in a few words what a trial with several parts is doing, where that
 * is not just that all run: "3/4 up, ps-0: Unschedulable"; of steps
 * those that run: "at train, tensorboard". */
void part_format_brief(struct strbuf *out, const struct part_list *list);

#endif
