/* SPDX-License-Identifier: MIT */
/* The tree: kinds of scalars, anchors, merge keys, positions and bounds. */
#include "base/mem.h"
#include "engine/spec/node.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void expect_json(const char *yaml, const char *json)
{
	struct strbuf out = STRBUF_INIT;
	struct document document;
	const struct node *bad;
	struct error err;
	struct mark mark;

	if (!node_read(yaml, strlen(yaml), &document, &mark, &err))
		fail_msg("%d:%d: %s: %s", mark.line, mark.column, err.text,
			 yaml);
	assert_true(node_add_json(&out, document.root, &bad));
	assert_string_equal(out.data, json);
	strbuf_release(&out);
	document_release(&document);
}

/* `want` is "line:column: text". */
static void expect_refused_bytes(const char *yaml, size_t len, const char *want)
{
	struct document document;
	struct error err;
	struct mark mark;
	char *got;

	assert_false(node_read(yaml, len, &document, &mark, &err));
	got = xasprintf("%d:%d: %s", mark.line, mark.column, err.text);
	assert_string_equal(got, want);
	free(got);
}

static void expect_refused(const char *yaml, const char *want)
{
	expect_refused_bytes(yaml, strlen(yaml), want);
}

static void reads_scalars_as_pyyaml_does(void **state)
{
	(void)state;
	expect_json("[~, null, '', yes, Off, TRUE]",
		    "[null,null,\"\",true,false,true]");
	expect_json("[1, -5, +7, 0, 0x1F, 010, 0b11, 0o17, 1_000, -0]",
		    "[1,-5,7,0,31,8,3,15,1000,0]");
	expect_json("[18446744073709551615, 99999999999999999999]",
		    "[18446744073709551615,99999999999999999999]");
	expect_json("[1.5, -.5, 2., 1e3, 1_0.5, +1.0e-2, 6.02E23]",
		    "[1.5,-0.5,2.0,1e3,10.5,1.0e-2,6.02E23]");
	expect_json("[a, 08, 1:30, '5', \"true\", 1.2.3, -, 0x, 1e, .]",
		    "[\"a\",\"08\",\"1:30\",\"5\",\"true\",\"1.2.3\","
		    "\"-\",\"0x\",\"1e\",\".\"]");
	expect_json("[!!str 5, !!int '5', !!float 1.0, ! 5]",
		    "[\"5\",5,1.0,\"5\"]");
}

/* PyYAML reads 1e-4 as text, which no user means. */
static void reads_floats_without_a_dot(void **state)
{
	(void)state;
	expect_json("{lr: 1e-4, big: 1E5}", "{\"lr\":1e-4,\"big\":1E5}");
}

static void keeps_the_order_of_keys(void **state)
{
	(void)state;
	expect_json("z: 1\na: {y: 2, b: 3}\n1: x\n",
		    "{\"z\":1,\"a\":{\"y\":2,\"b\":3},\"1\":\"x\"}");
}

static void reads_json(void **state)
{
	(void)state;
	expect_json("{\"a\":[1,2.50,\"x\\n\\u00e9\\/\"],\n\t\"b\":{}}",
		    "{\"a\":[1,2.50,\"x\\n\xC3\xA9/\"],\"b\":{}}");
	expect_json("\xEF\xBB\xBF{\"a\":1}\r\n", "{\"a\":1}");
}

static void shares_what_aliases_name(void **state)
{
	(void)state;
	expect_json("a: &x [1, {b: 2}]\nc: *x\n",
		    "{\"a\":[1,{\"b\":2}],\"c\":[1,{\"b\":2}]}");
	expect_json("[&x 1, *x, &x 2, *x]", "[1,1,2,2]");
}

static void merges_as_pyyaml_does(void **state)
{
	(void)state;
	expect_json("a: &a {x: 1, y: 2}\nb: {z: 3, <<: *a, y: 9}\n",
		    "{\"a\":{\"x\":1,\"y\":2},"
		    "\"b\":{\"x\":1,\"y\":9,\"z\":3}}");
	/* of a list the first wins */
	expect_json("- &a {x: 1}\n- &b {x: 2, y: 2}\n- {<<: [*a, *b]}\n",
		    "[{\"x\":1},{\"x\":2,\"y\":2},{\"x\":1,\"y\":2}]");
	expect_json("{\"<<\": 5}", "{\"<<\":5}");
	expect_refused("<<: 5\n",
		       "1:5: '<<' merges a mapping or a list of mappings");
	expect_refused("- &a {}\n- {<<: *a, <<: *a}\n",
		       "2:12: a second '<<': merge a list instead");
}

static void refuses_duplicate_keys(void **state)
{
	(void)state;
	expect_refused("a: 1\nb:\n  c: 1\n  d: 2\n  c: 3\na: 2\n",
		       "5:3: 'c' stands in line 3 already");
	expect_refused("{b: 1, a: 1, b: 2, a: 2}",
		       "1:14: 'b' stands in line 1 already");
}

static void refuses_what_is_not_one_text_document(void **state)
{
	(void)state;
	expect_refused("", "1:1: the file is empty");
	expect_refused("# only a comment\n", "1:1: the file is empty");
	expect_refused("a: 1\n---\nb: 1\n",
		       "2:1: a second document starts here: one file holds "
		       "one");
	expect_refused("a: \xC3\xA9\xFF\n",
		       "1:5: byte 0xff is not valid UTF-8: save the file as "
		       "UTF-8");
	expect_refused_bytes("a: 1\nb: \0\n", 10,
			     "2:4: control character U+0000 is not allowed in "
			     "a text file");
	expect_refused("a: \x1b[2J\n",
		       "1:4: control character U+001B is not allowed in a "
		       "text file");
	expect_refused("a: \"x\\0y\"\n", "1:4: a NUL character inside a text");
	expect_refused("a:\n\tb: 1\n",
		       "2:1: a tab: YAML is indented with spaces");
}

static void explains_mistakes_of_syntax(void **state)
{
	(void)state;
	expect_refused("a: b: c\n",
		       "1:5: a ': ' where no key can stand: check the "
		       "indentation, or put the text in quotes");
	expect_refused("a: [1,\n", "2:1: a value is missing here");
	expect_refused("a: {b: 1\nc: 2\n",
		       "2:2: a mapping in braces needs ',' or '}' here");
	expect_refused("a: @x\n", "1:4: no value can start with this "
				  "character: put the text in quotes");
	expect_refused("a: 'x\n", "2:1: the file ends inside a quoted text");
	expect_refused("\"a\" \"b\"\n",
		       "1:5: this cannot follow what stands before it: check "
		       "the quotes");
	expect_refused("? [a]\n: 1\n", "1:3: a key must be plain text");
	expect_refused("a: !mine 1\n",
		       "1:4: tag '!mine' does not fit here or is unknown");
	expect_refused("a: !!int x\n",
		       "1:4: tag 'tag:yaml.org,2002:int' does not fit here or "
		       "is unknown");
}

static void refuses_broken_aliases(void **state)
{
	(void)state;
	expect_refused("a: *x\n", "1:4: no anchor '&x' stands before this");
	expect_refused("a: &a [1, *a]\n",
		       "1:11: alias '*a' would contain itself");
	expect_refused("a: &a x\n*a : 1\n", "2:1: an alias cannot be a key");
}

/* Ten of ten of ten ...: 10^6 values in a few hundred bytes. */
static void refuses_alias_bombs(void **state)
{
	struct strbuf bomb = STRBUF_INIT;
	struct strbuf text = STRBUF_INIT;

	(void)state;
	strbuf_adds(&bomb, "a: &a [1,1,1,1,1,1,1,1,1,1]\n");
	for (char c = 'b'; c < 'j'; c++) {
		char last = (char)(c - 1);

		strbuf_addf(&bomb, "%c: &%c [*%c,*%c,*%c,*%c,*%c,*%c]\n", c, c,
			    last, last, last, last, last, last);
	}
	expect_refused(bomb.data, "7:11: more than 200000 values once aliases "
				  "are expanded");
	/* few values, much text */
	strbuf_adds(&text, "- &t ");
	for (int i = 0; i < 100000; i++)
		strbuf_adds(&text, "abcdefghij");
	for (int i = 0; i < 20; i++)
		strbuf_adds(&text, "\n- *t");
	expect_refused(text.data, "17:3: more than 16 MiB of text once "
				  "aliases are expanded");
	strbuf_release(&bomb);
	strbuf_release(&text);
}

static char *nested(int depth)
{
	struct strbuf out = STRBUF_INIT;

	for (int i = 1; i < depth; i++)
		strbuf_addch(&out, '[');
	strbuf_addch(&out, '1');
	for (int i = 1; i < depth; i++)
		strbuf_addch(&out, ']');
	return strbuf_detach(&out);
}

static void bounds_depth(void **state)
{
	char *fits = nested(NODE_DEPTH_MAX);
	char *deeper = nested(NODE_DEPTH_MAX + 1);
	char *half = nested(40);
	char *twice = xasprintf("[&a %s, [[[[[[[[[[[[[[[[[[[[[[[[[*a"
				"]]]]]]]]]]]]]]]]]]]]]]]]]]",
				half);

	(void)state;
	expect_json(fits, fits);
	expect_refused(deeper, "1:64: nested more than 64 levels deep");
	expect_refused(twice, "1:111: nested more than 64 levels deep");
	free(fits);
	free(deeper);
	free(half);
	free(twice);
}

static void bounds_keys(void **state)
{
	char *yaml = xasprintf("%0*d: 1\n", NODE_KEY_MAX + 1, 0);

	(void)state;
	expect_refused(yaml, "1:1: a key of more than 256 bytes");
	expect_refused("\"a\\nb\": 1\n", "1:1: a key with a control character");
	free(yaml);
}

static void finds_its_way(void **state)
{
	const char *yaml = "a:\n  b/c:\n    - 1\n    -   x: 5\nb: 2\n";
	const struct node_entry *entry = NULL;
	struct document document;
	const struct node *node;
	struct mark mark;
	struct error err;

	(void)state;
	assert_true(node_read(yaml, strlen(yaml), &document, &mark, &err));
	node = node_follow(document.root, "a/b/c/1/x", '/', &entry);
	assert_non_null(node);
	assert_int_equal(node->mark.line, 4);
	assert_int_equal(node->mark.column, 12);
	assert_int_equal(entry->mark.column, 9);
	assert_null(node_follow(document.root, "a/b/c/2", '/', NULL));
	assert_null(node_follow(document.root, "a/b", '/', NULL));
	assert_null(node_follow(document.root, "b/x", '/', NULL));
	assert_ptr_equal(node_follow(document.root, "", '/', NULL),
			 document.root);
	document_release(&document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_scalars_as_pyyaml_does),
		cmocka_unit_test(reads_floats_without_a_dot),
		cmocka_unit_test(keeps_the_order_of_keys),
		cmocka_unit_test(reads_json),
		cmocka_unit_test(shares_what_aliases_name),
		cmocka_unit_test(merges_as_pyyaml_does),
		cmocka_unit_test(refuses_duplicate_keys),
		cmocka_unit_test(refuses_what_is_not_one_text_document),
		cmocka_unit_test(explains_mistakes_of_syntax),
		cmocka_unit_test(refuses_broken_aliases),
		cmocka_unit_test(refuses_alias_bombs),
		cmocka_unit_test(bounds_depth),
		cmocka_unit_test(bounds_keys),
		cmocka_unit_test(finds_its_way),
	};

	return cmocka_run_group_tests_name("node", tests, NULL, NULL);
}
