/* SPDX-License-Identifier: MIT */
/*
 * Why a volume could not be mounted.  The kubelet's message holds the whole
 * command line; the cause stands behind "Output: ".
 */
#include "engine/pod/event_private.h"

#include "base/mem.h"
#include "engine/pod/field.h"

#include <string.h>

struct hint {
	const char *sign, *text;
};

static const struct hint HINTS[] = {
	{"bad option; for several filesystems",
	 "the node has no NFS client: install nfs-common (nfs-utils) there"},
	{"unknown filesystem type 'nfs",
	 "the node has no NFS client: install nfs-common (nfs-utils) there"},
	{"unknown filesystem type 'cifs",
	 "the node has no CIFS client: install cifs-utils there"},
	{"access denied by server",
	 "the NFS server refuses the node: look at its exports"},
	{"Connection timed out", "the server does not answer the node"},
	{"No route to host", "the node has no way to the server"},
	{"Connection refused", "nothing answers at the server's port"},
	{"failed to sync secret cache", NULL}, /* passes by itself */
	{"failed to sync configmap cache", NULL},
};

/* "MountVolume.SetUp failed for volume "v" : rest" */
static const char *take_volume(const char *message, struct event_text *out)
{
	static const char word[] = "for volume \"";
	const char *from = strstr(message, word), *end;

	if (!from)
		return message;
	from += strlen(word);
	end = strchr(from, '"');
	if (!end)
		return message;
	event_say(out, "volume ", "");
	line_add(out->text, out->size, from, (size_t)(end - from));
	event_say(out, ": ", "");
	end++;
	while (*end == ' ' || *end == ':')
		end++;
	return end;
}

/* "-t nfs 10.0.0.1:/data /var/...": what was to be mounted. */
static void add_source(const char *message, struct event_text *out)
{
	static const char word[] = "Mounting arguments: -t ";
	const char *from = strstr(message, word);
	size_t len;

	if (!from)
		return;
	from += strlen(word);
	from += strcspn(from, " ");
	from += *from == ' ';
	if (!strncmp(from, "-o ", 3)) {
		from += 3;
		from += strcspn(from, " ");
		from += *from == ' ';
	}
	len = strcspn(from, " ");
	if (!len || *from == '-')
		return;
	event_say(out, " (", "");
	line_add(out->text, out->size, from, len);
	event_say(out, ")", "");
}

/* "Unable to attach or mount volumes: unmounted volumes=[v], ..." comes after
 * two minutes and knows the name alone. */
static bool tell_waiting(const char *message, struct event_text *out)
{
	static const char word[] = "unmounted volumes=[";
	const char *from = strstr(message, word), *end;

	if (!from || !strstr(message, "timed out waiting"))
		return false;
	from += strlen(word);
	end = strchr(from, ']');
	if (!end)
		return false;
	event_say(out, "not mounted after two minutes: volume ", "");
	line_add(out->text, out->size, from, (size_t)(end - from));
	return true;
}

bool event_tell_mount(const struct pod_event *event, struct event_text *out)
{
	const char *message = event->message, *rest, *output;

	if (tell_waiting(message, out))
		return true;
	for (size_t i = 0; i < COUNT_OF(HINTS); i++) {
		if (!strstr(message, HINTS[i].sign))
			continue;
		if (!HINTS[i].text)
			return false;
		take_volume(message, out);
		event_say(out, HINTS[i].text, "");
		add_source(message, out);
		return true;
	}
	rest = take_volume(message, out);
	output = strstr(rest, "Output: ");
	event_say(out, "", output ? output + 8 : rest);
	return true;
}
