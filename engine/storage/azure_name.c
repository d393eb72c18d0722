/* SPDX-License-Identifier: MIT */
/*
 * What names may be on Azure Files (Microsoft, "Naming and referencing shares,
 * directories, files, and metadata"): said before anything is sent, since the
 * server says no more than "InvalidResourceName".
 */
#include "engine/storage/azure_private.h"

#include "base/mem.h"
#include "base/utf8.h"

#include <string.h>
#include <strings.h>

#define PART_MAX 255 /* characters */
#define WHOLE_MAX 2048
#define DEPTH_MAX 250

static bool is_device(const char *part, size_t len)
{
	static const char *const devices[] = {"CON", "PRN", "AUX", "NUL",
					      "CLOCK$"};

	for (size_t i = 0; i < COUNT_OF(devices); i++)
		if (len == strlen(devices[i]) &&
		    !strncasecmp(part, devices[i], len))
			return true;
	return len == 4 && part[3] >= '1' && part[3] <= '9' &&
	       (!strncasecmp(part, "COM", 3) || !strncasecmp(part, "LPT", 3));
}

/* NULL: it is right.  Characters beyond the first plane count twice there. */
static const char *part_problem(const char *part, size_t len, size_t *ret_units)
{
	size_t units = 0;
	uint32_t point;

	for (size_t at = 0; at<len; units += point> 0xFFFF ? 2 : 1) {
		at += utf8_decode(part + at, len - at, &point);
		if (point == UTF8_INVALID)
			return "names must be UTF-8";
		if (point < 0x20 || point == 0x7F)
			return "names must not have control characters";
		if (point < 0x80 && strchr("\"\\:|<>*?", (int)point))
			return "names must not have any of \" \\ : | < > * ?";
	}
	*ret_units += units + 1;
	if (units > PART_MAX)
		return "a name has at most 255 characters";
	if (part[len - 1] == '.')
		return "names must not end in '.'";
	if (part[len - 1] == ' ' || *part == ' ')
		return "names must not begin or end with a blank";
	return is_device(part, len) ? "names of devices are taken" : NULL;
}

bool azure_check_path(const char *path, struct error *err)
{
	const char *problem = NULL;
	size_t units = 0;
	int depth = 0;

	for (const char *part = path; !problem;) {
		size_t len = strcspn(part, "/");

		problem = len ? part_problem(part, len, &units)
			      : "a part of it is empty";
		depth++;
		if (!part[len])
			break;
		part += len + 1;
	}
	if (!problem && units > WHOLE_MAX)
		problem = "a path has at most 2048 characters";
	if (!problem && depth > DEPTH_MAX)
		problem = "a path has at most 250 parts";
	return !problem ||
	       error_set(err, ERROR_INVALID, "%s cannot be on Azure Files: %s",
			 path, problem);
}
