/* SPDX-License-Identifier: MIT */
/* A connection with time limits, plain or TLS.  Thread: whose it is. */
#ifndef KEEPER_WIRE_H
#define KEEPER_WIRE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A firewall that swallows packets must be noticed soon. */
#define WIRE_CONNECT_MS 3000
/* Any single wait for sending or receiving. */
#define WIRE_WAIT_MS 15000

struct tls;

struct wire {
	int fd;		     /* -1: not connected */
	struct tls *tls;     /* or NULL */
	int64_t deadline_ms; /* monotonic, for everything together; 0: none */
};

void wire_init(struct wire *wire);
void wire_close(struct wire *wire);
/* pin: SHA-256 of the server's certificate in hexadecimal; NULL: no TLS.
 * False with a sentence's end in why ("connect: Connection refused"). */
bool wire_connect(struct wire *wire, const char *host, const char *port,
		  const char *pin, char *why, size_t size);
/* False with errno; ETIMEDOUT when it took too long. */
bool wire_send(struct wire *wire, const char *data, size_t len);
/* At least one byte, 0 at the end, -1 with errno. */
ssize_t wire_receive(struct wire *wire, char *data, size_t size);

#endif
