/* SPDX-License-Identifier: MIT */
/* Formats values as cells. */
#include "cli/cells.h"

#include "base/clock.h"
#include "cli/json.h"
#include "tui/format.h"

#include <inttypes.h>

#define SHORT_COLS 10

void cell_time(struct sheet *sheet, int64_t at_ns)
{
	struct strbuf cell = STRBUF_INIT;

	if (at_ns)
		clock_format_iso(&cell, at_ns);
	sheet_take(sheet, strbuf_detach(&cell));
}

void cell_value(struct sheet *sheet, struct metric_value value)
{
	struct strbuf cell = STRBUF_INIT;

	if (value.is_set)
		json_value(&cell, value);
	if (cell.len && cell.data[0] == '"') { /* "NaN" without quotes */
		strbuf_truncate(&cell, cell.len - 1);
		strbuf_consume(&cell, 1);
	}
	sheet_take(sheet, strbuf_detach(&cell));
}

void cell_short(struct sheet *sheet, struct metric_value value)
{
	struct strbuf cell = STRBUF_INIT;

	if (value.is_set)
		format_number(&cell, value.number, SHORT_COLS);
	else
		strbuf_addch(&cell, '-');
	sheet_take(sheet, strbuf_detach(&cell));
}

void cell_seconds(struct sheet *sheet, int64_t ns)
{
	struct strbuf cell = STRBUF_INIT;

	strbuf_add_json_number(&cell, (double)(ns / NS_PER_MS) / 1000);
	sheet_take(sheet, strbuf_detach(&cell));
}

void cell_known(struct sheet *sheet, int64_t number)
{
	if (number < 0)
		sheet_add(sheet, NULL);
	else
		sheet_addf(sheet, "%" PRId64, number);
}

void cell_thousandths(struct sheet *sheet, int64_t thousandths)
{
	struct strbuf cell = STRBUF_INIT;

	if (thousandths >= 0)
		strbuf_add_json_number(&cell, (double)thousandths / 1000);
	sheet_take(sheet, strbuf_detach(&cell));
}
