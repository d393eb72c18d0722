/* SPDX-License-Identifier: MIT */
/*
 * Dense linear algebra for the tuners, by OpenBLAS on the calling thread.
 *
 * Matrices are row-major; of symmetric and triangular ones the lower triangle
 * is read and written.  `stride` is the distance of two rows in doubles and at
 * least n, so that a factor can grow in place.  Results depend on the values
 * alone, not on where they lie or on other threads: memory comes from
 * linalg_alloc, and the library runs single-threaded.  On another kind of
 * processor the last bits may differ.
 */
#ifndef ENGINE_TUNER_LINALG_H
#define ENGINE_TUNER_LINALG_H

#include <stdbool.h>
#include <stddef.h>

/* count doubles, all zero, aligned for vectors; free() them. */
double *linalg_alloc(size_t count);

double linalg_dot(const double *a, const double *b, size_t n);

/* l = the Cholesky factor of a, both n x n.  Where a is not positive definite
 * as stored, the least sufficient of some small numbers is added to its
 * diagonal.  False: none of them is enough, or a holds something not finite;
 * l is of no use then.  a and l must not overlap. */
bool linalg_cholesky(const double *a, double *l, size_t n, size_t stride);

/* A row more: l is the factor of a matrix of n rows, `row` has the n + 1
 * elements of the next one.  Never fails: a point that adds nothing new is
 * given a small variance of its own. */
void linalg_cholesky_grow(double *l, size_t n, size_t stride,
			  const double *row);

/* Solve L x = b and L' x = b in place for `count` right hand sides, one a row
 * of b, b_stride apart. */
void linalg_solve_lower(const double *l, size_t n, size_t stride, double *b,
			size_t count, size_t b_stride);
void linalg_solve_upper(const double *l, size_t n, size_t stride, double *b,
			size_t count, size_t b_stride);

/* The lower triangle of the inverse of L L', in place. */
void linalg_invert(double *l, size_t n, size_t stride);
/* ln det(L L') */
double linalg_log_det(const double *l, size_t n, size_t stride);

/* out (rows x columns, columns apart) = a (rows x n) times b' (columns x n) */
void linalg_multiply_t(const double *a, size_t rows, const double *b,
		       size_t columns, size_t n, double *out);

/* Eigenvalues, ascending, and eigenvectors (row k of a for value k) of the
 * symmetric a, in place.  False when they cannot be found. */
bool linalg_eigen(double *a, size_t n, double *ret_values);

#endif
