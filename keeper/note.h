/* SPDX-License-Identifier: MIT */
/*
 * The keeper's own diary, keeper.log: what it could not do, and when it ended.
 * Bounded; notes are lost rather than ever getting in the command's way.
 */
#ifndef KEEPER_NOTE_H
#define KEEPER_NOTE_H

/* Open keeper.log in the attempt's directory. */
void note_open(int dir_fd);
/* One line, with the time in front.  Thread: any. */
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
