/* SPDX-License-Identifier: MIT */
/*
 * What NNI's trials find on their storage (nni.md 4.4), made by the pod itself,
 * since the pod is what has it mounted:
 *
 *     <sys dir>/parameter.cfg
 *     <sys dir>/output/<role>_output/           and at the end, in there,
 *         trialkeeper_stdout, trialkeeper_stderr, keeper.log
 *     <sys dir>/install_nni.sh, run_<role>.sh   with --lay-out
 *
 * Pods of one trial do this side by side, so every file appears whole or not
 * at all, and what is there already is left.
 */
#ifndef KEEPER_LAYOUT_H
#define KEEPER_LAYOUT_H

#include "base/error.h"
#include "keeper/options.h"

/* The folders, and parameter.cfg of the input; for the keeper that runs the
 * command itself. */
bool layout_prepare(const struct options *options, struct error *err);
/* The command's output and the keeper's log as files where NNI has its
 * keeper's, on the storage. */
void layout_keep_logs(const struct options *options, int dir_fd);
/* --lay-out: the folders, every file of the input but what is the keeper's
 * own, and the code; for NNI's trial_keeper in the container to come.  Returns
 * an exit status, after saying on stderr what is wrong. */
int layout_run(const struct options *options);

/* mkdir -p. */
bool layout_folder(const char *path, struct error *err);
/* Remove a folder with everything in it; failures are nobody's concern. */
void layout_remove(const char *path);
/* Append ".<host>-<pid>" to path: a name of this pod alone. */
bool layout_own_name(const char *path, char *ret, size_t size);

#endif
