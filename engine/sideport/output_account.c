/* SPDX-License-Identifier: MIT */
/*
 * How much each attempt has sent, and what is on its way.
 *
 * An attempt's account is what lies in its folder, measured once and kept up to
 * date; a file's bytes are reserved before the first of them comes, so several
 * at once cannot go beyond the limit together.  HTTP threads share all of it
 * under one mutex, which is never held while a file is written.
 */
#include "base/mem.h"
#include "engine/sideport/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

struct output_account {
	struct output_account *next;
	int64_t trial;
	int attempt;
	int64_t bytes, files; /* there, or reserved */
};

static struct output_account *find(struct outputs *outputs,
				   const struct output_upload *upload)
{
	struct output_account *account = outputs->accounts;

	while (account && (account->trial != upload->caller.trial ||
			   account->attempt != upload->caller.attempt))
		account = account->next;
	return account;
}

static struct output_account *find_or_measure(struct outputs *outputs,
					      struct output_upload *upload)
{
	struct output_account *account = find(outputs, upload);

	if (account)
		return account;
	account = xcalloc(1, sizeof(*account));
	account->trial = upload->caller.trial;
	account->attempt = upload->caller.attempt;
	if (upload->folder_fd >= 0)
		output_measure(upload->folder_fd, &account->bytes,
			       &account->files);
	account->next = outputs->accounts;
	outputs->accounts = account;
	return account;
}

/* libmicrohttpd may learn late that a peer has gone in the middle of a body:
 * who comes again must not wait for that. */
static void cut_if_gone(const struct output_upload *upload)
{
	char byte;
	ssize_t n = recv(upload->socket_fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);

	if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR))
		shutdown(upload->socket_fd, SHUT_RDWR);
}

static bool is_under_way(const struct outputs *outputs,
			 const struct output_upload *upload)
{
	const struct output_upload *other = outputs->uploads;

	while (other && (other->caller.trial != upload->caller.trial ||
			 other->caller.attempt != upload->caller.attempt ||
			 strcmp(other->part, upload->part) != 0))
		other = other->next;
	if (other)
		cut_if_gone(other);
	return other;
}

/* upload->at: bytes of it that are there. */
enum output_verdict output_enter(struct sideport *sideport,
				 struct output_upload *upload, bool enter)
{
	struct outputs *outputs = &sideport->outputs;
	enum output_verdict verdict = OUTPUT_GRANTED;
	int64_t more = upload->size - upload->at;
	struct output_account *account;

	pthread_mutex_lock(&outputs->mutex);
	account = find_or_measure(outputs, upload);
	if (is_under_way(outputs, upload))
		verdict = OUTPUT_BUSY;
	else if (account->bytes - upload->replaces + more >
			 outputs->limit_bytes ||
		 (upload->is_new && account->files >= OUTPUT_FILES_MAX))
		verdict = OUTPUT_TOO_MUCH;
	if (verdict == OUTPUT_GRANTED && enter) {
		upload->reserved = more;
		account->bytes += more;
		account->files += upload->is_new;
		upload->next = outputs->uploads;
		outputs->uploads = upload;
	}
	pthread_mutex_unlock(&outputs->mutex);
	return verdict;
}

static void drop_account(struct outputs *outputs, int64_t trial, int attempt)
{
	struct output_account **link = &outputs->accounts, *account;

	while ((account = *link)) {
		if (account->trial != trial || account->attempt != attempt) {
			link = &account->next;
			continue;
		}
		*link = account->next;
		free(account);
	}
}

void output_leave(struct sideport *sideport, struct output_upload *upload)
{
	struct outputs *outputs = &sideport->outputs;
	struct output_upload **link = &outputs->uploads;
	struct output_account *account;

	pthread_mutex_lock(&outputs->mutex);
	while (*link && *link != upload)
		link = &(*link)->next;
	if (*link)
		*link = upload->next;
	account = find(outputs, upload);
	if (account) {
		account->bytes -= upload->is_failed ? upload->size - upload->at
						    : upload->replaces;
		/* a part that stays is a file, too; one that went is none */
		if (upload->is_failed && upload->is_new && !upload->at)
			account->files--;
	}
	pthread_mutex_unlock(&outputs->mutex);
}

void output_forget(struct sideport *sideport, int64_t trial, int attempt)
{
	pthread_mutex_lock(&sideport->outputs.mutex);
	drop_account(&sideport->outputs, trial, attempt);
	pthread_mutex_unlock(&sideport->outputs.mutex);
}

void outputs_release(struct outputs *outputs)
{
	struct output_account *account;

	while ((account = outputs->accounts)) {
		outputs->accounts = account->next;
		free(account);
	}
	free(outputs->folder);
	pthread_mutex_destroy(&outputs->mutex);
}

char *output_top(struct sideport *sideport)
{
	char *top;

	pthread_mutex_lock(&sideport->outputs.mutex);
	top = xstrdup_or_null(sideport->outputs.folder);
	pthread_mutex_unlock(&sideport->outputs.mutex);
	return top;
}

void output_tell_fault(struct sideport *sideport, const char *text)
{
	struct outputs *outputs = &sideport->outputs;
	bool is_other;

	pthread_mutex_lock(&outputs->mutex);
	is_other = strcmp(outputs->fault, text ? text : "") != 0;
	snprintf(outputs->fault, sizeof(outputs->fault), "%s",
		 text ? text : "");
	outputs->is_fault_new = outputs->is_fault_new || is_other;
	pthread_mutex_unlock(&outputs->mutex);
	if (is_other && sideport->wake)
		sideport->wake(sideport->wake_arg);
}

bool sideport_outputs_fault(struct sideport *sideport, char *ret, size_t size)
{
	struct outputs *outputs = &sideport->outputs;
	bool is_new;

	pthread_mutex_lock(&outputs->mutex);
	is_new = outputs->is_fault_new;
	outputs->is_fault_new = false;
	snprintf(ret, size, "%s", outputs->fault);
	pthread_mutex_unlock(&outputs->mutex);
	return is_new;
}

void sideport_set_outputs(struct sideport *sideport, const char *folder,
			  int64_t limit_bytes)
{
	struct outputs *outputs = &sideport->outputs;
	char *copy = xstrdup_or_null(folder), *old;

	pthread_mutex_lock(&outputs->mutex);
	old = outputs->folder;
	outputs->folder = copy;
	outputs->limit_bytes = limit_bytes;
	pthread_mutex_unlock(&outputs->mutex);
	free(old);
}
