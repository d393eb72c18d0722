/* SPDX-License-Identifier: MIT */
/*
 * What an unquoted word of YAML means: null, a truth value, a number or text.
 *
 * NNI reads its files with PyYAML, which follows YAML 1.1; so "yes" is true,
 * 0x1F and 1_000 are numbers and 010 is eight.  Two departures: "1e-4" is a
 * number here, as everybody who writes it into a search space means it; and
 * 1:30 is text, not ninety.
 */
#include "engine/spec/node.h"

#include "base/mem.h"

#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool is_one_of(const char *text, const char *const *words)
{
	for (; *words; words++) {
		if (!strcmp(text, *words))
			return true;
	}
	return false;
}

static bool resolve_word(struct node *node, const char *text)
{
	static const char *const nulls[] = {"",	    "~",    "null",
					    "Null", "NULL", NULL};
	static const char *const trues[] = {"true", "True", "TRUE", "yes",
					    "Yes",  "YES",  "on",   "On",
					    "ON",   NULL};
	static const char *const falses[] = {"false", "False", "FALSE", "no",
					     "No",    "NO",    "off",	"Off",
					     "OFF",   NULL};

	if (is_one_of(text, nulls)) {
		node->kind = NODE_NULL;
		return true;
	}
	node->boolean = is_one_of(text, trues);
	if (!node->boolean && !is_one_of(text, falses))
		return false;
	node->kind = NODE_BOOL;
	return true;
}

/* The base of an integer and where its digits start; 0: not an integer. */
static unsigned int integer_base(const char *text, const char **ret_digits)
{
	*ret_digits = text + 2;
	if (text[0] == '0' && text[1] == 'x')
		return 16;
	if (text[0] == '0' && text[1] == 'b')
		return 2;
	if (text[0] == '0' && text[1] == 'o')
		return 8;
	*ret_digits = text;
	if (!isdigit((unsigned char)text[0]))
		return 0;
	return text[0] == '0' && text[1] ? 8 : 10;
}

static int digit_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return 16;
}

/* Spell the integer for JSON: decimal without sign, underscore or prefix. */
static char *spell_integer(const struct node *node, unsigned int base,
			   const char *digits)
{
	struct strbuf out = STRBUF_INIT;

	if (node->is_negative)
		strbuf_addch(&out, '-');
	if (!node->is_wide) {
		strbuf_addf(&out, "%llu", (unsigned long long)node->magnitude);
	} else if (base == 10) {
		for (; *digits; digits++) {
			if (*digits != '_')
				strbuf_addch(&out, *digits);
		}
	} else {
		strbuf_clear(&out);
		strbuf_add_json_number(&out, node->number);
	}
	return strbuf_detach(&out);
}

static bool resolve_integer(struct node *node, const char *text)
{
	bool is_negative = *text == '-';
	bool is_wide = false, any = false;
	uint64_t magnitude = 0;
	double number = 0;
	const char *digits;
	unsigned int base;

	if (*text == '-' || *text == '+')
		text++;
	base = integer_base(text, &digits);
	if (!base)
		return false;
	for (const char *at = digits; *at; at++) {
		unsigned int digit = (unsigned int)digit_value(*at);

		if (*at == '_')
			continue;
		if (digit >= base)
			return false;
		if (__builtin_mul_overflow(magnitude, base, &magnitude) ||
		    __builtin_add_overflow(magnitude, digit, &magnitude))
			is_wide = true;
		number = number * base + digit;
		any = true;
	}
	if (!any)
		return false;
	node->kind = NODE_INTEGER;
	node->is_negative = is_negative && (is_wide || magnitude);
	node->is_wide = is_wide;
	node->magnitude = is_wide ? 0 : magnitude;
	node->number = is_negative ? -number : number;
	node->text = spell_integer(node, base, digits);
	return true;
}

static const char *skip_digits(const char *at)
{
	while (isdigit((unsigned char)*at))
		at++;
	return at;
}

/* JSON's grammar for numbers, given that YAML's holds and no sign is left. */
static bool is_json_number(const char *text)
{
	const char *end = skip_digits(text);

	if (end == text || (*text == '0' && end != text + 1))
		return false;
	return *end != '.' || isdigit((unsigned char)end[1]);
}

static char *spell_float(double number, const char *plain)
{
	struct strbuf out = STRBUF_INIT;

	if (is_json_number(plain + (*plain == '-')))
		return xstrdup(plain);
	strbuf_add_json_number(&out, number);
	if (isfinite(number) && !strpbrk(out.data, ".e"))
		strbuf_adds(&out, ".0");
	return strbuf_detach(&out);
}

static bool resolve_special(struct node *node, const char *text)
{
	static const char *const infinities[] = {".inf", ".Inf", ".INF", NULL};
	static const char *const nans[] = {".nan", ".NaN", ".NAN", NULL};
	const char *bare = text + (*text == '-' || *text == '+');

	if (is_one_of(bare, infinities))
		node->number = *text == '-' ? -INFINITY : INFINITY;
	else if (is_one_of(text, nans))
		node->number = NAN;
	else
		return false;
	node->kind = NODE_FLOAT;
	node->text = xstrdup("null");
	return true;
}

/* [-+] digits [. digits] [e [-+] digits], with a digit before the e and
 * underscores between digits. */
static bool resolve_float(struct node *node, const char *text)
{
	char *plain = xmalloc(strlen(text) + 1);
	size_t len = 0;
	const char *at, *start;
	bool ok;

	for (at = text + (*text == '+'); *at; at++) {
		if (*at != '_' || !len)
			plain[len++] = *at;
	}
	plain[len] = '\0';
	start = plain + (*plain == '-');
	at = skip_digits(start);
	/* "08" is neither an octal number nor a float: text */
	ok = at != start ? *at != '\0'
			 : *at == '.' && isdigit((unsigned char)at[1]);
	if (*at == '.')
		at = skip_digits(at + 1);
	if (ok && (*at == 'e' || *at == 'E')) {
		at += at[1] == '-' || at[1] == '+' ? 2 : 1;
		ok = isdigit((unsigned char)*at);
		at = skip_digits(at);
	}
	ok = ok && !*at;
	if (ok) {
		node->kind = NODE_FLOAT;
		node->number = strtod(plain, NULL);
		node->text = spell_float(node->number, plain);
	}
	free(plain);
	return ok;
}

bool node_resolve(struct node *node, const char *text)
{
	if (resolve_word(node, text))
		return true;
	if (!isdigit((unsigned char)*text) && !strchr("+-.", *text))
		return false;
	return resolve_integer(node, text) || resolve_special(node, text) ||
	       resolve_float(node, text);
}
