/* SPDX-License-Identifier: MIT */
/*
 * The estimator of TPE beside NNI's own.
 *
 * The figures were computed with the nni package 3.0 from PyPI: the functions
 * split_history, adaptive_parzen_normal and gmm1_lpdf of its TPE were given
 * the histories that make_history() builds (record i has the value
 * low + (high - low) * frac((i + 1) * 0.618...) and the loss
 * (37 i mod 101) / 8), and the same bounds and arguments.  Arrays are compared
 * by the sum of their elements times 1, 2, 3, ...; densities at seven points
 * from low to high.
 */
#include "engine/tuner/tpe_draw.h"

#include "base/mem.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define TOLERANCE 1e-9
#define POINTS 7

struct figures {
	size_t count;
	double mus, sigmas, weights;
	double densities[POINTS];
};

struct reference {
	size_t records;
	const char *space;
	struct tpe_options options;
	double low, high; /* of the values */
	struct figures good, bad;
};

static const char uniform[] =
	"{\"x\":{\"_type\":\"uniform\",\"_value\":[-2,3]}}";

/* clang-format off */
static const struct reference references[] = {
	{16, uniform, {10, 24, 25, 1, 0.25, false}, -2, 3,
	 {2, 2.680339887498949, 10, 1.5,
	  {-1.98368922848593, -1.7566154904352846, -1.590921653487924,
	   -1.4991885624117081, -1.4884729004337223, -1.5608686693099503,
	   -1.7137504594926645}},
	 {16, 169.36764458063885, 92.383793764537728, 8.5,
	  {-2.0612870220177646, -1.6434623355647258, -1.5872909996321531,
	   -1.5951437987635564, -1.7555186985695315, -1.3691615461772326,
	   -2.423924840667488}}},
	{45, uniform, {20, 24, 25, 1, 0.25, false}, -2, 3,
	 {3, 11.041752799932738, 13.484838468642275, 2,
	  {-2.6922899682172265, -2.2392447692720521, -1.8155639760660467,
	   -1.495327437688764, -1.3146895986002924, -1.2869187916142231,
	   -1.4162466928602924}},
	 {44, 1231.1825812945842, 254.5209772012748, 23.373844121532361,
	  {-2.8316719938972081, -1.5936731687161643, -1.3173857219334564,
	   -1.4900659294720056, -1.6171139887419548, -1.295182485652898,
	   -2.6986407340284946}}},
	{600, uniform, {20, 24, 25, 1, 0.25, false}, -2, 3,
	 {8, 39.833691864657027, 48.869805279902309, 4.5,
	  {-2.5098207695363506, -2.2266727647717781, -1.6916496515785584,
	   -1.0883192071865777, -1.2101722883886903, -1.7213328504789649,
	   -2.4249935822190425}},
	 {594, 236068.30089553501, 10300.950000000001, 298.75959150491059,
	  {-2.2654155953176032, -1.5773223718593674, -1.5842830293964183,
	   -1.5558073081149479, -1.5968095895661385, -1.588731792895659,
	   -2.2241016340084787}}},
	{60, "{\"x\":{\"_type\":\"normal\",\"_value\":[3,2]}}",
	 {20, 24, 10, 0.5, 0.9, false}, -1, 7,
	 {8, 145.90976394928944, 52.26932358995893, 4.4666666666666668,
	  {-2.8586621121170523, -2.5483204427838482, -2.3746588693717721,
	   -1.5442941232146441, -2.1546512796902504, -2.5033791236276199,
	   -2.9673784641823135}},
	 {54, 6376.6662465820937, 316.34646416926989, 27.068344077077697,
	  {-4.8325556776449972, -1.9194052374862096, -1.9433575633823348,
	   -1.7301121942696498, -2.1291507976971316, -1.8134777106917881,
	   -2.1864968112552927}}},
	{300, "{\"x\":{\"_type\":\"loguniform\",\"_value\":[1e-4,1e-1]}}",
	 {20, 24, 25, 1, 0.25, false}, -9.2103403719761818, -2.3025850929940455,
	 {6, -103.16001585023054, 62.260819168767995, 3.5,
	  {-2.6646071125661708, -2.3617712285755346, -1.8477461056163147,
	   -1.5026435965082507, -1.7118783673666347, -2.0611319999867108,
	   -2.3570859059223768}},
	 {296, -202623.47042014098, 4048.4972139058509, 147.93296015522375,
	  {-2.552158303192638, -1.8613899133725362, -1.884796302858565,
	   -2.0160055716724332, -1.8389299196636959, -2.0230746044667276,
	   -2.6845748879588602}}},
};
/* clang-format on */

static struct space *parse(const char *json)
{
	struct space *space;
	struct error err;

	assert_true(space_parse(json, &space, NULL, &err));
	return space;
}

static void make_history(struct tpe_history *history, size_t count, double low,
			 double high)
{
	for (size_t i = 0; i < count; i++) {
		double x = (double)(i + 1) * 0.6180339887498949;

		tpe_history_add(history, (uint32_t)i,
				low + (high - low) * (x - floor(x)),
				(double)(i * 37 % 101) / 8);
	}
}

static void assert_close(double ours, double theirs)
{
	double scale = fmax(1, fabs(theirs));

	if (!(fabs(ours - theirs) <= TOLERANCE * scale))
		fail_msg("%.17g, not %.17g", ours, theirs);
}

static double checksum(const double *values, size_t count)
{
	double sum = 0;

	for (size_t i = 0; i < count; i++)
		sum += (double)(i + 1) * values[i];
	return sum;
}

static void assert_figures(const struct parzen *parzen,
			   const struct figures *theirs, double low,
			   double high)
{
	double accepted = log(parzen_accepted(parzen));

	assert_int_equal(parzen->count, theirs->count);
	assert_close(checksum(parzen->mus, parzen->count), theirs->mus);
	assert_close(checksum(parzen->sigmas, parzen->count), theirs->sigmas);
	assert_close(checksum(parzen->weights, parzen->count), theirs->weights);
	for (int i = 0; i < POINTS; i++) {
		double x = low + (high - low) * i / (POINTS - 1);
		double density = parzen_log_density(parzen, x);

		assert_close(density - accepted, theirs->densities[i]);
		assert_true(parzen_log_density_floor(parzen, x) <=
			    density + 1e-12);
	}
}

static void estimates_what_nni_estimates(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(references); i++) {
		const struct reference *r = &references[i];
		struct space *space = parse(r->space);
		struct tpe_history_scratch scratch = {0};
		struct tpe_history history = {0};
		struct tpe_draw draw = {0};
		struct tpe_history_view view;
		struct random random;

		make_history(&history, r->records, r->low, r->high);
		view = tpe_history_view(&history, NULL, 0, 0, &scratch);
		random_seed(&random, 1, i);
		tpe_draw(&draw, &r->options, &space->parameters[0], &view,
			 &random);
		assert_figures(&draw.good, &r->good, r->low, r->high);
		assert_figures(&draw.bad, &r->bad, r->low, r->high);
		tpe_draw_release(&draw);
		tpe_history_release(&history);
		tpe_history_scratch_release(&scratch);
		space_free(space);
	}
}

/* Two points and the prior: small enough to see. */
static void estimates_one_observation(void **state)
{
	struct parzen_prior prior = {0.5, 5, 1, true, -2, 3};
	struct parzen parzen = {0};
	double value = 1.25;
	double weight = 1;

	(void)state;
	parzen_build(&parzen, &prior, &value, &weight, 1);
	assert_int_equal(parzen.count, 2);
	assert_close(parzen.sigmas[0], 5);
	assert_close(parzen.sigmas[1], 2.5);
	assert_close(parzen.weights[1], 0.5);
	/* equal to the prior: NNI gives the first the prior's width */
	value = 0.5;
	parzen_build(&parzen, &prior, &value, &weight, 1);
	assert_close(parzen.sigmas[0], 5);
	assert_close(parzen.sigmas[1], 2.5);
	parzen_build(&parzen, &prior, NULL, NULL, 0);
	assert_int_equal(parzen.count, 1);
	assert_close(parzen_log_density(&parzen, 0.5),
		     -log(5 * sqrt(2 * acos(-1))));
	parzen_release(&parzen);
}

static void limits_widths_by_the_number_of_values(void **state)
{
	struct parzen_prior prior = {0.5, 5, 1, true, -2, 3};
	double values[200], weights[200];
	struct parzen parzen = {0};

	(void)state;
	for (int i = 0; i < 200; i++) {
		values[i] = 1 + i * 1e-6;
		weights[i] = 1;
	}
	/* 60 values and the prior make 61 */
	parzen_build(&parzen, &prior, values, weights, 60);
	assert_close(parzen.sigmas[30], 5 / 62.0);
	parzen_build(&parzen, &prior, values, weights, 98);
	assert_close(parzen.sigmas[30], 5 / 100.0);
	parzen_build(&parzen, &prior, values, weights, 200);
	assert_close(parzen.sigmas[30], 5 / 100.0);
	parzen_release(&parzen);
}

/* Leaving out far components must not show: sum them all and compare. */
static void sums_as_if_it_left_nothing_out(void **state)
{
	struct parzen_prior prior = {0.5, 1, 0, true, 0, 1};
	double values[3000], weights[3000];
	struct parzen parzen = {0};
	struct random random;

	(void)state;
	for (int round = 0; round < 2; round++) {
		prior.weight = round; /* and once without the prior's help */
		random_seed(&random, 4, (uint64_t)round);
		for (int i = 0; i < 3000; i++) {
			/* nothing between 0.4 and 1 but three */
			values[i] = i < 2997 ? 0.4 * i / 3000
					     : 0.6 + 0.1 * (i - 2997);
			weights[i] = random_unit(&random);
		}
		parzen_build(&parzen, &prior, values, weights, 3000);
		for (int k = 0; k <= 100; k++) {
			double x = k / 100.0;
			double sum = 0;

			for (size_t i = 0; i < parzen.count; i++) {
				double z =
					(x - parzen.mus[i]) / parzen.sigmas[i];

				sum += parzen.weights[i] / parzen.sigmas[i] *
				       exp(-0.5 * z * z);
			}
			assert_close(parzen_log_density(&parzen, x),
				     log(sum / sqrt(2 * acos(-1))));
		}
	}
	parzen_release(&parzen);
}

static void samples_its_own_density(void **state)
{
	struct parzen_prior prior = {0.5, 5, 1, true, -2, 3};
	double values[] = {-1.5, 2, 2.1};
	double weights[] = {1, 1, 1};
	struct parzen parzen = {0};
	int counts[10] = {0};
	struct random random;
	double share;

	(void)state;
	parzen_build(&parzen, &prior, values, weights, 3);
	random_seed(&random, 9, 0);
	for (int i = 0; i < 20000; i++) {
		double x = parzen_sample(&parzen, &random);

		assert_true(x >= -2 && x <= 3);
		counts[(int)fmin(floor((x + 2) * 2), 9)]++;
	}
	for (int k = 0; k < 10; k++) {
		share = 0;
		for (int i = 0; i < 100; i++)
			share += exp(parzen_log_density(
					 &parzen, -2 + k * 0.5 + i * 0.005)) *
				 0.005;
		share /= parzen_accepted(&parzen);
		assert_true(fabs(counts[k] / 20000.0 - share) < 0.02);
	}
	parzen_release(&parzen);
}

static void moves_to_the_bound_what_never_falls_inside(void **state)
{
	struct parzen_prior prior = {0.5, 1, 0, true, 0, 1};
	double values[] = {90, 90.5, 91};
	double weights[] = {1, 1, 1};
	struct parzen parzen = {0};
	struct random random;

	(void)state;
	parzen_build(&parzen, &prior, values, weights, 3);
	random_seed(&random, 9, 0);
	assert_true(parzen_sample(&parzen, &random) == 1);
	assert_true(isfinite(parzen_log_density(&parzen, 0)));
	parzen_release(&parzen);
}

static void orders_records_by_loss_and_by_value(void **state)
{
	static const double values[] = {5, 5, 5, 1, 9};
	static const double losses[] = {3, 1, 2, 2, 2};
	static const uint32_t by_loss[] = {1, 2, 3, 4, 5, 6, 0};
	static const uint32_t by_value[] = {3, 6, 1, 2, 5, 0, 4};
	static const uint32_t changed_loss[] = {0, 1, 2, 3, 4};
	static const uint32_t changed_value[] = {3, 0, 1, 2, 4};
	static const double lies[] = {5, 1};
	struct tpe_history_scratch scratch = {0};
	struct tpe_history history = {0};
	struct tpe_history_view view;

	(void)state;
	for (uint32_t i = 0; i < 5; i++)
		tpe_history_add(&history, 10 + i, values[i], losses[i]);
	/* the lies, records 5 and 6, come after what is as good */
	view = tpe_history_view(&history, lies, 2, 2, &scratch);
	assert_int_equal(view.count, 7);
	assert_memory_equal(view.by_loss, by_loss, sizeof(by_loss));
	assert_memory_equal(view.by_value, by_value, sizeof(by_value));
	tpe_history_set_loss(&history, 10, 0);
	tpe_history_set_loss(&history, 99, 0);
	view = tpe_history_view(&history, NULL, 0, 2, &scratch);
	assert_int_equal(view.count, 5);
	assert_memory_equal(view.by_loss, changed_loss, sizeof(changed_loss));
	assert_memory_equal(view.by_value, changed_value,
			    sizeof(changed_value));
	tpe_history_release(&history);
	tpe_history_scratch_release(&scratch);
}

/* Option i of record i is (i * i + i / 3) mod size; counted by NNI's
 * numbers, the option that wins when all of them are candidates. */
static void chooses_options_as_nni_does(void **state)
{
	static const struct {
		size_t records;
		const char *space;
		size_t size;
		double winner;
	} cases[] = {
		{40, "{\"x\":{\"_type\":\"choice\",\"_value\":[1,2,3]}}", 3, 0},
		{300, "{\"x\":{\"_type\":\"randint\",\"_value\":[0,5]}}", 5, 4},
	};
	struct tpe_options options = {20, 500, 25, 1, 0.25, false};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct space *space = parse(cases[i].space);
		struct tpe_history_scratch scratch = {0};
		struct tpe_history history = {0};
		struct tpe_draw draw = {0};
		struct tpe_history_view view;
		struct random random;

		for (size_t k = 0; k < cases[i].records; k++)
			tpe_history_add(
				&history, (uint32_t)k,
				(double)((k * k + k / 3) % cases[i].size),
				(double)(k * 37 % 101) / 8);
		view = tpe_history_view(&history, NULL, 0, 0, &scratch);
		random_seed(&random, 1, i);
		assert_close(tpe_draw(&draw, &options, &space->parameters[0],
				      &view, &random),
			     cases[i].winner);
		if (i == 1) {
			/* 0.17286131110009298 and so on, before the prior and
			 * the division: five options, p of option 4 */
			double sum = 0;

			for (int k = 0; k < 5; k++)
				sum += draw.bad_weights[k] + 1;
			assert_close((draw.bad_weights[0] + 1) / sum,
				     0.17286131110009298);
			assert_close((draw.bad_weights[3] + 1) / sum,
				     0.24731837052709502);
			assert_close(draw.good_weights[4], 2);
		}
		tpe_draw_release(&draw);
		tpe_history_release(&history);
		tpe_history_scratch_release(&scratch);
		space_free(space);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(estimates_what_nni_estimates),
		cmocka_unit_test(estimates_one_observation),
		cmocka_unit_test(limits_widths_by_the_number_of_values),
		cmocka_unit_test(sums_as_if_it_left_nothing_out),
		cmocka_unit_test(samples_its_own_density),
		cmocka_unit_test(moves_to_the_bound_what_never_falls_inside),
		cmocka_unit_test(orders_records_by_loss_and_by_value),
		cmocka_unit_test(chooses_options_as_nni_does),
	};

	return cmocka_run_group_tests_name("parzen", tests, NULL, NULL);
}
