/* SPDX-License-Identifier: MIT */
/*
 * Metrics in a trial's output: what one line of stdout says.
 *
 * Shared by the keeper (beside the command) and the engine (reading pod logs),
 * so it uses nothing but C: no cJSON, no allocation.
 */
#ifndef MODEL_METRIC_LINE_H
#define MODEL_METRIC_LINE_H

#include <stdbool.h>
#include <stddef.h>

enum metric_line_kind {
	METRIC_LINE_NONE,
	METRIC_LINE_NNI,  /* NNISDK_MEb'<json>': text is the JSON inside */
	METRIC_LINE_JSON, /* {"metric":...} or {"name":...,"value":...}: text */
	METRIC_LINE_PAIR, /* name=value: name and number */
};

struct metric_line {
	enum metric_line_kind kind;
	const char *text; /* borrowed from the line: the JSON */
	size_t len;
	const char *name; /* PAIR: borrowed, name_len bytes */
	size_t name_len;
	double value;  /* PAIR */
	bool is_final; /* PAIR: the name was "final" or "final_<name>" */
};

/* Look at one line (without its newline).
 * NNI: matched anywhere, greedy up to the last apostrophe (nni.md 5.4).
 * JSON: the whole line is an object whose first key is "metric", "metrics",
 * "name", "type" or "value" (a cheap test: the receiver parses for real).
 * PAIR: the whole line, apart from blanks, is `name=number`; name is
 * [A-Za-z_][A-Za-z0-9_.-]*, at most METRIC_NAME_MAX bytes; number is what
 * strtod takes, nan and inf included.  Thread: any. */
bool metric_line_parse(const char *line, size_t len, struct metric_line *ret);

/* Undo Python's bytes repr (\' \\ \xNN \n \t \r) of NNI <= 1.4 in place of a
 * text that did not parse as JSON.  out needs len bytes.  Returns its length.
 */
size_t metric_line_unescape(const char *text, size_t len, char *out);

#endif
