/* SPDX-License-Identifier: MIT */
#include "tests/unit/kind/framework_packed.h"

#include "base/strbuf.h"
#include "engine/kube/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include <cmocka.h>

char *framework_pack(const char *text)
{
	z_stream stream = {0};
	struct strbuf out = STRBUF_INIT, packed = STRBUF_INIT;

	assert_int_equal(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8,
				      Z_DEFAULT_STRATEGY),
			 Z_OK);
	strbuf_reserve(&packed, deflateBound(&stream, strlen(text)));
	stream.next_in = (Bytef *)(uintptr_t)text;
	stream.avail_in = (uInt)strlen(text);
	stream.next_out = (Bytef *)packed.data;
	stream.avail_out = (uInt)deflateBound(&stream, strlen(text));
	assert_int_equal(deflate(&stream, Z_FINISH), Z_STREAM_END);
	secret_add_base64(&out, packed.data, stream.total_out);
	if (out.capacity)
		out.data[out.len] = '\0';
	deflateEnd(&stream);
	strbuf_release(&packed);
	return strbuf_detach(&out);
}
