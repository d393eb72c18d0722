/* SPDX-License-Identifier: MIT */
/* The table of ':' commands, shared by who runs and who completes them. */
#ifndef TUI_COMMANDS_H
#define TUI_COMMANDS_H

#include "tui/cmdline.h"
#include "tui/console.h"

enum completion {
	COMPLETE_NONE,
	COMPLETE_ACT,
	COMPLETE_COLUMN,
	COMPLETE_FILTER,
	COMPLETE_VIEW,
	COMPLETE_KNOB,
	COMPLETE_EXPERIMENT,
	COMPLETE_ACTION,
	COMPLETE_ROLE,
	COMPLETE_SAVE,
	COMPLETE_LOG_TIMES,
	COMPLETE_PICTURE,
	COMPLETE_STOP,
	COMPLETE_COPY,
	COMPLETE_LAYOUT,
	COMPLETE_THEME
};

struct console_command {
	const char *name;
	const char *arguments;
	const char *help;
	int least, most; /* arguments */
	void (*run)(struct console *console, const struct cmdline *line);
	enum completion completion; /* of its arguments */
};

extern const struct console_command console_commands[];
extern const size_t commands_count;

/* commands_program.c */
void commands_do_set(struct console *console, const struct cmdline *line);
void commands_do_theme(struct console *console, const struct cmdline *line);
void commands_do_map(struct console *console, const struct cmdline *line);
void commands_do_copy(struct console *console, const struct cmdline *line);
void commands_do_report(struct console *console, const struct cmdline *line);
void commands_do_save_screen(struct console *console,
			     const struct cmdline *line);

/* console_layout.c */
void commands_do_layout(struct console *console, const struct cmdline *line);

/* log_act.c */
void commands_do_log_filter(struct console *console,
			    const struct cmdline *line);
void commands_do_log_context(struct console *console,
			     const struct cmdline *line);
void commands_do_log_jump(struct console *console, const struct cmdline *line);
void commands_do_log_times(struct console *console, const struct cmdline *line);
void commands_do_save_log(struct console *console, const struct cmdline *line);

#endif
