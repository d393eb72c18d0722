/* SPDX-License-Identifier: MIT */
/*
 * Calls into OpenBLAS.  A row-major lower triangle is a column-major upper one,
 * which is how LAPACK, having only columns, is told about ours.
 */
#include "engine/tuner/linalg.h"

#include "base/mem.h"

#include <cblas.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 64
/* Least variance, as a share of the diagonal, that a further row may add. */
#define LEAST_VARIANCE 1e-12

/* Fortran's way of calling: pointers, and the lengths of texts at the end. */
void dpotrf_(const char *uplo, const int *n, double *a, const int *lda,
	     int *info, size_t uplo_len);
void dpotri_(const char *uplo, const int *n, double *a, const int *lda,
	     int *info, size_t uplo_len);
void dsyev_(const char *jobz, const char *uplo, const int *n, double *a,
	    const int *lda, double *w, double *work, const int *lwork,
	    int *info, size_t jobz_len, size_t uplo_len);

static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Which OpenBLAS is loaded is the system's choice; there are ones with threads,
 * whose sums depend on how the work was shared out. */
static void use_one_thread(void)
{
	openblas_set_num_threads(1);
}

double *linalg_alloc(size_t count)
{
	size_t size =
		(count * sizeof(double) + ALIGNMENT) / ALIGNMENT * ALIGNMENT;
	void *memory = NULL;

	pthread_once(&once, use_one_thread);
	if (posix_memalign(&memory, ALIGNMENT, size))
		return xcalloc(count, sizeof(double)); /* ends the program */
	memset(memory, 0, size);
	return memory;
}

double linalg_dot(const double *a, const double *b, size_t n)
{
	return cblas_ddot((int)n, a, 1, b, 1);
}

bool linalg_cholesky(const double *a, double *l, size_t n, size_t stride)
{
	static const double jitters[] = {0, 1e-10, 1e-8, 1e-6, 1e-4, 1e-2};
	int size = (int)n, lda = (int)stride, info = 1;
	double mean = 0;

	for (size_t i = 0; i < n; i++)
		mean += a[i * stride + i] / (double)n;
	if (!isfinite(mean))
		return false;
	for (size_t k = 0; k < COUNT_OF(jitters) && info; k++) {
		for (size_t i = 0; i < n; i++) {
			memcpy(l + i * stride, a + i * stride,
			       (i + 1) * sizeof(*l));
			l[i * stride + i] += mean * jitters[k];
		}
		dpotrf_("U", &size, l, &lda, &info, 1);
	}
	/* Some kernels carry a NaN through without a word. */
	for (size_t i = 0; i < n && !info; i++)
		info = !isfinite(l[i * stride + i]);
	return !info;
}

void linalg_cholesky_grow(double *l, size_t n, size_t stride, const double *row)
{
	double *last = l + n * stride;
	double rest;

	memcpy(last, row, n * sizeof(*row));
	linalg_solve_lower(l, n, stride, last, 1, stride);
	rest = row[n] - linalg_dot(last, last, n);
	last[n] = sqrt(fmax(rest, row[n] * LEAST_VARIANCE));
}

void linalg_solve_lower(const double *l, size_t n, size_t stride, double *b,
			size_t count, size_t b_stride)
{
	if (!n || !count)
		return;
	if (count == 1) {
		cblas_dtrsv(CblasRowMajor, CblasLower, CblasNoTrans,
			    CblasNonUnit, (int)n, l, (int)stride, b, 1);
		return;
	}
	cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasTrans,
		    CblasNonUnit, (int)count, (int)n, 1, l, (int)stride, b,
		    (int)b_stride);
}

void linalg_solve_upper(const double *l, size_t n, size_t stride, double *b,
			size_t count, size_t b_stride)
{
	if (!n || !count)
		return;
	if (count == 1) {
		cblas_dtrsv(CblasRowMajor, CblasLower, CblasTrans, CblasNonUnit,
			    (int)n, l, (int)stride, b, 1);
		return;
	}
	cblas_dtrsm(CblasRowMajor, CblasRight, CblasLower, CblasNoTrans,
		    CblasNonUnit, (int)count, (int)n, 1, l, (int)stride, b,
		    (int)b_stride);
}

void linalg_invert(double *l, size_t n, size_t stride)
{
	int size = (int)n, lda = (int)stride, info;

	dpotri_("U", &size, l, &lda, &info, 1);
}

double linalg_log_det(const double *l, size_t n, size_t stride)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++)
		sum += log(l[i * stride + i]);
	return 2 * sum;
}

void linalg_multiply_t(const double *a, size_t rows, const double *b,
		       size_t columns, size_t n, double *out)
{
	if (!rows || !columns)
		return;
	cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)rows,
		    (int)columns, (int)n, 1, a, (int)n, b, (int)n, 0, out,
		    (int)columns);
}

bool linalg_eigen(double *a, size_t n, double *ret_values)
{
	int size = (int)n, lwork = (int)(34 * n + 34), info = 0;
	double *work = linalg_alloc((size_t)lwork);

	dsyev_("V", "U", &size, a, &size, ret_values, work, &lwork, &info, 1,
	       1);
	free(work);
	return !info;
}
