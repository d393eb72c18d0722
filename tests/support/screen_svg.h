/* SPDX-License-Identifier: MIT */
/* A screen as a picture that needs no fonts for its lines and curves. */
#ifndef TESTS_SUPPORT_SCREEN_SVG_H
#define TESTS_SUPPORT_SCREEN_SVG_H

#include "tests/support/pty_screen.h"

/* Append the screen as a whole SVG document.  title: what the picture shows,
 * for readers that cannot see it. */
void screen_svg(struct screen *screen, const char *title, struct strbuf *out);

#endif
