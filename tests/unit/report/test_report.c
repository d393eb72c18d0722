/* SPDX-License-Identifier: MIT */
/*
 * Reports: well-formed whatever stands in the database, nothing of it becomes
 * markup, nothing is loaded from elsewhere, and size and time are bounded.
 */
#include "report/report.h"

#include "base/clock.h"
#include "base/fs.h"
#include "base/mem.h"
#include "report/plot.h"
#include "report/text.h"

#include <libxml/parser.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define START_NS (1790000000 * NS_PER_S)
#define HOSTILE                                                                \
	"</title></style></svg></pre><script>alert(1)</script>\"'><img "       \
	"src=http://x onerror=a>&lt;|````\n# x\n[a](javascript:b) "            \
	"\x1b[31m\xFF\xE2\x80\xAE\x01"

static char folder[] = "/tmp/trialdeck-report-XXXXXX";
static struct store *store;
static char *path;

static int set_up(void **state)
{
	struct error err;

	(void)state;
	strcpy(folder, "/tmp/trialdeck-report-XXXXXX");
	if (!mkdtemp(folder))
		return -1;
	path = fs_join(folder, "t.db");
	return store_open(path, STORE_WRITE, &store, &err) ? 0 : -1;
}

static int tear_down(void **state)
{
	struct error err;

	(void)state;
	store_close(store);
	free(path);
	return fs_remove_tree(folder, &err) ? 0 : -1;
}

static void must(bool ok, const struct error *err)
{
	if (!ok)
		fail_msg("%s", err->text);
}

static struct experiment add_experiment(const char *name, const char *space,
					const char *config)
{
	struct error err = {0};
	struct experiment experiment = {
		.id = "abcd1234",
		.name = xstrdup(name),
		.state = EXPERIMENT_DONE,
		.platform = xstrdup("local"),
		.config = xstrdup(config),
		.source = xstrdup("x"),
		.source_path = xstrdup("/x"),
		.space = xstrdup(space),
		.directory = xstrdup(folder),
		.error = xstrdup(name),
		.objective = OBJECTIVE_MINIMIZE,
		.seed = 7,
		.concurrency = 2,
		.created_ns = START_NS,
		.started_ns = START_NS,
	};

	must(store_begin(store, &err), &err);
	must(store_experiment_add(store, &experiment, &err), &err);
	return experiment;
}

static void add_metric(const struct trial *trial, const char *name,
		       enum metric_type type, int sequence, double value)
{
	struct metric metric = {.type = type,
				.sequence = sequence,
				.at_ns = START_NS,
				.value = value};
	struct error err = {0};
	bool is_new;

	snprintf(metric.name, sizeof(metric.name), "%s", name);
	must(store_metric_add(store, trial->key, 1, &metric, &is_new, &err),
	     &err);
}

static struct trial add_trial(const struct experiment *experiment, int i,
			      double value, const char *parameters,
			      const char *reason)
{
	struct error err = {0};
	struct trial trial = {
		.experiment = experiment->key,
		.sequence = -1,
		.state = reason ? TRIAL_FAILED : TRIAL_SUCCEEDED,
		.attempt = 1,
		.submitted_ns = START_NS + i * NS_PER_S,
		.started_ns = START_NS + i * NS_PER_S,
		.ended_ns = START_NS + (i + 2) * NS_PER_S,
		.source = 'a',
		.parameters = xstrdup(parameters),
		.reason = reason ? xstrdup(reason) : NULL,
	};
	struct attempt attempt = {.number = 1, .state = trial.state};

	if (!reason) {
		trial.final = (struct metric_value){true, value};
		trial.intermediates = 3;
	}
	must(store_trial_add(store, &trial, &err), &err);
	attempt.trial = trial.key;
	must(store_attempt_add(store, &attempt, &err), &err);
	must(store_trial_update(store, &trial, &err), &err);
	return trial;
}

static char *write_page(const struct experiment *experiment,
			enum report_format format)
{
	struct strbuf page = STRBUF_INIT;
	struct error err = {0};

	must(report_write(&page, store, experiment->key, format,
			  START_NS + 3600 * NS_PER_S, &err),
	     &err);
	return strbuf_detach(&page);
}

/* ---- what a page may have ------------------------------------------------ */

static const char *const elements[] = {
	"html",	   "head",   "meta",	"title",      "style", "body", "main",
	"header",  "h1",     "h2",	"h3",	      "p",     "span", "b",
	"i",	   "div",    "table",	"thead",      "tbody", "tr",   "th",
	"td",	   "pre",    "svg",	"path",	      "rect",  "text", "figure",
	"details", "footer", "summary", "figcaption",
};

static const char *const attributes[] = {
	"lang",	      "charset",     "name",
	"content",    "http-equiv",  "class",
	"width",      "height",	     "x",
	"y",	      "d",	     "viewBox",
	"role",	      "transform",   "text-anchor",
	"aria-label", "aria-hidden", "preserveAspectRatio"};

static bool is_among(const char *name, const char *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(name, list[i]))
			return true;
	return false;
}

static void check_node(const xmlNode *node)
{
	for (; node; node = node->next) {
		if (node->type == XML_ELEMENT_NODE) {
			if (!is_among((const char *)node->name, elements,
				      COUNT_OF(elements)))
				fail_msg("an element <%s>", node->name);
			for (const xmlAttr *a = node->properties; a;
			     a = a->next)
				if (!is_among((const char *)a->name, attributes,
					      COUNT_OF(attributes)))
					fail_msg("an attribute %s of <%s>",
						 a->name, node->name);
		} else {
			assert_true(node->type == XML_TEXT_NODE ||
				    node->type == XML_DTD_NODE);
		}
		check_node(node->children);
	}
}

/* As XML, which forgives nothing; only what a report is made of; nothing that
 * a browser would fetch. */
static void check_html(const char *page)
{
	xmlDoc *doc =
		xmlReadMemory(page, (int)strlen(page), "report", "UTF-8",
			      XML_PARSE_NONET | XML_PARSE_NOERROR |
				      XML_PARSE_NOWARNING | XML_PARSE_HUGE);

	if (!doc)
		fail_msg("not well-formed: %s", xmlGetLastError()->message);
	check_node(xmlDocGetRootElement(doc));
	xmlFreeDoc(doc);
	assert_null(strstr(page, "url("));
	assert_null(strstr(page, "@import"));
	assert_null(strchr(page, '\x1b'));
	assert_null(strstr(page, "\xE2\x80\xAE"));
	assert_null(strstr(page, "nan"));
	assert_null(strstr(page, "inf "));
}

/* ---- tests --------------------------------------------------------------- */

static const char two_numbers[] =
	"{\"lr\":{\"_type\":\"loguniform\",\"_value\":[0.0001,1]},"
	"\"act\":{\"_type\":\"choice\",\"_value\":[\"relu\",\"tanh\"]}}";

static void an_ordinary_one(void **state)
{
	struct experiment experiment = add_experiment(
		"digits", two_numbers, "{\"tuner\":{\"name\":\"TPE\"}}");
	struct error err = {0};
	char *page;

	(void)state;
	for (int i = 0; i < 60; i++) {
		char text[100];
		struct trial trial;

		snprintf(text, sizeof(text), "{\"lr\":%g,\"act\":\"%s\"}",
			 pow(10, -i % 4) / 2, i % 3 ? "relu" : "tanh");
		trial = add_trial(&experiment, i, 1 + (i * 37 % 60) / 60.0,
				  text, i % 20 == 7 ? "out of memory" : NULL);
		for (int step = 0; step < 3; step++)
			add_metric(&trial, METRIC_OBJECTIVE,
				   METRIC_INTERMEDIATE, step, 3.0 - step);
		trial_release(&trial);
	}
	must(store_commit(store, &err), &err);
	page = write_page(&experiment, REPORT_HTML);
	check_html(page);
	assert_non_null(strstr(page, "Best parameters"));
	assert_non_null(strstr(page, "What matters"));
	assert_non_null(strstr(page, "prefers-color-scheme:dark"));
	assert_non_null(strstr(page, "@media print"));
	assert_non_null(strstr(page, "out of memory"));
	assert_non_null(strstr(page, "--lr=0.5 --act="));
	assert_non_null(strstr(page, "When each trial ran"));
	assert_non_null(strstr(page, "All trials, the best first."));
	free(page);
	page = write_page(&experiment, REPORT_MARKDOWN);
	assert_non_null(strstr(page, "# digits\n"));
	assert_non_null(strstr(page, "| 3 | out of memory | \\#47 |"));
	assert_non_null(strstr(page, "## Best so far"));
	free(page);
	experiment_release(&experiment);
}

static void hostile_ones(void **state)
{
	/* names of parameters and options are anybody's as well */
	static const char space[] =
		"{\"<script>a&\\\"'|`\":{\"_type\":\"choice\",\"_value\":"
		"[\"</svg><script>\",\"|`[x](y)\"]},"
		"\"b\":{\"_type\":\"uniform\",\"_value\":[0,1e308]}}";
	struct experiment experiment = add_experiment(
		HOSTILE, space,
		"{\"tuner\":{\"name\":\"</pre><script>\"},\"x\":\"````\"}");
	struct error err = {0};
	char *page;

	(void)state;
	for (int i = 0; i < 40; i++) {
		struct trial trial =
			add_trial(&experiment, i,
				  i % 9 == 1   ? NAN
				  : i % 9 == 2 ? -INFINITY
					       : pow(-10, i * 7 % 300),
				  "{\"<script>a&\\\"'|`\":\"</"
				  "svg><script>\",\"b\":1e300}",
				  i % 10 == 3 ? HOSTILE : NULL);

		for (int step = 0; step < 3; step++)
			add_metric(&trial, METRIC_OBJECTIVE,
				   METRIC_INTERMEDIATE, step,
				   step ? 1e308 : -1e308);
		trial_release(&trial);
	}
	must(store_note_put(store, experiment.key, 0, "</pre><script>````",
			    HOSTILE, &err),
	     &err);
	must(store_commit(store, &err), &err);
	page = write_page(&experiment, REPORT_HTML);
	check_html(page);
	assert_non_null(strstr(page, "&lt;script&gt;"));
	free(page);
	page = write_page(&experiment, REPORT_MARKDOWN);
	assert_null(strchr(page, '\x1b'));
	/* within blocks alone, whose fences are longer than what is in them */
	assert_non_null(strstr(page, "\n`````json\n"));
	assert_non_null(strstr(page, "&lt;script>")
				?: strstr(page, "&lt;script\\>"));
	free(page);
	experiment_release(&experiment);
}

static void empty_ones(void **state)
{
	static const char *const spaces[] = {two_numbers, "{}", "broken"};
	struct error err = {0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(spaces); i++) {
		struct experiment experiment =
			add_experiment("", spaces[i], i ? "[1" : "{}");
		char *page;

		must(store_commit(store, &err), &err);
		page = write_page(&experiment, REPORT_HTML);
		check_html(page);
		assert_non_null(strstr(page, "There is no trial yet."));
		free(page);
		page = write_page(&experiment, REPORT_MARKDOWN);
		assert_non_null(strstr(page, "no result yet"));
		free(page);
		must(store_begin(store, &err), &err);
		must(store_experiment_delete(store, experiment.key, &err),
		     &err);
		must(store_commit(store, &err), &err);
		experiment_release(&experiment);
	}
	/* one trial, which has a result: no range, nothing to compare */
	{
		struct experiment experiment =
			add_experiment("one", two_numbers, "{}");
		struct trial trial =
			add_trial(&experiment, 0, 5,
				  "{\"lr\":0.1,\"act\":\"relu\"}", NULL);
		char *page;

		must(store_commit(store, &err), &err);
		page = write_page(&experiment, REPORT_HTML);
		check_html(page);
		assert_non_null(strstr(page, "The only trial."));
		free(page);
		trial_release(&trial);
		experiment_release(&experiment);
	}
}

static void several_objectives(void **state)
{
	struct experiment experiment = add_experiment(
		"front", two_numbers,
		"{\"tuner\":{\"name\":\"TPE\",\"classArgs\":{"
		"\"optimize_mode\":{\"default\":\"minimize\",\"speed\":"
		"\"maximize\"},\"constraints\":{\"memory\":\"<= 4\"}}}}");
	struct error err = {0};
	char *page;

	(void)state;
	/* 0 and 1 beat each other nowhere, 2 is beaten, 3 breaks the
	 * constraint, 4 never told of its memory */
	for (int i = 0; i < 5; i++) {
		static const double speeds[] = {1, 2, 0.5, 9, 9};
		struct trial trial =
			add_trial(&experiment, i, i == 2 ? 2 : i + 1,
				  "{\"lr\":0.1,\"act\":\"relu\"}", NULL);

		add_metric(&trial, "speed", METRIC_FINAL, 0, speeds[i]);
		if (i < 4)
			add_metric(&trial, "memory", METRIC_FINAL, 0,
				   i == 3 ? 5 : 3);
		trial_release(&trial);
	}
	must(store_commit(store, &err), &err);
	page = write_page(&experiment, REPORT_HTML);
	check_html(page);
	assert_non_null(strstr(page, "Pareto front"));
	free(page);
	page = write_page(&experiment, REPORT_MARKDOWN);
	assert_non_null(
		strstr(page, "| 0 | 1 | 1 |\n| 1 | 2 | 2 |\n\n2 of 2 "));
	free(page);
	experiment_release(&experiment);
}

static void nothing_is_written_over(void **state)
{
	struct experiment experiment = add_experiment("x", two_numbers, "{}");
	char *page = fs_join(folder, "page.md");
	struct error err = {0};
	struct stat st;

	(void)state;
	must(store_commit(store, &err), &err);
	assert_int_equal(report_format_of(page), REPORT_MARKDOWN);
	assert_int_equal(report_format_of("a.md/b"), REPORT_HTML);
	must(report_save(page, store, experiment.key, REPORT_MARKDOWN, START_NS,
			 &err),
	     &err);
	assert_int_equal(stat(page, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(report_save(page, store, experiment.key, REPORT_MARKDOWN,
				 START_NS, &err));
	assert_int_equal(err.code, ERROR_CONFLICT);
	assert_int_equal(unlink(page), 0);
	assert_false(report_save(page, store, 99, REPORT_HTML, START_NS, &err));
	assert_int_equal(access(page, F_OK), -1);
	free(page);
	experiment_release(&experiment);
}

static void round_numbers(void **state)
{
	static const struct {
		struct plot_axis axis;
		size_t most, least;
	} cases[] = {
		{{0, 1, false, false}, 5, 3},
		{{-3, 97, false, false}, 8, 4},
		{{1e-5, 0.1, true, false}, 5, 3},
		{{0.5, 0.9, true, false}, 5, 3},
		{{0, 1, false, true}, 5, 2},
		{{-1e308, 1e308, false, false}, 5, 0},
		{{1e-300, 1e300, true, false}, 5, 2},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		double ticks[16];
		size_t count = plot_ticks(&cases[i].axis, cases[i].most, ticks);

		assert_in_range(count, cases[i].least, 16);
		for (size_t k = 0; k < count; k++) {
			assert_true(ticks[k] >= cases[i].axis.low * 0.999 ||
				    ticks[k] >= cases[i].axis.low);
			assert_true(k == 0 || ticks[k] > ticks[k - 1]);
		}
	}
}

static void text_is_escaped(void **state)
{
	struct strbuf out = STRBUF_INIT;

	(void)state;
	html_text(&out, "<a b=\"c\">&'\n\x01\xFF", 0);
	assert_string_equal(out.data, "&lt;a b=&quot;c&quot;&gt;&amp;&#39;"
				      "\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
	strbuf_clear(&out);
	html_text(&out, "ab\xE6\xBC\xA2", 3); /* within a character */
	assert_string_equal(out.data, "ab\xE2\x80\xA6");
	strbuf_clear(&out);
	html_lines(&out, "a<\nb\n\nc", 0);
	assert_string_equal(out.data, "a&lt;\nb\n\nc");
	strbuf_clear(&out);
	html_lines(&out, "abcdef\nghi", 4);
	assert_string_equal(out.data, "abcd\n\xE2\x80\xA6");
	strbuf_clear(&out);
	markdown_text(&out, "a|b*c `d` 1.5 (x) [y]<z>", 0);
	assert_string_equal(out.data,
			    "a\\|b\\*c \\`d\\` 1.5 (x) \\[y\\]&lt;z\\>");
	strbuf_clear(&out);
	report_count(&out, -1234567);
	assert_string_equal(out.data, "-1,234,567");
	strbuf_release(&out);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(an_ordinary_one),
		TEST(hostile_ones),
		TEST(empty_ones),
		TEST(several_objectives),
		TEST(nothing_is_written_over),
		cmocka_unit_test(round_numbers),
		cmocka_unit_test(text_is_escaped),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
