/* SPDX-License-Identifier: MIT */
/*
 * A watch's inside.
 *
 * It lists (LISTING), watches from the list's version (WATCHING), and waits
 * before it tries one or the other again (WAITING).  Where watching is
 * forbidden it lists every ten seconds (is_polling) and asks for a watch again
 * every five minutes.
 */
#ifndef ENGINE_KUBE_WATCH_PRIVATE_H
#define ENGINE_KUBE_WATCH_PRIVATE_H

#include "engine/kube/client_private.h"
#include "engine/kube/list.h"
#include "engine/kube/object.h"
#include "engine/kube/watch.h"
#include "engine/kube/watch_lines.h"

enum watch_step { STEP_LIST, STEP_PAGE, STEP_WATCH };

/* What an ERROR event says is to be done when the stream has been cut. */
struct watch_verdict {
	bool is_set;
	struct kube_status status;
};

struct kube_watch {
	struct kube_client *client;
	char *path;
	char *selectors;  /* encoded, "&labelSelector=..." or empty */
	const char *name; /* the plural, within path */
	size_t object_max;
	size_t page_bytes;
	int poll_ms, silence_ms;
	struct kube_watch_options user;

	enum watch_step step; /* that runs, or that timer begins */
	struct kube_call *call;
	struct loop_timer *timer;
	struct kube_waiter waiter;
	int inside; /* callbacks that run; freed only outside of them */
	bool is_closed;

	/* list */
	int limit;   /* objects a page; 0: all at once */
	char *token; /* of the next page, or NULL */
	int expired; /* 410s in a row */
	bool is_polling;
	int polls;
	char polling[256]; /* the fault told while polling */

	/* watch */
	char version[KUBE_VERSION_MAX];
	struct watch_lines lines;
	struct kube_reader reader;
	struct watch_verdict verdict;
	bool has_bookmarks; /* so silence can be told from nothing new */
	bool was_accepted;
	bool has_seen; /* anything on this connection */
	int64_t started_ns;
	int too_new; /* answers in a row that our version is too large */

	int failures;
	char told[512]; /* the fault the user knows of */
};

#define PAGE_OBJECTS 500

/* watch.c */
/* Around everything that may call the user, who may close the watch there. */
void kube_watch_enter(struct kube_watch *watch);
void kube_watch_leave(struct kube_watch *watch);
void kube_watch_tell(struct kube_watch *watch, const char *text);
/* Call the user; false: the watch was closed meanwhile. */
bool kube_watch_tell_object(struct kube_watch *watch, enum kube_change change,
			    const cJSON *object);

void kube_watch_tell_failure(struct kube_watch *watch, const char *verb,
			     const char *why);
/* Go on with that step so much later. */
void kube_watch_wait(struct kube_watch *watch, enum watch_step step,
		     int64_t delay_ms);
/* As long as the server asks for; else back off, and go on at once when the
 * client finds the server well again.  status: or NULL. */
void kube_watch_back_off(struct kube_watch *watch, enum watch_step step,
			 const struct kube_status *status);

/* watch_list.c */
void kube_watch_ask_page(struct kube_watch *watch);
/* 410, wherever it came from. */
void kube_watch_expired(struct kube_watch *watch);

/* watch_event.c: a line of the stream.  False: cut the stream. */
bool kube_watch_line(void *arg, const char *line, size_t len);

#endif
