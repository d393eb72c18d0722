/* SPDX-License-Identifier: MIT */
/* What the key `server` of an NFS storage may say. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/mem.h"
#include "engine/storage/nfs_place.h"

#include <string.h>

static struct nfs_place expect(const char *server)
{
	struct nfs_place place;
	struct error err;

	if (!nfs_place_read(server, &place, &err))
		fail_msg("%s: %s", server, err.text);
	return place;
}

static void a_host_alone(void **state)
{
	static const char *const hosts[] = {"nas", "10.0.0.1",
					    "nas.example.org", "fe80::1%eth0"};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct nfs_place place = expect(hosts[i]);

		assert_string_equal(place.host, hosts[i]);
		assert_int_equal(place.version, 0);
		assert_int_equal(place.nfs_port, 0);
		assert_int_equal(place.mount_port, 0);
		assert_int_equal(place.uid, -1);
		assert_int_equal(place.gid, -1);
		assert_int_equal(place.timeout_s, 0);
	}
}

static void all_options(void **state)
{
	struct nfs_place place =
		expect("nas?version=4&nfsport=12049&mountport=1&uid=0&gid="
		       "2147483646&timeout=600");

	(void)state;
	assert_string_equal(place.host, "nas");
	assert_int_equal(place.version, 4);
	assert_int_equal(place.nfs_port, 12049);
	assert_int_equal(place.mount_port, 1);
	assert_int_equal(place.uid, 0);
	assert_int_equal(place.gid, 2147483646);
	assert_int_equal(place.timeout_s, 600);
	assert_int_equal(expect("nas?uid=1&uid=2").uid, 2);
}

static void mistakes(void **state)
{
	static const struct {
		const char *server, *text;
	} table[] = {
		{"", "a server's name has 1 to 253 characters"},
		{"?version=3", "a server's name has 1 to 253 characters"},
		{"nas/export", "\"nas/export\" is no host: the folder belongs "
			       "to path"},
		{"n as", "\"n as\" is no host"},
		{"nas\n", "\"nas?\" is no host"},
		{"nas?", "\"\" is none of "},
		{"nas?version=3&", "\"\" is none of "},
		{"nas?version", "\"version\" is none of "},
		{"nas?Version=3", "\"Version=3\" is none of "},
		{"nas?version=", "version= must be followed by a number from 3 "
				 "to 4"},
		{"nas?version=2", "version= must be "},
		{"nas?version=4.1", "version= must be "},
		{"nas?version=+4", "version= must be "},
		{"nas?version= 4", "version= must be "},
		{"nas?nfsport=0", "nfsport= must be followed by a number from "
				  "1 to 65535"},
		{"nas?nfsport=65536", "nfsport= must be "},
		{"nas?mountport=-1", "mountport= must be "},
		{"nas?uid=2147483647", "uid= must be "},
		{"nas?uid=99999999999", "uid= must be "},
		{"nas?uid=999999999999999999999", "uid= must be "},
		{"nas?gid=x", "gid= must be "},
		{"nas?timeout=0", "timeout= must be followed by a number from "
				  "1 to 600"},
		{"nas?timeout=601", "timeout= must be "},
		{"nas?version=3?uid=1", "version= must be "},
	};
	struct nfs_place place;
	struct error err;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(table); i++) {
		if (nfs_place_read(table[i].server, &place, &err))
			fail_msg("%s was taken", table[i].server);
		assert_int_equal(err.code, ERROR_INVALID);
		if (strncmp(err.text, table[i].text, strlen(table[i].text)) !=
		    0)
			fail_msg("%s: %s", table[i].server, err.text);
	}
}

static void a_long_name(void **state)
{
	char name[NFS_HOST_MAX + 2];
	struct nfs_place place;
	struct error err;

	(void)state;
	memset(name, 'a', sizeof(name));
	name[NFS_HOST_MAX] = '\0';
	assert_string_equal(expect(name).host, name);
	name[NFS_HOST_MAX] = 'a';
	name[NFS_HOST_MAX + 1] = '\0';
	assert_false(nfs_place_read(name, &place, &err));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_alone),
		cmocka_unit_test(all_options),
		cmocka_unit_test(mistakes),
		cmocka_unit_test(a_long_name),
	};

	return cmocka_run_group_tests_name("nfs-place", tests, NULL, NULL);
}
