/* SPDX-License-Identifier: MIT */
/* Keys from a vault: asked for once, kept, forgotten when told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/fs.h"
#include "base/mem.h"
#include "engine/outputs/keys.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define KEY "c2VjcmV0LW9mLXRlc3Rz"

static char folder[] = "/tmp/trialdeck-keys-XXXXXX";
static struct storage_watch watch;
static char account[] = "acc", vault[] = "v", secret[] = "k";
static struct storage_config azure = {
	.type = STORAGE_AZURE,
	.azure_account = account,
	.key_vault = vault,
	.key_vault_key = secret,
};

/* An `az` that leaves a line for each call. */
static int make(void **state)
{
	static const char script[] = "#!/bin/sh\n"
				     "echo asked >> \"${0%/*}/asked\"\n"
				     "sleep 0.2\n"
				     "echo '{\"value\": \"" KEY "\"}'\n";
	struct error err;
	char *path, *list;

	(void)state;
	if (!mkdtemp(folder))
		return -1;
	path = fs_join(folder, "az");
	if (!fs_write_file(path, script, strlen(script), &err) ||
	    chmod(path, 0700))
		return -1;
	list = xasprintf("%s:%s", folder, getenv("PATH"));
	setenv("PATH", list, 1);
	unsetenv("AZURE_STORAGE_KEY");
	unsetenv("AZURE_STORAGE_SAS_TOKEN");
	free(list);
	free(path);
	return 0;
}

static int end(void **state)
{
	struct error ignored;

	(void)state;
	outputs_keys_forget();
	fs_remove_tree(folder, &ignored);
	return 0;
}

static void *get(void *arg)
{
	struct error err = {0};
	char *key;

	(void)arg;
	if (!outputs_key_get(&azure, &watch, &key, &err))
		return xstrdup(err.text);
	return key;
}

static size_t times_asked(void)
{
	char *path = fs_join(folder, "asked");
	struct strbuf text = STRBUF_INIT;
	struct error ignored;
	size_t count = 0;

	fs_read_file(path, 4096, &text, &ignored);
	for (const char *at = text.data; (at = strchr(at, '\n')); at++)
		count++;
	strbuf_release(&text);
	free(path);
	return count;
}

static void asked_once_for_all(void **state)
{
	pthread_t threads[4];
	void *key;

	(void)state;
	for (int i = 0; i < 4; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, get, NULL),
				 0);
	for (int i = 0; i < 4; i++) {
		pthread_join(threads[i], &key);
		assert_string_equal(key, KEY);
		outputs_key_free(key);
	}
	assert_int_equal(times_asked(), 1);
	outputs_keys_forget();
	key = get(NULL);
	assert_string_equal(key, KEY);
	outputs_key_free(key);
	assert_int_equal(times_asked(), 2);
}

static void others_find_their_own(void **state)
{
	struct storage_config s3 = {.type = STORAGE_S3};
	struct error err = {0};
	char *key = vault;

	(void)state;
	assert_true(outputs_key_get(&s3, &watch, &key, &err));
	assert_null(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(others_find_their_own),
		cmocka_unit_test(asked_once_for_all),
	};

	return cmocka_run_group_tests_name("keys", tests, make, end);
}
