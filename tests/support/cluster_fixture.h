/* SPDX-License-Identifier: MIT */
/*
 * A database for screens of a cluster: beside the one of screen_fixture.h, so
 * that neither disturbs the other's pictures.
 */
#ifndef TESTS_SUPPORT_CLUSTER_FIXTURE_H
#define TESTS_SUPPORT_CLUSTER_FIXTURE_H

/* Write folder/cluster.db, what time it is being SCREEN_NOW_NS.  Trouble ends
 * the program with a message.
 *
 * "tabular" must not look at nodes and is run by nobody.  "cifar" has five
 * nodes, one of them hostile, and trials that are over, run and wait; its
 * engine, as which this process poses until it ends, cannot reach the API
 * server.  Its folder is folder/cifar. */
void cluster_fixture(const char *folder);

#endif
