/* SPDX-License-Identifier: MIT */
/*
 * A client, and a server that says what its script says.
 *
 * The server runs on the client's loop, so there are no threads and no waiting
 * for them.  It is for what a real API server does not do on demand: cut a
 * line, say nothing, answer 429.  What a real one does is tested on a real one.
 *
 * Requests take the script's answers in the order they arrive in, and the test
 * fails when one does not begin as the script says it will.
 */
#ifndef TESTS_UNIT_KUBE_RIG_H
#define TESTS_UNIT_KUBE_RIG_H

#include "base/strbuf.h"
#include "engine/kube/client.h"

struct rig;

/* What happens when an answer has been sent. */
enum after {
	AFTER_KEEP,  /* the connection goes on */
	AFTER_CLOSE, /* it is closed */
	AFTER_RESET, /* it is broken */
	AFTER_HANG,  /* nothing more is sent */
};

#define PIECES_MAX 16

/* One request and its answer. */
struct exchange {
	const char *wants; /* the request begins with it */
	const char *has;   /* and contains it; or NULL */
	const char *head;  /* "200 OK", header lines behind "\r\n" */
	const char *body;  /* with Content-Length; NULL: pieces */
	const char *pieces[PIECES_MAX]; /* chunks, each in its own turn */
	bool is_endless;		/* no last chunk */
	bool is_silent;			/* not even a head */
	enum after after;
};

#define ANSWER(wanted, contained, first, content)                              \
	{                                                                      \
		.wants = wanted, .has = contained, .head = first,              \
		.body = content                                                \
	}

struct rig {
	struct loop *loop;
	struct kube_config *config;
	struct kube_client *client;
	struct strbuf told; /* what the test's callbacks wrote down */
	struct strbuf seen; /* the requests, a line each, and what was sent */
	int requests;
	int connections; /* accepted */
	/* script */
	const struct exchange *script;
	int script_count;
	/* inside */
	int listener;
	int port;
	struct loop_watch *watch;
	struct peer *peers;
	/* instead of a script: answers with rig_answer, or later, or with a
	 * stream.  request is whole, its body behind the empty line. */
	void (*serve)(struct rig *rig, int peer, const char *request);
	void *serve_arg;
	int next_peer;
};

/* To the request of a peer; nothing happens when that has gone. */
void rig_answer(struct rig *rig, int peer, const char *head, const char *body);
void rig_stream(struct rig *rig, int peer); /* begin one */
void rig_chunk(struct rig *rig, int peer, const char *text);
void rig_stream_end(struct rig *rig, int peer);
/* Break its connection. */
void rig_cut(struct rig *rig, int peer);
bool rig_has_peer(const struct rig *rig, int peer);

/* cmocka set-up and tear-down: *state is the rig. */
int rig_open(void **state);
int rig_close(void **state);
/* Begin again with another client: 0 keeps a default. */
void rig_limit(struct rig *rig, double per_s, int burst);
/* The same with a user of this kubeconfig stanza, and https, since without no
 * credentials are given away: the server cannot answer it. */
void rig_user(struct rig *rig, const char *user);
void rig_script(struct rig *rig, const struct exchange *script, int count);
#define RIG_SCRIPT(rig, script)                                                \
	rig_script(rig, script, (int)(sizeof(script) / sizeof((script)[0])))
/* Run the loop until told contains text; fails after twenty seconds. */
void rig_until(struct rig *rig, const char *text);
/* Let the loop run for a moment: to see that something does not happen. */
void rig_moment(struct rig *rig, int ms);
/* Nothing listens any more, and connections are broken; and again it does. */
void rig_stop_server(struct rig *rig);
void rig_start_server(struct rig *rig);

/* Writes "CODE BODY\n" or "CODE error-code: TEXT\n" to told.  arg: the rig. */
void rig_tell_reply(const struct kube_reply *reply, void *arg);
/* A call that is told so. */
struct kube_call *rig_call(struct rig *rig, enum kube_method method,
			   const char *path, const char *body, int give_up_ms);

#endif
