/* SPDX-License-Identifier: MIT */
/*
 * What becomes of trials' outputs: the key `outputs`, ours, in both forms.
 */
#include "engine/spec/draft.h"

#include "base/mem.h"
#include "engine/spec/kubernetes.h"
#include "engine/spec/write.h"
#include "model/output.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define OUTPUTS(member) offsetof(struct outputs_config, member)
#define SIZE_HINT "a size such as 500mb or 1gb"
#define SIZE_MAX_BYTES (INT64_C(1) << 40)

static void read_keep(struct reader *reader, const struct key *key,
		      const struct node *node, void *slot)
{
	struct error err;

	(void)key;
	if (value_is_text(reader, node) &&
	    !output_keep_parse(node->text, slot, &err))
		reader_fail(reader, node->mark, "%s", err.text);
}

/* "1gb", "1.5 GiB": as NNI's memorySize, powers of 1024. */
static bool parse_size(const char *text, int64_t *ret)
{
	static const char letters[] = "kmgt";
	char *end;
	double number;
	const char *at;

	if (!isdigit((unsigned char)*text))
		return false;
	number = strtod(text, &end);
	while (*end == ' ')
		end++;
	at = *end ? strchr(letters, tolower((unsigned char)*end)) : NULL;
	if (at) {
		number *= (double)(INT64_C(1) << 10 * (at - letters + 1));
		end += end[1] == 'i' ? 2 : 1;
	}
	if (strcasecmp(end, at ? "b" : "") != 0 && *end &&
	    strcasecmp(end, "b") != 0)
		return false;
	if (!(number >= 1) || number > (double)SIZE_MAX_BYTES)
		return false;
	*ret = (int64_t)number;
	return true;
}

static void read_size(struct reader *reader, const struct key *key,
		      const struct node *node, void *slot)
{
	(void)key;
	if ((node->kind != NODE_STRING && node->kind != NODE_INTEGER) ||
	    !parse_size(node->text, slot))
		value_fail(reader, node, SIZE_HINT ", at most 1tb");
}

/* clang-format off */
static const struct key outputs_keys[] = {
	{"keep", VALUE_OWN, .target = OUTPUTS(rule), .read = read_keep},
	{"keepFailed", VALUE_BOOL, .target = OUTPUTS(rule.keeps_failed)},
	{"maxAge", VALUE_DURATION, .target = OUTPUTS(rule.max_age_s)},
	{"limit", VALUE_OWN, .target = OUTPUTS(limit_bytes),
	 .read = read_size},
	{"wait", VALUE_DURATION, .target = OUTPUTS(wait_s)},
	{"tensorboardImage", VALUE_OWN, .least = RULE_IMAGE,
	 .target = OUTPUTS(tensorboard_image), .read = kubernetes_read_word},
	{0},
};
/* clang-format on */

const struct form outputs_form = {outputs_keys, NULL};

void outputs_init(struct outputs_config *config)
{
	*config = (struct outputs_config){
		.rule.keeps_failed = true,
		.limit_bytes = OUTPUTS_LIMIT_BYTES,
		.wait_s = OUTPUTS_WAIT_S,
	};
}

void outputs_write(const struct outputs_config *config, struct strbuf *out)
{
	struct strbuf own = STRBUF_INIT;
	char *keep = output_keep_format(&config->rule);

	if (config->rule.keep != OUTPUT_KEEP_ALL)
		write_text(&own, "keep", keep);
	if (!config->rule.keeps_failed)
		strbuf_adds(&own, ",\"keepFailed\":false");
	if (config->rule.max_age_s)
		write_number(&own, "maxAge", config->rule.max_age_s);
	if (config->limit_bytes != OUTPUTS_LIMIT_BYTES)
		write_number(&own, "limit", config->limit_bytes);
	if (config->wait_s != OUTPUTS_WAIT_S)
		write_number(&own, "wait", config->wait_s);
	write_text(&own, "tensorboardImage", config->tensorboard_image);
	if (own.len)
		strbuf_addf(out, ",\"outputs\":{%s}", own.data + 1);
	strbuf_release(&own);
	free(keep);
}
