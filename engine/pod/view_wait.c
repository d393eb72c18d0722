/* SPDX-License-Identifier: MIT */
/* Why a container waits: what the kubelet calls it, with the mend. */
#include "engine/pod/field.h"
#include "engine/pod/view_private.h"

#include "base/mem.h"

#include <string.h>

/* How a waiting reason is to be told. */
enum telling {
	TELL_START, /* a normal start */
	TELL_IMAGE, /* cannot pull IMAGE: message */
	TELL_CORE,  /* message, without its layers */
	TELL_CRASH, /* how it ended before */
};

struct waiting {
	const char *reason;
	enum telling telling;
	enum pod_blame blame;
	bool is_stuck;
};

static const struct waiting WAITINGS[] = {
	{"ContainerCreating", TELL_START, POD_BLAME_NONE, false},
	{"PodInitializing", TELL_START, POD_BLAME_NONE, false},
	{"ErrImagePull", TELL_IMAGE, POD_BLAME_IMAGE, true},
	{"ImagePullBackOff", TELL_IMAGE, POD_BLAME_IMAGE, true},
	{"RegistryUnavailable", TELL_IMAGE, POD_BLAME_IMAGE, true},
	{"ImageInspectError", TELL_IMAGE, POD_BLAME_IMAGE, true},
	{"SignatureValidationFailed", TELL_IMAGE, POD_BLAME_IMAGE, true},
	{"InvalidImageName", TELL_CORE, POD_BLAME_CONFIG, true},
	{"ErrImageNeverPull", TELL_CORE, POD_BLAME_CONFIG, true},
	{"CreateContainerConfigError", TELL_CORE, POD_BLAME_CONFIG, true},
	{"CreateContainerError", TELL_CORE, POD_BLAME_CONFIG, true},
	{"RunContainerError", TELL_CORE, POD_BLAME_CONFIG, true},
	{"StartError", TELL_CORE, POD_BLAME_CONFIG, true},
	{"ContainerCannotRun", TELL_CORE, POD_BLAME_CONFIG, true},
	{"PreCreateHookError", TELL_CORE, POD_BLAME_CONFIG, true},
	{"PreStartHookError", TELL_CORE, POD_BLAME_CONFIG, true},
	{"PostStartHookError", TELL_CORE, POD_BLAME_CONFIG, true},
	{"CrashLoopBackOff", TELL_CRASH, POD_BLAME_TRIAL, false},
};

/* The cause within a pull's message; the name of the image stands in it up to
 * three times, and a back-off says nothing but that it backs off. */
static const char *pull_cause(const char *message, size_t *ret_len)
{
	static const char *const layers[] = {
		"failed to resolve reference ",
		"failed to pull and unpack image "};
	static const char pull[] = "ErrImagePull: ";
	const char *found = strstr(message, pull);

	*ret_len = 0;
	if (!strncmp(message, "Back-off ", 9)) {
		if (!found)
			return message;
		message = found + strlen(pull);
	}
	for (size_t i = 0; i < COUNT_OF(layers); i++) {
		found = strstr(message, layers[i]);
		found = found ? strstr(found, "\": ") : NULL;
		if (found)
			return pod_words_core(found + 3, ret_len);
	}
	return pod_words_core(message, ret_len);
}

static void tell_image(const cJSON *pod, const char *container,
		       const char *message, struct pod_words *ret)
{
	const char *image =
		field_text(pod_spec_find(pod, container, NULL), "image");
	size_t len;

	message = pull_cause(message, &len);
	line_addf(ret->text, ret->size, "cannot pull %.200s",
		  *image ? image : "its image");
	if (!len)
		return;
	line_addf(ret->text, ret->size, ": ");
	line_add(ret->text, ret->size, message, len);
}

bool pod_words_wait(const cJSON *pod, const char *container,
		    const cJSON *status, struct pod_words *ret)
{
	static const struct waiting unknown = {.telling = TELL_CORE};
	const cJSON *waiting =
		field_object(field_object(status, "state"), "waiting");
	const cJSON *before =
		field_object(field_object(status, "lastState"), "terminated");
	const char *reason = field_text(waiting, "reason");
	const char *message = field_text(waiting, "message");
	const struct waiting *known = &unknown;
	size_t len;

	if (!*reason)
		return false;
	for (size_t i = 0; i < COUNT_OF(WAITINGS); i++)
		if (!strcmp(reason, WAITINGS[i].reason))
			known = &WAITINGS[i];
	if (known->telling == TELL_START)
		return false;
	line_addf(ret->text, ret->size, "%.80s", reason);
	if (known->telling == TELL_IMAGE) {
		line_addf(ret->text, ret->size, ": ");
		tell_image(pod, container, message, ret);
	} else if (known->telling == TELL_CRASH && before) {
		line_addf(ret->text, ret->size, ": ");
		if (!pod_words_end(pod, container, false, before, ret))
			line_addf(ret->text, ret->size,
				  "it ended well and is started again");
	} else {
		message = pod_words_core(message, &len);
		if (len)
			line_addf(ret->text, ret->size, ": ");
		line_add(ret->text, ret->size, message, len);
	}
	if (known->telling != TELL_CRASH || ret->blame == POD_BLAME_NONE)
		ret->blame = known->blame;
	ret->is_stuck = known->is_stuck;
	return true;
}
