// The shapes of the functions that are compared, and loops that repeat them, so
// that the way from Go to C is gone once for many calls.
#ifndef SAMEBITS_PEERS_FUNCTIONS_H
#define SAMEBITS_PEERS_FUNCTIONS_H

#ifdef __cplusplus
extern "C" {
#endif

typedef double (*sum64)(int n, const double *x, int incx);
typedef float (*sum32)(int n, const float *x, int incx);
typedef double (*dot64)(int n, const double *x, int incx, const double *y, int incy);
typedef float (*dot32)(int n, const float *x, int incx, const float *y, int incy);

double repeat_sum64(void *f, int n, const double *x, long times);
float repeat_sum32(void *f, int n, const float *x, long times);
double repeat_dot64(void *f, int n, const double *x, const double *y, long times);
float repeat_dot32(void *f, int n, const float *x, const float *y, long times);

// All of unit stride.
double plain_sum64(int n, const double *x, int incx);
float plain_sum32(int n, const float *x, int incx);
double plain_dot64(int n, const double *x, int incx, const double *y, int incy);
float plain_dot32(int n, const float *x, int incx, const float *y, int incy);

double eigen_sum64(int n, const double *x, int incx);
float eigen_sum32(int n, const float *x, int incx);
double eigen_dot64(int n, const double *x, int incx, const double *y, int incy);
float eigen_dot32(int n, const float *x, int incx, const float *y, int incy);

double mpfr_sum64(int n, const double *x, int incx);
float mpfr_sum32(int n, const float *x, int incx);
double mpfr_dot64(int n, const double *x, int incx, const double *y, int incy);
float mpfr_dot32(int n, const float *x, int incx, const float *y, int incy);

// gsl_use sets the functions of libgsl, gsl_vector_sum and gsl_vector_float_sum.
void gsl_use(void *sum, void *float_sum);
double gsl_sum64(int n, const double *x, int incx);
float gsl_sum32(int n, const float *x, int incx);

#ifdef __cplusplus
}
#endif
#endif
