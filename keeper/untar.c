/* SPDX-License-Identifier: MIT */
/* Taking a tar stream apart; untar_make.c makes what it holds. */
#include "keeper/untar.h"

#include "keeper/file.h"
#include "keeper/untar_make.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 512

/* Fields of a header block: where they begin, how long they are. */
#define NAME_AT 0
#define NAME_LEN 100
#define MODE_AT 100
#define SIZE_AT 124
#define CHECKSUM_AT 148
#define TYPE_AT 156
#define LINK_AT 157
#define MAGIC_AT 257
#define PREFIX_AT 345
#define PREFIX_LEN 155

void untar_init(struct untar *untar, int dir_fd)
{
	memset(untar, 0, sizeof(*untar));
	untar->dir_fd = dir_fd;
	untar->file_fd = -1;
	untar->size = -1;
}

void untar_release(struct untar *untar)
{
	if (untar->file_fd >= 0)
		close(untar->file_fd);
	untar->file_fd = -1;
}

/* Octal digits between blanks and NULs; -1 when it is something else.
 * GNU's binary form (high bit set) is for sizes far beyond our bounds. */
static int64_t read_octal(const char *field, size_t len)
{
	int64_t value = 0;
	size_t i = 0;

	while (i < len && field[i] == ' ')
		i++;
	for (; i < len && field[i] >= '0' && field[i] <= '7'; i++)
		value = value * 8 + (field[i] - '0');
	for (; i < len; i++)
		if (field[i] != ' ' && field[i] != '\0')
			return -1;
	return value;
}

static bool is_zero(const char *block)
{
	for (size_t i = 0; i < BLOCK; i++)
		if (block[i])
			return false;
	return true;
}

static bool has_checksum(const char *block)
{
	int64_t sum = 0;

	for (size_t i = 0; i < BLOCK; i++)
		sum += i >= CHECKSUM_AT && i < CHECKSUM_AT + 8
			       ? ' '
			       : (unsigned char)block[i];
	return sum == read_octal(block + CHECKSUM_AT, 8);
}

/* A long name or a pax value becomes the next entry's name or target. */
static bool set_text(char *ret, const char *text, size_t len, struct error *err)
{
	len = strnlen(text, len);
	if (len >= PATH_MAX)
		return error_set(err, ERROR_LIMIT, "a name of %zu bytes", len);
	memcpy(ret, text, len);
	ret[len] = '\0';
	return true;
}

static bool parse_number(const char *text, size_t len, int64_t *ret)
{
	int64_t value = 0;

	if (!len || len > 18)
		return false;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return false;
		value = value * 10 + (text[i] - '0');
	}
	*ret = value;
	return true;
}

static bool key_is(const char *text, size_t len, const char *key)
{
	return len == strlen(key) && !memcmp(text, key, len);
}

/* Records "LENGTH KEY=VALUE\n", where LENGTH counts all of it. */
static bool read_pax(struct untar *untar, struct error *err)
{
	const char *at = untar->extra, *end = at + untar->extra_len;

	while (at < end && *at) {
		const char *blank = memchr(at, ' ', (size_t)(end - at));
		const char *key, *equals, *last;
		int64_t len;
		size_t value_len;
		bool ok = true;

		if (!blank || !parse_number(at, (size_t)(blank - at), &len) ||
		    len > end - at || len < blank - at + 3)
			goto malformed;
		key = blank + 1;
		last = at + len - 1;
		equals = memchr(key, '=', (size_t)(last - key));
		if (!equals || *last != '\n')
			goto malformed;
		value_len = (size_t)(last - (equals + 1));
		if (key_is(key, (size_t)(equals - key), "path"))
			ok = set_text(untar->name, equals + 1, value_len, err);
		else if (key_is(key, (size_t)(equals - key), "linkpath"))
			ok = set_text(untar->link, equals + 1, value_len, err);
		else if (key_is(key, (size_t)(equals - key), "size") &&
			 !parse_number(equals + 1, value_len, &untar->size))
			goto malformed;
		if (!ok)
			return false;
		at += len;
	}
	return true;
malformed:
	return error_set(err, ERROR_INVALID, "a pax header is malformed");
}

/* The entry that a header block and what came before it describe. */
static bool make_entry(struct untar *untar, char type, unsigned int mode,
		       struct error *err)
{
	const char *block = untar->block;
	char name[PREFIX_LEN + 1 + NAME_LEN + 1], link[NAME_LEN + 1];
	const char *full = name, *target = link;
	size_t len = 0;

	if (!memcmp(block + MAGIC_AT, "ustar\0", 6)) {
		len = strnlen(block + PREFIX_AT, PREFIX_LEN);
		memcpy(name, block + PREFIX_AT, len);
		if (len)
			name[len++] = '/';
	}
	memcpy(name + len, block + NAME_AT, NAME_LEN);
	name[len + NAME_LEN] = '\0';
	memcpy(link, block + LINK_AT, NAME_LEN);
	link[NAME_LEN] = '\0';
	if (*untar->name)
		full = untar->name;
	if (*untar->link)
		target = untar->link;
	switch (type) {
	case '0':
	case '\0':
	case '7':
		untar->file_fd =
			untar_make_file(untar->dir_fd, full, mode, err);
		return untar->file_fd >= 0;
	case '5':
		return untar_make_folder(untar->dir_fd, full, mode, err);
	case '2':
		return untar_make_link(untar->dir_fd, full, target, err);
	default:
		return error_set(err, ERROR_INVALID,
				 "%s is neither file nor folder nor symbolic "
				 "link (type %d)",
				 full, type);
	}
}

static void expect(struct untar *untar, enum untar_part part, int64_t size)
{
	untar->part = part;
	untar->left = size;
	untar->padding = (size_t)(-size & (BLOCK - 1));
	untar->extra_len = 0;
}

/* A header that says something about the next one. */
static bool expect_extra(struct untar *untar, char type, int64_t size,
			 struct error *err)
{
	enum untar_part part = type == 'x'   ? UNTAR_PAX
			       : type == 'L' ? UNTAR_NAME
			       : type == 'K' ? UNTAR_LINK
					     : UNTAR_SKIP;

	if (size > UNTAR_HEADER_MAX)
		return error_set(err, ERROR_LIMIT, "a header of %lld bytes",
				 (long long)size);
	expect(untar, part, size);
	return true;
}

static bool read_header(struct untar *untar, struct error *err)
{
	char type = untar->block[TYPE_AT];
	int64_t size = read_octal(untar->block + SIZE_AT, 12);
	int64_t mode = read_octal(untar->block + MODE_AT, 8);
	bool ok;

	if (is_zero(untar->block)) {
		if (untar->has_zeros)
			untar->part = UNTAR_FINISHED;
		untar->has_zeros = true;
		return true;
	}
	untar->has_zeros = false;
	if (!has_checksum(untar->block) || mode < 0)
		return error_set(err, ERROR_INVALID, "this is no tar archive");
	if (++untar->entries > UNTAR_ENTRIES_MAX)
		return error_set(err, ERROR_LIMIT, "more than %d entries",
				 UNTAR_ENTRIES_MAX);
	if (size >= 0 && strchr("xgLK", type) && type)
		return expect_extra(untar, type, size, err);
	if (untar->size >= 0)
		size = untar->size;
	if (type == '2' || type == '5')
		size = 0;
	if (size < 0 || size > UNTAR_BYTES_MAX - untar->bytes)
		return error_set(err, ERROR_LIMIT,
				 "more than %lld bytes of files",
				 (long long)UNTAR_BYTES_MAX);
	ok = make_entry(untar, type, (unsigned int)mode & 0777, err);
	untar->bytes += size;
	untar->size = -1;
	*untar->name = *untar->link = '\0';
	expect(untar, UNTAR_FILE, size);
	return ok;
}

static bool take_data(struct untar *untar, const char *data, size_t len,
		      struct error *err)
{
	if (untar->part == UNTAR_FILE)
		return file_write_all(untar->file_fd, data, len) ||
		       error_set_errno(err, "write");
	memcpy(untar->extra + untar->extra_len, data, len);
	untar->extra_len += len;
	return true;
}

static bool end_data(struct untar *untar, struct error *err)
{
	enum untar_part part = untar->part;

	untar->part = UNTAR_HEADER;
	if (part == UNTAR_PAX)
		return read_pax(untar, err);
	if (part == UNTAR_NAME)
		return set_text(untar->name, untar->extra, untar->extra_len,
				err);
	if (part == UNTAR_LINK)
		return set_text(untar->link, untar->extra, untar->extra_len,
				err);
	if (untar->file_fd < 0)
		return true;
	/* a network file system may tell only now that it is full */
	if (close(untar->file_fd) < 0) {
		untar->file_fd = -1;
		return error_set_errno(err, "write");
	}
	untar->file_fd = -1;
	return true;
}

/* Fill the block.  Returns the bytes taken. */
static size_t take_block(struct untar *untar, const char *data, size_t len)
{
	size_t part = BLOCK - untar->block_len;

	if (part > len)
		part = len;
	memcpy(untar->block + untar->block_len, data, part);
	untar->block_len += part;
	return part;
}

/* One step.  Returns the bytes taken, or -1. */
static ssize_t feed_step(struct untar *untar, const char *data, size_t len,
			 struct error *err)
{
	size_t part = len;

	if (untar->part == UNTAR_HEADER) {
		part = take_block(untar, data, len);
		if (untar->block_len < BLOCK)
			return (ssize_t)part;
		untar->block_len = 0;
		if (!read_header(untar, err))
			return -1;
	} else if (untar->left) {
		if ((int64_t)part > untar->left)
			part = (size_t)untar->left;
		if (!take_data(untar, data, part, err))
			return -1;
		untar->left -= (int64_t)part;
	} else {
		if (part > untar->padding)
			part = untar->padding;
		untar->padding -= part;
	}
	if (untar->part != UNTAR_HEADER && untar->part != UNTAR_FINISHED &&
	    !untar->left && !untar->padding && !end_data(untar, err))
		return -1;
	return (ssize_t)part;
}

bool untar_feed(struct untar *untar, const char *data, size_t len,
		struct error *err)
{
	while (len && untar->part != UNTAR_FINISHED) {
		ssize_t n = feed_step(untar, data, len, err);

		if (n < 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

bool untar_end(struct untar *untar, struct error *err)
{
	/* one block of zeros is an end too: some write no more */
	if (untar->part == UNTAR_FINISHED ||
	    (untar->part == UNTAR_HEADER && untar->has_zeros &&
	     !untar->block_len))
		return true;
	return error_set(err, ERROR_INVALID, "the archive is cut short");
}
