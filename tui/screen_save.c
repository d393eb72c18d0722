/* SPDX-License-Identifier: MIT */
/* Painted cells as a source of pictures, and which picture is wanted. */
#include "tui/screen_save.h"

#include "base/fs.h"
#include "base/mem.h"
#include "tui/draw.h"
#include "tui/screen_svg.h"
#include "tui/theme.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#define NAMES_MAX 1000

static struct screen_color color_of(int32_t rgb)
{
	struct screen_color color = {.red = (unsigned char)(rgb >> 16 & 255),
				     .green = (unsigned char)(rgb >> 8 & 255),
				     .blue = (unsigned char)(rgb & 255)};

	return color;
}

static void tell_cell(void *arg, int row, int col, struct screen_cell *ret)
{
	struct strbuf text = STRBUF_INIT;
	struct theme_look look;
	enum role role;

	(void)arg;
	memset(ret, 0, sizeof(*ret));
	role = draw_read(row, col, &text, &ret->width);
	look = theme_look(role);
	snprintf(ret->text, sizeof(ret->text), "%s", text.data);
	ret->foreground = color_of(look.ink);
	ret->background = color_of(look.paper);
	ret->is_bold = look.is_bold;
	ret->is_underlined = look.is_underlined;
	ret->is_reversed = look.is_reversed;
	strbuf_release(&text);
}

static bool has_suffix(const char *path, const char *suffix)
{
	size_t len = strlen(path), n = strlen(suffix);

	return len > n && strcasecmp(path + len - n, suffix) == 0;
}

static bool save_text(const char *path, bool with_roles, struct error *err)
{
	struct strbuf text = STRBUF_INIT, roles = STRBUF_INIT;
	char *role_path = xasprintf("%s.roles", path);
	bool is_ok;

	draw_save(&text, &roles);
	is_ok = fs_write_file(path, text.data, text.len, err) &&
		(!with_roles ||
		 fs_write_file(role_path, roles.data, roles.len, err));
	free(role_path);
	strbuf_release(&text);
	strbuf_release(&roles);
	return is_ok;
}

bool screen_save(const char *path, const char *title, bool with_roles,
		 struct error *err)
{
	struct theme_look plain = theme_look(ROLE_NORMAL);
	const struct screen_source source = {.rows = draw_rows(),
					     .cols = draw_cols(),
					     .ink = color_of(plain.ink),
					     .paper = color_of(plain.paper),
					     .cell = tell_cell};
	struct strbuf out = STRBUF_INIT;
	bool is_ok;

	if (has_suffix(path, ".svg"))
		screen_svg(&source, title, &out);
	else if (has_suffix(path, ".html") || has_suffix(path, ".htm"))
		screen_html(&source, title, &out);
	else
		return save_text(path, with_roles, err);
	is_ok = fs_write_file(path, out.data, out.len, err);
	strbuf_release(&out);
	return is_ok;
}

char *screen_save_name(void)
{
	char *name = NULL;
	int i;

	for (i = 1; i <= NAMES_MAX; i++) {
		free(name);
		name = xasprintf("screen-%d.svg", i);
		if (access(name, F_OK) < 0)
			break;
	}
	return name;
}
