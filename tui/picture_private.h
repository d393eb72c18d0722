/* SPDX-License-Identifier: MIT */
/* What picture.c and view_pictures.c share. */
#ifndef TUI_PICTURE_PRIVATE_H
#define TUI_PICTURE_PRIVATE_H

#include "tui/picture.h"

struct picture_points;

#define PICTURES_MAX 16
#define PICTURE_METRICS_MAX 64

struct pictures {
	size_t current;
	void *states[PICTURES_MAX];
	int64_t seen[PICTURES_MAX]; /* experiment it was prepared for last */
	struct canvas canvas;
	struct rect drawn; /* the rectangle the canvas was drawn for */
	bool needs_prepare, needs_draw;
	bool must_hurry; /* a key asked: whatever it costs */
	bool has_picture;
	struct strbuf why; /* ... there is none */
	char note[100];
	int64_t prepared_ns, cost_ns; /* monotonic */
	int64_t shown_ns;	      /* what is being read was shown */

	bool is_log;
	char metrics[PICTURE_METRICS_MAX][METRIC_NAME_MAX + 1];
	size_t metric_count, metric;
	int64_t experiment; /* of metrics, objectives, values */
	struct objectives objectives;
	/* the known optimum of the metric that is shown, NaN: none */
	double optimum;
	size_t optimum_metric; /* whose it is; SIZE_MAX: to be read */
	struct picture_values values;
	struct picture_sample sample;
	bool uses_sample;	       /* the picture that is shown does */
	struct picture_points *points; /* owned; NULL: nobody asked for them */
};

/* The shown picture and its state. */
const struct picture_ops *pictures_current(struct console *console,
					   void **ret_state);
/* Begin anew when another experiment is shown; read the names of metrics. */
void pictures_follow(struct console *console);
/* picture_objectives.c: from the text the store keeps of its file. */
void picture_objectives_read(const struct experiment *experiment,
			     struct objectives *ret);
/* Show the picture this many further. */
void pictures_turn(struct console *console, int by);

#endif
