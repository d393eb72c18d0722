/* SPDX-License-Identifier: MIT */
/* Addresses for pods: which of a machine's interfaces, and in what order. */
#include "base/mem.h"
#include "engine/sideport/address.h"
#include "tests/unit/sideport/peer.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

/* One interface's address. */
struct face {
	const char *name, *address; /* NULL: of no family we know */
	bool is_down;
};

static void expect(const struct face *faces, const char *first,
		   const char *expected)
{
	struct ifaddrs list[16] = {0};
	struct sockaddr_storage places[16] = {0};
	struct strbuf got = STRBUF_INIT;
	size_t count = 0;
	char **ret;

	for (; faces[count].name; count++) {
		struct sockaddr_in *four = (void *)&places[count];
		struct sockaddr_in6 *six = (void *)&places[count];
		const char *text = faces[count].address;

		if (text && inet_pton(AF_INET, text, &four->sin_addr))
			four->sin_family = AF_INET;
		else if (text && inet_pton(AF_INET6, text, &six->sin6_addr))
			six->sin6_family = AF_INET6;
		list[count].ifa_name = (char *)(uintptr_t)faces[count].name;
		list[count].ifa_flags =
			(faces[count].is_down ? 0 : IFF_UP) |
			(strcmp(faces[count].name, "lo") ? 0 : IFF_LOOPBACK);
		/* some have none at all */
		if (text || count % 2)
			list[count].ifa_addr = (void *)&places[count];
		if (count)
			list[count - 1].ifa_next = &list[count];
	}
	count = sideport_addresses_of(count ? list : NULL, first, &ret);
	for (size_t i = 0; i < count; i++)
		strbuf_addf(&got, "%s%s", i ? " " : "", ret[i]);
	assert_string_equal(got.data, expected);
	if (!count)
		assert_null(ret);
	sideport_addresses_free(ret, count);
	strbuf_release(&got);
}

static void orders_them(void **state)
{
	static const struct face faces[] = {
		{"lo", "127.0.0.1", false},
		{"cni0", "10.89.0.1", false},
		{"docker0", "172.17.0.1", false},
		{"eth0", NULL, false},
		{"wg0", NULL, false},
		{"eth0", "192.168.1.5", false},
		{"eth1", "10.0.0.5", true},
		{"lo", "::1", false},
		{"eth0", "fe80::1", false},
		{"eth0", "2001:db8::5", false},
		{"eth2", "169.254.3.4", false},
		{"cni0", "fd00:89::1", false},
		{NULL, NULL, false},
	};

	(void)state;
	expect(faces, NULL,
	       "192.168.1.5 2001:db8::5 10.89.0.1 172.17.0.1 fd00:89::1");
	/* towards the API server comes first, and once */
	expect(faces, "2001:db8::5",
	       "2001:db8::5 192.168.1.5 10.89.0.1 172.17.0.1 fd00:89::1");
	expect(faces, "203.0.113.9",
	       "203.0.113.9 192.168.1.5 2001:db8::5 10.89.0.1 172.17.0.1 "
	       "fd00:89::1");
}

static void leaves_out_what_is_near(void **state)
{
	static const struct face faces[] = {
		{"lo", "10.9.9.9", false},
		{"eth0", "127.0.0.2", false},
		{"eth0", "0.0.0.0", false},
		{"eth0", "::", false},
		{"eth0", "fe80::2", false},
		{"eth0", "ff02::1", false},
		{"eth0", "224.0.0.1", false},
		{"eth0", "169.254.0.1", false},
		{"eth0", "::ffff:1.2.3.4", false},
		{NULL, NULL, false},
	};

	(void)state;
	expect(faces, NULL, "");
	expect(&faces[9], NULL, "");
}

static void stops_at_eight(void **state)
{
	static const struct face faces[] = {
		{"a", "10.0.0.1", false}, {"b", "10.0.0.2", false},
		{"c", "10.0.0.1", false}, {"d", "10.0.0.3", false},
		{"e", "10.0.0.4", false}, {"f", "10.0.0.5", false},
		{"g", "10.0.0.6", false}, {"h", "10.0.0.7", false},
		{"i", "10.0.0.8", false}, {"j", "10.0.0.9", false},
		{NULL, NULL, false},
	};

	(void)state;
	expect(faces, NULL,
	       "10.0.0.1 10.0.0.2 10.0.0.3 10.0.0.4 10.0.0.5 10.0.0.6 "
	       "10.0.0.7 10.0.0.8");
}

static void asks_the_system(void **state)
{
	char **addresses;
	size_t count;

	(void)state;
	/* an API server on this machine says nothing about pods */
	count = sideport_addresses(NULL, "127.0.0.1", 6443, &addresses);
	assert_in_range(count, 0, ADDRESSES_MAX);
	for (size_t i = 0; i < count; i++) {
		unsigned char bytes[16];

		assert_true(inet_pton(AF_INET, addresses[i], bytes) ||
			    inet_pton(AF_INET6, addresses[i], bytes));
		assert_int_not_equal(strncmp(addresses[i], "127.", 4), 0);
		assert_string_not_equal(addresses[i], "::1");
	}
	sideport_addresses_free(addresses, count);
	/* towards ourselves, by an address of ours, is by that address */
	if (count) {
		char **again, *own = NULL;
		size_t again_count;

		count = sideport_addresses(NULL, NULL, 0, &addresses);
		own = addresses[count - 1];
		again_count = sideport_addresses("", own, 443, &again);
		assert_string_equal(again[0], own);
		assert_int_equal(again_count, count);
		sideport_addresses_free(again, again_count);
		sideport_addresses_free(addresses, count);
	}
	count = sideport_addresses(NULL, "a..b", 1, &addresses);
	sideport_addresses_free(addresses, count);
}

static void obeys_the_user(void **state)
{
	char **addresses;

	(void)state;
	assert_int_equal(sideport_addresses("head.example", "127.0.0.1", 6443,
					    &addresses),
			 1);
	assert_string_equal(addresses[0], "head.example");
	sideport_addresses_free(addresses, 1);
}

static void makes_urls(void **state)
{
	static const struct {
		const char *address;
		bool is_tls;
		const char *url;
	} cases[] = {
		{"10.0.0.1", false, "http://10.0.0.1:8081"},
		{"head.example", true, "https://head.example:8081"},
		{"fd00::1", true, "https://[fd00::1]:8081"},
		{"[fd00::1]", false, "http://[fd00::1]:8081"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		char *url =
			sideport_url(cases[i].address, 8081, cases[i].is_tls);

		assert_string_equal(url, cases[i].url);
		free(url);
	}
}

/* ---- what a side port listens on
 * ---------------------------------------------- */

static bool has_ipv6(void)
{
	struct sockaddr_in6 address = {.sin6_family = AF_INET6,
				       .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	bool has = fd >= 0 &&
		   !bind(fd, (struct sockaddr *)&address, sizeof(address));

	if (fd >= 0)
		close(fd);
	return has;
}

static void listens_on_both(void **state)
{
	static const char *const binds[] = {"*", "::"};
	static const char health[] = "GET /v1/health HTTP/1.1\r\nHost: x\r\n"
				     "\r\n";

	for (size_t i = 0; i < COUNT_OF(binds); i++) {
		struct sideport_options options = {.bind = binds[i]};
		struct sockaddr_in6 address = {
			.sin6_family = AF_INET6,
			.sin6_addr = IN6ADDR_LOOPBACK_INIT,
		};
		struct bench *bench;
		int fd;

		if (i && !has_ipv6())
			break;
		assert_int_equal(bench_open_with(state, options), 0);
		bench = *state;
		assert_int_equal(bench_ask(bench, health), 200);
		if (has_ipv6()) {
			address.sin6_port =
				htons(sideport_port(bench->sideport));
			fd = socket(AF_INET6, SOCK_STREAM, 0);
			assert_int_equal(connect(fd,
						 (struct sockaddr *)&address,
						 sizeof(address)),
					 0);
			peer_sends(fd, health);
			peer_read(bench, fd);
			assert_int_equal(bench->answer.status, 200);
			close(fd);
		}
		bench_close(state);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(orders_them),
		cmocka_unit_test(leaves_out_what_is_near),
		cmocka_unit_test(stops_at_eight),
		cmocka_unit_test(asks_the_system),
		cmocka_unit_test(obeys_the_user),
		cmocka_unit_test(makes_urls),
		cmocka_unit_test(listens_on_both),
	};

	return cmocka_run_group_tests_name("address", tests, NULL, NULL);
}
