/* SPDX-License-Identifier: MIT */
/* What a tag and a note may be. */
#include "model/tag.h"

#include "base/utf8.h"

#include <string.h>

#define NOT_IN_TAGS ",\"'()!<>=~"

bool tag_check(const char *name, struct error *err)
{
	size_t len = strlen(name), used = 0;
	struct strbuf safe = STRBUF_INIT;
	uint32_t point;
	bool is_safe;

	if (!len)
		return error_set(err, ERROR_INVALID, "a tag is a word");
	if (len > TAG_MAX)
		return error_set(err, ERROR_LIMIT,
				 "tag \"%.20s...\": is longer than %d bytes",
				 name, TAG_MAX);
	if (name[0] == '+' || name[0] == '-')
		return error_set(err, ERROR_INVALID,
				 "tag \"%s\": may not begin with %c", name,
				 name[0]);
	/* what a terminal would not be shown is in no tag either */
	utf8_sanitize(&safe, name, len, false);
	is_safe = strcmp(safe.data, name) == 0;
	strbuf_release(&safe);
	if (!is_safe)
		return error_set(err, ERROR_INVALID,
				 "a tag is text without control characters");
	while (used < len) {
		used += utf8_decode(name + used, len - used, &point);
		if (point <= ' ' || point == 0xA0 ||
		    (point >= 0x2000 && point <= 0x200A) || point == 0x3000)
			return error_set(err, ERROR_INVALID,
					 "tag \"%s\": is one word, without "
					 "blanks",
					 name);
		if (point < 0x80 && strchr(NOT_IN_TAGS, (int)point))
			return error_set(err, ERROR_INVALID,
					 "tag \"%s\": may not have any of %s",
					 name, NOT_IN_TAGS);
	}
	return true;
}

bool tag_word_parse(const char *word, const char **ret_name, bool *ret_adds,
		    struct error *err)
{
	bool has_sign = word[0] == '+' || word[0] == '-';

	*ret_adds = word[0] != '-';
	*ret_name = word + has_sign;
	return tag_check(*ret_name, err);
}

bool note_check(const char *text, struct error *err)
{
	size_t len = strlen(text), used = 0;
	uint32_t point;

	if (len > NOTE_MAX)
		return error_set(err, ERROR_LIMIT,
				 "the note is longer than %d bytes", NOTE_MAX);
	while (used < len) {
		used += utf8_decode(text + used, len - used, &point);
		if (point == UTF8_INVALID)
			return error_set(err, ERROR_INVALID,
					 "the note is not UTF-8");
		if (utf8_point_width(point) < 0 && point != '\n' &&
		    point != '\t')
			return error_set(err, ERROR_INVALID,
					 "the note has control characters");
	}
	return true;
}
