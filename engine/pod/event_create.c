/* SPDX-License-Identifier: MIT */
/*
 * Why a controller could not create a pod: what admission said to it.
 *
 * Texts of the admission plugins of Kubernetes (ResourceQuota, LimitRanger,
 * PodSecurity, ServiceAccount, Priority, webhooks):
 *
 *     Error creating: pods "j-x" is forbidden: exceeded quota: Q, requested:
 *         pods=1,cpu=2, used: pods=2,cpu=3, limited: pods=2,cpu=4
 *     ... is forbidden: failed quota: Q: must specify requests.memory
 *     ... is forbidden: [maximum cpu usage per Container is 1, but limit is 2]
 *     ... is forbidden: violates PodSecurity "restricted:latest": ...
 */
#include "engine/pod/event_private.h"

#include "base/mem.h"
#include "engine/pod/field.h"

#include <string.h>

/* Behind what the message begins with; NULL. */
static const char *behind(const char *message, const char *head)
{
	size_t len = strlen(head);

	return strncmp(message, head, len) ? NULL : message + len;
}

static const char *behind_forbidden(const char *message)
{
	static const char word[] = " is forbidden: ";
	const char *core = behind(message, "Error creating: ");
	const char *found;

	if (!core)
		core = message;
	found = strstr(core, word);
	return found ? found + strlen(word) : core;
}

static void add(struct event_text *out, const char *text, size_t len)
{
	line_add(out->text, out->size, text, len);
}

/* "Q, requested: R, used: U, limited: L" */
static bool tell_exceeded(const char *rest, struct event_text *out)
{
	static const char *const marks[] = {
		", requested: ", ", used: ", ", limited: "};
	static const char *const words[] = {": requested ", ", used ",
					    ", limited to "};
	const char *at[COUNT_OF(marks)], *from = rest;

	for (size_t i = 0; i < COUNT_OF(marks); i++) {
		at[i] = from = strstr(from, marks[i]);
		if (!from)
			return false;
	}
	event_say(out, "quota ", "");
	add(out, rest, (size_t)(at[0] - rest));
	for (size_t i = 0; i < COUNT_OF(marks); i++) {
		from = at[i] + strlen(marks[i]);
		event_say(out, words[i], "");
		add(out, from,
		    i < 2 ? (size_t)(at[i + 1] - from) : strlen(from));
	}
	return true;
}

/* "Q: must specify requests.memory,limits.cpu" */
static bool tell_unspecified(const char *rest, struct event_text *out)
{
	static const char word[] = ": must specify ";
	const char *at = strstr(rest, word);

	if (!at)
		return false;
	event_say(out, "quota ", "");
	add(out, rest, (size_t)(at - rest));
	event_say(out, ": a pod must specify ", at + strlen(word));
	event_say(out, "; add it to resources", "");
	return true;
}

static bool is_limit_range(const char *core)
{
	static const char *const signs[] = {
		" usage per Container is ",
		" usage per Pod is ",
		" limit to request ratio per ",
		" request per ",
	};

	for (size_t i = 0; i < COUNT_OF(signs); i++)
		if (strstr(core, signs[i]))
			return true;
	return false;
}

static bool tell_limit_range(const char *core, struct event_text *out)
{
	size_t len;

	if (!is_limit_range(core))
		return false;
	core += *core == '[';
	len = strlen(core);
	while (len && strchr(".]", core[len - 1]))
		len--;
	event_say(out, "a LimitRange of the namespace refuses it: ", "");
	add(out, core, len);
	return true;
}

static bool tell_policy(const char *core, struct event_text *out)
{
	const char *rest = behind(core, "violates PodSecurity ");

	if (rest) {
		event_say(out, "PodSecurity ", rest);
		return true;
	}
	rest = behind(core, "unable to validate against any pod security "
			    "policy: ");
	if (!rest)
		return false;
	event_say(out, "no pod security policy allows it: ", rest);
	return true;
}

static bool tell_missing(const char *core, struct event_text *out)
{
	const char *rest = behind(core, "error looking up service account ");

	if (rest && (rest = strstr(rest, ": "))) {
		event_say(out, "cannot create the pod: ", rest + 2);
		return true;
	}
	if (strstr(core, "because it is being terminated")) {
		event_say(out, "the namespace is being deleted", "");
		return true;
	}
	return false;
}

bool event_tell_create(const struct pod_event *event, struct event_text *out)
{
	const char *core = behind_forbidden(event->message), *rest;

	rest = behind(core, "exceeded quota: ");
	if (rest && tell_exceeded(rest, out))
		return true;
	rest = behind(core, "failed quota: ");
	if (rest && tell_unspecified(rest, out))
		return true;
	if (tell_limit_range(core, out) || tell_policy(core, out) ||
	    tell_missing(core, out))
		return true;
	event_say(out, "cannot create the pod: ", core);
	return true;
}
