/* SPDX-License-Identifier: MIT */
/*
 * A database of trials with several parts: beside the ones of screen_fixture.h
 * and cluster_fixture.h, so that none disturbs another's pictures.
 */
#ifndef TESTS_SUPPORT_PARTS_FIXTURE_H
#define TESTS_SUPPORT_PARTS_FIXTURE_H

/* Write folder/parts.db, what time it is being SCREEN_NOW_NS.  Trouble ends
 * the program with a message.
 *
 * "pipeline" runs workflows: #0 is at its training step, #1 has more parts
 * than are kept.  "ranks" runs jobs with roles: #0 is over, #1 runs in its
 * second attempt, all but a parameter server, and has a log of its roles; #2
 * waits; #3 has hostile texts; #4 is a single pod.  Nobody runs either.  The
 * folder of ranks is folder/ranks. */
void parts_fixture(const char *folder);

#endif
