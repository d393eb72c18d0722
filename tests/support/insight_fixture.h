/* SPDX-License-Identifier: MIT */
/* What pictures of parameters need beside pictures.db. */
#ifndef TESTS_SUPPORT_INSIGHT_FIXTURE_H
#define TESTS_SUPPORT_INSIGHT_FIXTURE_H

/* Write "insight.db" into folder: "nested" (TPE, 140 trials of a nested space,
 * failed ones among them, with its history), "smooth" (GP, 40), "chance"
 * (Random), "one" (a single result), "equal" (all results the same), "bare"
 * (no search space). */
void insight_fixture(const char *folder);

#endif
