#include "functions.h"

#include <gsl/gsl_vector.h>

double repeat_sum64(void *f, int n, const double *x, long times) {
	double last = 0;
	while (times-- > 0) last = ((sum64)f)(n, x, 1);
	return last;
}

float repeat_sum32(void *f, int n, const float *x, long times) {
	float last = 0;
	while (times-- > 0) last = ((sum32)f)(n, x, 1);
	return last;
}

double repeat_dot64(void *f, int n, const double *x, const double *y, long times) {
	double last = 0;
	while (times-- > 0) last = ((dot64)f)(n, x, 1, y, 1);
	return last;
}

float repeat_dot32(void *f, int n, const float *x, const float *y, long times) {
	float last = 0;
	while (times-- > 0) last = ((dot32)f)(n, x, 1, y, 1);
	return last;
}

// The plain loops: what a compiler makes of them when it may reassociate.

double plain_sum64(int n, const double *x, int incx) {
	double s = 0;
#pragma omp simd reduction(+ : s)
	for (int i = 0; i < n; i++) s += x[i];
	return s;
}

float plain_sum32(int n, const float *x, int incx) {
	float s = 0;
#pragma omp simd reduction(+ : s)
	for (int i = 0; i < n; i++) s += x[i];
	return s;
}

double plain_dot64(int n, const double *x, int incx, const double *y, int incy) {
	double s = 0;
#pragma omp simd reduction(+ : s)
	for (int i = 0; i < n; i++) s += x[i] * y[i];
	return s;
}

float plain_dot32(int n, const float *x, int incx, const float *y, int incy) {
	float s = 0;
#pragma omp simd reduction(+ : s)
	for (int i = 0; i < n; i++) s += x[i] * y[i];
	return s;
}

static double (*vector_sum)(const gsl_vector *);
static float (*vector_float_sum)(const gsl_vector_float *);

void gsl_use(void *sum, void *float_sum) {
	vector_sum = sum;
	vector_float_sum = float_sum;
}

double gsl_sum64(int n, const double *x, int incx) {
	gsl_vector v = {.size = n, .stride = 1, .data = (double *)x};
	return vector_sum(&v);
}

float gsl_sum32(int n, const float *x, int incx) {
	gsl_vector_float v = {.size = n, .stride = 1, .data = (float *)x};
	return vector_float_sum(&v);
}
