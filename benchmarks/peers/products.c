#include "products.h"

#include <immintrin.h>

enum { row_major = 101, no_trans = 111, trans = 112 };

// The threads of an OpenMP library are set for the calling thread of the system alone.
static void set_threads(const struct multiplier *l, int threads) {
	if (l->set_threads) ((void (*)(long))l->set_threads)(threads);
	if (l->omp_threads) ((void (*)(int))l->omp_threads)(threads);
}

void multiply32(const struct multiplier *l, int threads, int tb, int m, int n, int k, const float *a, const float *b, float *c) {
	set_threads(l, threads);
	int ldb = tb ? k : n;
	switch (l->kind) {
	case GEMM:
		((void (*)(int, int, int, int, int, int, float, const float *, int, const float *, int, float, float *, int))l->sgemm)(
			row_major, no_trans, tb ? trans : no_trans, m, n, k, 1, a, k, b, ldb, 0, c, n);
		break;
	case GEMV: // c = op(B)' * a
		((void (*)(int, int, int, int, float, const float *, int, const float *, int, float, float *, int))l->sgemm)(
			row_major, tb ? no_trans : trans, tb ? n : k, tb ? k : n, 1, b, ldb, a, 1, 0, c, 1);
		break;
	case DNNL:
		((int (*)(char, char, long, long, long, float, const float *, long, const float *, long, float, float *, long))l->sgemm)(
			'N', tb ? 'T' : 'N', m, n, k, 1, a, k, b, ldb, 0, c, n);
		break;
	}
}

void multiply64(const struct multiplier *l, int threads, int tb, int m, int n, int k, const double *a, const double *b, double *c) {
	set_threads(l, threads);
	int ldb = tb ? k : n;
	if (l->kind == GEMM)
		((void (*)(int, int, int, int, int, int, double, const double *, int, const double *, int, double, double *, int))l->dgemm)(
			row_major, no_trans, tb ? trans : no_trans, m, n, k, 1, a, k, b, ldb, 0, c, n);
	else
		((void (*)(int, int, int, int, double, const double *, int, const double *, int, double, double *, int))l->dgemm)(
			row_major, tb ? no_trans : trans, tb ? n : k, tb ? k : n, 1, b, ldb, a, 1, 0, c, 1);
}

// Independent chains of fused multiply-adds, enough to hide their latency on two ports, in
// the widest vectors that the compiler may use: s = y - s, so that bits change as they do in
// a product. Processors are faster at multiplying zeros.
#ifdef __AVX512F__
typedef float v32 __attribute__((vector_size(64)));
typedef double v64 __attribute__((vector_size(64)));
#define FMA32(s, x) s = (v32)_mm512_fmadd_ps((__m512)s, (__m512)x, (__m512)y)
#define FMA64(s, x) s = (v64)_mm512_fmadd_pd((__m512d)s, (__m512d)x, (__m512d)y)
#else
typedef float v32 __attribute__((vector_size(32)));
typedef double v64 __attribute__((vector_size(32)));
#define FMA32(s, x) s = (v32)_mm256_fmadd_ps((__m256)s, (__m256)x, (__m256)y)
#define FMA64(s, x) s = (v64)_mm256_fmadd_pd((__m256d)s, (__m256d)x, (__m256d)y)
#endif

#define PEAK(name, vector, fma, scalar)                                                          \
	long name(long times) {                                                                      \
		vector x, y;                                                                             \
		for (unsigned i = 0; i < sizeof x / sizeof(scalar); i++) x[i] = -1, y[i] = 0.3 + 0.01 * i; \
		vector s0 = y, s1 = s0 * y, s2 = s1 * y, s3 = s2 * y, s4 = s3 * y, s5 = s4 * y, s6 = s5 * y, s7 = s6 * y, s8 = s7 * y, s9 = s8 * y, s10 = s9 * y, s11 = s10 * y; \
		for (long i = 0; i < times; i++) {                                                       \
			fma(s0, x), fma(s1, x), fma(s2, x), fma(s3, x), fma(s4, x), fma(s5, x);              \
			fma(s6, x), fma(s7, x), fma(s8, x), fma(s9, x), fma(s10, x), fma(s11, x);            \
			__asm__ volatile("" : "+v"(s0), "+v"(s1), "+v"(s2), "+v"(s3), "+v"(s4), "+v"(s5), "+v"(s6), "+v"(s7), "+v"(s8), "+v"(s9), "+v"(s10), "+v"(s11)); \
		}                                                                                        \
		return 2 * 12 * times * (long)(sizeof x / sizeof(scalar));                               \
	}

PEAK(peak32, v32, FMA32, float)
PEAK(peak64, v64, FMA64, double)
