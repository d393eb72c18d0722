/* SPDX-License-Identifier: MIT */
/* What the shown experiment optimises, from the text that the store keeps of
 * its file: {"tuner": {"classArgs": {"optimize_mode": ...}}}. */
#include "tui/picture_private.h"

#include "model/json_text.h"

#include <cjson/cJSON.h>
#include <string.h>

void picture_objectives_read(const struct experiment *experiment,
			     struct objectives *ret)
{
	struct error ignored;
	cJSON *config =
		experiment->config
			? json_parse(experiment->config,
				     strlen(experiment->config), &ignored)
			: NULL;
	const cJSON *tuner = cJSON_GetObjectItemCaseSensitive(config, "tuner");
	const cJSON *arguments;
	char *text = NULL;

	if (!tuner)
		tuner = cJSON_GetObjectItemCaseSensitive(config, "advisor");
	arguments = cJSON_GetObjectItemCaseSensitive(tuner, "classArgs");
	if (cJSON_IsObject(arguments))
		text = cJSON_PrintUnformatted(arguments);
	if (!objectives_parse(text, experiment->objective, ret, &ignored) &&
	    !objectives_parse(NULL, experiment->objective, ret, &ignored))
		memset(ret, 0, sizeof(*ret));
	cJSON_free(text);
	cJSON_Delete(config);
}
