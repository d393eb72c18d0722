/* SPDX-License-Identifier: MIT */
/*
 * Under which addresses pods may reach this machine.
 *
 * Nobody can know before a pod has tried, so these are candidates, the most
 * likely first: what this machine uses towards the API server (nodes can
 * usually answer there), then the addresses of its interfaces, those of bridges
 * and tunnels last: pods of this very machine reach it through one.
 */
#ifndef ENGINE_SIDEPORT_ADDRESS_H
#define ENGINE_SIDEPORT_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ADDRESSES_MAX 8

struct ifaddrs;

/* At most ADDRESSES_MAX addresses in *ret, without port; `given` alone when
 * the user has named one.  No loopback, no link-local addresses, none twice;
 * so there may be none (0, *ret NULL).  towards_host may be NULL, a name or an
 * address, also in brackets; no packet is sent to it, but its name is looked
 * up, which may take as long as the resolver does.  Thread: any; blocking. */
size_t sideport_addresses(const char *given, const char *towards_host,
			  int towards_port, char ***ret);
void sideport_addresses_free(char **addresses, size_t count);

/* The same of a list of interfaces; `first` may be NULL. */
size_t sideport_addresses_of(const struct ifaddrs *interfaces,
			     const char *first, char ***ret);

/* "http://10.0.0.1:8081", "https://[fd00::1]:8081".  Caller frees. */
char *sideport_url(const char *address, uint16_t port, bool is_tls);

#endif
