/* SPDX-License-Identifier: MIT */
/*
 * Export and import of what people said: one element each.
 *
 *     "tags":  [{"trial": number or null, "name", "time", "by"}, ...]
 *     "notes": [{"trial": number or null, "text", "time", "by"}, ...]
 *
 * Without a trial it is about the experiment itself.
 */
#include "store/transfer.h"

#include "model/tag.h"

#include <inttypes.h>

#define AUTHOR_MAX 1024

struct writer {
	struct strbuf *out;
	struct error *err;
	bool is_first, has_failed;
};

static bool write_mark(struct writer *writer, int64_t trial, const char *key,
		       const char *text, int64_t at_ns, const char *author)
{
	struct strbuf *out = writer->out;

	strbuf_adds(out, writer->is_first ? "\n{\"trial\":" : ",\n{\"trial\":");
	writer->is_first = false;
	if (trial)
		strbuf_addf(out, "%" PRId64, trial & 0xffffffff);
	else
		strbuf_adds(out, "null");
	strbuf_addf(out, ",\"%s\":", key);
	strbuf_add_json_string(out, text);
	strbuf_adds(out, ",\"time\":");
	transfer_add_time(out, at_ns);
	strbuf_adds(out, ",\"by\":");
	if (author)
		strbuf_add_json_string(out, author);
	else
		strbuf_adds(out, "null");
	strbuf_addch(out, '}');
	writer->has_failed = !transfer_check_size(out, writer->err);
	return !writer->has_failed;
}

static bool write_tag(const struct tag *tag, void *arg)
{
	return write_mark(arg, tag->trial, "name", tag->name, tag->at_ns,
			  tag->author);
}

static bool write_note(const struct note *note, void *arg)
{
	return write_mark(arg, note->trial, "text", note->text, note->at_ns,
			  note->author);
}

bool transfer_write_tags(struct store *store, int64_t experiment,
			 struct strbuf *out, struct error *err)
{
	struct writer writer = {.out = out, .err = err, .is_first = true};

	return store_tags_each(store, experiment, write_tag, &writer, err) &&
	       !writer.has_failed;
}

bool transfer_write_notes(struct store *store, int64_t experiment,
			  struct strbuf *out, struct error *err)
{
	struct writer writer = {.out = out, .err = err, .is_first = true};

	return store_notes_each(store, experiment, write_note, &writer, err) &&
	       !writer.has_failed;
}

bool transfer_read_tag(struct store *store, struct reader *reader,
		       int64_t experiment, int64_t trial, struct error *err)
{
	struct tag row = {
		.experiment = experiment,
		.trial = trial,
		.name = (char *)(uintptr_t)reader_need_text(reader, "name",
							    TAG_MAX),
		.at_ns = reader_time(reader, "time"),
		.author = reader_text(reader, "by", AUTHOR_MAX),
	};
	bool is_new;

	return !reader->has_failed && store_tag_put(store, &row, &is_new, err);
}

bool transfer_read_note(struct store *store, struct reader *reader,
			int64_t experiment, int64_t trial, struct error *err)
{
	struct note row = {
		.experiment = experiment,
		.trial = trial,
		.text = (char *)(uintptr_t)reader_need_text(reader, "text",
							    NOTE_MAX),
		.at_ns = reader_time(reader, "time"),
		.author = reader_text(reader, "by", AUTHOR_MAX),
	};
	bool is_news;

	return !reader->has_failed &&
	       store_note_write(store, &row, &is_news, err);
}
