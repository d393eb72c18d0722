/* SPDX-License-Identifier: MIT */
/*
 * The console: three panes over the store.
 *
 * It reads the store through its own read connection, appends commands, and
 * never waits for the engine.  With an engine in this process its notices wake
 * the screen; without one a poll of data_version does.
 */
#ifndef TUI_TUI_H
#define TUI_TUI_H

#include "base/error.h"
#include "engine/engine.h"

#include <stdint.h>

struct tui_options {
	const char *db_path;
	int64_t experiment;    /* key of the one to show first; 0: the newest */
	struct engine *engine; /* the one this process runs, or NULL */
	int64_t engine_experiment; /* key of the experiment it runs */
	bool is_read_only;	   /* commands are refused with a sentence */
	bool is_ascii;		   /* no line drawing, no braille */
	bool is_monochrome;	   /* NO_COLOR or --no-color */
	bool is_plain;		   /* --plain: lines, no screen */
	const char *config_path;   /* the user's settings, or NULL */
	const char *greeting;	   /* said when it opens, or NULL */
	const char *state_path;	   /* what screens remember, or NULL: nothing */
	const char *script;	   /* file of keys and ':' commands, or NULL */
	/* Start a headless process for an experiment (resume); may be NULL. */
	bool (*resume)(const char *experiment_id, struct error *err);
	/* Start deleting an experiment with its files; may be NULL. */
	bool (*remove)(const char *experiment_id, struct error *err);
};

enum tui_result {
	TUI_QUIT,	/* the user left; a live engine should be handed over */
	TUI_HANGUP,	/* the terminal is gone (SIGHUP, EIO): same */
	TUI_TERMINATED, /* SIGTERM: same */
	TUI_FAILED,	/* err says why; terminal is restored */
};

/* Thread: main; all asynchronous signals must be blocked before other threads
 * start (tui_block_signals). */
enum tui_result tui_run(const struct tui_options *options, struct error *err);
void tui_block_signals(void);

/* Would tui_run do with lines, without a screen?  By options, the file, and
 * what terminal there is. */
bool tui_is_plain(const struct tui_options *options);

#endif
