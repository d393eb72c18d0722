/* SPDX-License-Identifier: MIT */
/* Experiments to make pictures of. */
#ifndef TESTS_SUPPORT_PICTURES_FIXTURE_H
#define TESTS_SUPPORT_PICTURES_FIXTURE_H

/* Write "pictures.db" into folder: "sweep" (160 trials by four slots, some
 * running), "tradeoff" (three objectives and a constraint), "begun" (running,
 * nothing told yet) and "blank" (no trial).  The same every time. */
void pictures_fixture(const char *folder);

#endif
