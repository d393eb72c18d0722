/* SPDX-License-Identifier: MIT */
/*
 * Telling somebody: a webhook and a command.  Blocks its thread, bounded: 10 s
 * a try of the webhook, three tries, 30 s for the command.
 */
#ifndef ENGINE_ALERT_SEND_H
#define ENGINE_ALERT_SEND_H

#include "base/error.h"
#include "model/alert.h"

#include <stdatomic.h>

struct alert_about {
	const char *id, *name; /* of the experiment; name may be NULL */
	const char *directory; /* where the command runs; NULL: here */
};

/* The URL's answer is read and dropped; redirects are not followed.  The
 * command runs in a shell with the alert as JSON on its standard input and in
 * its environment: TRIALDECK_ALERT (the kind), _ALERT_TEXT, _EXPERIMENT,
 * _EXPERIMENT_NAME, _TRIAL, _VALUE.  is_ending cuts waiting short.  Both are
 * tried; err names the first that failed, never the URL: it may be a secret. */
bool alert_send(const struct alerts_config *config, const struct alert *alert,
		const struct alert_about *about, atomic_bool *is_ending,
		struct error *err);

/* What the webhook gets; pure. */
void alert_body(const struct alerts_config *config, const char *url,
		const struct alert *alert, const struct alert_about *about,
		struct strbuf *out);

#endif
