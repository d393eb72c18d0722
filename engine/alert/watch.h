/* SPDX-License-Identifier: MIT */
/*
 * Who looks whether there is something to tell: a thread of its own, with its
 * own connections, so that no webhook can make a trial wait.
 *
 * It reads rows above the version it has seen twice a second.  What the file
 * says is laid under what was said since (the preference "alerts" of the
 * experiment, JSON as alerts_format writes it), which is read again whenever
 * the database has changed.  Each alert is an event, and so is one that could
 * not be delivered.
 */
#ifndef ENGINE_ALERT_WATCH_H
#define ENGINE_ALERT_WATCH_H

#include "base/error.h"
#include "model/alert.h"

#include <stdint.h>

#define ALERTS_PREFERENCE "alerts"

struct alert_watch;

/* config is copied. */
bool alert_watch_start(const char *db_path, int64_t experiment,
		       const struct alerts_config *config,
		       struct alert_watch **ret, struct error *err);
/* A last look, what is found told within about 10 s, then the end.  NULL ok.
 */
void alert_watch_stop(struct alert_watch *watch);

#endif
