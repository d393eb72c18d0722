/* SPDX-License-Identifier: MIT */
/*
 * What people may ask of an attempt that runs, where its kind of job can do
 * it: a workflow is stopped in order, a queue of them held back.
 */
#ifndef MODEL_ACTION_H
#define MODEL_ACTION_H

#include <stdbool.h>

enum kind_action {
	KIND_SUSPEND, /* start nothing more; pods may be taken away */
	KIND_RESUME,
	KIND_STOP,	/* end it in order: exit handlers run */
	KIND_TERMINATE, /* end it now; the object stays */
	KIND_RETRY,	/* run again what failed */
};

#define KIND_ACTIONS (KIND_RETRY + 1)

/* "suspend", ... */
const char *kind_action_name(enum kind_action action);
bool kind_action_parse(const char *name, enum kind_action *ret);
/* "suspend, resume, stop, terminate or retry" */
const char *kind_action_list(void);

#endif
