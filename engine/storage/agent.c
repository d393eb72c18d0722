/* SPDX-License-Identifier: MIT */
/* The storages pvc and hostPath, through a pod of their own. */
#include "engine/storage/agent.h"

#include "base/mem.h"
#include "base/random.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Room for a hundred thousand entries. */
#define LIST_MAX_BYTES (64u << 20)
#define DIGEST_MAX_BYTES (1u << 20)
#define TEST_PREFIX "nni/.trialdeck-test-"

static struct agent *agent_of(struct storage *storage)
{
	return (struct agent *)(void *)storage;
}

/* ---- open and close -------------------------------------------------------
 */

static cJSON *agent_volume(const struct storage_config *config,
			   const char *secret)
{
	cJSON *volume = cJSON_CreateObject();

	(void)secret;
	if (config->type == STORAGE_PVC)
		cJSON_AddStringToObject(
			cJSON_AddObjectToObject(volume,
						"persistentVolumeClaim"),
			"claimName", config->claim);
	else
		cJSON_AddStringToObject(
			cJSON_AddObjectToObject(volume, "hostPath"), "path",
			config->path);
	return volume;
}

static void agent_url(const struct storage_config *config, const char *path,
		      struct strbuf *out)
{
	if (config->type == STORAGE_PVC)
		strbuf_addf(out, "pvc://%s/%s", config->claim, path);
	else
		strbuf_addf(out, "hostpath://%s/%s", config->path, path);
}

static char *text_or(const char *text)
{
	return (char *)(uintptr_t)(text ? text : "");
}

static void agent_close(struct storage *storage)
{
	struct agent *agent = agent_of(storage);

	agent_pod_leave(agent);
	agent_kube_close(agent);
	free(agent->experiment_id);
	free(agent->spec);
	free(agent->what);
	free(agent);
}

static bool agent_open(const struct storage_target *target,
		       struct storage_watch *watch, struct storage **ret,
		       struct error *err)
{
	const struct storage_config *config = target->config;
	bool is_claim = config->type == STORAGE_PVC;
	const char *where = is_claim ? config->claim : config->path;
	struct agent *agent;
	cJSON *volume;
	char *key;

	if (!target->image || !target->experiment_id)
		return error_set(err, ERROR_INVALID,
				 "%s %s: only a pod can read it, and no image "
				 "is known to run there",
				 is_claim ? "claim" : "host path", where);
	agent = xcalloc(1, sizeof(*agent));
	agent->base.watch = watch;
	agent->experiment_id = xstrdup(target->experiment_id);
	agent->what =
		xasprintf("%s %s", is_claim ? "claim" : "host path", where);
	volume = agent_volume(config, NULL);
	agent->spec = agent_spec_new(target, volume);
	cJSON_Delete(volume);
	key = xasprintf("%s\n%s\n%s\n%s\n%s", text_or(target->kubeconfig),
			text_or(target->context), text_or(target->namespace),
			target->experiment_id, agent->what);
	agent->pod = agent_pod_join(key);
	free(key);
	if (!agent_kube_open(agent, target, err)) {
		agent_close(&agent->base);
		return false;
	}
	*ret = &agent->base;
	return true;
}

/* ---- requests -------------------------------------------------------------
 */

static bool ask(struct agent *agent, const struct agent_request *request,
		struct error *err)
{
	return agent_ensure(agent, err) && agent_http(agent, request, err);
}

/* "/v1/file?path=..."; caller frees. */
static char *target_of(const char *endpoint, const char *path)
{
	struct strbuf out = STRBUF_INIT;

	strbuf_addf(&out, "/v1/%s?path=", endpoint);
	kube_encode(&out, path);
	return strbuf_detach(&out);
}

static bool simple(struct agent *agent, const char *method,
		   const char *endpoint, const char *path, struct error *err)
{
	char *target = target_of(endpoint, path);
	struct agent_request request = {
		.method = method, .target = target, .fd = -1};
	bool ok = ask(agent, &request, err);

	free(target);
	return ok;
}

static bool put_body(struct storage *storage, const char *target,
		     struct agent_body *body, struct error *err)
{
	struct agent_request request = {
		.method = "PUT", .target = target, .body = body, .fd = -1};
	bool ok = ask(agent_of(storage), &request, err);

	agent_body_release(body);
	return ok;
}

static bool agent_put(struct storage *storage, const char *path,
		      const struct storage_source *source, struct error *err)
{
	const struct storage_item item = {path, *source};
	char *base = target_of("file", path);
	char *target = xasprintf("%s&size=%lld&mode=%o", base,
				 (long long)source->size, source->mode & 0777);
	struct agent_body body;
	bool ok;

	agent_body_init(&body, &item, 1, false);
	ok = put_body(storage, target, &body, err);
	free(base);
	free(target);
	return ok;
}

static bool agent_put_many(struct storage *storage,
			   const struct storage_item *items, size_t count,
			   struct error *err)
{
	struct agent_body body;

	agent_body_init(&body, items, count, true);
	return put_body(storage, "/v1/files", &body, err);
}

static bool agent_get(struct storage *storage, const char *path, int fd,
		      int64_t offset, struct error *err)
{
	char *target = target_of("file", path);
	struct agent_request request = {
		.method = "GET", .target = target, .offset = offset, .fd = fd};
	bool ok = ask(agent_of(storage), &request, err);

	free(target);
	return ok;
}

static bool agent_digest(struct storage *storage, const char *path,
			 struct storage_digest *ret, struct error *err)
{
	struct agent *agent = agent_of(storage);
	char *target = target_of("digest", path);
	struct strbuf text = STRBUF_INIT;
	struct agent_request request = {.method = "GET",
					.target = target,
					.fd = -1,
					.text = &text,
					.text_max = DIGEST_MAX_BYTES};
	bool ok = ask(agent, &request, err);

	/* blanks before it say that it is being read */
	if (ok && sscanf(text.data, " sha256 %64[0-9a-f]", ret->hex) == 1 &&
	    strlen(ret->hex) == 64)
		ret->kind = STORAGE_SHA256;
	else if (ok)
		ok = error_set(err, ERROR_CORRUPT,
			       "%s: its pod's digest is none", agent->what);
	strbuf_release(&text);
	free(target);
	return ok;
}

static bool agent_remove(struct storage *storage, const char *path,
			 struct error *err)
{
	return simple(agent_of(storage), "DELETE", "file", path, err);
}

static bool agent_copy(struct storage *storage, const char *from,
		       const char *to, struct error *err)
{
	char *base = target_of("copy", from);
	struct strbuf target = STRBUF_INIT;
	struct agent_request request = {.method = "POST", .fd = -1};
	bool ok;

	strbuf_addf(&target, "%s&to=", base);
	kube_encode(&target, to);
	request.target = target.data;
	ok = ask(agent_of(storage), &request, err);
	strbuf_release(&target);
	free(base);
	return ok;
}

static bool agent_prepare(struct storage *storage, struct error *err)
{
	static const char data[] = "";
	const struct storage_source source = {
		.fd = -1, .data = data, .mode = 0600};
	char path[64], suffix[9];

	random_secret_hex(suffix, sizeof(suffix) - 1);
	snprintf(path, sizeof(path), TEST_PREFIX "%s", suffix);
	if (agent_put(storage, path, &source, err))
		return agent_remove(storage, path, err);
	if (err->code == ERROR_DENIED &&
	    atomic_load(&agent_of(storage)->pod->is_ready)) {
		char text[sizeof(err->text)];

		snprintf(text, sizeof(text), "%s", err->text);
		error_set(err, ERROR_DENIED,
			  "%.300s; the pods' user may not write there: "
			  "podSecurityContext.fsGroup or "
			  "securityContext.runAsUser say another one",
			  text);
	}
	return false;
}

/* ---- listing --------------------------------------------------------------
 */

static int digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

/* In place.  False: not as it is written over there. */
static bool decode(char *text)
{
	char *to = text;

	for (; *text; text++) {
		int high, low;

		if (*text != '%') {
			*to++ = *text;
			continue;
		}
		high = digit_of(text[1]);
		low = high < 0 ? -1 : digit_of(text[2]);
		if (low < 0 || !(high | low))
			return false;
		*to++ = (char)(high << 4 | low);
		text += 2;
	}
	*to = '\0';
	return true;
}

/* "f SIZE MTIME_NS PATH" */
static bool read_line(char *line, struct storage_entry *ret)
{
	char *end;

	if ((line[0] != 'f' && line[0] != 'd') || line[1] != ' ')
		return false;
	ret->is_folder = line[0] == 'd';
	errno = 0;
	ret->size = strtoll(line + 2, &end, 10);
	if (errno || end == line + 2 || *end != ' ' || ret->size < 0)
		return false;
	line = end + 1;
	ret->modified_ns = strtoll(line, &end, 10);
	if (errno || end == line || *end != ' ')
		return false;
	ret->path = end + 1;
	return decode(end + 1);
}

static bool agent_list(struct storage *storage, const char *path, bool is_deep,
		       storage_entry_fn *fn, void *arg, struct error *err)
{
	struct agent *agent = agent_of(storage);
	char *base = target_of("list", path);
	char *target = xasprintf("%s%s", base, is_deep ? "&deep=1" : "");
	struct strbuf text = STRBUF_INIT;
	struct agent_request request = {.method = "GET",
					.target = target,
					.fd = -1,
					.text = &text,
					.text_max = LIST_MAX_BYTES};
	bool ok = ask(agent, &request, err);
	struct storage_entry entry;
	char *line, *save = NULL;

	for (line = ok ? strtok_r(text.data, "\n", &save) : NULL; line;
	     line = strtok_r(NULL, "\n", &save)) {
		if (!read_line(line, &entry)) {
			ok = error_set(err, ERROR_CORRUPT,
				       "%s: its pod's list is none",
				       agent->what);
			break;
		}
		if (!fn(&entry, arg))
			break;
	}
	strbuf_release(&text);
	free(base);
	free(target);
	return ok;
}

#define OPS                                                                    \
	.open = agent_open, .prepare = agent_prepare, .put = agent_put,        \
	.put_many = agent_put_many, .get = agent_get, .digest = agent_digest,  \
	.list = agent_list, .remove = agent_remove, .copy = agent_copy,        \
	.url = agent_url, .volume = agent_volume, .close = agent_close

const struct storage_ops storage_pvc = {.name = "pvc", OPS};
const struct storage_ops storage_host_path = {.name = "hostPath", OPS};
