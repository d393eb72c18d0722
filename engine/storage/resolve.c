/* SPDX-License-Identifier: MIT */
/* A host's addresses, looked up in bounded time. */
#include "engine/storage/resolve.h"

#include "base/clock.h"
#include "base/mem.h"

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define LOOK_NS (100 * NS_PER_MS) /* at the watch */

/* The asker's and the thread's; the last one frees it. */
struct lookup {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	int users;
	bool is_done;
	int status;
	struct resolved found;
	char host[];
};

static void leave(struct lookup *lookup)
{
	bool is_last;

	pthread_mutex_lock(&lookup->mutex);
	is_last = --lookup->users == 0;
	pthread_mutex_unlock(&lookup->mutex);
	if (!is_last)
		return;
	pthread_cond_destroy(&lookup->changed);
	pthread_mutex_destroy(&lookup->mutex);
	free(lookup);
}

static int look_up(const char *host, int flags, struct resolved *ret)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
				       .ai_flags = flags};
	struct addrinfo *list = NULL;
	int status = getaddrinfo(host, NULL, &hints, &list);

	ret->count = 0;
	if (status)
		return status;
	for (struct addrinfo *at = list;
	     at && ret->count < RESOLVE_ADDRESSES_MAX; at = at->ai_next)
		if (getnameinfo(at->ai_addr, at->ai_addrlen,
				ret->addresses[ret->count],
				RESOLVE_ADDRESS_SIZE, NULL, 0,
				NI_NUMERICHOST) == 0)
			ret->count++;
	freeaddrinfo(list);
	return ret->count ? 0 : EAI_NONAME;
}

static void *run(void *arg)
{
	struct lookup *lookup = arg;
	struct resolved found;
	int status = look_up(lookup->host, AI_ADDRCONFIG, &found);

	pthread_mutex_lock(&lookup->mutex);
	lookup->status = status;
	lookup->found = found;
	lookup->is_done = true;
	pthread_cond_signal(&lookup->changed);
	pthread_mutex_unlock(&lookup->mutex);
	leave(lookup);
	return NULL;
}

static bool start(struct lookup *lookup)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t all, old;
	bool ok;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	pthread_attr_init(&attributes);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	ok = pthread_create(&thread, &attributes, run, lookup) == 0;
	pthread_attr_destroy(&attributes);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return ok;
}

/* True when the thread is done. */
static bool await(struct lookup *lookup, int64_t limit_ms,
		  const struct storage_watch *watch, struct error *err)
{
	int64_t until_ns = clock_mono_ns() + limit_ms * NS_PER_MS;
	bool is_done;

	pthread_mutex_lock(&lookup->mutex);
	while (!lookup->is_done && !atomic_load(&watch->is_cancelled)) {
		int64_t now_ns = clock_mono_ns();
		int64_t next_ns = now_ns + LOOK_NS;
		struct timespec next = {next_ns / NS_PER_S, next_ns % NS_PER_S};

		if (now_ns >= until_ns)
			break;
		pthread_cond_timedwait(&lookup->changed, &lookup->mutex, &next);
	}
	is_done = lookup->is_done;
	pthread_mutex_unlock(&lookup->mutex);
	if (is_done)
		return true;
	if (atomic_load(&watch->is_cancelled))
		return error_set(err, ERROR_CANCELED, "canceled");
	return error_set(err, ERROR_TIMEOUT,
			 "%s: its name was not resolved within %g s: do the "
			 "name servers answer?",
			 lookup->host, (double)limit_ms / 1000);
}

static bool fail(const char *host, int status, struct error *err)
{
	if (status == EAI_NONAME || status == EAI_NODATA)
		return error_set(err, ERROR_NOT_FOUND,
				 "%s: there is no host with this name", host);
	return error_set(err, ERROR_UNAVAILABLE,
			 "%s: its name cannot be resolved: %s", host,
			 gai_strerror(status));
}

static struct lookup *lookup_new(const char *host)
{
	size_t size = strlen(host) + 1;
	struct lookup *lookup = xcalloc(1, sizeof(*lookup) + size);
	pthread_condattr_t monotonic;

	memcpy(lookup->host, host, size);
	lookup->users = 1;
	pthread_mutex_init(&lookup->mutex, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&lookup->changed, &monotonic);
	pthread_condattr_destroy(&monotonic);
	return lookup;
}

bool storage_resolve(const char *host, int64_t limit_ms,
		     const struct storage_watch *watch, struct resolved *ret,
		     struct error *err)
{
	struct lookup *lookup;
	bool ok;

	/* numbers need nobody */
	if (look_up(host, AI_NUMERICHOST, ret) == 0)
		return true;
	lookup = lookup_new(host);
	lookup->users++;
	ok = start(lookup);
	if (!ok) {
		lookup->users--;
		error_set(err, ERROR_SYSTEM, "no thread can be started");
	} else {
		ok = await(lookup, limit_ms, watch, err);
	}
	if (ok && lookup->status)
		ok = fail(host, lookup->status, err);
	else if (ok)
		*ret = lookup->found;
	leave(lookup);
	return ok;
}
