// Matrix products of other libraries, row-major, C = A*op(B), and the speed of light.
#ifndef SAMEBITS_PEERS_PRODUCTS_H
#define SAMEBITS_PEERS_PRODUCTS_H

enum { GEMM, GEMV, DNNL }; // by what interface

struct multiplier {
	void *sgemm, *dgemm; // of that interface
	void *set_threads;   // takes a long, or nil
	void *omp_threads;   // omp_set_num_threads, or nil
	int kind;
};

void multiply32(const struct multiplier *l, int threads, int tb, int m, int n, int k, const float *a, const float *b, float *c);
void multiply64(const struct multiplier *l, int threads, int tb, int m, int n, int k, const double *a, const double *b, double *c);

// peak32 and peak64 do nothing but fused multiply-adds in registers, and return how many
// operations they did, two each: of AVX2, or of the widest vectors that there are.
long peak32(int avx2, long times);
long peak64(int avx2, long times);

#endif
