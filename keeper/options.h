/* SPDX-License-Identifier: MIT */
/* The keeper's command line. */
#ifndef KEEPER_OPTIONS_H
#define KEEPER_OPTIONS_H

#include "keeper/echo.h"

#include <stdbool.h>
#include <stdint.h>

struct options {
	const char *dir;
	struct target target;
	const char *cwd, *pattern;
	int grace_s, linger_s;
	char *const *command; /* NULL-terminated; empty: --input has it */
	/* in a pod */
	bool is_tee;
	bool is_again; /* where a keeper was before, too */
	enum echo_mode echo;
	const char *input;		    /* mounted Secret, or NULL */
	const char *code_archive;	    /* file, or NULL */
	bool is_code_fetch;		    /* from the side port */
	const char *code_source;	    /* folder on a storage, or NULL */
	const char *code_manifest;	    /* what belongs there */
	const char *code_dir, *code_digest; /* with any of them */
	int code_wait_s;		    /* for the side port */
	const char *sys_dir;	  /* NNI_SYS_DIR, on a storage; or NULL */
	bool is_layout;		  /* make it, and run nothing */
	const char *output_dir;	  /* what the command leaves there; or NULL */
	const char *send_outputs; /* to the side port, below this; or NULL */
	int64_t output_limit;	  /* bytes */
	int output_wait_s;	  /* for whom takes it; 0: as linger_s */
	const char *serve, *token_file; /* FOLDER: be a file server */
	int listen, idle_s;
	const char *probe, *result; /* URL,URL,...; file */
};

/* False when this is no command line to run. */
bool options_parse(int argc, char **argv, struct options *ret);
void options_usage(void);
/* Is there a code directory to be had? */
bool options_has_code(const struct options *options);

#endif
