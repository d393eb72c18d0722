/* SPDX-License-Identifier: MIT */
/* WebSockets, server side. */
#include "engine/bridge/websocket.h"

#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#define HEAD_MAX 16384 /* bytes of the client's request */
#define CONTROL_MAX 125
#define KEY_LENGTH 24 /* 16 bytes in base64 */
#define SHA1_SIZE 20

enum opcode {
	OPCODE_MORE = 0,
	OPCODE_TEXT = 1,
	OPCODE_BINARY = 2,
	OPCODE_CLOSE = 8,
	OPCODE_PING = 9,
	OPCODE_PONG = 10,
};

enum close_code {
	CLOSE_NORMAL = 1000,
	CLOSE_PROTOCOL = 1002,
	CLOSE_BIG = 1009
};

void websocket_init(struct websocket *socket, const char *path,
		    size_t message_max)
{
	*socket = (struct websocket){.path = path, .message_max = message_max};
	strbuf_init(&socket->held);
	strbuf_init(&socket->message);
}

void websocket_release(struct websocket *socket)
{
	strbuf_release(&socket->held);
	strbuf_release(&socket->message);
}

/* --- frames out ------------------------------------------------------------
 */

static void add_frame(struct strbuf *out, enum opcode opcode, const void *data,
		      size_t len)
{
	strbuf_addch(out, (char)(0x80 | opcode));
	if (len <= CONTROL_MAX) {
		strbuf_addch(out, (char)len);
	} else if (len <= 0xffff) {
		strbuf_addch(out, 126);
		strbuf_addch(out, (char)(len >> 8));
		strbuf_addch(out, (char)len);
	} else {
		strbuf_addch(out, 127);
		for (int shift = 56; shift >= 0; shift -= 8)
			strbuf_addch(out, (char)((uint64_t)len >> shift));
	}
	strbuf_add(out, data, len);
}

void websocket_add_text(struct strbuf *out, const char *text, size_t len)
{
	add_frame(out, OPCODE_TEXT, text, len);
}

void websocket_add_ping(struct strbuf *out)
{
	add_frame(out, OPCODE_PING, "", 0);
}

void websocket_add_close(struct strbuf *out, int code)
{
	char text[2] = {(char)(code >> 8), (char)code};

	add_frame(out, OPCODE_CLOSE, text, sizeof(text));
}

/* --- the handshake -----------------------------------------------------------
 */

/* The value of a header line, its blanks cut; NULL: not there. */
static const char *find_header(const char *head, const char *name,
			       size_t *ret_len)
{
	size_t name_len = strlen(name);
	const char *line = strstr(head, "\r\n");

	for (; line; line = strstr(line, "\r\n")) {
		line += 2;
		if (!strncasecmp(line, name, name_len) &&
		    line[name_len] == ':') {
			const char *value = line + name_len + 1;

			value += strspn(value, " \t");
			*ret_len = strcspn(value, "\r");
			while (*ret_len && (value[*ret_len - 1] == ' ' ||
					    value[*ret_len - 1] == '\t'))
				--*ret_len;
			return value;
		}
	}
	return NULL;
}

/* Without telling by its time how much of the secret in it was right. */
static bool is_for_us(const struct websocket *socket, const char *head)
{
	size_t len = strlen(socket->path), there;
	unsigned char differences = 0;

	if (strncmp(head, "GET ", 4))
		return false;
	head += 4;
	there = strcspn(head, " \r");
	if (there != len || head[there] != ' ')
		return false;
	for (size_t i = 0; i < len; i++)
		differences |= (unsigned char)(head[i] ^ socket->path[i]);
	return !differences;
}

static void accept_key(const char *key, size_t len, char ret[32])
{
	static const char guid[] = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
	unsigned char digest[EVP_MAX_MD_SIZE];
	char text[KEY_LENGTH + sizeof(guid)];
	unsigned int size = 0;

	memcpy(text, key, len);
	memcpy(text + len, guid, sizeof(guid));
	EVP_Digest(text, len + sizeof(guid) - 1, digest, &size, EVP_sha1(),
		   NULL);
	EVP_EncodeBlock((unsigned char *)ret, digest, SHA1_SIZE);
}

static bool shake_hands(struct websocket *socket, struct strbuf *out,
			struct error *err)
{
	const char *end = strstr(socket->held.data, "\r\n\r\n");
	const char *upgrade, *key;
	size_t upgrade_len = 0, key_len = 0, head_len;
	char accept[32];

	if (memchr(socket->held.data, '\0', socket->held.len))
		return error_set(err, ERROR_INVALID,
				 "a WebSocket's request holds a zero byte");
	if (!end && socket->held.len > HEAD_MAX)
		return error_set(err, ERROR_LIMIT,
				 "a WebSocket's request is too long");
	if (!end)
		return true; /* more to come */
	head_len = (size_t)(end - socket->held.data) + 4;
	socket->held.data[head_len - 2] = '\0';
	upgrade = find_header(socket->held.data, "Upgrade", &upgrade_len);
	key = find_header(socket->held.data, "Sec-WebSocket-Key", &key_len);
	if (!is_for_us(socket, socket->held.data)) {
		strbuf_adds(out, "HTTP/1.1 403 Forbidden\r\n"
				 "Content-Length: 0\r\n"
				 "Connection: close\r\n\r\n");
		return error_set(err, ERROR_DENIED,
				 "somebody else came to Python's WebSocket");
	}
	if (!upgrade || upgrade_len != strlen("websocket") ||
	    strncasecmp(upgrade, "websocket", upgrade_len) || !key ||
	    key_len != KEY_LENGTH) {
		strbuf_adds(out, "HTTP/1.1 400 Bad Request\r\n"
				 "Content-Length: 0\r\n"
				 "Connection: close\r\n\r\n");
		return error_set(err, ERROR_INVALID,
				 "a WebSocket was asked for in a way that "
				 "RFC 6455 does not know");
	}
	accept_key(key, key_len, accept);
	strbuf_addf(out,
		    "HTTP/1.1 101 Switching Protocols\r\n"
		    "Upgrade: websocket\r\n"
		    "Connection: Upgrade\r\n"
		    "Sec-WebSocket-Accept: %s\r\n\r\n",
		    accept);
	strbuf_consume(&socket->held, head_len);
	socket->is_open = true;
	return true;
}

/* --- frames in --------------------------------------------------------------
 */

struct head {
	enum opcode opcode;
	bool is_last;
	size_t size; /* of the header, mask included */
	uint64_t len;
	unsigned char mask[4];
};

static bool violates(struct strbuf *out, enum close_code code,
		     struct error *err, const char *what)
{
	websocket_add_close(out, code);
	return error_set(err, code == CLOSE_BIG ? ERROR_LIMIT : ERROR_INVALID,
			 "Python's WebSocket: %s", what);
}

/* size 0: it is not all there yet. */
static void read_head(const struct strbuf *held, size_t at, struct head *ret)
{
	const unsigned char *p = (const unsigned char *)held->data + at;
	size_t there = held->len - at, bytes = 0, size;

	*ret = (struct head){0};
	if (there < 2)
		return;
	if (!(p[1] & 0x80)) { /* which is refused */
		ret->size = 2;
		return;
	}
	ret->opcode = p[0] & 0x0f;
	ret->is_last = p[0] & 0x80;
	ret->len = p[1] & 0x7f;
	if (ret->len == 126)
		bytes = 2;
	else if (ret->len == 127)
		bytes = 8;
	size = 2 + bytes + sizeof(ret->mask);
	if (there < size)
		return;
	if (bytes)
		ret->len = 0;
	for (size_t i = 0; i < bytes; i++)
		ret->len = ret->len << 8 | p[2 + i];
	memcpy(ret->mask, p + 2 + bytes, sizeof(ret->mask));
	ret->size = size;
}

static bool check_head(const struct websocket *socket, const struct head *head,
		       const char *first, struct strbuf *out, struct error *err)
{
	bool is_control = head->opcode >= OPCODE_CLOSE;

	if (first[0] & 0x70)
		return violates(out, CLOSE_PROTOCOL, err,
				"a frame with an extension's bits");
	if (!(first[1] & 0x80))
		return violates(out, CLOSE_PROTOCOL, err,
				"a frame without a mask");
	if (head->opcode > OPCODE_PONG ||
	    (head->opcode > OPCODE_BINARY && !is_control))
		return violates(out, CLOSE_PROTOCOL, err,
				"a frame of an unknown kind");
	if (is_control && (!head->is_last || head->len > CONTROL_MAX))
		return violates(out, CLOSE_PROTOCOL, err,
				"a control frame that is too long");
	if (!is_control &&
	    (head->opcode == OPCODE_MORE) != socket->is_fragmented)
		return violates(out, CLOSE_PROTOCOL, err,
				"fragments of messages in disorder");
	if (!is_control &&
	    (head->len > socket->message_max ||
	     head->len + socket->message.len > socket->message_max))
		return violates(out, CLOSE_BIG, err, "a message too long");
	return true;
}

static bool take_data(struct websocket *socket, const struct head *head,
		      const char *data, struct strbuf *out, websocket_fn *fn,
		      void *arg, struct error *err)
{
	bool ok;

	strbuf_add(&socket->message, data, (size_t)head->len);
	socket->is_fragmented = !head->is_last;
	if (!head->is_last)
		return true;
	if (memchr(socket->message.data, '\0', socket->message.len))
		return violates(out, CLOSE_PROTOCOL, err,
				"a message with a zero byte");
	ok = fn(arg, socket->message.data, socket->message.len);
	strbuf_clear(&socket->message);
	return ok;
}

static bool take_frame(struct websocket *socket, const struct head *head,
		       const char *data, struct strbuf *out, websocket_fn *fn,
		       void *arg, struct error *err)
{
	switch (head->opcode) {
	case OPCODE_PING:
		add_frame(out, OPCODE_PONG, data, (size_t)head->len);
		return true;
	case OPCODE_PONG:
		socket->pongs++;
		return true;
	case OPCODE_CLOSE:
		socket->is_closed = true;
		websocket_add_close(out, CLOSE_NORMAL);
		return true;
	default:
		return take_data(socket, head, data, out, fn, arg, err);
	}
}

static bool take_frames(struct websocket *socket, struct strbuf *out,
			websocket_fn *fn, void *arg, struct error *err)
{
	struct strbuf *held = &socket->held;
	size_t at = 0;
	bool ok = true;

	while (ok && !socket->is_closed) {
		struct head head;
		char *data;

		read_head(held, at, &head);
		if (!head.size)
			break;
		ok = check_head(socket, &head, held->data + at, out, err);
		if (!ok || held->len - at - head.size < head.len)
			break;
		data = held->data + at + head.size;
		for (uint64_t i = 0; i < head.len; i++)
			data[i] = (char)(data[i] ^ head.mask[i % 4]);
		ok = take_frame(socket, &head, data, out, fn, arg, err);
		at += head.size + (size_t)head.len;
	}
	strbuf_consume(held, at);
	return ok;
}

bool websocket_feed(struct websocket *socket, const char *data, size_t len,
		    struct strbuf *out, websocket_fn *fn, void *arg,
		    struct error *err)
{
	if (socket->is_closed)
		return true;
	strbuf_add(&socket->held, data, len);
	if (!socket->is_open && !shake_hands(socket, out, err))
		return false;
	return !socket->is_open || take_frames(socket, out, fn, arg, err);
}
