/* SPDX-License-Identifier: MIT */
/* Under which addresses pods may reach this machine. */
#include "engine/sideport/address.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* What container networks and virtual machines call theirs. */
static const char *const inner_names[] = {
	"br-",	   "cali",  "cbr",  "cilium",	    "cni",   "docker",
	"flannel", "kube-", "lxc",  "nodelocaldns", "ovn",   "podman",
	"tun",	   "tunl",  "veth", "virbr",	    "vxlan", "weave",
};

static bool is_inner(const char *name)
{
	char path[64];

	for (size_t i = 0; i < COUNT_OF(inner_names); i++) {
		if (!strncmp(name, inner_names[i], strlen(inner_names[i])))
			return true;
	}
	snprintf(path, sizeof(path), "/sys/class/net/%.*s/bridge", IFNAMSIZ,
		 name);
	return access(path, F_OK) == 0;
}

/* Reachable from elsewhere, as far as its kind tells. */
static bool is_reachable(const struct sockaddr *address)
{
	const struct sockaddr_in *four = (const void *)address;
	const struct sockaddr_in6 *six = (const void *)address;
	uint32_t bits;

	switch (address->sa_family) {
	case AF_INET:
		bits = ntohl(four->sin_addr.s_addr);
		return bits && bits >> 24 != 127 && bits >> 16 != 0xa9fe &&
		       bits >> 28 != 0xe;
	case AF_INET6:
		return !IN6_IS_ADDR_UNSPECIFIED(&six->sin6_addr) &&
		       !IN6_IS_ADDR_LOOPBACK(&six->sin6_addr) &&
		       !IN6_IS_ADDR_LINKLOCAL(&six->sin6_addr) &&
		       !IN6_IS_ADDR_MULTICAST(&six->sin6_addr) &&
		       !IN6_IS_ADDR_V4MAPPED(&six->sin6_addr);
	default:
		return false;
	}
}

static bool format_address(const struct sockaddr *address,
			   char text[INET6_ADDRSTRLEN])
{
	const struct sockaddr_in *four = (const void *)address;
	const struct sockaddr_in6 *six = (const void *)address;

	return address->sa_family == AF_INET6
		       ? inet_ntop(AF_INET6, &six->sin6_addr, text,
				   INET6_ADDRSTRLEN)
		       : inet_ntop(AF_INET, &four->sin_addr, text,
				   INET6_ADDRSTRLEN);
}

static void add(char **list, size_t *count, const char *text)
{
	for (size_t i = 0; i < *count; i++) {
		if (!strcmp(list[i], text))
			return;
	}
	if (*count < ADDRESSES_MAX)
		list[(*count)++] = xstrdup(text);
}

static void add_interfaces(const struct ifaddrs *interfaces, bool inner,
			   int family, char **list, size_t *count)
{
	char text[INET6_ADDRSTRLEN];

	for (; interfaces; interfaces = interfaces->ifa_next) {
		if (interfaces->ifa_addr && interfaces->ifa_flags & IFF_UP &&
		    !(interfaces->ifa_flags & IFF_LOOPBACK) &&
		    interfaces->ifa_addr->sa_family == family &&
		    is_reachable(interfaces->ifa_addr) &&
		    is_inner(interfaces->ifa_name) == inner &&
		    format_address(interfaces->ifa_addr, text))
			add(list, count, text);
	}
}

size_t sideport_addresses_of(const struct ifaddrs *interfaces,
			     const char *first, char ***ret)
{
	char **list = xcalloc(ADDRESSES_MAX, sizeof(*list));
	size_t count = 0;

	if (first)
		add(list, &count, first);
	for (int inner = 0; inner < 2; inner++) {
		add_interfaces(interfaces, inner, AF_INET, list, &count);
		add_interfaces(interfaces, inner, AF_INET6, list, &count);
	}
	if (!count) {
		free(list);
		list = NULL;
	}
	*ret = list;
	return count;
}

/* What the kernel would send from: connecting a datagram socket sends
 * nothing. */
static bool find_own(const struct addrinfo *towards,
		     char text[INET6_ADDRSTRLEN])
{
	struct sockaddr_storage own = {0};
	socklen_t len = sizeof(own);
	int fd = socket(towards->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool ok;

	if (fd < 0)
		return false;
	ok = !connect(fd, towards->ai_addr, towards->ai_addrlen) &&
	     !getsockname(fd, (struct sockaddr *)&own, &len) &&
	     is_reachable((struct sockaddr *)&own) &&
	     format_address((struct sockaddr *)&own, text);
	close(fd);
	return ok;
}

static bool find_towards(const char *host, int port,
			 char text[INET6_ADDRSTRLEN])
{
	struct addrinfo hints = {.ai_socktype = SOCK_DGRAM,
				 .ai_flags = AI_NUMERICSERV};
	size_t len = strlen(host);
	bool has_brackets = len > 2 && host[0] == '[' && host[len - 1] == ']';
	char *bare = has_brackets ? xstrndup(host + 1, len - 2) : xstrdup(host);
	struct addrinfo *all = NULL;
	bool found = false;
	char service[8];

	snprintf(service, sizeof(service), "%u", (unsigned int)port & 0xffff);
	if (!getaddrinfo(bare, service, &hints, &all)) {
		for (const struct addrinfo *one = all; one && !found;
		     one = one->ai_next)
			found = find_own(one, text);
		freeaddrinfo(all);
	}
	free(bare);
	return found;
}

size_t sideport_addresses(const char *given, const char *towards_host,
			  int towards_port, char ***ret)
{
	char first[INET6_ADDRSTRLEN];
	struct ifaddrs *interfaces = NULL;
	size_t count;
	bool has_first;

	if (given && *given)
		return sideport_addresses_of(NULL, given, ret);
	has_first = towards_host && *towards_host &&
		    find_towards(towards_host, towards_port, first);
	if (getifaddrs(&interfaces))
		interfaces = NULL;
	count = sideport_addresses_of(interfaces, has_first ? first : NULL,
				      ret);
	if (interfaces)
		freeifaddrs(interfaces);
	return count;
}

void sideport_addresses_free(char **addresses, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(addresses[i]);
	free(addresses);
}

char *sideport_url(const char *address, uint16_t port, bool is_tls)
{
	bool needs_brackets = strchr(address, ':') && address[0] != '[';

	return xasprintf("http%s://%s%s%s:%u", is_tls ? "s" : "",
			 needs_brackets ? "[" : "", address,
			 needs_brackets ? "]" : "", port);
}
