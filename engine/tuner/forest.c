/* SPDX-License-Identifier: MIT */
/*
 * Growing trees.  The rows of a node are a stretch of one array that splits
 * partition in place.  Dimensions are sorted once for all trees; a large node
 * walks such an order and picks its rows, a small one sorts its own.
 */
#include "engine/tuner/forest.h"

#include "base/mem.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define DEPTH_MAX 48
/* Nodes with fewer rows than this sort them themselves. */
#define SMALL 40

struct node {
	int32_t dimension; /* -1: a leaf */
	uint32_t left, right;
	double threshold; /* numbers below it go left */
	/* categories that go left, ascending, of all that the node knew */
	uint32_t set, set_count, known_count;
	double mean, variance; /* of a leaf */
};

struct forest {
	struct forest_shape shape;
	struct node *nodes;
	size_t node_count, node_capacity;
	double *sets; /* of categories: those of the left, then the others */
	size_t set_count, set_capacity;
	uint32_t *roots;
};

struct split {
	double gain;
	int32_t dimension;
	double threshold;
	uint32_t left_categories; /* of grower->groups, by their means */
};

struct group {
	double category, weight, sum;
};

/* What growing needs, for one tree after the other. */
struct grower {
	struct forest *forest;
	struct random *random;
	const double *x, *y;
	size_t count;
	uint32_t *orders;	 /* rows by value, for each dimension */
	double *weights;	 /* how often the bootstrap drew a row */
	uint32_t *rows;		 /* the nodes' stretches */
	uint32_t *stamps, stamp; /* rows of the present node */
	uint32_t *sorted;	 /* rows of the present node by a dimension */
	struct group *groups;
	size_t *dimensions; /* in random order */
};

static double value_at(const struct grower *g, uint32_t row, size_t dimension)
{
	return g->x[row * g->forest->shape.dimensions + dimension];
}

/* --- splits -------------------------------------------------------------- */

/* Rows of the node, ascending by the dimension, into g->sorted. */
static void sort_rows(struct grower *g, const uint32_t *rows, size_t count,
		      size_t dimension)
{
	const uint32_t *order = g->orders + dimension * g->count;
	size_t n = 0;

	if (count >= SMALL) {
		for (size_t i = 0; i < g->count; i++)
			if (g->stamps[order[i]] == g->stamp)
				g->sorted[n++] = order[i];
		return;
	}
	for (; n < count; n++) {
		double value = value_at(g, rows[n], dimension);
		size_t at = n;

		for (; at && value_at(g, g->sorted[at - 1], dimension) > value;
		     at--)
			g->sorted[at] = g->sorted[at - 1];
		g->sorted[at] = rows[n];
	}
}

static double gain_of(double weight, double sum, double left_weight,
		      double left_sum)
{
	double right = sum - left_sum;

	return left_sum * left_sum / left_weight +
	       right * right / (weight - left_weight);
}

/* Above `low`, at most `high`. */
static double between(struct random *random, double low, double high)
{
	double x = low + (high - low) * (1 - random_unit(random));

	return x > low ? x : high;
}

static void try_number(struct grower *g, size_t count, size_t dimension,
		       double weight, double sum, struct split *best)
{
	double least = g->forest->shape.least_leaf;
	double left_weight = 0, left_sum = 0;

	for (size_t i = 0; i + 1 < count; i++) {
		uint32_t row = g->sorted[i];
		double at = value_at(g, row, dimension);
		double next = value_at(g, g->sorted[i + 1], dimension);
		double gain;

		left_weight += g->weights[row];
		left_sum += g->weights[row] * g->y[row];
		if (!(next > at) || left_weight < least ||
		    weight - left_weight < least)
			continue;
		gain = gain_of(weight, sum, left_weight, left_sum);
		if (gain > best->gain)
			*best = (struct split){gain, (int32_t)dimension,
					       between(g->random, at, next), 0};
	}
}

static int compare_means(const void *a, const void *b)
{
	const struct group *p = a;
	const struct group *q = b;
	double difference = p->sum / p->weight - q->sum / q->weight;

	if (difference != 0)
		return difference < 0 ? -1 : 1;
	return (p->category > q->category) - (p->category < q->category);
}

/* The categories of the node, ascending by their mean outputs. */
static size_t collect_groups(struct grower *g, size_t count, size_t dimension)
{
	size_t groups = 0;

	for (size_t i = 0; i < count; i++) {
		uint32_t row = g->sorted[i];
		double category = value_at(g, row, dimension);

		if (!groups || g->groups[groups - 1].category != category)
			g->groups[groups++] = (struct group){category, 0, 0};
		g->groups[groups - 1].weight += g->weights[row];
		g->groups[groups - 1].sum += g->weights[row] * g->y[row];
	}
	qsort(g->groups, groups, sizeof(*g->groups), compare_means);
	return groups;
}

/* Of all splits into two sets the best one is among those of this order. */
static void try_category(struct grower *g, size_t count, size_t dimension,
			 double weight, double sum, struct split *best)
{
	double least = g->forest->shape.least_leaf;
	size_t groups = collect_groups(g, count, dimension);
	double left_weight = 0, left_sum = 0;

	for (uint32_t i = 0; i + 1 < groups; i++) {
		double gain;

		left_weight += g->groups[i].weight;
		left_sum += g->groups[i].sum;
		if (left_weight < least || weight - left_weight < least)
			continue;
		gain = gain_of(weight, sum, left_weight, left_sum);
		if (gain > best->gain)
			*best = (struct split){gain, (int32_t)dimension, 0,
					       i + 1};
	}
}

static bool find_split(struct grower *g, const uint32_t *rows, size_t count,
		       double weight, double sum, struct split *ret)
{
	const struct forest_shape *shape = &g->forest->shape;
	size_t tried =
		(size_t)ceil((double)shape->dimensions * shape->feature_share);
	/* what is gained by nothing, and a little for rounding */
	double least = sum * sum / weight;

	*ret = (struct split){least + 1e-12 * (1 + fabs(least)), -1, 0, 0};
	g->stamp++;
	for (size_t i = 0; i < count; i++)
		g->stamps[rows[i]] = g->stamp;
	for (size_t i = 0; i < shape->dimensions; i++) {
		size_t j = i + (size_t)random_below(g->random,
						    shape->dimensions - i);
		size_t dimension = g->dimensions[j];

		g->dimensions[j] = g->dimensions[i];
		g->dimensions[i] = dimension;
		/* where none of these can be split, the others may */
		if (i >= tried && ret->dimension >= 0)
			break;
		sort_rows(g, rows, count, dimension);
		if (shape->is_category[dimension])
			try_category(g, count, dimension, weight, sum, ret);
		else
			try_number(g, count, dimension, weight, sum, ret);
	}
	return ret->dimension >= 0;
}

/* --- trees --------------------------------------------------------------- */

static int compare_values(const void *a, const void *b)
{
	const double *p = a;
	const double *q = b;

	return (*p > *q) - (*p < *q);
}

static void store_sets(struct grower *g, size_t count,
		       const struct split *split, struct node *node)
{
	struct forest *forest = g->forest;
	size_t groups = collect_groups(g, count, (size_t)split->dimension);
	double *set;

	while (forest->set_count + groups > forest->set_capacity) {
		forest->set_capacity = 2 * forest->set_capacity + 64;
		forest->sets =
			xrealloc(forest->sets,
				 forest->set_capacity * sizeof(*forest->sets));
	}
	set = forest->sets + forest->set_count;
	for (size_t i = 0; i < groups; i++)
		set[i] = g->groups[i].category;
	qsort(set, split->left_categories, sizeof(*set), compare_values);
	qsort(set + split->left_categories, groups - split->left_categories,
	      sizeof(*set), compare_values);
	node->set = (uint32_t)forest->set_count;
	node->set_count = split->left_categories;
	node->known_count = (uint32_t)groups;
	forest->set_count += groups;
}

static bool is_in(const double *set, size_t count, double value)
{
	return count &&
	       bsearch(&value, set, count, sizeof(value), compare_values);
}

/* A category that the node never saw goes either way, but always the same. */
static bool goes_left(const struct forest *forest, const struct node *node,
		      double value)
{
	const double *set = forest->sets + node->set;
	uint64_t mixed;

	if (!forest->shape.is_category[node->dimension])
		return value < node->threshold;
	if (is_in(set, node->set_count, value))
		return true;
	if (is_in(set + node->set_count, node->known_count - node->set_count,
		  value))
		return false;
	mixed = ((uint64_t)(int64_t)value + node->set) *
		UINT64_C(0x9E3779B97F4A7C15);
	return mixed >> 63;
}

static void moments(const struct grower *g, const uint32_t *rows, size_t count,
		    double *weight, double *sum, double *variance)
{
	double mean;

	*weight = *sum = *variance = 0;
	for (size_t i = 0; i < count; i++) {
		*weight += g->weights[rows[i]];
		*sum += g->weights[rows[i]] * g->y[rows[i]];
	}
	mean = *sum / *weight;
	for (size_t i = 0; i < count; i++) {
		double d = g->y[rows[i]] - mean;

		*variance += g->weights[rows[i]] * d * d / *weight;
	}
}

static uint32_t add_node(struct forest *forest)
{
	ARRAY_RESERVE(forest->nodes, forest->node_count, forest->node_capacity);
	forest->nodes[forest->node_count] = (struct node){.dimension = -1};
	return (uint32_t)forest->node_count++;
}

static uint32_t grow(struct grower *g, size_t from, size_t count, int depth)
{
	struct forest *forest = g->forest;
	uint32_t *rows = g->rows + from;
	uint32_t at = add_node(forest);
	struct node node = {.dimension = -1};
	double weight, sum;
	struct split split;
	size_t left = 0;

	moments(g, rows, count, &weight, &sum, &node.variance);
	node.mean = sum / weight;
	if (depth < DEPTH_MAX && count > 1 &&
	    weight >= 2 * forest->shape.least_leaf && node.variance > 0 &&
	    find_split(g, rows, count, weight, sum, &split)) {
		node.dimension = split.dimension;
		node.threshold = split.threshold;
		sort_rows(g, rows, count, (size_t)split.dimension);
		if (forest->shape.is_category[split.dimension])
			store_sets(g, count, &split, &node);
		for (size_t i = 0; i < count; i++) {
			uint32_t row = rows[i];

			if (!goes_left(
				    forest, &node,
				    value_at(g, row, (size_t)split.dimension)))
				continue;
			rows[i] = rows[left];
			rows[left++] = row;
		}
		node.left = grow(g, from, left, depth + 1);
		node.right = grow(g, from + left, count - left, depth + 1);
	}
	forest->nodes[at] = node;
	return at;
}

static uint32_t grow_tree(struct grower *g)
{
	size_t count = 0;

	memset(g->weights, 0, g->count * sizeof(*g->weights));
	for (size_t i = 0; i < g->count; i++)
		g->weights[random_below(g->random, g->count)]++;
	for (uint32_t i = 0; i < g->count; i++)
		if (g->weights[i] > 0)
			g->rows[count++] = i;
	return grow(g, 0, count, 0);
}

struct value {
	double value;
	uint32_t row;
};

static int compare_rows(const void *a, const void *b)
{
	const struct value *p = a;
	const struct value *q = b;

	if (p->value != q->value)
		return p->value < q->value ? -1 : 1;
	return (p->row > q->row) - (p->row < q->row);
}

static void sort_all(struct grower *g)
{
	struct value *values = xcalloc(g->count, sizeof(*values));
	size_t dimensions = g->forest->shape.dimensions;

	for (size_t d = 0; d < dimensions; d++) {
		for (uint32_t i = 0; i < g->count; i++)
			values[i] = (struct value){value_at(g, i, d), i};
		qsort(values, g->count, sizeof(*values), compare_rows);
		for (size_t i = 0; i < g->count; i++)
			g->orders[d * g->count + i] = values[i].row;
	}
	free(values);
}

struct forest *forest_grow(const struct forest_shape *shape, const double *x,
			   const double *y, size_t count, struct random *random)
{
	struct forest *forest = xcalloc(1, sizeof(*forest));
	struct grower g = {.forest = forest,
			   .random = random,
			   .x = x,
			   .y = y,
			   .count = count};

	forest->shape = *shape;
	forest->roots = xcalloc(shape->trees, sizeof(*forest->roots));
	g.orders = xcalloc(shape->dimensions * count, sizeof(*g.orders));
	g.weights = xcalloc(count, sizeof(*g.weights));
	g.rows = xcalloc(count, sizeof(*g.rows));
	g.stamps = xcalloc(count, sizeof(*g.stamps));
	g.sorted = xcalloc(count, sizeof(*g.sorted));
	g.groups = xcalloc(count, sizeof(*g.groups));
	g.dimensions = xcalloc(shape->dimensions, sizeof(*g.dimensions));
	for (size_t d = 0; d < shape->dimensions; d++)
		g.dimensions[d] = d;
	sort_all(&g);
	for (size_t t = 0; t < shape->trees; t++)
		forest->roots[t] = grow_tree(&g);
	free(g.orders);
	free(g.weights);
	free(g.rows);
	free(g.stamps);
	free(g.sorted);
	free(g.groups);
	free(g.dimensions);
	return forest;
}

void forest_free(struct forest *forest)
{
	if (!forest)
		return;
	free(forest->nodes);
	free(forest->sets);
	free(forest->roots);
	free(forest);
}

void forest_predict(const struct forest *forest, const double *x,
		    double *ret_mean, double *ret_variance)
{
	double trees = (double)forest->shape.trees;
	double sum = 0, squares = 0, within = 0;

	for (size_t t = 0; t < forest->shape.trees; t++) {
		const struct node *node = &forest->nodes[forest->roots[t]];

		while (node->dimension >= 0)
			node = &forest->nodes[goes_left(forest, node,
							x[node->dimension])
						      ? node->left
						      : node->right];
		sum += node->mean;
		squares += node->mean * node->mean;
		within += node->variance;
	}
	*ret_mean = sum / trees;
	*ret_variance = fmax(squares / trees - *ret_mean * *ret_mean, 0) +
			within / trees;
}
