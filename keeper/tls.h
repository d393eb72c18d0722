/* SPDX-License-Identifier: MIT */
/*
 * TLS 1.2 to a server whose certificate is known: the pin, its SHA-256, is its
 * identity.  Names, dates and who signed it are not looked at, so a
 * certificate that the console made for itself is as good as any, and any
 * other certificate is refused.  BearSSL does the rest.
 */
#ifndef KEEPER_TLS_H
#define KEEPER_TLS_H

#include "keeper/digest.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct tls;

/* The bare connection: both like send and recv, but they wait. */
struct tls_wire {
	bool (*send)(void *arg, const char *data, size_t len);
	ssize_t (*receive)(void *arg, char *data, size_t size);
	void *arg;
};

/* Shake hands.  pin: 64 hexadecimal digits.  NULL on failure, with a
 * sentence's end in why. */
struct tls *tls_open(const struct tls_wire *wire, const char *host,
		     const char *pin, char *why, size_t size);
void tls_free(struct tls *tls); /* NULL ok */
/* False with errno. */
bool tls_send(struct tls *tls, const char *data, size_t len);
/* At least one byte, or -1 with errno: an end without an answer is one too. */
ssize_t tls_receive(struct tls *tls, char *data, size_t size);

/* Pin of the first certificate in PEM text.  False when there is none. */
bool tls_pin_of_pem(const char *pem, size_t len, char ret[DIGEST_HEX_SIZE]);

#endif
