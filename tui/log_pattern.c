/* SPDX-License-Identifier: MIT */
/* Patterns by PCRE2, compiled to machine code where that is possible. */
#include "tui/log_pattern.h"

#include "base/mem.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

/* What one match may cost: a tenth of a second on the longest line. */
#define MATCH_LIMIT 200000
#define DEPTH_LIMIT 2000
#define HEAP_LIMIT_KIB 8192
#define STACK_MIN_BYTES (32 << 10)
#define STACK_MAX_BYTES (512 << 10)

/* Does it say so by a capital letter?  "\W" is no capital. */
static bool wants_case(const char *text, bool is_regex)
{
	for (; *text; text++) {
		if (is_regex && *text == '\\' && text[1])
			text++;
		else if (isupper((unsigned char)*text))
			return true;
	}
	return false;
}

static bool compile(struct log_pattern *pattern, const char *text,
		    struct error *err)
{
	uint32_t flags =
		PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
	PCRE2_UCHAR why[128];
	PCRE2_SIZE at;
	int code;

	/* a literal cannot have most of the flags, nor needs them */
	if (!pattern->is_regex)
		flags = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_LITERAL;
	if (pattern->is_folded)
		flags |= PCRE2_CASELESS;
	pattern->code = pcre2_compile((PCRE2_SPTR)text, strlen(text), flags,
				      &code, &at, NULL);
	if (!pattern->code) {
		pcre2_get_error_message(code, why, sizeof(why));
		return error_set(err, ERROR_INVALID, "%s at character %zu",
				 (const char *)why, at + 1);
	}
	/* without it everything works, only slower */
	pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
	return true;
}

static bool prepare(struct log_pattern *pattern, struct error *err)
{
	pattern->match =
		pcre2_match_data_create_from_pattern(pattern->code, NULL);
	pattern->limits = pcre2_match_context_create(NULL);
	pattern->stack =
		pcre2_jit_stack_create(STACK_MIN_BYTES, STACK_MAX_BYTES, NULL);
	if (!pattern->match || !pattern->limits)
		return error_set(err, ERROR_SYSTEM, "out of memory");
	pcre2_set_match_limit(pattern->limits, MATCH_LIMIT);
	pcre2_set_depth_limit(pattern->limits, DEPTH_LIMIT);
	pcre2_set_heap_limit(pattern->limits, HEAP_LIMIT_KIB);
	pcre2_jit_stack_assign(pattern->limits, NULL, pattern->stack);
	return true;
}

bool log_pattern_set(struct log_pattern *pattern, const char *text,
		     bool is_regex, struct error *err)
{
	struct log_pattern fresh = {.is_regex = is_regex};

	if (!text || !*text) {
		log_pattern_release(pattern);
		return true;
	}
	if (strlen(text) > LOG_PATTERN_MAX)
		return error_set(err, ERROR_INVALID,
				 "pattern is longer than %d bytes",
				 LOG_PATTERN_MAX);
	fresh.is_folded = !wants_case(text, is_regex);
	if (!compile(&fresh, text, err) || !prepare(&fresh, err)) {
		log_pattern_release(&fresh);
		return false;
	}
	fresh.text = xstrdup(text);
	log_pattern_release(pattern);
	*pattern = fresh;
	return true;
}

void log_pattern_release(struct log_pattern *pattern)
{
	pcre2_code_free(pattern->code);
	pcre2_match_data_free(pattern->match);
	pcre2_match_context_free(pattern->limits);
	pcre2_jit_stack_free(pattern->stack);
	free(pattern->text);
	memset(pattern, 0, sizeof(*pattern));
}

static bool is_inside_character(char byte)
{
	return ((unsigned char)byte & 0xC0) == 0x80;
}

bool log_pattern_find(struct log_pattern *pattern, const char *text, size_t len,
		      size_t from, size_t *ret_start, size_t *ret_len)
{
	const PCRE2_SIZE *found;
	int code;

	if (!pattern->code || from >= len)
		return false;
	while (from < len && is_inside_character(text[from]))
		from++;
	code = pcre2_match(pattern->code, (PCRE2_SPTR)text, len, from,
			   PCRE2_NOTEMPTY, pattern->match, pattern->limits);
	if (code < 0) {
		pattern->given_up += code != PCRE2_ERROR_NOMATCH;
		return false;
	}
	found = pcre2_get_ovector_pointer(pattern->match);
	/* \K in a lookahead may turn the two around */
	if (found[1] <= found[0] || found[1] > len || found[0] < from)
		return false;
	*ret_start = found[0];
	*ret_len = found[1] - found[0];
	return true;
}
