/* SPDX-License-Identifier: MIT */
/*
 * Themes can be read: contrast of ink and paper after WCAG 2.1 (relative
 * luminance, 1.4.3), and colours that mean different things differ for each
 * kind of colour blindness: simulated with the matrices of Machado, Oliveira
 * and Fernandes (2009, severity 1), compared in CIELAB.
 */
#include "tui/theme_looks.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#define LEAST_TEXT 4.5
#define LEAST_LARGE 3.0 /* bold titles; of lines only that they are seen */
#define LEAST_LINE 2.0
#define LEAST_APART 25.0 /* Delta E of 1976; 2.3 is just seen */

struct linear {
	double rgb[3];
};

static struct linear linear_of(int32_t rgb)
{
	struct linear out;
	int i;

	for (i = 0; i < 3; i++) {
		double c = (rgb >> (16 - 8 * i) & 255) / 255.0;

		out.rgb[i] = c <= 0.04045 ? c / 12.92
					  : pow((c + 0.055) / 1.055, 2.4);
	}
	return out;
}

static double luminance(int32_t rgb)
{
	struct linear l = linear_of(rgb);

	return 0.2126 * l.rgb[0] + 0.7152 * l.rgb[1] + 0.0722 * l.rgb[2];
}

static double contrast(int32_t a, int32_t b)
{
	double la = luminance(a), lb = luminance(b);

	return la > lb ? (la + 0.05) / (lb + 0.05) : (lb + 0.05) / (la + 0.05);
}

static double least_contrast(enum role role, const struct theme_row *row)
{
	if (role == ROLE_BORDER)
		return LEAST_LINE;
	/* bars and titles are bold, and the gauge is a shape */
	if (role == ROLE_TITLE_FOCUSED || role == ROLE_GAUGE)
		return LEAST_LARGE;
	return row->with & LOOK_BOLD && row->bg >= 0 ? LEAST_LARGE : LEAST_TEXT;
}

/* Both as written and as the nearest of 256. */
static void check_role(enum theme theme, enum role role)
{
	/* papers that terminals have: black, and the lighter ones in use */
	static const int32_t dark[] = {0x000000, 0x16191f, 0x1e1e1e};
	static const int32_t light[] = {0xffffff, 0xfafafa, 0xf5f5f5};
	const int32_t *papers =
		theme == THEME_LIGHT || theme == THEME_COLOUR_BLIND_LIGHT
			? light
			: dark;
	const struct theme_row *row = theme_row(theme, role);
	int i, pass;

	for (i = 0; i < 3; i++) {
		for (pass = 0; pass < 2; pass++) {
			int32_t fg = row->fg >= 0 ? row->fg : theme_ink(theme);
			int32_t bg = row->bg >= 0 ? row->bg : papers[i];
			double is;

			if (pass && row->fg >= 0)
				fg = theme_rgb_of_256(theme_nearest_256(fg));
			if (pass && row->bg >= 0)
				bg = theme_rgb_of_256(theme_nearest_256(bg));
			is = contrast(fg, bg);
			if (is < least_contrast(role, row))
				fail_msg("%s, role %c (%06x on %06x): %.2f",
					 theme_name(theme), theme_letter(role),
					 (unsigned)fg, (unsigned)bg, is);
		}
	}
}

static void text_can_be_read(void **state)
{
	int theme, role;

	(void)state;
	for (theme = 0; theme < THEME_MONO; theme++)
		for (role = 0; role < ROLE_COUNT; role++)
			check_role(theme, role);
}

static void to_lab(struct linear l, double lab[3])
{
	double xyz[3] = {
		(0.4124 * l.rgb[0] + 0.3576 * l.rgb[1] + 0.1805 * l.rgb[2]) /
			0.9505,
		0.2126 * l.rgb[0] + 0.7152 * l.rgb[1] + 0.0722 * l.rgb[2],
		(0.0193 * l.rgb[0] + 0.1192 * l.rgb[1] + 0.9505 * l.rgb[2]) /
			1.089};
	int i;

	for (i = 0; i < 3; i++)
		xyz[i] = xyz[i] > 0.008856 ? cbrt(xyz[i])
					   : 7.787 * xyz[i] + 16 / 116.0;
	lab[0] = 116 * xyz[1] - 16;
	lab[1] = 500 * (xyz[0] - xyz[1]);
	lab[2] = 200 * (xyz[1] - xyz[2]);
}

static double apart(int32_t a, int32_t b, const double m[3][3])
{
	const int32_t colors[2] = {a, b};
	double lab[2][3], sum = 0;
	int k, i, j;

	for (k = 0; k < 2; k++) {
		struct linear from = linear_of(colors[k]), to = {{0}};

		for (i = 0; i < 3; i++) {
			for (j = 0; j < 3; j++)
				to.rgb[i] += m[i][j] * from.rgb[j];
			to.rgb[i] = fmin(1, fmax(0, to.rgb[i]));
		}
		to_lab(to, lab[k]);
	}
	for (i = 0; i < 3; i++)
		sum += (lab[0][i] - lab[1][i]) * (lab[0][i] - lab[1][i]);
	return sqrt(sum);
}

static void check_apart(enum theme theme, const enum role *roles, int count)
{
	static const double sights[4][3][3] = {
		{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
		{{0.152286, 1.052583, -0.204868},
		 {0.114503, 0.786281, 0.099216},
		 {-0.003882, -0.048116, 1.051998}},
		{{0.367322, 0.860646, -0.227968},
		 {0.280085, 0.672501, 0.047413},
		 {-0.011820, 0.042940, 0.968881}},
		{{1.255528, -0.076749, -0.178779},
		 {-0.078411, 0.930809, 0.147602},
		 {0.004733, 0.691367, 0.303900}}};
	int i, k, s;

	for (i = 0; i < count; i++) {
		for (k = i + 1; k < count; k++) {
			for (s = 0; s < 4; s++) {
				double is =
					apart(theme_row(theme, roles[i])->fg,
					      theme_row(theme, roles[k])->fg,
					      sights[s]);

				if (is < LEAST_APART)
					fail_msg(
						"%s: %c and %c, sight %d: %.1f",
						theme_name(theme),
						theme_letter(roles[i]),
						theme_letter(roles[k]), s, is);
			}
		}
	}
}

static void colours_differ_for_everybody(void **state)
{
	static const enum role states[] = {ROLE_WAITING, ROLE_RUNNING,
					   ROLE_SUCCEEDED, ROLE_FAILED,
					   ROLE_EARLY};
	static const enum role curves[] = {ROLE_SERIES_1, ROLE_SERIES_2,
					   ROLE_SERIES_3, ROLE_SERIES_4,
					   ROLE_SERIES_5, ROLE_SERIES_6};
	static const enum theme themes[] = {THEME_COLOUR_BLIND,
					    THEME_COLOUR_BLIND_LIGHT};
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		check_apart(themes[i], states, 5);
		check_apart(themes[i], curves, 6);
	}
}

static void nearest_of_256_is_exact_where_it_can_be(void **state)
{
	int i;

	(void)state;
	for (i = 16; i < 256; i++)
		assert_int_equal(theme_rgb_of_256(theme_nearest_256(
					 theme_rgb_of_256(i))),
				 theme_rgb_of_256(i));
	assert_int_equal(theme_nearest_256(0x000000), 16);
	assert_int_equal(theme_nearest_256(0xfefefe), 231);
	assert_int_equal(theme_nearest_256(0x80808a), 244);
}

static void themes_have_names(void **state)
{
	enum theme theme;
	int i;

	(void)state;
	for (i = 0; i < THEME_COUNT; i++) {
		assert_true(theme_parse(theme_name(i), &theme));
		assert_int_equal(theme, i);
	}
	assert_true(theme_parse("color-blind", &theme));
	assert_int_equal(theme, THEME_COLOUR_BLIND);
	assert_true(theme_parse("color-blind-light", &theme));
	assert_int_equal(theme, THEME_COLOUR_BLIND_LIGHT);
	assert_false(theme_parse("", &theme));
	assert_false(theme_parse("color-", &theme));
	assert_false(theme_parse("pink", &theme));
}

static void a_terminal_may_say_that_it_is_light(void **state)
{
	static const struct {
		const char *text;
		enum theme theme;
	} cases[] = {{"0;15", THEME_LIGHT},
		     {"15;0", THEME_DARK},
		     {"0;default;7", THEME_LIGHT},
		     {"7;8", THEME_DARK},
		     {"", THEME_DARK},
		     {"x;y", THEME_DARK},
		     {"1;99999999999", THEME_DARK}};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		setenv("COLORFGBG", cases[i].text, 1);
		assert_int_equal(theme_suited(), cases[i].theme);
	}
	unsetenv("COLORFGBG");
	assert_int_equal(theme_suited(), THEME_DARK);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(text_can_be_read),
		cmocka_unit_test(colours_differ_for_everybody),
		cmocka_unit_test(nearest_of_256_is_exact_where_it_can_be),
		cmocka_unit_test(themes_have_names),
		cmocka_unit_test(a_terminal_may_say_that_it_is_light),
	};

	return cmocka_run_group_tests_name("theme", tests, NULL, NULL);
}
