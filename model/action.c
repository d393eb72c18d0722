/* SPDX-License-Identifier: MIT */
/* Names of what may be asked of an attempt. */
#include "model/action.h"

#include <string.h>

static const char *const names[KIND_ACTIONS] = {
	[KIND_SUSPEND] = "suspend", [KIND_RESUME] = "resume",
	[KIND_STOP] = "stop",	    [KIND_TERMINATE] = "terminate",
	[KIND_RETRY] = "retry",
};

const char *kind_action_name(enum kind_action action)
{
	return names[action];
}

bool kind_action_parse(const char *name, enum kind_action *ret)
{
	for (int i = 0; i < KIND_ACTIONS; i++) {
		if (strcmp(names[i], name) != 0)
			continue;
		*ret = (enum kind_action)i;
		return true;
	}
	return false;
}

const char *kind_action_list(void)
{
	return "suspend, resume, stop, terminate or retry";
}
