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
// vectors of so many bytes: s = y - s, so that bits change as they do in a product. Processors
// are faster at multiplying zeros.
#define PEAK(name, scalar, bytes, type, fma)                                                     \
	static long name(long times) {                                                               \
		typedef scalar vector __attribute__((vector_size(bytes)));                               \
		vector x, y;                                                                             \
		for (unsigned i = 0; i < sizeof x / sizeof(scalar); i++) x[i] = -1, y[i] = 0.3 + 0.01 * i; \
		vector s[12] = {y};                                                                      \
		for (int i = 1; i < 12; i++) s[i] = s[i - 1] * y;                                        \
		vector s0 = s[0], s1 = s[1], s2 = s[2], s3 = s[3], s4 = s[4], s5 = s[5], s6 = s[6], s7 = s[7], s8 = s[8], s9 = s[9], s10 = s[10], s11 = s[11]; \
		for (long i = 0; i < times; i++) {                                                       \
			STEP(s0, fma, type), STEP(s1, fma, type), STEP(s2, fma, type), STEP(s3, fma, type);  \
			STEP(s4, fma, type), STEP(s5, fma, type), STEP(s6, fma, type), STEP(s7, fma, type);  \
			STEP(s8, fma, type), STEP(s9, fma, type), STEP(s10, fma, type), STEP(s11, fma, type); \
			__asm__ volatile("" : "+v"(s0), "+v"(s1), "+v"(s2), "+v"(s3), "+v"(s4), "+v"(s5), "+v"(s6), "+v"(s7), "+v"(s8), "+v"(s9), "+v"(s10), "+v"(s11)); \
		}                                                                                        \
		return 2 * 12 * times * (long)(sizeof x / sizeof(scalar));                               \
	}
#define STEP(s, fma, type) s = (vector)fma((type)s, (type)x, (type)y)

PEAK(peak32_avx2, float, 32, __m256, _mm256_fmadd_ps)
PEAK(peak64_avx2, double, 32, __m256d, _mm256_fmadd_pd)
#ifdef __AVX512F__
PEAK(peak32_avx512, float, 64, __m512, _mm512_fmadd_ps)
PEAK(peak64_avx512, double, 64, __m512d, _mm512_fmadd_pd)
#else
#define peak32_avx512 peak32_avx2
#define peak64_avx512 peak64_avx2
#endif

long peak32(int avx2, long times) { return avx2 ? peak32_avx2(times) : peak32_avx512(times); }
long peak64(int avx2, long times) { return avx2 ? peak64_avx2(times) : peak64_avx512(times); }
