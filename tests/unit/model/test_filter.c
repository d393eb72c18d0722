/* SPDX-License-Identifier: MIT */
/* The filter language: what holds, what is refused and where, what may follow.
 */
#include "base/mem.h"
#include "model/filter.h"
#include "model/trial.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char space_text[] =
	"{\"lr\":{\"_type\":\"loguniform\",\"_value\":[1e-5,1]},"
	"\"opt\":{\"_type\":\"choice\",\"_value\":[\"adam\",\"sgd m\"]},"
	"\"time\":{\"_type\":\"uniform\",\"_value\":[0,1]}}";

static const char *const metrics[] = {"default", "acc", "loss"};
static struct space *space;
static struct field_names names;

/* One trial: failed, lr 0.003, opt adam, final 0.5, no last result. */
static bool give_number(void *arg, const struct trial_field *field, double *ret)
{
	(void)arg;
	switch (field->kind) {
	case FIELD_NUMBER:
		*ret = 12;
		return true;
	case FIELD_STATE:
		*ret = TRIAL_FAILED;
		return true;
	case FIELD_TRY:
		*ret = 2;
		return true;
	case FIELD_FINAL:
		*ret = 0.5;
		return true;
	case FIELD_BEST:
		*ret = NAN;
		return true;
	case FIELD_TIME:
		*ret = 720;
		return true;
	case FIELD_STARTED:
		*ret = 1e9 - 7200;
		return true;
	case FIELD_MEMORY:
		*ret = 2147483648.0;
		return true;
	case FIELD_PARAMETER:
		*ret = field->parameter == 0 ? 0.003 : 0.25;
		return field->parameter != 1;
	case FIELD_METRIC:
		*ret = field->stat == STAT_MAX ? 0.9 : 0.8;
		return strcmp(field->metric, "acc") == 0;
	default:
		return false;
	}
}

static const char *give_text(void *arg, const struct trial_field *field)
{
	(void)arg;
	switch (field->kind) {
	case FIELD_ID:
		return "ab3x9";
	case FIELD_REASON:
		return "Out of memory (OOM)";
	case FIELD_TAGS:
		return "bad to-look";
	case FIELD_NODE:
		return "gpu-7";
	case FIELD_PARAMETERS:
		return "{\"lr\":0.003,\"opt\":\"adam\"}";
	case FIELD_PARAMETER:
		return field->parameter == 1 ? "adam" : "0.003";
	default:
		return NULL;
	}
}

static bool holds(const char *text, enum filter_mode mode)
{
	const struct field_source source = {give_number, give_text, NULL, 1e9};
	struct filter *filter = NULL;
	struct error err;
	bool is_match;

	if (!filter_parse(text, &names, mode, &filter, NULL, &err))
		fail_msg("%s: %s", text, err.text);
	is_match = filter_match(filter, &source);
	filter_free(filter);
	return is_match;
}

static void terms(void **state)
{
	static const char *const yes[] = {
		"",
		"  ",
		"state:failed",
		"state:f",
		"STATE:Fail",
		"state!=running",
		"state:run,fail",
		"state:ended",
		"!state:live",
		"is:ended",
		"lr<1e-2",
		"lr >= 0.003",
		"lr:1e-3..1e-2",
		"lr:1,0.003",
		"lr~0.002",
		"lr!~1",
		"lr!=0.1",
		"lr=0.003",
		"opt=ADAM",
		"opt:ad",
		"opt:ad*",
		"opt:a?am",
		"opt~^a.*m$",
		"opt!~sgd",
		"opt:sgd,adam",
		"final>0.4",
		"best:nan",
		"acc>=0.8",
		"acc.max>=0.9",
		"acc.MAX=0.9",
		"metric.acc.max>0.8",
		"trial.time>10m",
		"trial.time:11m..13m",
		"trial.time<1h30m",
		"started<3h",
		"started>1h",
		"started>2001-09-08",
		"memory>=2Gi",
		"memory:2Gi",
		"tag:bad",
		"tag:to-look",
		"tag:to*",
		"!tag:ba",
		"tag!=good",
		"has:reason",
		"has:tag",
		"!has:note",
		"has:acc",
		"!has:loss",
		"has!=loss",
		"is:retried",
		"!is:marked",
		"oom",
		"\"out of\"",
		"ab3",
		"#12",
		"adam",
		"node:gpu*",
		"node~gpu-[0-9]+$",
		"number=12",
		"time=0.25",
		"reason:\"(OOM)\"",
		"reason:(oom)",
	};
	static const char *const no[] = {
		"state:running", "!state:failed", "lr>0.003",
		"lr:1e-5..1e-3", "lr~0.1",	  "last>0",
		"last<0",	 "opt=ad",	  "opt:b*",
		"loss<1",	 "acc.max<0.9",	  "tag:ba",
		"is:marked",	 "is:live",	  "sgd",
		"#13",		 "started<1h",	  "memory<1Gi",
		"has:loss",	 "opt>1",	  "lr:0.1,0.2",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(yes); i++)
		if (!holds(yes[i], FILTER_WHOLE))
			fail_msg("\"%s\" should hold", yes[i]);
	for (i = 0; i < COUNT_OF(no); i++)
		if (holds(no[i], FILTER_WHOLE))
			fail_msg("\"%s\" should not hold", no[i]);
}

static void structure(void **state)
{
	static const char *const yes[] = {
		"state:f lr<1",
		"state:f and lr<1",
		"state:f & lr<1",
		"state:f && lr<1",
		"state:r or lr<1",
		"state:r | lr<1",
		"state:r || lr<1",
		"not state:r",
		"not not state:f",
		"!(state:r or lr>1)",
		"state:f and (lr>1 or opt:adam)",
		/* and binds more than or */
		"state:f or lr>1 and lr>2",
		"lr>2 and lr>1 or state:f",
		"not state:r and lr<1",
		"not(state:r)",
		"(state:f)(lr<1)",
		"NOT state:r AND lr<1",
		"\"and\" or lr<1",
		"! state:r",
		"state : failed",
		"lr< 1",
	};
	static const char *const no[] = {
		"state:f lr>1",
		"(state:f or lr>1) and lr>2",
		"not (state:f or lr>1)",
		"not state:f or lr>1",
		"restar",
		"lr<1 \"restar\"",
	};
	/* while it is typed, what is not complete holds */
	static const char *const open[] = {
		"lr>",	   "lr<1 and", "lr<1 or ",
		"not",	   "not lr>",  "(lr<1",
		"!(",	   "state:",   "lr<1 and (opt:adam or",
		"has:rea", "lr<1e-",   "or",
		"!",	   "restar",   "lr<1 restar",
	};
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(yes); i++)
		if (!holds(yes[i], FILTER_WHOLE))
			fail_msg("\"%s\" should hold", yes[i]);
	for (i = 0; i < COUNT_OF(no); i++)
		if (holds(no[i], FILTER_WHOLE))
			fail_msg("\"%s\" should not hold", no[i]);
	for (i = 0; i < COUNT_OF(open); i++)
		if (!holds(open[i], FILTER_TYPING))
			fail_msg("\"%s\" should hold while it is typed",
				 open[i]);
}

static void faults_have_a_place(void **state)
{
	static const struct {
		const char *text;
		size_t at, len;
		const char *says;
	} cases[] = {
		{"lr<1 stat:failed", 5, 4, "did you mean \"state\""},
		{"final>high", 6, 4, "is not a number"},
		{"opt>adam", 4, 4, "need a number"},
		{"state:fialed", 6, 6, "did you mean \"FAILED\""},
		{"(lr<1", 0, 1, "not closed"},
		{"lr<1)", 4, 1, "closes nothing"},
		{"lr<1 or )", 8, 1, "before this parenthesis"},
		{"lr<1 and", 8, 1, "ends where"},
		{"lr<", 0, 3, "a value is missing"},
		{"is:nice", 3, 4, "marked"},
		{"has:reasn", 4, 5, "did you mean \"reason\""},
		{"trial.time>10x", 11, 3, "10m"},
		{"started<yesterday", 8, 9, "a date"},
		{"opt~(", 4, 1, "regular expression"},
		{"opt~a{99}", 4, 5, "braces"},
		{"opt~(a)\\1", 4, 5, "back-ref"},
		{"reason>3", 7, 1, "no order"},
		{"and lr<1", 0, 3, "in quotes"},
		{"acc.mx>1", 0, 6, "did you mean \"acc.max\""},
	};
	struct filter_place place;
	struct filter *filter;
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(cases); i++) {
		filter = NULL;
		if (filter_parse(cases[i].text, &names, FILTER_WHOLE, &filter,
				 &place, &err))
			fail_msg("\"%s\" should be refused", cases[i].text);
		assert_null(filter);
		if (!strstr(err.text, cases[i].says))
			fail_msg("\"%s\": %s", cases[i].text, err.text);
		if (place.at != cases[i].at || place.len != cases[i].len)
			fail_msg("\"%s\": place %zu, %zu", cases[i].text,
				 place.at, place.len);
	}
}

static void limits(void **state)
{
	struct strbuf text = STRBUF_INIT;
	struct filter *filter = NULL;
	struct error err;
	int i;

	(void)state;
	for (i = 0; i < 33; i++)
		strbuf_adds(&text, "a ");
	assert_false(filter_parse(text.data, &names, FILTER_WHOLE, &filter,
				  NULL, &err));
	assert_int_equal(err.code, ERROR_LIMIT);
	strbuf_clear(&text);
	for (i = 0; i < 40; i++)
		strbuf_adds(&text, "(");
	assert_false(filter_parse(text.data, &names, FILTER_TYPING, &filter,
				  NULL, &err));
	strbuf_clear(&text);
	for (i = 0; i < 400; i++)
		strbuf_adds(&text, "abc");
	assert_false(filter_parse(text.data, &names, FILTER_WHOLE, &filter,
				  NULL, &err));
	strbuf_release(&text);
}

static void carets(void **state)
{
	struct strbuf out = STRBUF_INIT;

	(void)state;
	filter_point_at(&out, "\xc3\xa4 lrr<1", (struct filter_place){3, 3}, 2);
	assert_string_equal(out.data, "  \xc3\xa4 lrr<1\n    ^^^\n");
	strbuf_clear(&out);
	filter_point_at(&out, "(a", (struct filter_place){2, 1}, 0);
	assert_string_equal(out.data, "(a\n  ^\n");
	strbuf_release(&out);
}

static void collect(const char *candidate, void *arg)
{
	strbuf_addf(arg, " %s", candidate);
}

static void give_values(const struct trial_field *field, filter_offer_fn *offer,
			void *offer_arg, void *arg)
{
	(void)arg;
	if (field->kind == FIELD_TAGS)
		offer("bad", offer_arg);
}

static void complete(const char *text, size_t want_start, const char *want)
{
	struct strbuf out = STRBUF_INIT;
	size_t start;

	filter_complete(text, strlen(text), &names, &start, give_values, NULL,
			collect, &out);
	assert_int_equal(start, want_start);
	if (!strstr(out.data, want))
		fail_msg("\"%s\" offers%s", text, out.data);
	strbuf_release(&out);
}

static void completion(void **state)
{
	(void)state;
	complete("", 0, " state");
	complete("lr<1 an", 5, " and");
	complete("(acc.m", 1, " acc.max");
	complete("!ta", 1, " tag");
	complete("state:fa", 6, " failed");
	complete("state:failed,su", 13, " succeeded");
	complete("opt=", 4, " adam \"sgd m\"");
	complete("has:re", 4, " reason");
	complete("is:", 3, " marked");
	complete("lr<1 tag:", 9, " bad");
}

static void fields_read_back(void **state)
{
	static const char *const texts[] = {
		"state",   "lr",  "trial.time", "time",	    "acc",
		"acc.max", "tag", "final",	"cpu-used",
	};
	struct trial_field field, back;
	struct strbuf out = STRBUF_INIT;
	struct error err;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT_OF(texts); i++) {
		assert_true(trial_field_parse(texts[i], &names, &field, &err));
		strbuf_clear(&out);
		trial_field_format(&field, &names, &out);
		assert_string_equal(out.data, texts[i]);
		assert_true(trial_field_parse(out.data, &names, &back, &err));
		assert_true(trial_field_is_same(&field, &back));
	}
	/* the objective's own columns */
	assert_true(trial_field_parse("default.last", &names, &field, &err));
	assert_int_equal(field.kind, FIELD_LAST);
	strbuf_release(&out);
}

static void statistics(void **state)
{
	static const double values[] = {3, NAN, 1, 2};
	struct metric_stats stats;
	size_t i;

	(void)state;
	metric_stats_begin(&stats);
	for (i = 0; i < COUNT_OF(values); i++)
		metric_stats_add(&stats, METRIC_INTERMEDIATE, values[i], i == 0,
				 true);
	metric_stats_end(&stats);
	assert_true(stats.values[STAT_FIRST] == 3);
	assert_true(stats.values[STAT_LAST] == 2);
	assert_true(stats.values[STAT_VALUE] == 2);
	assert_true(stats.values[STAT_MIN] == 1);
	assert_true(stats.values[STAT_MAX] == 3);
	assert_true(stats.values[STAT_MEAN] == 2);
	assert_true(stats.values[STAT_COUNT] == 4);
	assert_true(isnan(stats.values[STAT_FINAL]));
	metric_stats_add(&stats, METRIC_FINAL, 9, false, false);
	metric_stats_add(&stats, METRIC_FINAL, 8, false, false);
	metric_stats_end(&stats);
	assert_true(stats.values[STAT_VALUE] == 9);
}

static int make_names(void **state)
{
	struct error err;

	(void)state;
	assert_true(space_parse(space_text, &space, NULL, &err));
	names = (struct field_names){space, metrics, COUNT_OF(metrics)};
	return 0;
}

static int free_names(void **state)
{
	(void)state;
	space_free(space);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(terms),
		cmocka_unit_test(structure),
		cmocka_unit_test(faults_have_a_place),
		cmocka_unit_test(limits),
		cmocka_unit_test(carets),
		cmocka_unit_test(completion),
		cmocka_unit_test(fields_read_back),
		cmocka_unit_test(statistics),
	};

	return cmocka_run_group_tests_name("filter", tests, make_names,
					   free_names);
}
