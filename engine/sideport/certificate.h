/* SPDX-License-Identifier: MIT */
/*
 * The side port's certificate: the user's, or one of our own.
 *
 * Ours is self-signed (EC P-256, ten years) and meant to be pinned: pods get
 * it, or its digest, from the cluster, so nobody has to trust an authority.
 * Its names are "trialdeck", "localhost" and the addresses it was made for;
 * it stays when the addresses change, so that a digest stays good, and a
 * client that checks names can always ask for "trialdeck".
 */
#ifndef ENGINE_SIDEPORT_CERTIFICATE_H
#define ENGINE_SIDEPORT_CERTIFICATE_H

#include "base/error.h"

#include <stddef.h>

#define CERTIFICATE_NAME "trialdeck"

struct certificate {
	char *cert_pem;	 /* and what follows in the user's file: the chain */
	char *key_pem;	 /* without passphrase */
	char digest[65]; /* hex SHA-256 of the (first) certificate's DER */
};

/* The user's files; key_path may be NULL when one file has both.  Fails when
 * they cannot be read, do not belong together, have run out or need a
 * passphrase.  Thread: any; blocking. */
bool certificate_load(const char *cert_path, const char *key_path,
		      struct certificate *ret, struct error *err);

/* Ours: sideport.crt and sideport.key (0600) of an experiment's folder, made
 * when they are not there or not usable any more.  addresses are IP addresses
 * or DNS names.  Thread: any; blocking. */
bool certificate_keep(const char *folder, char *const *addresses, size_t count,
		      struct certificate *ret, struct error *err);

void certificate_release(struct certificate *certificate);

#endif
