/* SPDX-License-Identifier: MIT */
/*
 * The console without a screen: a line whenever something happens, commands
 * typed as lines.  For screen readers, dumb terminals, and pipes.
 *
 * Nothing is ever moved, coloured or overwritten: what is written stays.  The
 * same store, commands, questions and undo as on the screen; a question is
 * answered by the next line's first letter.  Lines of happenings begin with the
 * time of day; answers to commands do not.  Thread: ui.
 *
 * The end of the input ends it, too, unless this process runs an experiment
 * that has not ended: then it tells on until that has.
 */
#ifndef TUI_PLAIN_H
#define TUI_PLAIN_H

#include "base/strbuf.h"
#include "tui/settings.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PLAIN_LINE_MAX 4096   /* bytes typed; longer ones are refused */
#define PLAIN_CHANGES_MAX 40  /* trials told one by one in a look */
#define PLAIN_LIST_DEFAULT 20 /* of trials, of a log's lines */
#define PLAIN_LIST_MAX 10000
#define PLAIN_ROWS 24 /* what tables are made for */
#define PLAIN_COLS 160

struct console;
struct cmdline;

struct plain {
	int64_t experiment; /* whose trials are followed */
	uint8_t *states;    /* as told, by sequence; PLAIN_UNKNOWN: never */
	size_t count, capacity;
	bool is_ready;	 /* the trials that were there are known */
	bool is_told;	 /* which experiment is shown was said */
	int64_t version; /* rows up to it were compared */
	struct strbuf input;
	bool is_too_long; /* the line under way */
	bool is_at_end;	  /* of the input */
	bool rings;	  /* standard output is a terminal */
};

/* Is a screen impossible here, or unwanted?  By the setting; "auto": somebody
 * types, but TERM is dumb or the output no terminal. */
bool plain_is_wanted(const struct settings *settings);

/* Until the user leaves: console->result says how.  notice_fd: -1 for none. */
void plain_run(struct console *console, int signal_fd, int notice_fd);

/* One line to the user, made safe; `news` puts the time before it. */
void plain_say(const struct console *console, bool news, const char *format,
	       ...) __attribute__((format(printf, 3, 4)));
void plain_bell(const struct console *console);

/* plain_news.c: what happened since the last look. */
void plain_look(struct console *console);
/* The shown experiment in one line. */
void plain_summary(struct console *console);

/* plain_commands.c: a line that was typed. */
void plain_command(struct console *console, const char *text);

#endif
