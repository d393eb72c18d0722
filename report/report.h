/* SPDX-License-Identifier: MIT */
/*
 * An experiment as a page to keep and to pass on: one HTML file that needs
 * nothing else (pictures inside as SVG, no script, light or dark as the reader
 * has it, fit for paper), or Markdown.
 *
 * A page is bounded, whatever the experiment has: of many trials, points and
 * reasons some are shown, and the page says of how many.  All text that trials
 * or people wrote is escaped.  The configuration is the stored one, in which
 * secrets never stand.
 *
 * Thread: any one at a time.
 */
#ifndef REPORT_REPORT_H
#define REPORT_REPORT_H

#include "base/error.h"
#include "base/strbuf.h"
#include "store/store.h"

enum report_format { REPORT_HTML, REPORT_MARKDOWN };

/* By a file's name: .md and .markdown, else HTML. */
enum report_format report_format_of(const char *path);
/* Append the page.  now_ns: wall time, for "written at".  In one consistent
 * look; some 2 s for 100,000 trials. */
bool report_write(struct strbuf *out, struct store *store, int64_t experiment,
		  enum report_format format, int64_t now_ns, struct error *err);
/* Write it to a new file of mode 0600; ERROR_CONFLICT when it is there. */
bool report_save(const char *path, struct store *store, int64_t experiment,
		 enum report_format format, int64_t now_ns, struct error *err);

#endif
