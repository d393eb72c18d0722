/* SPDX-License-Identifier: MIT */
/* What all readers of other files need. */
#include "engine/spec/other_file.h"

#include "base/fs.h"
#include "base/mem.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

char *other_file_name(const struct reader *reader, const char *written)
{
	char *folder, *name;

	if (!strchr(reader->name, '/') || *written == '~')
		return xstrdup(written);
	folder = fs_folder(reader->name);
	name = fs_join(folder, written);
	free(folder);
	return name;
}

bool other_file_read_json(const char *text, size_t len, struct document *ret)
{
	cJSON *json = cJSON_ParseWithLength(text, len);
	char *printed = json ? cJSON_PrintUnformatted(json) : NULL;
	struct mark mark;
	struct error err;
	bool ok;

	ok = printed && node_read(printed, strlen(printed), ret, &mark, &err);
	cJSON_Delete(json);
	cJSON_free(printed);
	return ok;
}
