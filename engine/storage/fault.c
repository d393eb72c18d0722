/* SPDX-License-Identifier: MIT */
/* What refusals mean. */
#include "engine/storage/fault.h"

#include "base/clock.h"
#include "base/mem.h"
#include "engine/kube/auth_private.h"
#include "engine/storage/xml.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Both services refuse requests that are off by more. */
#define SKEW_MAX_NS (15 * 60 * NS_PER_S)

enum meaning {
	MEANS_NOTHING, /* known to nobody here: by HTTP's code */
	MEANS_WRONG_KEY,
	MEANS_EXPIRED,
	MEANS_SKEW,
	MEANS_REGION,
	MEANS_DENIED,
	MEANS_NO_PLACE,
	MEANS_NOT_FOUND,
	MEANS_TAKEN, /* the place belongs to somebody else */
	MEANS_CONFLICT,
	MEANS_FULL,
	MEANS_BUSY,
	MEANS_CHANGED, /* on the way, or while it was read */
	MEANS_AGAIN,
};

static const struct {
	const char *code;
	enum meaning meaning;
} codes[] = {
	/* S3 */
	{"InvalidAccessKeyId", MEANS_WRONG_KEY},
	{"SignatureDoesNotMatch", MEANS_WRONG_KEY},
	{"XAdminUserNotFound", MEANS_WRONG_KEY}, /* versitygw */
	{"ExpiredToken", MEANS_EXPIRED},
	{"InvalidToken", MEANS_EXPIRED},
	{"TokenRefreshRequired", MEANS_EXPIRED},
	{"RequestTimeTooSkewed", MEANS_SKEW},
	{"PermanentRedirect", MEANS_REGION},
	{"TemporaryRedirect", MEANS_AGAIN},
	{"AuthorizationHeaderMalformed", MEANS_REGION},
	{"IllegalLocationConstraintException", MEANS_REGION},
	{"AccessDenied", MEANS_DENIED},
	{"AllAccessDisabled", MEANS_DENIED},
	{"AccountProblem", MEANS_DENIED},
	{"NoSuchBucket", MEANS_NO_PLACE},
	{"NoSuchKey", MEANS_NOT_FOUND},
	{"BucketAlreadyExists", MEANS_TAKEN},
	{"QuotaExceeded", MEANS_FULL},
	{"StorageFull", MEANS_FULL},
	{"XMinioStorageFull", MEANS_FULL},
	{"InsufficientCapacity", MEANS_FULL},
	{"SlowDown", MEANS_BUSY},
	{"Throttling", MEANS_BUSY},
	{"RequestTimeout", MEANS_AGAIN},
	{"NoSuchUpload", MEANS_AGAIN},
	{"OperationAborted", MEANS_AGAIN},
	{"BadDigest", MEANS_CHANGED},
	{"XAmzContentSHA256Mismatch", MEANS_CHANGED},
	{"IncompleteBody", MEANS_CHANGED},
	/* Azure */
	{"AuthenticationFailed", MEANS_WRONG_KEY},
	{"InvalidAuthenticationInfo", MEANS_WRONG_KEY},
	{"AuthorizationFailure", MEANS_DENIED},
	{"AuthorizationPermissionMismatch", MEANS_DENIED},
	{"AuthorizationServiceMismatch", MEANS_DENIED},
	{"AuthorizationResourceTypeMismatch", MEANS_DENIED},
	{"InsufficientAccountPermissions", MEANS_DENIED},
	{"AccountIsDisabled", MEANS_DENIED},
	{"ShareDisabled", MEANS_DENIED},
	{"ShareNotFound", MEANS_NO_PLACE},
	{"ResourceNotFound", MEANS_NOT_FOUND},
	{"ParentNotFound", MEANS_NOT_FOUND},
	{"ResourceAlreadyExists", MEANS_CONFLICT},
	{"ResourceTypeMismatch", MEANS_CONFLICT},
	{"ShareSizeLimitReached", MEANS_FULL},
	{"ServerBusy", MEANS_BUSY},
	{"OperationTimedOut", MEANS_AGAIN},
	{"ShareBeingDeleted", MEANS_AGAIN},
	{"DeletePending", MEANS_AGAIN},
	{"SharingViolation", MEANS_AGAIN},
	{"FileLockConflict", MEANS_AGAIN},
	{"ClientCacheFlushDelay", MEANS_AGAIN},
	{"Md5Mismatch", MEANS_CHANGED},
};

/* --- reading ----------------------------------------------------------------
 */

/* On one line, safe to show, cut at a character. */
static void copy_text(char *to, size_t size, const char *text)
{
	struct strbuf plain = STRBUF_INIT;

	kube_plain_text(&plain, text, strlen(text), size - 1);
	memcpy(to, plain.data, plain.len + 1);
	strbuf_release(&plain);
}

static void copy_child(char *to, size_t size, const struct xml_node *node,
		       const char *name)
{
	char *text = xml_child_text(node, name);

	if (text)
		copy_text(to, size, text);
	free(text);
}

static void read_body(const struct http_answer *answer,
		      struct storage_fault *ret)
{
	struct error ignored;
	struct xml *xml = xml_read(answer->body.data, answer->body.len, "Error",
				   &ignored);
	const struct xml_node *root = xml ? xml_root(xml) : NULL;
	char server_time[64] = "";

	copy_child(ret->code, sizeof(ret->code), root, "Code");
	copy_child(ret->message, sizeof(ret->message), root, "Message");
	copy_child(ret->region, sizeof(ret->region), root, "Region");
	copy_child(server_time, sizeof(server_time), root, "ServerTime");
	if (*server_time)
		ret->server_ns = http_time(server_time);
	xml_free(xml);
}

/* Azure's messages go on with ids and times in lines of their own. */
static void cut_message(char *message)
{
	char *id = strstr(message, "RequestId:");

	if (!id)
		return;
	while (id > message && strchr(" \t\r\n", id[-1]))
		id--;
	*id = '\0';
}

static void copy_header(char *to, size_t size, const struct http_answer *answer,
			const char *name)
{
	char value[128];

	if (!*to && http_header(answer, name, value, sizeof(value)))
		copy_text(to, size, value);
}

void storage_fault_read(const struct http_answer *answer,
			struct storage_fault *ret)
{
	char date[64];

	*ret = (struct storage_fault){.http = answer->code};
	read_body(answer, ret);
	/* answers to HEAD have no body, redirects often have none */
	copy_header(ret->code, sizeof(ret->code), answer, "x-ms-error-code");
	copy_header(ret->region, sizeof(ret->region), answer,
		    "x-amz-bucket-region");
	if (!ret->server_ns && http_header(answer, "date", date, sizeof(date)))
		ret->server_ns = http_time(date);
	ret->retry_after_s = http_retry_after(answer);
	cut_message(ret->message);
	if (!*ret->message)
		snprintf(ret->message, sizeof(ret->message), "HTTP %d",
			 ret->http);
}

bool storage_fault_is(const struct http_answer *answer, const char *code)
{
	struct storage_fault fault;

	if (answer->code < 300)
		return false;
	storage_fault_read(answer, &fault);
	return !strcmp(fault.code, code);
}

/* --- telling ----------------------------------------------------------------
 */

static enum meaning by_code(const struct storage_fault *fault)
{
	for (size_t i = 0; i < COUNT_OF(codes); i++)
		if (!strcmp(codes[i].code, fault->code))
			return codes[i].meaning;
	return MEANS_NOTHING;
}

static enum meaning by_http(const struct storage_fault *fault)
{
	switch (fault->http) {
	case 301:
	case 307:
		return MEANS_REGION;
	case 401:
	case 403:
		return MEANS_DENIED;
	case 404:
		return MEANS_NOT_FOUND;
	case 408:
	case 425:
		return MEANS_AGAIN;
	case 409:
		return MEANS_CONFLICT;
	case 413:
	case 507:
		return MEANS_FULL;
	case 429:
	case 503:
		return MEANS_BUSY;
	default:
		return fault->http >= 500 ? MEANS_AGAIN : MEANS_NOTHING;
	}
}

static int64_t skew_ns(const struct storage_fault *fault, int64_t now_ns)
{
	int64_t skew = fault->server_ns ? now_ns - fault->server_ns : 0;

	return skew < 0 ? -skew : skew;
}

static bool tell_skew(const struct storage_fault *fault,
		      const struct storage_subject *subject, int64_t now_ns,
		      struct error *err)
{
	struct strbuf here = STRBUF_INIT, there = STRBUF_INIT;
	struct strbuf apart = STRBUF_INIT;

	clock_format_iso(&here, now_ns);
	if (fault->server_ns)
		clock_format_iso(&there, fault->server_ns);
	clock_format_duration(&apart, skew_ns(fault, now_ns));
	if (there.len)
		error_set(err, ERROR_DENIED,
			  "%s: the clocks differ by %s: here it is %s, there "
			  "%s: set this machine's clock",
			  subject->server, apart.data, here.data, there.data);
	else
		error_set(err, ERROR_DENIED,
			  "%s: the clocks differ too much: here it is %s: set "
			  "this machine's clock",
			  subject->server, here.data);
	strbuf_release(&here);
	strbuf_release(&there);
	strbuf_release(&apart);
	return false;
}

static bool tell_region(const struct storage_fault *fault,
			const struct storage_subject *subject,
			struct error *err)
{
	if (*fault->region)
		return error_set(err, ERROR_INVALID,
				 "%s: %s is in region %s: write region: %s",
				 subject->server, subject->place, fault->region,
				 fault->region);
	return error_set(err, ERROR_INVALID,
			 "%s: %s is not in this region (%s): set region and "
			 "endpoint to where it is",
			 subject->server, subject->place, fault->message);
}

static bool tell_busy(const struct storage_fault *fault,
		      const struct storage_subject *subject, struct error *err)
{
	if (fault->retry_after_s)
		return error_set(err, ERROR_UNAVAILABLE,
				 "%s: it is too busy and wants %d s of peace "
				 "(%s)",
				 subject->server, fault->retry_after_s,
				 *fault->code ? fault->code : fault->message);
	return error_set(err, ERROR_UNAVAILABLE, "%s: it is too busy (%s)",
			 subject->server,
			 *fault->code ? fault->code : fault->message);
}

/* "(Code: message)", without what must stay secret. */
static void add_said(struct strbuf *out, const struct storage_fault *fault,
		     const char *secret)
{
	if (*fault->code)
		strbuf_addf(out, "%s: ", fault->code);
	if (secret && *secret && strstr(fault->message, secret))
		strbuf_addf(out, "HTTP %d", fault->http);
	else
		strbuf_adds(out, fault->message);
}

static bool tell(enum meaning meaning, const struct storage_fault *fault,
		 const struct storage_subject *subject, const char *said,
		 struct error *err)
{
	const char *server = subject->server, *place = subject->place;

	switch (meaning) {
	case MEANS_WRONG_KEY:
		return error_set(err, ERROR_DENIED,
				 "%s: the key of %s is wrong (%s)", server,
				 subject->account, said);
	case MEANS_EXPIRED:
		return error_set(err, ERROR_DENIED,
				 "%s: the session token of %s has expired or "
				 "is none: get a new one (%s)",
				 server, subject->account, said);
	case MEANS_DENIED:
		return error_set(err, ERROR_DENIED,
				 "%s: %s: the right %s is missing for %s (%s)",
				 server, place, subject->right,
				 subject->account, said);
	case MEANS_NO_PLACE:
		return error_set(err, ERROR_NOT_FOUND, "%s: there is no %s",
				 server, place);
	case MEANS_NOT_FOUND:
		return error_set(err, ERROR_NOT_FOUND, "%s: it is not there",
				 server);
	case MEANS_TAKEN:
		return error_set(err, ERROR_CONFLICT,
				 "%s: %s belongs to somebody else: choose "
				 "another name",
				 server, place);
	case MEANS_CONFLICT:
		return error_set(err, ERROR_CONFLICT, "%s: %s", server, said);
	case MEANS_FULL:
		return error_set(err, ERROR_LIMIT,
				 "%s: %s is full: make room or raise its quota "
				 "(%s)",
				 server, place, said);
	case MEANS_CHANGED:
		return error_set(err, ERROR_UNAVAILABLE,
				 "%s: it was changed on the way, or while it "
				 "was read (%s)",
				 server, said);
	case MEANS_AGAIN:
		return error_set(err, ERROR_UNAVAILABLE, "%s: %s", server,
				 said);
	default:
		return error_set(err, ERROR_INVALID,
				 "%s: it refuses the request: HTTP %d, %s",
				 server, fault->http, said);
	}
}

bool storage_fault_error(const struct storage_fault *fault,
			 const struct storage_subject *subject,
			 struct error *err)
{
	int64_t now_ns = clock_wall_ns();
	enum meaning meaning = by_code(fault);
	struct strbuf said = STRBUF_INIT;

	if (meaning == MEANS_NOTHING)
		meaning = by_http(fault);
	/* this header's fault is the region's only where it says which */
	if (!strcmp(fault->code, "AuthorizationHeaderMalformed") &&
	    !*fault->region)
		meaning = MEANS_WRONG_KEY;
	if (meaning == MEANS_WRONG_KEY && skew_ns(fault, now_ns) > SKEW_MAX_NS)
		meaning = MEANS_SKEW;
	if (meaning == MEANS_SKEW)
		return tell_skew(fault, subject, now_ns, err);
	if (meaning == MEANS_REGION)
		return tell_region(fault, subject, err);
	if (meaning == MEANS_BUSY)
		return tell_busy(fault, subject, err);
	add_said(&said, fault, subject->secret);
	tell(meaning, fault, subject, said.data, err);
	strbuf_release(&said);
	return false;
}
