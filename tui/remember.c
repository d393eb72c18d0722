/* SPDX-License-Identifier: MIT */
/* The file. */
#include "tui/remember.h"

#include "base/fs.h"
#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX_BYTES (64 * 1024)

char *remember_path(void)
{
	const char *base = getenv("XDG_STATE_HOME");

	if (base && base[0] == '/')
		return fs_join(base, "trialdeck/console");
	return fs_expand_home("~/.local/state/trialdeck/console");
}

bool remember_name_is_good(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
	size_t len = strlen(name);

	return len > 0 && len <= REMEMBER_NAME_MAX &&
	       strspn(name, letters) == len;
}

struct remembered_layout *remember_layout(struct remembered *remembered,
					  const char *name)
{
	for (int i = 0; i < remembered->layout_count; i++)
		if (strcmp(remembered->layouts[i].name, name) == 0)
			return &remembered->layouts[i];
	return NULL;
}

bool remember_set_layout(struct remembered *remembered, const char *name,
			 const struct layout_sizes *sizes)
{
	struct remembered_layout *layout = remember_layout(remembered, name);

	if (!sizes) {
		if (!layout)
			return false;
		*layout = remembered->layouts[--remembered->layout_count];
		return true;
	}
	if (!layout) {
		if (remembered->layout_count == REMEMBER_LAYOUTS_MAX)
			return false;
		layout = &remembered->layouts[remembered->layout_count++];
		snprintf(layout->name, sizeof(layout->name), "%s", name);
	}
	layout->sizes = *sizes;
	return true;
}

static void take_line(struct remembered *remembered, const char *line)
{
	struct layout_sizes sizes;
	char name[REMEMBER_NAME_MAX + 1];
	unsigned bits;
	int used = 0;

	if (sscanf(line, "hints %8x%n", &bits, &used) == 1 && !line[used])
		remembered->hints = bits;
	else if (strcmp(line, "zoomed") == 0)
		remembered->is_zoomed = true;
	else if (strcmp(line, "chart") == 0)
		remembered->is_chart = true;
	else if (strncmp(line, "panes ", 6) == 0 &&
		 layout_sizes_parse(line + 6, &sizes))
		remembered->sizes = sizes;
	else if (sscanf(line, "layout %31s %n", name, &used) == 1 && used &&
		 remember_name_is_good(name) &&
		 layout_sizes_parse(line + used, &sizes))
		remember_set_layout(remembered, name, &sizes);
}

void remember_load(struct remembered *remembered, const char *path)
{
	struct strbuf text = STRBUF_INIT;
	struct error ignored;
	char *line, *rest = NULL;

	memset(remembered, 0, sizeof(*remembered));
	layout_sizes_init(&remembered->sizes);
	remembered->path = path ? xstrdup(path) : NULL;
	if (path && fs_read_file(path, FILE_MAX_BYTES, &text, &ignored))
		for (line = strtok_r(text.data, "\n", &rest); line;
		     line = strtok_r(NULL, "\n", &rest))
			take_line(remembered, line);
	strbuf_release(&text);
}

void remember_release(struct remembered *remembered)
{
	free(remembered->path);
	remembered->path = NULL;
}

bool remember_save(const struct remembered *remembered, struct error *err)
{
	struct strbuf text = STRBUF_INIT;
	char *folder;
	bool is_ok;

	if (!remembered->path)
		return true;
	strbuf_addf(&text, "hints %x\n", remembered->hints);
	if (remembered->is_zoomed)
		strbuf_adds(&text, "zoomed\n");
	if (remembered->is_chart)
		strbuf_adds(&text, "chart\n");
	strbuf_adds(&text, "panes ");
	layout_sizes_format(&remembered->sizes, &text);
	strbuf_addch(&text, '\n');
	for (int i = 0; i < remembered->layout_count; i++) {
		strbuf_addf(&text, "layout %s ", remembered->layouts[i].name);
		layout_sizes_format(&remembered->layouts[i].sizes, &text);
		strbuf_addch(&text, '\n');
	}
	folder = fs_folder(remembered->path);
	is_ok = fs_make_folders(folder, err) &&
		fs_write_file(remembered->path, text.data, text.len, err);
	free(folder);
	strbuf_release(&text);
	return is_ok;
}
