/* SPDX-License-Identifier: MIT */
/* What a trial left behind, as lines of its page. */
#include "tui/output_lines.h"

#include "base/clock.h"
#include "base/utf8.h"
#include "tui/format.h"

#include <string.h>

static void add_text(struct pager *pager, bool is_ascii, enum role role,
		     const char *label, const char *text)
{
	struct strbuf line = STRBUF_INIT;

	strbuf_addf(&line, "%s\t", label);
	utf8_sanitize(&line, text, strlen(text), is_ascii);
	pager_add(pager, role, line.data);
	strbuf_release(&line);
}

static void format_output(struct strbuf *out, const struct output *output)
{
	strbuf_adds(out, output_state_name(output->state));
	if (output->state == OUTPUT_UNKNOWN)
		strbuf_adds(out, ": nobody has looked yet");
	if (output->files >= 0) {
		strbuf_addf(out, ", %lld file%s, ", (long long)output->files,
			    output->files == 1 ? "" : "s");
		format_bytes(out, output->bytes);
	}
	if (output->note) {
		strbuf_adds(out, ", ");
		strbuf_adds(out, output->note);
	}
	if (output->at_ns && output->state != OUTPUT_THERE) {
		strbuf_adds(out, ", ");
		clock_format_iso(out, output->at_ns);
	}
}

static void tell_code(struct pager *pager, struct store *store,
		      int64_t experiment, bool is_ascii)
{
	struct strbuf line = STRBUF_INIT;
	struct output_code code;
	struct error ignored;

	if (!store_code_get(store, experiment, &code, &ignored))
		return;
	strbuf_addf(&line, "%.16s, %lld file%s, ", code.digest,
		    (long long)code.files, code.files == 1 ? "" : "s");
	format_bytes(&line, code.bytes);
	strbuf_addf(&line, ", %s", code.url);
	add_text(pager, is_ascii, ROLE_NORMAL, "Code", line.data);
	output_code_release(&code);
	strbuf_release(&line);
}

void output_lines_add(struct pager *pager, struct store *store,
		      const struct experiment *experiment,
		      const struct trial *trial, bool is_ascii)
{
	struct strbuf line = STRBUF_INIT;
	struct output output;
	struct error ignored;

	tell_code(pager, store, trial->experiment, is_ascii);
	if (!store_output_get(store, trial->key, trial->attempt, &output,
			      &ignored))
		return;
	format_output(&line, &output);
	add_text(pager, is_ascii, ROLE_NORMAL, "Outputs", line.data);
	add_text(pager, is_ascii, ROLE_NORMAL, "Lie at", output.url);
	if (output.state != OUTPUT_CLEANED && output.state != OUTPUT_LOST) {
		strbuf_clear(&line);
		strbuf_addf(&line, "trialdeck files %s %s --get --to DIR",
			    experiment->id, trial->id);
		add_text(pager, is_ascii, ROLE_DIM, "Fetch", line.data);
	}
	output_release(&output);
	strbuf_release(&line);
}
