/* SPDX-License-Identifier: MIT */
/* Who is at the command line. */
#include "cli/asker.h"

#include "base/mem.h"

#include <limits.h>
#include <pwd.h>
#include <unistd.h>

char *cli_asker(void)
{
	const struct passwd *user = getpwuid(getuid());
	char host[HOST_NAME_MAX + 1] = "?";

	gethostname(host, sizeof(host) - 1);
	return xasprintf("%s@%s pid %d (command line)",
			 user ? user->pw_name : "?", host, (int)getpid());
}
