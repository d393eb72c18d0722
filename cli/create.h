/* SPDX-License-Identifier: MIT */
/* From an experiment file to a recorded experiment. */
#ifndef CLI_CREATE_H
#define CLI_CREATE_H

#include "base/error.h"
#include "base/strbuf.h"
#include "cli/command.h"
#include "engine/spec/spec.h"
#include "model/experiment.h"

/* What --kubeconfig, --context and --namespace say. */
struct spec_overrides overrides_given(const struct cli *cli);

/* Read and check the file, put the overrides (or NULL) in, give the experiment
 * an id, a seed and a directory of its own, and commit its row (creating the
 * database if need be).  Nothing runs yet.  For an invalid file `problems`
 * receives a line for each problem and err the first of them.  A cluster that
 * cannot be reached, or where no job may be made, sets *ret_is_unreached:
 * nothing is recorded then. */
bool experiment_create(const char *db_path, const char *file,
		       const struct spec_overrides *overrides,
		       struct experiment *ret, struct strbuf *problems,
		       bool *ret_is_unreached, struct error *err);

/* Where experiments of this database live unless their file says otherwise:
 * "<folder of the database>/experiments".  Caller frees. */
char *experiment_home(const char *db_path);

/* Read an experiment file once, check it, put the overrides (or NULL) in:
 * *ret_text is what was read and *ret_path its absolute path, both the
 * caller's. */
bool experiment_file_load(const char *file,
			  const struct spec_overrides *overrides,
			  struct experiment_config *ret, char **ret_text,
			  char **ret_path, struct strbuf *problems,
			  struct error *err);

/* Print what is wrong with a file, a line for each problem, or the error where
 * there is none; answers with the exit status. */
int experiment_file_fail(const struct strbuf *problems,
			 const struct error *err);

#endif
