// Sums and dot products by mpfr_sum, which rounds the exact sum correctly. Its time
// here includes making its numbers from the terms. Not for two threads at once.
#include "functions.h"

#include <mpfr.h>
#include <stdlib.h>

static mpfr_t *terms;
static mpfr_ptr *pointers;
static int held;

// hold makes room for n terms: products of two doubles need 106 bits.
static void hold(int n) {
	if (n <= held) return;
	terms = realloc(terms, n * sizeof *terms);
	pointers = realloc(pointers, n * sizeof *pointers);
	if (terms == NULL || pointers == NULL) abort();
	while (held < n) mpfr_init2(terms[held++], 106);
	for (int i = 0; i < n; i++) pointers[i] = terms[i];
}

// sum rounds the sum of n terms once, to so many bits, with that least exponent.
static void sum(mpfr_t r, int n, int bits, mpfr_exp_t emin) {
	mpfr_init2(r, bits);
	int t = mpfr_sum(r, pointers, n, MPFR_RNDN);
	mpfr_exp_t old = mpfr_get_emin();
	mpfr_set_emin(emin);
	t = mpfr_check_range(r, t, MPFR_RNDN);
	mpfr_subnormalize(r, t, MPFR_RNDN);
	mpfr_set_emin(old);
}

static double sum_double(int n) {
	mpfr_t r;
	sum(r, n, 53, -1073);
	double v = mpfr_get_d(r, MPFR_RNDN);
	mpfr_clear(r);
	return v;
}

static float sum_float(int n) {
	mpfr_t r;
	sum(r, n, 24, -148);
	float v = mpfr_get_flt(r, MPFR_RNDN);
	mpfr_clear(r);
	return v;
}

double mpfr_sum64(int n, const double *x, int incx) {
	hold(n);
	for (int i = 0; i < n; i++) mpfr_set_d(terms[i], x[i], MPFR_RNDN);
	return sum_double(n);
}

float mpfr_sum32(int n, const float *x, int incx) {
	hold(n);
	for (int i = 0; i < n; i++) mpfr_set_flt(terms[i], x[i], MPFR_RNDN);
	return sum_float(n);
}

double mpfr_dot64(int n, const double *x, int incx, const double *y, int incy) {
	hold(n);
	for (int i = 0; i < n; i++) {
		mpfr_set_d(terms[i], x[i], MPFR_RNDN);
		mpfr_mul_d(terms[i], terms[i], y[i], MPFR_RNDN);
	}
	return sum_double(n);
}

float mpfr_dot32(int n, const float *x, int incx, const float *y, int incy) {
	hold(n);
	for (int i = 0; i < n; i++) {
		mpfr_set_flt(terms[i], x[i], MPFR_RNDN);
		mpfr_mul_d(terms[i], terms[i], y[i], MPFR_RNDN);
	}
	return sum_float(n);
}
