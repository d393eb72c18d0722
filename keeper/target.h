/* SPDX-License-Identifier: MIT */
/*
 * Where the side port is: a fixed address, or a file that holds it.
 *
 * The file is read again for every connection, because a console that comes
 * back may have another address.  In a pod it is a key of a ConfigMap, and
 * ca.pem beside it the one certificate that is trusted.
 */
#ifndef KEEPER_TARGET_H
#define KEEPER_TARGET_H

#include "keeper/digest.h"
#include "keeper/http.h"

struct target {
	const char *url;      /* fixed address, or NULL */
	const char *url_file; /* file that holds the address, or NULL */
	const char *pin;      /* of an https server's certificate, or NULL */
};

/* Point http there; an open connection is kept.  False when nobody says where
 * the side port is. */
bool target_apply(const struct target *target, struct http *http);
/* The address as it is now.  False when there is none. */
bool target_url(const struct target *target, char *ret, size_t size);
/* Path of the certificate beside the address.  False when there is none. */
bool target_certificate(const struct target *target, char *ret, size_t size);
/* What to trust: the pin, or else the certificate's; "" when neither is. */
void target_pin(const struct target *target, char ret[DIGEST_HEX_SIZE]);
/* The certificate, for a command that talks to the side port itself. */
void target_export(const struct target *target);

#endif
