/* SPDX-License-Identifier: MIT */
/*
 * The played kubelet's own server, which the API server asks for logs.
 */
#ifndef TESTS_CLUSTER_PLAYER_KUBELET_H
#define TESTS_CLUSTER_PLAYER_KUBELET_H

#include <stdbool.h>
#include <stdint.h>

/* Serve HTTPS with the certificate of `pki` on any free port, which is
 * returned.  Every log is what a trial of ours prints; one that is followed
 * ends with its pod. */
uint16_t kubelet_serve(const char *pki);
/* The pod of this name runs, or does not any more.  Thread: any. */
void kubelet_pod_runs(const char *name, bool is_running);
/* How many logs were asked for.  Thread: any. */
long kubelet_logs(void);

#endif
