/* SPDX-License-Identifier: MIT */
/* Percent-decoding of what servers list.  Pure.  (Encoding: sigv4.h.) */
#ifndef ENGINE_STORAGE_PERCENT_H
#define ENGINE_STORAGE_PERCENT_H

#include <stdbool.h>

/* In place; is_form: '+' is a blank.  What is no escape stays as it is.
 * False: what comes out would have a NUL. */
bool percent_decode(char *text, bool is_form);

#endif
