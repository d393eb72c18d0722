/* SPDX-License-Identifier: MIT */
/* primaryPodLabels: by which pods are found, and which of them leads. */
#include "engine/kind/custom.h"

#include "base/mem.h"
#include "engine/kind/placeholder.h"
#include "engine/kind/placeholder_private.h"

#include <stdlib.h>
#include <string.h>

#define NAME "${trial.name}"

static cJSON *read_labels(const struct kubernetes_config *config)
{
	return config->primary_pod_labels
		       ? cJSON_Parse(config->primary_pod_labels)
		       : NULL;
}

char *kind_pod_label(const struct kind *kind,
		     const struct kubernetes_config *config)
{
	cJSON *labels = read_labels(config);
	const cJSON *item;
	char *found = NULL;

	cJSON_ArrayForEach (item, labels)
		if (!found && cJSON_IsString(item) &&
		    !strcmp(item->valuestring, NAME))
			found = xstrdup(item->string);
	cJSON_Delete(labels);
	if (!found && kind->pod_label)
		found = xstrdup(kind->pod_label);
	return found;
}

static bool has_label(const cJSON *labels, const cJSON *wanted,
		      const struct placeholder_values *values)
{
	const cJSON *label =
		cJSON_GetObjectItemCaseSensitive(labels, wanted->string);
	struct strbuf text = STRBUF_INIT;
	struct error ignored;
	bool has;

	if (!cJSON_IsString(label) || !cJSON_IsString(wanted))
		return false;
	has = placeholder_fill_text(wanted->valuestring, values, &text,
				    &ignored) &&
	      !strcmp(text.data, label->valuestring);
	strbuf_release(&text);
	return has;
}

bool kind_pod_is_primary(const struct kubernetes_config *config,
			 const struct experiment *experiment,
			 const char *namespace, const char *name,
			 const cJSON *labels)
{
	const struct trial trial = {0};
	const struct attempt attempt = {0};
	const struct placeholder_values values = {
		.experiment = experiment,
		.trial = &trial,
		.attempt = &attempt,
		.name = name,
		.namespace = namespace,
	};
	cJSON *wanted = read_labels(config);
	const cJSON *item;
	bool is = true;

	cJSON_ArrayForEach (item, wanted)
		is = is && has_label(labels, item, &values);
	cJSON_Delete(wanted);
	return is;
}

bool custom_label_check(const char *text, struct error *err)
{
	struct placeholder found;
	const char *at = text;

	while (*at) {
		switch (placeholder_next(&at, &found, err)) {
		case FOUND_WRONG:
			return false;
		case FOUND_NONE:
		case FOUND_ESCAPE:
			continue;
		case FOUND_PLACEHOLDER:
			break;
		}
		switch (found.word) {
		case WORD_TRIAL_NAME:
		case WORD_TRIAL_NAMESPACE:
		case WORD_EXPERIMENT_ID:
		case WORD_EXPERIMENT_NAME:
			continue;
		default:
			return error_set(err, ERROR_INVALID,
					 "of placeholders only " NAME
					 ", ${trial.namespace}, "
					 "${experiment.id} and "
					 "${experiment.name} are known before "
					 "the pod's trial is");
		}
	}
	return true;
}
