/* SPDX-License-Identifier: MIT */
/*
 * What the files of `files` share: attempts with outputs, and the way to their
 * storage.
 */
#ifndef CLI_FILES_H
#define CLI_FILES_H

#include "cli/command.h"
#include "cli/find.h"
#include "engine/outputs/decide.h"
#include "engine/outputs/session.h"
#include "model/output.h"

/* An attempt that was chosen. */
struct files_attempt {
	struct output output; /* owned */
	char trial_id[TRIAL_ID_SIZE];
	int64_t sequence;
};

struct files {
	struct cli *cli;
	struct found found;
	struct experiment_config config; /* as the database has it */
	struct files_attempt *attempts;
	size_t count, capacity;
	struct storage_watch watch;
	struct outputs_session *session; /* the one used last */
};

/* Open the database and choose: the trial's newest attempt, or --attempt; of an
 * experiment the newest of each trial that has a record.  To be released in
 * either case. */
bool files_open(struct files *files, struct cli *cli, struct error *err);
void files_release(struct files *files);

/* Choose the trials that the arguments after the experiment name, or all. */
bool files_open_named(struct files *files, struct cli *cli, struct error *err);
/* Only an experiment that is open: nothing is chosen yet. */
bool files_open_experiment(struct files *files, struct cli *cli,
			   enum store_mode mode, struct error *err);

/* Can there be anything to list or fetch?  Else why not, as a sentence. */
bool files_may_be_there(const struct files_attempt *attempt, struct error *err);
/* A session for its storage, kept for the next one. */
bool files_session(struct files *files, const struct files_attempt *attempt,
		   struct outputs_session **ret, struct error *err);

/* files_get.c: --get and --cat. */
int files_get(struct files *files);
int files_cat(struct files *files);
/* Bring files of the chosen attempts into a folder, as `files --get` does; each
 * attempt's in a folder of its own when `is_split`.  wanted: PATH arguments, or
 * none.  Prints what was done. */
bool files_fetch(struct files *files, const char *folder, bool is_split,
		 const char *const *wanted, size_t wanted_count, bool is_quiet,
		 struct error *err);
/* files_clean.c: --clean. */
int files_clean(struct cli *cli);

/* files_checkpoints.c: folders of trials' checkpoints (engine/checkpoint.c),
 * which nobody needs when the experiment is over and the trial's outputs go. */
struct files_checkpoint {
	char *storage, *path; /* owned */
	char trial_id[TRIAL_ID_SIZE];
	int64_t files, bytes;
};
/* Those of trials whose outputs all go or have gone: victims are the rows that
 * are about to.  None while the experiment may go on.  A storage that cannot be
 * looked at is told on stderr and passed over. */
bool files_checkpoints(struct files *files,
		       const struct outputs_victim *victims,
		       size_t victim_count, struct files_checkpoint **ret,
		       size_t *ret_count, struct error *err);
bool files_checkpoint_remove(struct files *files,
			     const struct files_checkpoint *checkpoint,
			     struct error *err);
void files_checkpoints_free(struct files_checkpoint *checkpoints, size_t count);

/* files_delete.c: what lies where, of all that may still be there: for
 * `delete`. */
struct files_total {
	int64_t attempts, files, bytes; /* bytes: as far as counted */
	bool is_complete;		/* all were counted */
};
/* counts: what was not counted is looked at now, which may start a pod. */
bool files_total(struct cli *cli, struct store *store,
		 const struct experiment *experiment, bool counts,
		 struct files_total *ret, struct error *err);
/* Remove all outputs and the code; rows say so. */
bool files_remove_all(struct cli *cli, struct store *store,
		      const struct experiment *experiment, struct error *err);

/* "1.5 MiB"; caller frees. */
char *files_size(int64_t bytes);

#endif
