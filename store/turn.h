/* SPDX-License-Identifier: MIT */
/*
 * Taking turns at the database's one write lock.  Private to store/.
 *
 * Waiting for it, SQLite sleeps and looks again.  Under load the engine holds
 * it nearly always, letting go for microseconds between two commits, and
 * whoever sleeps outside would miss those for seconds.  So everybody who wants
 * to write first takes the turn, a lock on a file of its own, keeps it while
 * waiting for the write lock, and gives it up on getting that.  The engine,
 * back from a commit, then finds the turn taken and waits behind.
 *
 * It is a courtesy, not a safeguard: the wait is bounded, a process stopped
 * while it has the turn holds nobody up for long, and without the file all
 * works as before.
 */
#ifndef STORE_TURN_H
#define STORE_TURN_H

/* Descriptor for a database, or -1. */
int turn_open(const char *db_path);
/* Wait for the turn, a quarter of a second at most. */
void turn_take(int fd);
void turn_give(int fd);

#endif
